//! What went wrong, as RFC 9457 shapes it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Problem details (RFC 9457), served as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:hospes:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words; the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence in one sentence.
    pub detail: String,
    /// Stable, for programs.
    pub code: String,
    /// Finds the log and audit entries of the request.
    pub reference: String,
    /// Every single problem, where there are several.
    pub problems: Vec<String>,
    /// The object that is in the way, where there is one.
    #[serde(default)]
    pub existing: Option<Uuid>,
}
