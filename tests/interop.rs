//! Hospes between independent implementations: a certified OpenID Provider as home IdP, a certified client library as
//! application, each a process of its own. What they refuse, a test refuses.

mod agent;
mod canaries;
mod client;
mod graph;
mod home_idp;
mod ipsie;
mod libraries;
mod operations;
mod provision;
mod sealed;
mod single_page;
