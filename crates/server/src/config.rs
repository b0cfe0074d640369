//! Configuration: one TOML file, environment variables over it, every problem reported at once with its path.

mod reader;
#[cfg(test)]
mod tests;

use crate::telemetry::Format;
use anyhow::{Result, anyhow};
use hospes_mail::{SmtpConfig, SmtpSecurity};
use hospes_protocol::names::Secret;
use reader::Reader;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use url::Url;

/// The file read when none is named and it exists.
pub const DEFAULT_FILE: &str = "hospes.toml";

/// Everything the server needs to know, checked.
#[derive(Clone)]
pub struct Config {
    /// Where the outside reaches us, without a trailing slash.
    pub base_url: String,
    /// Where we listen.
    pub listen: SocketAddr,
    /// Where metrics and health are asked for.
    pub operations_listen: SocketAddr,
    /// `sqlite://…` or `postgres://…`.
    pub directory_url: String,
    /// `file:…` or `redis://…`.
    pub sessions_url: String,
    /// Where the key-encryption key lies.
    pub keys_dir: PathBuf,
    /// How mail leaves; without it mail waits in the outbox.
    pub smtp: Option<SmtpConfig>,
    /// Certificate chain and key, both PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// A second address, where clients are asked for certificates.
    pub mtls: Option<Mtls>,
    /// Whether home IdPs may be on this machine, over plain http; for demos and tests.
    pub allow_loopback: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// HTTP worker threads.
    pub workers: usize,
    /// How the log looks.
    pub log_format: Format,
}

/// Where clients that have certificates reach us (RFC 8705). A listener of its own, so that no browser is asked for one.
#[derive(Clone, Debug)]
pub struct Mtls {
    /// Where we listen.
    pub listen: SocketAddr,
    /// Where the outside reaches it, without a trailing slash.
    pub base_url: String,
    /// Certificate chain and key, both PEM; those of `tls` if absent.
    pub identity: (PathBuf, PathBuf),
    /// The authorities whose certificates are trusted, PEM; none if absent.
    pub client_ca: Option<PathBuf>,
}

/// Where settings come from.
pub struct Sources<'a> {
    /// The file, or the default one if it exists.
    pub file: Option<&'a Path>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
}

impl Config {
    /// Reads and checks everything; the error lists every problem.
    pub fn load(sources: &Sources<'_>) -> Result<Self> {
        let mut reader = Reader::open(sources)?;
        let config = Self::read(&mut reader);
        let problems = reader.finish();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(anyhow!("the configuration cannot be used:\n  {}", problems.join("\n  "))),
        }
    }

    fn read(reader: &mut Reader) -> Option<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let base_url = reader.text("base_url", "http://localhost:8080");
        let allow_loopback = reader.flag("outbound.allow_loopback", false);
        let tls = read_tls(reader, ["tls.certificate", "tls.private_key"]);
        let config = Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            listen: reader.parsed("listen", "127.0.0.1:8080", "an address and port, such as 0.0.0.0:8080")?,
            operations_listen: reader.parsed(
                "operations_listen",
                "127.0.0.1:9090",
                "an address and port, such as 127.0.0.1:9090",
            )?,
            directory_url: reader.secret("directory.url", "sqlite://data/directory.db"),
            sessions_url: reader.secret("sessions.url", "file:data/sessions.redb"),
            keys_dir: reader.text("keys.dir", "keys").into(),
            smtp: read_smtp(reader),
            mtls: read_mtls(reader, tls.as_ref()),
            tls,
            allow_loopback,
            trusted_proxies: reader.list("trusted_proxies", "an IP address"),
            workers: reader.parsed("workers", &cores.to_string(), "a number")?,
            log_format: match reader.text("log.format", "json").as_str() {
                "text" => Format::Text,
                "json" => Format::Json,
                _ => {
                    reader.problem("log.format", "must be json or text");
                    Format::Json
                }
            },
        };
        config.judge(reader);
        Some(config)
    }

    fn judge(&self, reader: &mut Reader) {
        match Url::parse(&self.base_url) {
            Ok(url) if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
                reader.problem("base_url", "must have no path, query or fragment");
            }
            Ok(url) if url.scheme() == "https" || hospes_protocol::redirect_uri::is_loopback(&url) => {}
            Ok(_) => reader.problem("base_url", "must be https, except on this machine"),
            Err(_) => reader.problem("base_url", "must be a URL, such as https://id.example.org"),
        }
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| self.directory_url.starts_with(scheme))
        {
            reader.problem("directory.url", "must begin with sqlite:// or postgres://");
        }
        if !["file:", "redis:", "rediss:"].iter().any(|scheme| self.sessions_url.starts_with(scheme)) {
            reader.problem("sessions.url", "must begin with file:, redis:// or rediss://");
        }
    }

    /// The settings in effect, secrets masked, for `hospes check`.
    pub fn describe(&self) -> serde_json::Value {
        serde_json::json!({
            "base_url": self.base_url,
            "listen": self.listen.to_string(),
            "operations_listen": self.operations_listen.to_string(),
            "directory": {"url": masked(&self.directory_url)},
            "sessions": {"url": masked(&self.sessions_url)},
            "keys": {"dir": self.keys_dir},
            "smtp": self.smtp.as_ref().map(|smtp| serde_json::json!({
                "host": smtp.host, "port": smtp.port, "from": smtp.from, "credentials": smtp.credentials.is_some(),
            })),
            "tls": self.tls.as_ref().map(|(certificate, key)| serde_json::json!({"certificate": certificate, "private_key": key})),
            "mtls": self.mtls.as_ref().map(|mtls| serde_json::json!({
                "listen": mtls.listen.to_string(), "base_url": mtls.base_url, "client_ca": mtls.client_ca,
                "certificate": mtls.identity.0, "private_key": mtls.identity.1,
            })),
            "outbound": {"allow_loopback": self.allow_loopback},
            "trusted_proxies": self.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "workers": self.workers,
            "log": {"format": match self.log_format {
                Format::Text => "text",
                Format::Json => "json",
            }},
        })
    }
}

