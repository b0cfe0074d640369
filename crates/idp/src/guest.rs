//! People of a tenant: what is kept about them, who somebody is, how a guest is admitted.

pub mod admit;
pub mod resolve;
pub mod user;
