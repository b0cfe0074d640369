//! Policy: facts in, a decision out.

pub mod authentication;
pub mod decide;
