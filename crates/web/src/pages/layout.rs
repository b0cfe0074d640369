//! What all pages share, and the addresses of the static files they name.

use crate::pages::href::Href;
use std::fmt;

/// What every page needs. `Layout::default()` serves pages that know neither organization nor browser.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// BCP 47 language of the texts.
    pub lang: &'a str,
    /// The organization whose door this is, shown at the top.
    pub organization: Option<&'a str>,
    /// Anti-forgery value; every form of the page sends it as `csrf`. Empty only where a page has no form.
    pub csrf: &'a str,
    /// Addresses of apps that are told of a sign-out by being loaded.
    pub frames: &'a [Href<'a>],
    /// What the organization does with data, linked at the foot.
    pub privacy: Option<Href<'a>>,
}

impl Default for Layout<'_> {
    fn default() -> Self {
        Self { lang: "en", organization: None, csrf: "", frames: &[], privacy: None }
    }
}

/// The stylesheet of all pages.
pub(crate) const STYLESHEET: Asset =
    Asset::new("hospes.css", include_bytes!("../../../../static/hospes.css"));
/// The symbol in the browser's tab.
pub(crate) const ICON: Asset = Asset::new("logo.svg", include_bytes!("../../../../static/logo.svg"));
/// Small comforts: shows a password on demand, sends a form only once.
pub(crate) const SCRIPT: Asset = Asset::new("hospes.js", include_bytes!("../../../../static/hospes.js"));
/// Sends the one form of a page on its own.
pub(crate) const SUBMIT_SCRIPT: Asset =
    Asset::new("submit.js", include_bytes!("../../../../static/submit.js"));

/// A file of `static/`; its URL changes with its content, so that it may be cached for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    name: &'static str,
    version: u64,
}

impl Asset {
    const fn new(name: &'static str, content: &[u8]) -> Self {
        Self { name, version: fnv1a(content) }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/static/{}?v={:016x}", self.name, self.version)
    }
}

/// FNV-1a: enough to notice a changed file, and simple enough for a constant.
const fn fnv1a(mut bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    while let [byte, rest @ ..] = bytes {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
        bytes = rest;
    }
    hash
}
