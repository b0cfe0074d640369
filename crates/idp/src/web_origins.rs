//! Web origins of tenants as they were read, for at most one second, like everything that readers of the directory
//! remember.

use crate::ids::TenantId;
use moka::sync::Cache;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The origins of a tenant, read by whoever asks first.
pub(crate) type Origins = OnceCell<HashSet<String>>;

pub(crate) struct WebOrigins(Cache<TenantId, Arc<Origins>>);

impl Default for WebOrigins {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(1)).build())
    }
}

impl WebOrigins {
    pub(crate) fn of(&self, tenant: TenantId) -> Arc<Origins> {
        self.0.get_with(tenant, Arc::default)
    }

    /// A change to its clients shows at once.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.0.invalidate(&tenant);
    }
}
