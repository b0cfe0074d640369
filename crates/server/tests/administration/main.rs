//! The administration API over a real house: everything but the network.

#[cfg(test)]
mod access;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod home_idps;
#[cfg(test)]
mod house;
#[cfg(test)]
mod invitations;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod people;
#[cfg(test)]
mod registration_tokens;
#[cfg(test)]
mod tenant;
