//! Logs: JSON lines for machines, readable lines for a terminal. Levels come from `HOSPES_LOG` or `RUST_LOG`.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line; control characters in values are escaped, so no value can forge a line (KEY-08).
    Json,
    /// For people.
    Text,
}

/// Installs the log for the process, on standard error.
pub(crate) fn install(format: Format, default_level: &str) {
    let filter = EnvFilter::try_from_env("HOSPES_LOG")
        .or_else(|_| EnvFilter::try_from_default_env())
        .unwrap_or_else(|_| EnvFilter::new(default_level));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let installed = match format {
        Format::Json => builder.json().flatten_event(true).try_init(),
        Format::Text => builder.compact().try_init(),
    };
    if installed.is_err() {
        eprintln!("hospes: a log is installed already");
    }
}
