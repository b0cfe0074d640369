//! The demo's tour in headless Chromium, as a visitor takes it.
//!
//! Every page on the way is photographed, light and dark, wide and narrow, into `tests/screenshots/`, and judged for what
//! a machine can see: one heading, no sideways scrolling, nothing in the browser's log.

mod accounts;
pub(crate) mod chromium;
mod page;
mod refused;
mod tour;
pub(crate) mod visitor;
