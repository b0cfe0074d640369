//! The way out: one SMTP relay, over TLS that is verified. Without TLS only to this machine, and never as a fallback.
//!
//! Error texts of a relay quote addresses, so they end here; what leaves this file is a kind and a reply code.

use crate::message::Letter;
use hospes_protocol::names::Secret;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error as LettreError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, address::Envelope};
use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

/// How the connection to the relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314 §3.3), usually port 465.
    Tls,
    /// STARTTLS, required, usually port 587.
    StartTls,
    /// None; only for a relay on this machine.
    PlainOnLoopback,
}

/// Which relay takes our mail, and as whom.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// Host name, also the name its certificate must have.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection of the connection.
    pub security: SmtpSecurity,
    /// User name and password, if the relay wants them.
    pub credentials: Option<(String, Secret)>,
    /// The sender: `Hospes <no-reply@id.example.org>`. Mails carry `ORGANIZATION via Hospes`.
    pub from: String,
    /// A certificate authority to trust besides those of the system, as PEM.
    pub extra_ca: Option<String>,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum SmtpConfigError {
    /// Mail would leave this machine unprotected.
    #[error("SMTP without TLS is only possible to this machine (localhost, 127.0.0.1, ::1)")]
    PlainToStranger,
    /// The sender is not an address.
    #[error("the sender is not an address like `Hospes <no-reply@id.example.org>`")]
    From,
    /// The host is no name a certificate could have, or the certificate authority cannot be read.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Why a letter was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    #[error("the relay refused it for good with {0}")]
    Rejected(u16),
    #[error("the relay refused it for now with {0}")]
    Deferred(u16),
    #[error("the connection to the relay could not be protected")]
    Tls,
    #[error("the relay did not answer")]
    Unavailable,
}

/// Sends letters to the configured relay over a few kept connections.
#[derive(Clone, Debug)]
pub struct SmtpTransport {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
}

/// Longest wait for a connection or an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for one letter.
const LETTER_TIMEOUT: Duration = Duration::from_secs(25);

impl SmtpTransport {
    /// Checks the configuration; connects only when there is something to send. Needs a tokio runtime around it.
    pub fn new(config: &SmtpConfig) -> Result<Self, SmtpConfigError> {
        let sender: Mailbox = config.from.parse().map_err(|_| SmtpConfigError::From)?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls(config)?)
            .timeout(Some(ANSWER_TIMEOUT));
        if let Some((user, password)) = &config.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(Self { relay: builder.build(), sender })
    }

    pub(crate) const fn sender(&self) -> &Mailbox {
        &self.sender
    }

    /// Returns when the relay has taken responsibility for the guest's copy (RFC 5321 §4.2.5). The courtesy copy is
    /// tried once.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        self.send_to(&letter.recipient, letter).await?;
        if let Some(copy) = &letter.copy
            && let Err(error) = self.send_to(copy, letter).await
        {
            tracing::warn!(%error, "the copy of an invitation was not sent");
        }
        Ok(())
    }

    async fn send_to(&self, envelope: &Envelope, letter: &Letter) -> Result<(), SendError> {
        match tokio::time::timeout(LETTER_TIMEOUT, self.relay.send_raw(envelope, &letter.bytes)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Unavailable),
        }
    }
}

fn tls(config: &SmtpConfig) -> Result<Tls, SmtpConfigError> {
    match config.security {
        SmtpSecurity::Tls => verified(config).map(Tls::Wrapper),
        SmtpSecurity::StartTls => verified(config).map(Tls::Required),
        SmtpSecurity::PlainOnLoopback if is_loopback(&config.host) => Ok(Tls::None),
        SmtpSecurity::PlainOnLoopback => Err(SmtpConfigError::PlainToStranger),
    }
}

fn verified(config: &SmtpConfig) -> Result<TlsParameters, SmtpConfigError> {
    let refused = |error: LettreError| SmtpConfigError::Tls(error.to_string());
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(pem) = &config.extra_ca {
        builder = builder.add_root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(refused)?);
    }
    builder.build().map_err(refused)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn classify(error: &LettreError) -> SendError {
    match error.status().map(u16::from) {
        // RFC 4954 §6 and RFC 5321 §4.2.3: a complaint about us or the session, not about this mail.
        Some(code @ (421 | 502 | 503 | 530 | 534 | 535 | 538)) => SendError::Deferred(code),
        Some(code) if error.is_permanent() => SendError::Rejected(code),
        Some(code) => SendError::Deferred(code),
        None if is_about_tls(error) => SendError::Tls,
        None => SendError::Unavailable,
    }
}

/// Whether STARTTLS was missing or the handshake failed. lettre reports the one as a client error, the other as one or
/// two connection errors around the cause.
fn is_about_tls(error: &LettreError) -> bool {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let handshake = causes.any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
    });
    error.is_tls() || handshake || (error.is_client() && error.to_string().contains("STARTTLS"))
}
