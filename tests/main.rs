//! Black-box tests: the very house that is served, its own stores, a browser with a cookie jar, a mailbox, and a clock
//! that can be advanced. They drive HTTP only; administration goes through the facade, as the command line does.
//!
//! A test that proves a line of `CATALOGUE.md` carries its id in its name. `cargo xtask test` starts the servers some of
//! them need.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod process;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod support;
