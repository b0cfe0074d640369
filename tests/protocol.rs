//! What an OAuth client and a browser meet, group by group of the catalogue.

mod authorize;
mod authorize_session;
mod client_auth;
mod client_keys;
mod code;
mod code_refused;
mod cors;
mod discovery;
mod dpop;
mod encrypted;
mod harness;
mod introspection;
mod invitation;
mod keys;
mod local_account;
mod logout;
mod mapping;
mod pushed;
mod refresh;
mod request_object;
mod session;
mod store_away;
mod subjects;
mod type_matrix;
mod userinfo;
mod wishes;
