//! Published documents: server metadata and keys, rendered once per tenant.

use crate::Idp;
use crate::keyring::{KeyringError, TenantKeys};
use crate::model::authentication::ACR_VALUES;
use crate::model::tenant::Tenant;
use bytes::Bytes;
use hospes_protocol::encoding::{base64url, sha256};
use hospes_protocol::metadata::ProviderMetadata;
use std::sync::Arc;

/// Languages of the pages.
pub const UI_LOCALES: [&str; 1] = ["en"];

/// A document as it goes out, with its entity tag.
#[derive(Debug)]
pub struct Published {
    /// JSON.
    pub body: Bytes,
    /// Of the body, in quotes.
    pub etag: String,
}

impl Published {
    pub(crate) fn new(body: Vec<u8>) -> Self {
        Self { etag: format!("\"{}\"", base64url(sha256(&body))), body: Bytes::from(body) }
    }
}

impl Idp {
    /// The metadata document, the same at both well-known forms. It follows from the issuer alone, which never changes,
    /// so it is rendered once.
    pub fn metadata(&self, tenant: &Tenant) -> Arc<Published> {
        self.documents.get_with(tenant.id, || {
            let document = ProviderMetadata::new(&self.issuer(tenant), &ACR_VALUES, &UI_LOCALES);
            Arc::new(Published::new(serde_json::to_vec(&document).unwrap_or_default()))
        })
    }

    /// The keys of a tenant, with its published key set.
    pub async fn keys(&self, tenant: &Tenant) -> Result<Arc<TenantKeys>, KeyringError> {
        self.keyring.of(tenant.id).await
    }
}
