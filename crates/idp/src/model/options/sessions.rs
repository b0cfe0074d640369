//! How long a sign-in serves a client, and what becomes of it when the browser is closed.

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

/// Whether people stay signed in when they close the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", from = "Told")]
pub enum KeepSignedIn {
    /// Nobody does, because people share browsers.
    #[default]
    Never,
    /// Whoever ticks the box "Keep me signed in".
    Ask,
    /// Everybody does.
    Always,
}

/// Before people could be asked, this was a yes or no.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    YesOrNo(bool),
    Word(Word),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Word {
    Never,
    Ask,
    Always,
}

impl From<Told> for KeepSignedIn {
    fn from(told: Told) -> Self {
        match told {
            Told::YesOrNo(false) | Told::Word(Word::Never) => Self::Never,
            Told::Word(Word::Ask) => Self::Ask,
            Told::YesOrNo(true) | Told::Word(Word::Always) => Self::Always,
        }
    }
}

/// Sessions of people who could have ticked "Keep me signed in".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TenantSessionOptions {
    /// Where people are asked: seconds a session lasts without being used if the person did not tick the box. Never more
    /// than `sessionIdle`.
    #[schema(minimum = 60)]
    pub idle_unless_kept: u32,
}

impl Default for TenantSessionOptions {
    fn default() -> Self {
        Self { idle_unless_kept: 3600 }
    }
}

impl TenantSessionOptions {
    pub(crate) fn problems(&self) -> Vec<String> {
        let too_short = self.idle_unless_kept < SHORTEST;
        let problem = || format!("sessions.idleUnlessKept must be at least {SHORTEST} seconds");
        too_short.then(problem).into_iter().collect()
    }
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

#[cfg(test)]
mod tests {
    use super::KeepSignedIn::{self, Always, Ask, Never};

    #[test]
    fn what_was_a_yes_or_no_is_still_read() {
        let rows = [("false", Never), ("true", Always), ("\"never\"", Never), ("\"ask\"", Ask)];
        for (told, read) in rows {
            assert_eq!(serde_json::from_str::<KeepSignedIn>(told).unwrap(), read, "{told}");
        }
        assert_eq!(serde_json::to_string(&[Never, Ask, Always]).unwrap(), r#"["never","ask","always"]"#);
        assert!(serde_json::from_str::<KeepSignedIn>("\"often\"").is_err());
    }
}
