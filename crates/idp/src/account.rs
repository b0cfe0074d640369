//! Lightweight accounts: proving a mailbox by code, signing in with a password, choosing one.

pub mod code;
pub mod sign_in;
