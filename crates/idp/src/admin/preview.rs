//! What a client would be told about a person, for whoever sets up its mapping.

use super::{Admin, AdminError};
use crate::ids::UserId;
use crate::model::authentication::{Authentication, HomeClaims, Method};
use crate::model::user::User;
use crate::ports::Unavailable;
use crate::token::Call;
use crate::token::preview::ClaimsPreview;
use crate::token::release::Wishes;
use hospes_protocol::ClientId;
use hospes_protocol::authorize::ClaimsRequest;
use hospes_protocol::scope::Scopes;

impl Admin<'_> {
    /// What a client would be told about a person if they signed in now and were granted this scope; all the client may
    /// ask for if none is named. What only a sign-in knows, `home.acr` and `home.amr`, is not there.
    pub async fn preview_claims(
        &self,
        client: &ClientId,
        person: UserId,
        (scope, claims): (Option<Scopes>, ClaimsRequest),
    ) -> Result<ClaimsPreview, AdminError> {
        let client = self.client(client).await?;
        let user = self.user(person).await?;
        let scope = scope.map_or_else(|| client.scope.clone(), |scope| scope.and(&client.scope));
        let wishes = Wishes::of(&claims.within(&client.scope));
        let authentication = self.likely_sign_in(&user).await?;
        let call = Call::new(self.ctx, self.tenant, &client);
        let preview = self.idp.preview(call, &user, authentication, (scope, wishes)).await;
        preview.map_err(|cause| Unavailable(cause.to_string()).into())
    }

    /// At the home IdP the person is linked to, or here.
    async fn likely_sign_in(&self, user: &User) -> Result<Authentication, AdminError> {
        let (identities, _) = self.ways_in(user.id).await?;
        let method = match identities.into_iter().next() {
            Some(identity) => Method::Home {
                home_idp: identity.home_idp,
                issuer: identity.issuer.to_string(),
                said: HomeClaims { subject: Some(identity.subject.to_string()), ..HomeClaims::default() },
            },
            None => Method::Password,
        };
        Ok(Authentication { method, at: self.ctx.now })
    }
}
