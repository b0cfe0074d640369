//! What the tests are written with. Nothing here asserts a rule of the product, except that refusals change nothing.

pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod device;
pub(crate) mod ear;
pub(crate) mod fake_home;
pub(crate) mod guests;
pub(crate) mod jwt;
pub(crate) mod key_host;
pub(crate) mod publisher;
pub(crate) mod query;
pub(crate) mod redemption;
pub(crate) mod registration;
pub(crate) mod request;
pub(crate) mod sequences;
pub(crate) mod snapshot;
pub(crate) mod stores;
pub(crate) mod tenant;
pub(crate) mod tokens;
pub(crate) mod watch;

pub(crate) use app::TestApp;
pub(crate) use stores::Stores;
