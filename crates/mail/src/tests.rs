//! Tests of the crate as a whole, against real connections on this machine. Nothing sleeps: tests wait for what they
//! expect to happen.

mod catching;
mod directory;
mod messages;
mod relay;
mod rendering;
mod samples;
mod tls;
mod worker;
