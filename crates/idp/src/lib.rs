//! The product: every decision Hospes makes, and the rooms it needs around it as traits.
//!
//! ```text
//!  authorize ──► interaction ──► next_step ──► home IdP ──► identity ──► resolve ──► admit
//!                    ▲               │  └────► password, code ─────────────┘            │
//!                    └── every answer┘◄─────────────────────────────────────────────────┘
//!                                    └──► respond ──► code ──► token ──► userinfo
//! ```
//!
//! Read in this order: [`authorize::next_step`] decides what happens next in a sign-in, [`guest::resolve`] who somebody
//! is, [`policy::decide`] whether it is still allowed, [`token`] mints. [`Idp`] is the facade the web layer calls;
//! [`ports`] are the rooms it stands on. Time and randomness come with [`Ctx`].
#![warn(missing_docs)]

pub mod account;
pub mod admin;
pub mod audit;
pub mod audit_log;
pub mod authorize;
mod barred;
pub mod browser;
pub(crate) mod client_keys;
mod client_secrets;
pub mod ctx;
pub mod email;
mod endings;
pub mod error;
mod facade;
pub mod federation;
#[cfg(test)]
mod fixture;
pub mod guest;
pub mod ids;
pub mod invitation;
pub mod keyring;
pub mod logout;
pub mod mail;
pub mod metadata;
pub mod model;
pub mod origins;
pub mod own_sessions;
pub mod password;
pub mod policy;
pub mod ports;
pub mod published;
pub mod refusal;
pub mod registration;
pub mod rotation;
mod subject;
pub mod token;
pub mod upkeep;
pub mod vault;
mod verified_tokens;
mod web_origins;

pub use ctx::{Ctx, Entropy};
pub use facade::{Idp, Rooms};
pub use model::{client, device, notice, options, session, tenant};
