//! The authorization request as a validated value (RFC 6749 §4.1.1, OIDC Core §3.1.2.1).
//!
//! [`AuthorizationRequest::validate`](crate::authorize_checks) makes one; what it holds needs no second look.

use crate::authorization_details::AuthorizationDetail;
use crate::claim_names::scope_of;
use crate::jose::Algorithm;
use crate::pkce::CodeChallenge;
use crate::scope::Scopes;
use crate::{ClientId, Nonce, RedirectUri};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the authorization response travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect.
    #[default]
    Query,
    /// By a self-submitting form.
    FormPost,
    /// Signed, in the query of the redirect (JARM §2.3.1).
    #[serde(rename = "query.jwt")]
    QueryJwt,
    /// Signed, by a self-submitting form (JARM §2.3.3).
    #[serde(rename = "form_post.jwt")]
    FormPostJwt,
}

impl ResponseMode {
    /// All modes, as discovery lists them. `jwt` stands for the signed form of a code's default mode (JARM §2.3.4).
    pub const NAMES: [(&'static str, Self); 5] = [
        ("query", Self::Query),
        ("form_post", Self::FormPost),
        ("jwt", Self::QueryJwt),
        ("query.jwt", Self::QueryJwt),
        ("form_post.jwt", Self::FormPostJwt),
    ];

    /// The mode of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }

    /// Whether the response is a JWT.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FormPostJwt)
    }
}

/// `prompt` (OIDC Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of its own in the specification")]
pub struct Prompt {
    /// No screen may be shown.
    pub none: bool,
    /// Sign in anew, whatever the session says.
    pub login: bool,
    /// Ask for consent anew.
    pub consent: bool,
    /// Let the person choose an account.
    pub select_account: bool,
}

impl Prompt {
    /// The values discovery lists.
    pub const VALUES: [&'static str; 5] = ["none", "login", "consent", "select_account", "create"];
}

/// One claim asked for by the `claims` parameter (OIDC Core §5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimWish {
    /// Whether the sign-in should not go on without it.
    #[serde(default)]
    pub essential: bool,
    /// The value wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values wanted, in order of preference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimWish {
    /// Whether `actual` is among the values wanted; wishes without values are met by anything.
    pub fn accepts(&self, actual: &str) -> bool {
        let mut wanted = self.value.iter().chain(&self.values).peekable();
        wanted.peek().is_none() || wanted.any(|value| value.as_str() == Some(actual))
    }
}

/// The `claims` parameter (OIDC Core §5.5). Null and objects are both wishes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// For the userinfo endpoint.
    #[serde(default, skip_serializing_if = "ClaimWishes::is_empty")]
    pub userinfo: ClaimWishes,
    /// For the ID token.
    #[serde(default, skip_serializing_if = "ClaimWishes::is_empty")]
    pub id_token: ClaimWishes,
}

/// Wishes by claim name.
pub type ClaimWishes = std::collections::BTreeMap<String, Option<ClaimWish>>;

impl ClaimsRequest {
    /// An essential `acr` wish of the ID token (OIDC Core §5.5.1.1).
    pub fn essential_acr(&self) -> Option<&ClaimWish> {
        self.id_token.get("acr")?.as_ref().filter(|wish| wish.essential)
    }

    /// Without wishes that none of these scopes covers.
    #[must_use]
    pub fn within(mut self, scopes: &Scopes) -> Self {
        let covered = |claim: &String| scope_of(claim).is_none_or(|scope| scopes.has(scope));
        self.userinfo.retain(|claim, _| covered(claim));
        self.id_token.retain(|claim, _| covered(claim));
        self
    }

    /// The scopes that cover the wishes.
    pub fn scopes(&self) -> Scopes {
        self.userinfo.keys().chain(self.id_token.keys()).filter_map(|claim| scope_of(claim)).collect()
    }

    /// The subject that must answer, if the client named one (OIDC Core §5.5.1: `sub` with a value).
    pub fn required_subject(&self) -> Option<&str> {
        self.id_token.get("sub")?.as_ref()?.value.as_ref()?.as_str()
    }
}

// JARM §3: the default.
const fn every_client_knows() -> Algorithm {
    Algorithm::RS256
}

/// A validated authorization request. Serializable, because the person takes time to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The registered client.
    pub client_id: ClientId,
    /// Where the response goes; registered for this client.
    pub redirect_uri: RedirectUri,
    /// Whether the request named the redirect URI, so that the token request must too (RFC 6749 §4.1.3).
    pub redirect_uri_given: bool,
    /// How the response travels.
    pub response_mode: ResponseMode,
    /// What a signed response is signed with.
    #[serde(default = "every_client_knows")]
    pub response_algorithm: Algorithm,
    /// What is asked for, already narrowed to what the client may ask for.
    pub scope: Scopes,
    /// Echoed unmodified.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<String>,
    /// Echoed in the ID token.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce: Option<Nonce>,
    /// S256 challenge; absent only for clients an administrator exempted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code_challenge: Option<CodeChallenge>,
    /// Thumbprint of the key that must redeem the code (RFC 9449 §10).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dpop_jkt: Option<String>,
    /// What may, must and must not be shown.
    #[serde(default)]
    pub prompt: Prompt,
    /// Seconds since the person last signed in that the client accepts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_age: Option<u32>,
    /// Who is expected to sign in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub login_hint: Option<String>,
    /// The domain of the home organization.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domain_hint: Option<String>,
    /// An ID token of ours that names who is expected; verified by the caller.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_token_hint: Option<String>,
    /// Single claims asked for.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// Authentication contexts asked for, voluntary (OIDC Core §3.1.2.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// Languages asked for, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales: Vec<String>,
    /// The resources tokens may be for (RFC 8707); none for the usual audience.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What exactly is wanted (RFC 9396); checked against its types by the caller.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<AuthorizationDetail>,
    /// What the request is called if it was pushed (RFC 9126): it is answered with a code once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<String>,
}

impl AuthorizationRequest {
    /// What a person who is asked has to agree to: the scope, and what single claims stand for.
    pub fn disclosed(&self) -> Scopes {
        self.scope.or(&self.claims.scopes())
    }
}
