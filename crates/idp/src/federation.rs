//! Home IdPs: which one, leaving for it, coming back.

pub mod home_idp;
pub mod identity;
