//! Invitations.

pub mod record;
