//! What an access token carries for this server alone: sealed, so that neither client nor resource can read or compare it,
//! and so that the endpoints that take the token find the person without asking a store.

use super::Call;
use super::issue::Granted;
use crate::Idp;
use crate::ids::UserId;
use crate::model::authentication::{HomeClaims, Method};
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::vault::{Purpose, Sealed};
use hospes_protocol::claims::VerifiedAccessToken;
use hospes_protocol::encoding::{base64url, from_base64url};
use hospes_protocol::names::SubjectType;
use serde::{Deserialize, Serialize};

/// The sealed part of an access token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Private {
    /// The person, where `sub` is pairwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<UserId>,
    /// What the home IdP stated, where userinfo has a claim made of it.
    #[serde(default, skip_serializing_if = "HomeClaims::is_empty")]
    pub(crate) home: HomeClaims,
    /// Claims wished for at userinfo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wishes: Vec<String>,
}

impl Private {
    /// What a token for this client has to keep.
    pub(crate) fn to_keep(call: Call<'_>, user: &User, granted: &Granted) -> Self {
        let options = &call.client.options.claims;
        let home = match &granted.authentication.method {
            Method::Home { said, .. } if options.userinfo_needs_home() => said.clone(),
            _ => HomeClaims::default(),
        };
        let user = (options.subject_type == SubjectType::Pairwise).then_some(user.id);
        Self { user, home, wishes: granted.wishes.userinfo.clone() }
    }
}

impl Idp {
    /// Sealed for one token: its identifier is part of the seal, so that two tokens of a person share no value and one
    /// cannot be moved to another. `None` if there is nothing to keep.
    pub(crate) fn seal_private(&self, tenant: &Tenant, jti: &str, private: &Private) -> Option<String> {
        if *private == Private::default() {
            return None;
        }
        let plain = serde_json::to_vec(private).unwrap_or_default();
        Some(base64url(self.vault.seal_same(Purpose::AccessToken, &context(tenant, jti), &plain).0))
    }

    /// What was sealed into a verified token; the person always, if it is about one.
    pub(crate) fn private(&self, tenant: &Tenant, token: &VerifiedAccessToken) -> Private {
        let opened = token.sealed.as_deref().and_then(from_base64url).and_then(|sealed| {
            self.vault.open(Purpose::AccessToken, &context(tenant, &token.jti), &Sealed(sealed)).ok()
        });
        let private = opened.and_then(|plain| serde_json::from_slice::<Private>(&plain).ok());
        let mut private = private.unwrap_or_default();
        private.user = token.oid.as_deref().and_then(UserId::parse).or(private.user);
        private
    }
}

fn context(tenant: &Tenant, jti: &str) -> Vec<u8> {
    [tenant.id.0.as_bytes().as_slice(), jti.as_bytes()].concat()
}
