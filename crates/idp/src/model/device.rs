//! A device that waits for a person elsewhere to approve it (RFC 8628): what it asked for, and how that stands.

use crate::ctx::Ctx;
use crate::ids::UserId;
use crate::model::authentication::Authentication;
use bytes::Bytes;
use hospes_protocol::ClientId;
use hospes_protocol::authorization_details::AuthorizationDetail;
use hospes_protocol::scope::Scopes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// RFC 8628 §6.1: letters that are hard to mix up and spell no words.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// 20^8 codes, with a limit on guesses.
const LETTERS: usize = 8;
/// Seconds between two polls (RFC 8628 §3.5), and by how many the interval grows.
pub const INTERVAL: u32 = 5;

/// What a device shows and a person types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCode(String);

impl UserCode {
    /// A new one, every letter equally likely.
    pub fn generate(ctx: &Ctx) -> Self {
        let bytes = std::iter::repeat_with(|| ctx.bytes::<32>()).flatten();
        let fair = bytes.filter(|byte| *byte < 240);
        let letters = fair.filter_map(|byte| ALPHABET.get(usize::from(byte % 20)));
        Self(letters.take(LETTERS).map(|letter| char::from(*letter)).collect())
    }

    /// As typed: capitals and hyphens do not matter, nothing else is forgiven.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters = typed.trim().chars().filter(|c| *c != '-').map(|c| c.to_ascii_uppercase());
        let letters: String = letters.take(LETTERS + 1).collect();
        let ours = letters.bytes().all(|byte| ALPHABET.contains(&byte));
        (ours && letters.len() == LETTERS).then_some(Self(letters))
    }

    /// Without the hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UserCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (left, right) = self.0.split_at_checked(LETTERS / 2).unwrap_or((&self.0, ""));
        write!(f, "{left}-{right}")
    }
}

/// What a person is told before they approve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// For what.
    pub scope: Scopes,
    /// At which resources (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What exactly (RFC 9396).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<AuthorizationDetail>,
    /// Shown on the device.
    pub user_code: UserCode,
    /// When the device asked.
    pub requested_at: Timestamp,
    /// From where.
    pub network: String,
    /// After this it is too late.
    pub expires_at: Timestamp,
}

/// What a person approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Names the tokens that will come of it, so that they can be ended before they are there.
    pub family: String,
    /// Who.
    pub user: UserId,
    /// Of the browser session.
    pub sid: String,
    /// Of the browser session.
    pub session_expiry: Timestamp,
    /// How they signed in.
    pub authentication: Authentication,
}

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Nobody answered.
    Waiting {
        /// Seconds the device must leave between polls.
        interval: u32,
        /// When it polled last.
        polled_at: Option<Timestamp>,
    },
    /// Somebody said no, or may not say yes.
    Denied,
    /// Somebody said yes.
    Approved(Box<Approval>),
}

/// A request of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceAuthorization {
    /// What it asked for.
    pub request: DeviceRequest,
    /// How it stands.
    pub standing: Standing,
}

/// What a poll finds (RFC 8628 §3.5).
#[derive(Clone, Debug, PartialEq)]
pub enum Poll {
    /// Nobody answered; this is to be remembered.
    Pending(Standing),
    /// Nobody answered, and the device asked too soon; this is to be remembered.
    TooSoon(Standing),
    /// It is too late.
    Expired,
    /// No.
    Denied,
    /// Yes.
    Approved(Box<Approval>),
}

impl DeviceAuthorization {
    /// Whether somebody can still answer.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.request.expires_at && matches!(self.standing, Standing::Waiting { .. })
    }

    /// As it is kept.
    pub fn bytes(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Decides what a poll finds.
    pub fn poll(&self, now: Timestamp) -> Poll {
        if now >= self.request.expires_at {
            return Poll::Expired;
        }
        match &self.standing {
            Standing::Denied => Poll::Denied,
            Standing::Approved(approval) => Poll::Approved(approval.clone()),
            Standing::Waiting { interval, polled_at } => {
                let pause = SignedDuration::from_secs(i64::from(*interval));
                let too_soon = polled_at.is_some_and(|last| now.duration_since(last) < pause);
                let waiting = |interval| Standing::Waiting { interval, polled_at: Some(now) };
                if too_soon {
                    Poll::TooSoon(waiting(interval.saturating_add(INTERVAL)))
                } else {
                    Poll::Pending(waiting(*interval))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ctx, earlier, now};

    fn asked(standing: Standing, seconds_left: i64) -> DeviceAuthorization {
        let request = DeviceRequest {
            client_id: ClientId::new("tv"),
            scope: Scopes::default(),
            resources: Vec::new(),
            details: Vec::new(),
            user_code: UserCode::generate(&ctx()),
            requested_at: earlier(60),
            network: "192.0.2.1".into(),
            expires_at: now() + SignedDuration::from_secs(seconds_left),
        };
        DeviceAuthorization { request, standing }
    }

    #[test]
    fn dev_03_capitals_and_hyphens_do_not_matter_and_nothing_else_is_forgiven() {
        let code = UserCode::parse("BCDF-GHJK").unwrap();
        assert_eq!((code.as_str(), code.to_string().as_str()), ("BCDFGHJK", "BCDF-GHJK"));
        for same in ["bcdfghjk", " bcdf-ghjk ", "b-c-d-f-g-h-j-k", "BcDf-GhJk", "-BCDFGHJK-"] {
            assert_eq!(UserCode::parse(same).as_ref(), Some(&code), "{same}");
        }
        for other in ["", "BCDF", "BCDFGHJKL", "BCDF GHJK", "BCDF_GHJK", "BCDFGHJA", "BCDFGHJ1", "ЬCDFGHJK"]
        {
            assert_eq!(UserCode::parse(other), None, "{other}");
        }
        let made = UserCode::generate(&ctx());
        assert_eq!(UserCode::parse(&made.to_string()), Some(made));
    }

    #[test]
    fn rfc8628_3_5_polls() {
        let waiting =
            |interval, ago: Option<i64>| Standing::Waiting { interval, polled_at: ago.map(earlier) };
        let next = |interval| Standing::Waiting { interval, polled_at: Some(now()) };
        let rows = [
            ("first", waiting(5, None), 60, Poll::Pending(next(5))),
            ("in time", waiting(5, Some(5)), 60, Poll::Pending(next(5))),
            ("too soon", waiting(5, Some(4)), 60, Poll::TooSoon(next(10))),
            ("in time for less", waiting(10, Some(5)), 60, Poll::TooSoon(next(15))),
            ("denied", Standing::Denied, 60, Poll::Denied),
            ("expired", waiting(5, None), 0, Poll::Expired),
            ("denied and expired", Standing::Denied, 0, Poll::Expired),
        ];
        for (name, standing, left, expected) in rows {
            assert_eq!(asked(standing, left).poll(now()), expected, "{name}");
        }
    }
}
