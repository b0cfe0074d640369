//! What an OAuth client and a browser meet, group by group of the catalogue.

mod authorize;
mod authorize_session;
mod client_auth;
mod code;
mod code_refused;
mod discovery;
mod harness;
mod introspection;
mod invitation;
mod local_account;
mod logout;
mod mapping;
mod pushed;
mod refresh;
mod session;
mod store_away;
mod subjects;
mod type_matrix;
mod userinfo;
mod wishes;
