//! The administration API over a real house: everything but the network.

mod access;
mod clients;
mod documents;
mod home_idps;
mod house;
mod invitations;
mod lists;
mod people;
mod tenant;
