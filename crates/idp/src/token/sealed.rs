//! What clients get signed, or encrypted for their eyes alone, because their registration says so.

use super::Call;
use crate::Idp;
use crate::model::options::Encryption;
use hospes_protocol::OAuthError;
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::jose::{Algorithm, JoseError};
use serde::Serialize;

/// What an endpoint answers: plain, or as a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// JSON.
    Plain(Vec<u8>),
    /// Compact serialization.
    Jwt(String),
}

fn failed(cause: JoseError) -> OAuthError {
    OAuthError::server_error("the answer cannot be signed or encrypted for this client").because(cause)
}

impl Idp {
    pub(crate) async fn signed(
        &self,
        call: Call<'_>,
        algorithm: Algorithm,
        (typ, claims): (TokenType, &impl Serialize),
    ) -> Result<String, OAuthError> {
        let keys = self.keyring.of(call.tenant.id).await?;
        keys.signer(algorithm, call.ctx.now).and_then(|signer| signer.sign(typ, claims)).map_err(failed)
    }

    /// A signed token as the client gets it: signed first, then encrypted, and said to be a token inside (RFC 7519 §5.2,
    /// §11.2).
    pub(crate) async fn for_client(
        &self,
        call: Call<'_>,
        encryption: Option<Encryption>,
        signed: String,
    ) -> Result<String, OAuthError> {
        let Some(how) = encryption else {
            return Ok(signed);
        };
        let sealed = self.encrypted_for(call.client, how, (Some("JWT"), signed.as_bytes())).await;
        sealed.map_err(failed)
    }

    /// JSON for the client's eyes alone.
    pub(crate) async fn sealed_for_client(
        &self,
        call: Call<'_>,
        how: Encryption,
        plain: &[u8],
    ) -> Result<String, OAuthError> {
        self.encrypted_for(call.client, how, (None, plain)).await.map_err(failed)
    }
}