/// A store's address without its password, wherever the store reads one.
fn masked(text: &str) -> String {
    const MASK: &str = "***";
    let Ok(mut url) = Url::parse(text) else {
        return MASK.to_owned();
    };
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    let is_secret =
        |pair: &str| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("password"));
    let query = url.query().map(|query| {
        let shown = query.split('&').map(|pair| if is_secret(pair) { "password=***" } else { pair });
        shown.collect::<Vec<_>>().join("&")
    });
    url.set_query(query.as_deref());
    url.to_string()
}

/// `smtps://user:password@host:465`, `smtp://host:587` with STARTTLS; plain only to this machine.
fn read_smtp(reader: &mut Reader) -> Option<SmtpConfig> {
    let text = reader.secret("smtp.url", "");
    let from = reader.text("smtp.from", "");
    let extra_ca = Some(reader.text("smtp.ca_file", "")).filter(|path| !path.is_empty());
    if text.is_empty() {
        return None;
    }
    let Ok(url) = Url::parse(&text) else {
        reader.problem("smtp.url", "must be a URL, such as smtps://user@mail.example.org");
        return None;
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let (security, port) = match (url.scheme(), loopback) {
        ("smtps", _) => (SmtpSecurity::Tls, 465),
        ("smtp", true) => (SmtpSecurity::PlainOnLoopback, 25),
        ("smtp", false) => (SmtpSecurity::StartTls, 587),
        _ => {
            reader.problem("smtp.url", "must begin with smtp:// or smtps://");
            return None;
        }
    };
    if from.is_empty() {
        reader.problem("smtp.from", "is missing: the address mail is sent from");
    }
    let extra_ca = extra_ca.and_then(|path| match std::fs::read_to_string(&path) {
        Ok(pem) => Some(pem),
        Err(error) => {
            reader.problem("smtp.ca_file", &format!("{path} cannot be read: {error}"));
            None
        }
    });
    let user = (!url.username().is_empty()).then(|| url.username().to_owned());
    let credentials = user.map(|user| (user, Secret::new(url.password().unwrap_or_default())));
    Some(SmtpConfig { host, port: url.port().unwrap_or(port), security, credentials, from, extra_ca })
}

fn read_tls(reader: &mut Reader, paths: [&'static str; 2]) -> Option<(PathBuf, PathBuf)> {
    let [certificate, key] = paths.map(|path| reader.text(path, ""));
    if certificate.is_empty() && key.is_empty() {
        return None;
    }
    for (path, value) in paths.iter().zip([&certificate, &key]) {
        if value.is_empty() {
            reader.problem(path, "is missing");
        }
    }
    (!certificate.is_empty() && !key.is_empty()).then(|| (certificate.into(), key.into()))
}

fn read_mtls(reader: &mut Reader, tls: Option<&(PathBuf, PathBuf)>) -> Option<Mtls> {
    let listen = reader.text("mtls.listen", "");
    let base_url = reader.text("mtls.base_url", "").trim_end_matches('/').to_owned();
    let client_ca = reader.text("mtls.client_ca", "");
    let own = read_tls(reader, ["mtls.certificate", "mtls.private_key"]);
    if listen.is_empty() {
        return None;
    }
    let Ok(listen) = listen.parse() else {
        reader.problem("mtls.listen", "must be an address and port, such as 0.0.0.0:8443");
        return None;
    };
    if !Url::parse(&base_url).is_ok_and(|url| url.scheme() == "https" && url.path() == "/") {
        reader
            .problem("mtls.base_url", "must be https and have no path, such as https://mtls.id.example.org");
    }
    let Some(identity) = own.or_else(|| tls.cloned()) else {
        reader.problem("mtls.certificate", "is missing, and there is no tls.certificate to use instead");
        return None;
    };
    let client_ca = (!client_ca.is_empty()).then(|| client_ca.into());
    Some(Mtls { listen, base_url, identity, client_ca })
}
