//! How long a sign-in serves this client.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a sign-in serves this client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SessionOptions {
    /// Seconds since the person proved who they are, at most; as if each of its requests said `max_age`.
    #[schema(minimum = 60)]
    pub max_age: Option<u32>,
}

/// Below this, people would be asked again before they came back from being asked.
const SHORTEST: u32 = 60;

impl SessionOptions {
    pub(crate) fn problems(&self) -> Vec<String> {
        let too_short = self.max_age.is_some_and(|seconds| seconds < SHORTEST);
        too_short
            .then(|| format!("sessions.maxAge must be at least {SHORTEST} seconds"))
            .into_iter()
            .collect()
    }

    /// The stricter of what the client was registered with and what a request says.
    pub(crate) fn max_age(&self, requested: Option<u32>) -> Option<u32> {
        [self.max_age, requested].into_iter().flatten().min()
    }
}
