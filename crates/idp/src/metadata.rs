//! Server metadata and keys of a tenant, rendered once.

use crate::Idp;
use crate::admin::permission::{INVITE, PERMISSIONS};
use crate::ctx::Ctx;
use crate::keyring::{KeyringError, TenantKeys};
use crate::model::authentication::ACR_VALUES;
use crate::model::tenant::Tenant;
use crate::published::Published;
use hospes_protocol::metadata::ProviderMetadata;
use hospes_protocol::resource_metadata::{ProtectedResource, ResourceMetadata, WELL_KNOWN};
use std::sync::Arc;

/// Languages of the pages.
pub const UI_LOCALES: [&str; 1] = ["en"];

impl Idp {
    /// The metadata document, the same at both well-known forms. It follows from the issuer, which never changes, from the
    /// tenant's settings and from what it signs with now, so it is rendered once for each.
    pub async fn metadata(&self, ctx: &Ctx, tenant: &Tenant) -> Result<Arc<Published>, KeyringError> {
        let signing = self.keyring.of(tenant.id).await?.algorithms(ctx.now);
        Ok(self.documents.get_with((tenant.id, tenant.version, signing.clone()), || {
            let types = tenant.settings.options.details.types.iter().map(|known| known.name.clone());
            let mtls = self.mtls_issuer(tenant);
            let document = ProviderMetadata::new(
                &self.issuer(tenant),
                &signing,
                &ACR_VALUES,
                &UI_LOCALES,
                mtls.as_ref(),
            )
            .with_details(types.collect())
            .tolerating(tenant.settings.options.security.tolerated())
            .taking_registrations(self.takes_registrations(tenant));
            Arc::new(Published::new(serde_json::to_vec(&document).unwrap_or_default()))
        }))
    }

    /// The metadata document of one of our own resources (RFC 9728).
    pub fn resource_metadata(&self, tenant: &Tenant, resource: ProtectedResource) -> Published {
        let scopes: &[&str] = match resource {
            ProtectedResource::Userinfo => &["openid", "profile", "email"],
            ProtectedResource::Api => &PERMISSIONS,
            ProtectedResource::Graph => &[INVITE],
        };
        let document = ResourceMetadata::new(&self.issuer(tenant), resource, scopes);
        Published::new(serde_json::to_vec(&document).unwrap_or_default())
    }

    /// Where that document is: between the host and the path of the resource (RFC 9728 §3.1).
    pub fn resource_metadata_url(&self, tenant: &Tenant, resource: ProtectedResource) -> String {
        format!("{}{WELL_KNOWN}/t/{}{}", self.base_url(), tenant.slug, resource.path())
    }

    /// The keys of a tenant, with its published key set.
    pub async fn keys(&self, tenant: &Tenant) -> Result<Arc<TenantKeys>, KeyringError> {
        self.keyring.of(tenant.id).await
    }
}
