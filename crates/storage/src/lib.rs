//! The stores: [`SqlDirectory`] keeps the directory in SQLite or PostgreSQL, [`CachedDirectory`] keeps its hot reads for
//! a second, [`EmbeddedSessions`] and [`RedisSessions`] keep what is short-lived.
//!
//! Thin rooms around the decisions of `idp`: nothing here judges a request, knows HTTP or talks to a home IdP. Identifiers
//! and times come with the values; only the session stores need a clock of their own, for lifetimes.
#![warn(missing_docs)]

mod cached;
mod embedded;
mod redis;
mod sql;

pub use cached::CachedDirectory;
pub use embedded::{Clock, EmbeddedSessions};
pub use redis::RedisSessions;
pub use sql::{OpenError, SqlDirectory};
