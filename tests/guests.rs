//! What guests meet, and whoever pretends to be one: group by group of the catalogue.

mod entrance;
mod home_idps;
mod invitations;
mod limits;
mod linking;
mod local_accounts;
mod logout;
mod redemption;
mod rivals;
mod sessions;
mod ssrf;
mod web_surface;
