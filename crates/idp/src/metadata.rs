//! Server metadata and keys of a tenant, rendered once.

use crate::Idp;
use crate::keyring::{KeyringError, TenantKeys};
use crate::model::authentication::ACR_VALUES;
use crate::model::tenant::Tenant;
use crate::published::Published;
use hospes_protocol::metadata::ProviderMetadata;
use std::sync::Arc;

/// Languages of the pages.
pub const UI_LOCALES: [&str; 1] = ["en"];

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
