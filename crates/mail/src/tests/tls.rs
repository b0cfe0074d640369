//! MAIL-03: mail leaves over verified TLS or not at all.

use super::relay::{Protection, Relay, plain};
use super::samples::{code, outbox};
use crate::message::build;
use crate::smtp::SendError;
use crate::{SmtpConfig, SmtpConfigError, SmtpSecurity, SmtpTransport};
use hospes_protocol::names::Secret;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A server identity and its certificate as PEM.
fn identity(name: &str) -> (TlsAcceptor, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), cert.pem())
}

fn config(relay: &Relay, security: SmtpSecurity, extra_ca: Option<String>) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".into(),
        security,
        credentials: Some(("hospes".into(), Secret::new("correct horse"))),
        extra_ca,
        ..plain(relay.port)
    }
}

async fn send(config: &SmtpConfig) -> Result<(), SendError> {
    let transport = SmtpTransport::new(config).unwrap();
    let letter = build(&outbox(1, "grace@partner.example", &code()), &code(), transport.sender()).unwrap();
    transport.send(&letter).await
}

/// Neither credentials nor any part of a mail came through.
fn assert_nothing_told(relay: &Relay) {
    let heard = relay.heard();
    let told =
        heard.iter().any(|line| ["AUTH", "MAIL", "RCPT", "DATA"].iter().any(|word| line.starts_with(word)));
    assert!(!told, "{heard:?}");
}

#[tokio::test]
async fn mail_03_no_starttls_no_mail() {
    let relay = Relay::spawn(Protection::None, |_| None).await;
    assert_eq!(send(&config(&relay, SmtpSecurity::StartTls, None)).await, Err(SendError::Tls));
    assert!(relay.heard().iter().any(|line| line.starts_with("EHLO")));
    assert_nothing_told(&relay);
}

#[tokio::test]
async fn mail_03_a_refused_starttls_is_not_talked_around() {
    let (tls, pem) = identity("localhost");
    let refuse = |line: &str| (line == "STARTTLS").then(|| "454 not now".to_owned());
    let relay = Relay::spawn(Protection::StartTls(tls), refuse).await;
    let result = send(&config(&relay, SmtpSecurity::StartTls, Some(pem))).await;
    assert_eq!(result, Err(SendError::Deferred(454)));
    assert_nothing_told(&relay);
}

#[tokio::test]
async fn mail_03_an_unknown_certificate_gets_no_mail() {
    for security in [SmtpSecurity::Tls, SmtpSecurity::StartTls] {
        let (tls, _) = identity("localhost");
        let relay = Relay::spawn(protection(security, tls), |_| None).await;
        assert_eq!(send(&config(&relay, security, None)).await, Err(SendError::Tls), "{security:?}");
        assert_nothing_told(&relay);
    }
}

#[tokio::test]
async fn mail_03_a_certificate_for_another_host_gets_no_mail() {
    for security in [SmtpSecurity::Tls, SmtpSecurity::StartTls] {
        let (tls, pem) = identity("mail.elsewhere.example");
        let relay = Relay::spawn(protection(security, tls), |_| None).await;
        assert_eq!(send(&config(&relay, security, Some(pem))).await, Err(SendError::Tls), "{security:?}");
        assert_nothing_told(&relay);
    }
}

#[tokio::test]
async fn mail_03_tls_asked_of_a_plain_relay_gets_no_mail() {
    let relay = Relay::spawn(Protection::None, |_| None).await;
    send(&config(&relay, SmtpSecurity::Tls, None)).await.unwrap_err();
    assert_nothing_told(&relay);
}

#[tokio::test]
async fn mail_03_a_certificate_we_trust_for_this_host_gets_mail() {
    for security in [SmtpSecurity::Tls, SmtpSecurity::StartTls] {
        let (tls, pem) = identity("localhost");
        let relay = Relay::spawn(protection(security, tls), |_| None).await;
        assert_eq!(send(&config(&relay, security, Some(pem))).await, Ok(()), "{security:?}");
        let heard = relay.heard();
        assert!(heard.iter().any(|line| line.starts_with("AUTH PLAIN")), "{heard:?}");
        assert!(heard.contains(&"RCPT TO:<grace@partner.example>".to_owned()), "{heard:?}");
    }
}

#[tokio::test]
async fn mail_03_plain_is_for_this_machine_only() {
    for (host, allowed) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("::1", true),
        ("relay.fjord.example", false),
        ("192.0.2.1", false),
        ("0.0.0.0", false),
        ("localhost.evil.example", false),
        ("", false),
    ] {
        let config = SmtpConfig { host: host.into(), ..plain(25) };
        let refused = matches!(SmtpTransport::new(&config), Err(SmtpConfigError::PlainToStranger));
        assert_eq!(refused, !allowed, "{host}");
    }
}

#[tokio::test]
async fn a_sender_that_is_no_address_is_refused() {
    for from in ["", "Hospes", "a@x.example\r\nBcc: b@x.example", "a@x.example, b@x.example"] {
        let config = SmtpConfig { from: from.into(), ..plain(25) };
        assert!(matches!(SmtpTransport::new(&config), Err(SmtpConfigError::From)), "{from:?}");
    }
}

fn protection(security: SmtpSecurity, tls: TlsAcceptor) -> Protection {
    match security {
        SmtpSecurity::Tls => Protection::Tls(tls),
        _ => Protection::StartTls(tls),
    }
}
