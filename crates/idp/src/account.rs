//! Lightweight accounts: proving a mailbox by code, choosing and checking a password.

pub mod code;
pub mod hashing;
pub mod password;
pub mod sign_in;
