//! The contracts of both storage ports, run on every backend. A suite sees only the port; the backends are opened in
//! `backend`. Missing servers are failures, never silently skipped.

#[cfg(test)]
mod backend;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod sessions;
