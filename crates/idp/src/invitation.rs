//! Invitations: making one, redeeming it.

mod destination;
pub mod invite;
mod issue;
mod manage;
pub mod redeem;

pub use crate::model::invitation as record;
