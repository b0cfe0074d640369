//! Mail: what `idp` wants said, rendered ([`render`]) and sent ([`SmtpTransport`]) from the outbox ([`OutboxWorker`]).
//!
//! ```text
//! Directory ──claim──▶ OutboxWorker ──open──▶ render ──▶ message ──▶ SmtpTransport ──▶ relay, or Catcher
//!     ▲                     │
//!     └── remove, postpone ─┘
//! ```
//!
//! A request never waits for mail: it writes to the outbox and wakes the worker. The [`Catcher`] receives mail on this
//! machine for demonstrations and tests. Nothing here knows SQL or HTTP.
#![warn(missing_docs)]

mod catcher;
mod message;
mod outbox;
mod render;
mod smtp;
mod untrusted;

#[cfg(test)]
mod tests;

pub use catcher::{Catcher, CaughtMail};
pub use outbox::{MakeCtx, OutboxWorker};
pub use render::{RenderError, Rendered, render};
pub use smtp::{SmtpConfig, SmtpConfigError, SmtpSecurity, SmtpTransport};
