//! Home IdPs: finding the right one for an address, leaving for it, coming back.

pub mod discovery;
pub mod journey;
pub mod logout;

pub use crate::model::{home_idp, identity};
