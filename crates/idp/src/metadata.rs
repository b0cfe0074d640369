//! Published documents: server metadata and keys, rendered once per tenant.

use crate::Idp;
use crate::keyring::{KeyringError, TenantKeys};
use crate::model::authentication::ACR_VALUES;
use crate::model::tenant::Tenant;
use bytes::Bytes;
use hospes_protocol::metadata::ProviderMetadata;
use std::sync::Arc;

/// Languages of the pages.
pub const UI_LOCALES: [&str; 1] = ["en"];

impl Idp {
    /// The metadata document, the same at both well-known forms.
    pub fn metadata(&self, tenant: &Tenant) -> Bytes {
        let document = ProviderMetadata::new(&self.issuer(tenant), &ACR_VALUES, &UI_LOCALES);
        Bytes::from(serde_json::to_vec(&document).unwrap_or_default())
    }

    /// The keys of a tenant, with its published key set.
    pub async fn keys(&self, tenant: &Tenant) -> Result<Arc<TenantKeys>, KeyringError> {
        self.keyring.of(tenant.id).await
    }
}
