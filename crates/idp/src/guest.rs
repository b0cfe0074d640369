//! People of a tenant.

pub mod user;
