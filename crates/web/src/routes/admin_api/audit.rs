//! The audit trail. It can be read and nothing else (API-24).

use super::access::{Answer, Api, PageQuery};
use crate::api::{AuditEntry, Page};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only those with this reference number.
    reference: Option<String>,
    /// At most this many items, 1 to 200; 50 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Lists entries, newest first.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let query: AuditQuery = api.query()?;
    let page = api.page(&admin, &PageQuery::new(query.limit, query.after))?;
    let page = admin.audit(query.reference.as_deref(), page).await?;
    Ok(api.found(&admin, page, AuditEntry::from))
}
