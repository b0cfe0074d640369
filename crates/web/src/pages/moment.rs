//! Points in time as pages show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt;

/// A point in time; shown as `14 March 2026, 09:30 UTC`, because the reader's time zone is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(Timestamp);

impl Moment {
    /// RFC 3339, for the `datetime` attribute.
    pub fn machine(&self) -> String {
        self.0.to_string()
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.0.to_zoned(TimeZone::UTC);
        write!(f, "{}", utc.strftime("%-d %B %Y, %H:%M UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_for_people_and_for_machines() {
        let moment = Moment::from(Timestamp::from_second(1_773_480_600).unwrap());
        assert_eq!(moment.to_string(), "14 March 2026, 09:30 UTC");
        assert_eq!(moment.machine(), "2026-03-14T09:30:00Z");
    }
}
