//! Authorization details (RFC 9396) as people are asked about them.

use crate::model::tenant::Tenant;
use hospes_protocol::authorization_details::AuthorizationDetail;

/// One thing a person is asked to allow, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it allows.
    pub title: String,
    /// Labels and values.
    pub says: Vec<(String, String)>,
}

/// What a person is shown. A type that is gone is shown by its name, and refused where tokens are issued.
pub(crate) fn in_words(tenant: &Tenant, details: &[AuthorizationDetail]) -> Vec<Wanted> {
    let wanted = |detail: &AuthorizationDetail| match tenant.settings.options.details.find(&detail.kind) {
        Some(known) => Wanted { title: known.title.clone(), says: known.in_words(detail) },
        None => Wanted { title: detail.kind.clone(), says: Vec::new() },
    };
    details.iter().map(wanted).collect()
}
