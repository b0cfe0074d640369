//! The `hospes` server: configuration, wiring, telemetry and the command line.
//!
//! The only place where time and randomness come from the operating system. A library so that tests open the very house
//! that is served, with a clock of their own.

pub mod cli;
pub mod config;
mod courier;
mod demo;
mod dry_run;
pub mod entropy;
mod jobs;
mod key_file;
mod operations;
pub mod serve;
mod telemetry;
pub mod wiring;
