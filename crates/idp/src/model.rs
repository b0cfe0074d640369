//! What the stores keep: tenants, clients, home IdPs, people, invitations, sessions. Values without behaviour beyond what
//! they say about themselves; nothing here knows the facade, the ports or a flow.

pub mod authentication;
pub mod client;
pub mod device;
pub mod group;
pub mod home_idp;
pub mod identity;
pub mod invitation;
pub mod notice;
pub mod options;
pub mod registration;
pub mod session;
pub mod signing_key;
pub mod tenant;
pub mod user;
