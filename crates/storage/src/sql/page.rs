//! Keyset paging: a page starts after the key of the last item of the page before, so rows that come or go in between
//! neither repeat nor hide others. A cursor is a key as text; one that names no row is simply a place in the order.

use hospes_idp::ports::{Page, PageRequest};

/// Sorts after every identifier, which are hexadecimal.
const END: &str = "~";

/// More than this is never read at once.
const LARGEST: u32 = 1000;

/// A page request as two arguments of a statement.
pub(super) struct Paging {
    /// Only keys beyond this one.
    pub(super) after: String,
    /// One more than fits, to know whether there is a next page.
    pub(super) limit: i64,
}

impl Paging {
    /// In rising order of keys.
    pub(super) fn rising(request: PageRequest) -> Self {
        Self::starting_at("", request)
    }

    /// In falling order of keys: newest first, because identifiers are ordered by time.
    pub(super) fn falling(request: PageRequest) -> Self {
        Self::starting_at(END, request)
    }

    fn starting_at(start: &str, request: PageRequest) -> Self {
        Self {
            after: request.after.unwrap_or_else(|| start.to_owned()),
            limit: i64::from(request.size.clamp(1, LARGEST)) + 1,
        }
    }

    /// The page in what was read.
    pub(super) fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Page<T> {
        let size = usize::try_from(self.limit - 1).unwrap_or_default();
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(key);
        Page { items, next }
    }
}
