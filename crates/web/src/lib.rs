//! HTTP: routes, cookies, forms, pages and the REST APIs, over actix-web.
//!
//! Handlers extract, call the facade once and render. They decide nothing: outcomes and errors come from `idp` and are
//! turned into HTTP in [`render`] and [`failure`]. URLs come from the configured issuer, never from a header (law 8).

mod agent;
pub mod api;
mod app;
mod cookies;
mod failure;
mod headers;
pub mod pages;
mod plain;
mod posted;
mod render;
mod routes;
mod screens;
mod site;

pub use app::{App, MakeCtx, Reference};
pub use headers::security_headers;
pub use routes::{AliasConnection, configure, static_files};
