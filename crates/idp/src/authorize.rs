//! The authorization endpoint and the sign-in that may follow it: validate, remember what was achieved, decide the next
//! step, respond.

pub mod accounts;
mod admit;
mod answers;
pub mod begin;
pub mod details;
pub mod device;
pub mod facts;
pub mod flow;
pub mod interaction;
pub mod next_step;
pub mod outcome;
pub mod own_page;
pub mod published;
mod pushed;
mod request_object;
pub mod respond;
mod sessions;
