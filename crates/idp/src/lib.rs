//! The product: every decision Hospes makes, and the rooms it needs around it as traits.
#![warn(missing_docs)]

pub mod audit;
pub mod client;
pub mod ctx;
pub mod email;
pub mod federation;
pub mod guest;
pub mod ids;
pub mod invitation;
pub mod mail;
pub mod policy;
pub mod ports;
pub mod session;
pub mod tenant;
pub mod vault;

pub use ctx::{Ctx, Entropy};
