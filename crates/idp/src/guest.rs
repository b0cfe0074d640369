//! People of a tenant: who somebody is, given what they proved.

pub mod resolve;

pub use crate::model::{group, user};
