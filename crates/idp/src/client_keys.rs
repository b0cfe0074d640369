//! The keys of a client, wherever they are registered: what verifies its assertions and request objects, and what its
//! tokens are encrypted to. The one place that knows whether they are in its registration or at a URL.

use crate::Idp;
use crate::model::client::Client;
use crate::ports::client_keys::KeySetOwner;
use hospes_protocol::encoding::sha256;
use hospes_protocol::jose::encryption::{ContentEncryption, KeyManagement};
use hospes_protocol::jose::{Algorithm, Claims, CompactJwt, JoseError, KeySet};
use std::sync::Arc;

impl Idp {
    /// The claims of a token this client signed with one of these algorithms.
    pub(crate) async fn verified_by(
        &self,
        client: &Client,
        jwt: &CompactJwt<'_>,
        allowed: &[Algorithm],
    ) -> Result<Claims, JoseError> {
        self.with_keys_of(client, |set| set.verifying.verify(jwt, allowed)).await
    }

    /// Something for this client's eyes alone.
    pub(crate) async fn encrypted_for(
        &self,
        client: &Client,
        how: (KeyManagement, ContentEncryption),
        (content_type, payload): (Option<&str>, &[u8]),
    ) -> Result<String, JoseError> {
        self.with_keys_of(client, |set| set.encrypting.encrypt(how, content_type, payload)).await
    }

    /// Whether the client registered this certificate, DER, with its keys (RFC 8705 §2.2.2).
    pub(crate) async fn has_certificate(&self, client: &Client, certificate: &[u8]) -> Result<(), JoseError> {
        let registered = |set: &KeySet| set.certificates.iter().any(|known| known == certificate);
        self.with_keys_of(client, |set| registered(set).then_some(()).ok_or(JoseError::UnknownKey)).await
    }

    /// Attempts something with the keys of a client. If none fits, a set at a URL may have changed, which without `kid`
    /// shows as a bad signature: it is fetched anew, within limits, and the attempt made again.
    async fn with_keys_of<T>(
        &self,
        client: &Client,
        attempt: impl Fn(&KeySet) -> Result<T, JoseError>,
    ) -> Result<T, JoseError> {
        let Some(url) = &client.options.tokens.jwks_uri else {
            return attempt(self.registered_keys(client)?.as_ref());
        };
        let owner = KeySetOwner { tenant: client.tenant, client: client.client_id.clone(), url: url.clone() };
        let set = self.client_keys.key_set(&owner).await;
        let set = set.map_err(|cause| JoseError::Key(cause.to_string()))?;
        let error = match attempt(set.as_ref()) {
            Err(error @ (JoseError::UnknownKey | JoseError::Signature)) => error,
            answer => return answer,
        };
        match self.client_keys.newer(&owner, &set).await {
            Some(newer) => attempt(newer.as_ref()),
            None => Err(error),
        }
    }

    /// The set in the registration, parsed once for each text it has.
    fn registered_keys(&self, client: &Client) -> Result<Arc<KeySet>, JoseError> {
        let text = client.jwks.as_ref().map(ToString::to_string).unwrap_or_default();
        let hash = sha256(&text);
        if let Some(set) = self.registered_keys.get(&hash) {
            return Ok(set);
        }
        let set = KeySet::parse(text.as_bytes()).map_err(|cause| JoseError::Key(cause.to_string()))?;
        let set = Arc::new(set);
        self.registered_keys.insert(hash, set.clone());
        Ok(set)
    }
}
