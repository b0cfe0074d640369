//! Home IdPs: finding the right one for an address, leaving for it, coming back.

pub mod discovery;
pub mod home_idp;
pub mod identity;
pub mod journey;
