//! Sender constraint: tokens that are worth something only to whoever holds a key (RFC 9449, RFC 8705 §3).

use super::Call;
use super::certificate::ClientCertificate;
use crate::Idp;
use crate::ctx::Ctx;
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use crate::ports::{Key, Kind};
use crate::vault::Purpose;
use bytes::Bytes;
use hospes_protocol::claims::{Confirmation, VerifiedAccessToken};
use hospes_protocol::dpop::{MEMORY, Proof, ProvenRequest};
use hospes_protocol::encoding::{base64url, from_base64url};
use hospes_protocol::error::ErrorCode;
use hospes_protocol::jose::check::SKEW;
use hospes_protocol::{ClientId, OAuthError};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Seconds a nonce is good for.
const NONCE_LIFETIME: i64 = 300;

/// What a request brings to prove that its sender holds a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Possession<'a> {
    /// All its `DPoP` headers.
    pub proofs: &'a [String],
    /// The certificate of its connection.
    pub certificate: Option<&'a ClientCertificate>,
    /// Whether it came to the addresses where certificates are asked for (RFC 8705 §5).
    pub at_alias: bool,
}

/// How a request presents its access token (RFC 6750 §2.1, RFC 9449 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenScheme {
    /// `Bearer`.
    Bearer,
    /// `DPoP`.
    Dpop,
}

/// An access token as a request presents it.
#[derive(Clone, Copy, Debug)]
pub struct PresentedToken<'a> {
    /// How.
    pub scheme: TokenScheme,
    /// The token.
    pub token: &'a str,
    /// The method of the request.
    pub method: &'a str,
    /// The address of the request, from the configured base of the listener it came to.
    pub uri: &'a str,
    /// What it proves.
    pub possession: Possession<'a>,
}

impl Idp {
    /// The key that tokens of this call are bound to; `None` for bearer tokens.
    pub(super) async fn confirmation(
        &self,
        call: Call<'_>,
        possession: Possession<'_>,
        path: &str,
    ) -> Result<Option<Confirmation>, OAuthError> {
        let uri = self.proven_address(call.tenant, possession, path);
        let request =
            ProvenRequest { method: "POST", uri: &uri, access_token: None, now: call.ctx.seconds() };
        match possession.proofs {
            [] => {
                let security = &call.client.options.security;
                let binds = !security.dpop_bound_access_tokens
                    && security.binds_to_certificates(call.client.auth_method);
                match possession.certificate.filter(|_| binds) {
                    Some(certificate) => Ok(Some(certificate.confirmation())),
                    None if security.sender_constrained() => {
                        Err(OAuthError::invalid_dpop_proof("the client must prove possession of a key"))
                    }
                    None => Ok(None),
                }
            }
            proofs => {
                let proof = self.proven((call.ctx, call.tenant, call.client), proofs, request).await?;
                Ok(Some(Confirmation::Key(proof.thumbprint)))
            }
        }
    }

    /// The address a proof must name (RFC 9449 §4.3): the one the request came to, and no other.
    pub(crate) fn proven_address(&self, tenant: &Tenant, possession: Possession<'_>, path: &str) -> String {
        format!("{}/t/{}{path}", self.reached_at(possession.at_alias), tenant.slug)
    }

    /// A live access token, presented by whoever it is bound to.
    pub async fn presented_token(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        presented: PresentedToken<'_>,
    ) -> Result<Arc<VerifiedAccessToken>, OAuthError> {
        let refused =
            |cause: &str| OAuthError::invalid_token("the access token is bound otherwise").because(cause);
        let claims = self.access_token(ctx, tenant, presented.token).await?;
        match (&claims.cnf, presented.scheme) {
            (None, TokenScheme::Bearer) => Ok(claims),
            (None, TokenScheme::Dpop) => Err(refused("a bearer token presented as bound to a key")),
            (Some(bound @ Confirmation::Certificate(_)), TokenScheme::Bearer) => {
                match presented.possession.certificate {
                    Some(certificate) if certificate.confirmation() == *bound => Ok(claims),
                    _ => Err(refused("another certificate, or none")),
                }
            }
            (Some(Confirmation::Key(_)), TokenScheme::Bearer) => {
                Err(refused("a token bound to a key presented without it"))
            }
            (Some(Confirmation::Certificate(_)), TokenScheme::Dpop) => {
                Err(refused("a token bound to a certificate presented as bound to a key"))
            }
            (Some(Confirmation::Key(thumbprint)), TokenScheme::Dpop) => {
                let client = self.directory.client(tenant.id, &ClientId::new(&claims.client_id)).await?;
                let client = client.ok_or_else(|| refused("its client is gone"))?;
                let request = ProvenRequest {
                    method: presented.method,
                    uri: presented.uri,
                    access_token: Some(presented.token),
                    now: ctx.seconds(),
                };
                let proofs = presented.possession.proofs;
                let proof = self.proven((ctx, tenant, &client), proofs, request).await?;
                if &proof.thumbprint == thumbprint { Ok(claims) } else { Err(refused("another key")) }
            }
        }
    }

    /// Verifies the one proof of a request. It works once (RFC 9449 §11.1): remembered before anything comes of it.
    pub(crate) async fn proven(
        &self,
        (ctx, tenant, client): (&Ctx, &Tenant, &Client),
        proofs: &[String],
        request: ProvenRequest<'_>,
    ) -> Result<Proof, OAuthError> {
        let invalid = OAuthError::invalid_dpop_proof;
        let [proof] = proofs else {
            return Err(invalid("there must be exactly one DPoP header"));
        };
        let proof = Proof::verify(proof, request)
            .map_err(|cause| invalid("the DPoP proof is invalid or about another request").because(cause))?;
        let fresh = proof.nonce.as_ref().is_some_and(|nonce| self.is_dpop_nonce(ctx, tenant, nonce));
        if !fresh && (proof.nonce.is_some() || client.options.security.require_dpop_nonce) {
            let sentence = "the DPoP proof must have the nonce of the DPoP-Nonce header";
            return Err(OAuthError::new(ErrorCode::UseDpopNonce, sentence));
        }
        let used = format!("dpop\0{}\0{}", proof.thumbprint, proof.id);
        let used = Key::new(tenant.id, Kind::Replay, used);
        let memory = Duration::from_secs(MEMORY);
        if self.sessions.put_new(&used, Bytes::from_static(b"1"), memory).await? {
            Ok(proof)
        } else {
            Err(invalid("the DPoP proof was used before"))
        }
    }

    /// A nonce for proofs at this tenant (RFC 9449 §8): when it was made, and that it was made here.
    pub fn dpop_nonce(&self, ctx: &Ctx, tenant: &Tenant) -> String {
        let made = ctx.seconds().to_be_bytes();
        base64url([made.as_slice(), &self.nonce_mac(tenant, made)].concat())
    }

    fn is_dpop_nonce(&self, ctx: &Ctx, tenant: &Tenant, nonce: &str) -> bool {
        let bytes = from_base64url(nonce).unwrap_or_default();
        let Some((made, mac)) = bytes.split_first_chunk::<8>() else {
            return false;
        };
        let age = ctx.seconds().saturating_sub(i64::from_be_bytes(*made));
        bool::from(mac.ct_eq(&self.nonce_mac(tenant, *made))) && (-SKEW..=NONCE_LIFETIME).contains(&age)
    }

    fn nonce_mac(&self, tenant: &Tenant, made: [u8; 8]) -> [u8; 32] {
        self.vault.mac(Purpose::DpopNonce, &[tenant.id.0.as_bytes(), &made])
    }
}
