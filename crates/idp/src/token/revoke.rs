//! Revocation (RFC 7009). Of a refresh token: the grant ends, with every access token that came of it. Of an access token:
//! that token alone.

use super::{Call, ClientRequest};
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ports::{Key, Kind, Write};
use bytes::Bytes;
use hospes_protocol::{ErrorCode, OAuthError};
use std::time::Duration;

impl Idp {
    /// Revokes a token of the client. A token that is not there, or not any more, is revoked already (RFC 7009 §2.2).
    pub async fn revoke_token(&self, request: ClientRequest<'_>) -> Result<(), OAuthError> {
        self.answer(request, async |call| self.end(call, request.form.required("token")?).await).await
    }

    async fn end(&self, call: Call<'_>, token: &str) -> Result<(), OAuthError> {
        let Call { ctx, tenant, client, .. } = call;
        let Some((write, kind)) = self.ending(call, token).await? else {
            return Ok(());
        };
        self.sessions.write(vec![write]).await?;
        let actor = Actor::Client(client.client_id.to_string());
        let event = AuditEvent::new(ctx, tenant.id, AuditKind::TokenRevoked, actor).client(&client.client_id);
        self.audit.record(event.detail("token", kind)).await;
        Ok(())
    }

    /// What ends the token; `None` where there is nothing to end.
    async fn ending(&self, call: Call<'_>, text: &str) -> Result<Option<(Write, &'static str)>, OAuthError> {
        let not_yours = || OAuthError::unauthorized_client("the token was issued to another client");
        if let Some(token) = self.open_refresh_token(call, text) {
            if token.client != call.client.client_id {
                return Err(not_yours());
            }
            let family = Key::new(call.tenant.id, Kind::Family, &token.family);
            return Ok(Some((Write::Delete(family), "refresh_token")));
        }
        let claims = match self.access_token(call.ctx, call.tenant, text).await {
            Ok(claims) => claims,
            Err(error) if error.code == ErrorCode::InvalidToken => return Ok(None),
            Err(error) => return Err(error),
        };
        if claims.client_id != call.client.client_id.as_str() {
            return Err(not_yours());
        }
        let remaining = u64::try_from(claims.exp - call.ctx.seconds()).unwrap_or_default().max(1);
        let revoked = Write::Put {
            key: Key::new(call.tenant.id, Kind::Revoked, &claims.jti),
            value: Bytes::from_static(b"1"),
            ttl: Duration::from_secs(remaining),
            indexes: Vec::new(),
        };
        Ok(Some((revoked, "access_token")))
    }
}
