//! Policy: facts in, a decision out.

pub mod decide;

pub use crate::model::authentication;
