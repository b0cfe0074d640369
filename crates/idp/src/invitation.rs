//! Invitations: making one, its link, redeeming it.

pub mod invite;
pub mod record;
pub mod redeem;
