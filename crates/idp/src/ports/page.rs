//! Lists are read page by page, by key and never by number.

/// A page of a list, ordered by a stable key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<String>,
}

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// At most this many items.
    pub size: u32,
}
