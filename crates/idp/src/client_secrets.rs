//! Secrets of clients: made here, shown once, and then only recognised. Those that assertions are made with must also be
//! read, so they are kept sealed, for their client alone.

use crate::Idp;
use crate::ctx::Ctx;
use crate::ids::TenantId;
use crate::model::client::{Client, ClientSecret};
use crate::vault::{Purpose, SecretHash};
use hospes_protocol::ClientId;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::jose::{Claims, CompactJwt, Hs256, JoseError, verify_with_secret};
use hospes_protocol::names::Secret;

impl Idp {
    /// A secret, where the method needs one.
    pub(crate) fn new_secret(
        &self,
        ctx: &Ctx,
        (tenant, client): (TenantId, &ClientId),
        method: ClientAuthMethod,
    ) -> (Vec<ClientSecret>, Option<Secret>) {
        if !method.has_secret() {
            return (Vec::new(), None);
        }
        let plain = ctx.token();
        let sealed = (method == ClientAuthMethod::ClientSecretJwt)
            .then(|| self.vault.seal(ctx, Purpose::ClientSecret, &context(tenant, client), plain.as_bytes()));
        let stored = ClientSecret { hash: SecretHash::of(&plain), sealed, expires_at: None };
        (vec![stored], Some(Secret::new(plain)))
    }

    /// The claims of a token made with one of the secrets this client has now.
    pub(crate) fn verified_by_secret(
        &self,
        client: &Client,
        jwt: &CompactJwt<'_, Hs256>,
        ctx: &Ctx,
    ) -> Result<Claims, JoseError> {
        let context = context(client.tenant, &client.client_id);
        let sealed = client.live_secrets(ctx.now).filter_map(|secret| secret.sealed.as_ref());
        let secrets = sealed.filter_map(|sealed| {
            let opened = self.vault.open(Purpose::ClientSecret, &context, sealed);
            opened
                .inspect_err(|cause| tracing::error!(%cause, client = %client.client_id, "a client secret"))
                .ok()
        });
        let mut answers = secrets.map(|secret| verify_with_secret(jwt, &secret));
        answers.find_map(Result::ok).ok_or(JoseError::Signature)
    }
}

fn context(tenant: TenantId, client: &ClientId) -> Vec<u8> {
    [tenant.0.as_bytes().as_slice(), client.as_str().as_bytes()].concat()
}
