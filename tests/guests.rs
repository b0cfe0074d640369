//! What guests meet, and whoever pretends to be one: group by group of the catalogue.

mod account_screens;
mod accounts;
mod directory;
mod entrance;
mod home_idps;
mod home_logout;
mod invitations;
mod limits;
mod linking;
mod local_accounts;
mod logout;
mod own_sessions;
mod redemption;
mod rivals;
mod sessions;
mod ssrf;
mod web_surface;
