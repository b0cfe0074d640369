//! A relay that answers as told and writes down every line it hears.

use crate::{SmtpConfig, SmtpSecurity, SmtpTransport};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a relay says to a line instead of its usual answer.
type Script = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Protection {
    None,
    Tls(TlsAcceptor),
    StartTls(TlsAcceptor),
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    pub(crate) async fn spawn(
        protection: Protection,
        script: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let session = Session { heard: Arc::clone(&heard), script: Arc::new(script) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(session.clone().serve(stream, protection.clone()));
            }
        });
        Self { port, heard }
    }

    /// Every line that came in clear or out of TLS.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn transport(&self) -> SmtpTransport {
        SmtpTransport::new(&plain(self.port)).unwrap()
    }
}

pub(crate) fn plain(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        security: SmtpSecurity::PlainOnLoopback,
        credentials: None,
        from: "Hospes <no-reply@id.fjord.example>".into(),
        extra_ca: None,
    }
}

#[derive(Clone)]
struct Session {
    heard: Arc<Mutex<Vec<String>>>,
    script: Script,
}

impl Session {
    async fn serve(self, stream: tokio::net::TcpStream, protection: Protection) -> Option<()> {
        match protection {
            Protection::None => self.talk(BufStream::new(stream), true, false).await.map(drop),
            Protection::Tls(tls) => {
                let stream = tls.accept(stream).await.ok()?;
                self.talk(BufStream::new(stream), true, false).await.map(drop)
            }
            Protection::StartTls(tls) => {
                let clear = self.talk(BufStream::new(stream), true, true).await?;
                let stream = tls.accept(clear.into_inner()).await.ok()?;
                self.talk(BufStream::new(stream), false, false).await.map(drop)
            }
        }
    }

    /// Talks until QUIT, or until STARTTLS if that is offered; gives the stream back then.
    async fn talk<S>(&self, mut stream: BufStream<S>, greet: bool, starttls: bool) -> Option<BufStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if greet {
            say(&mut stream, "220 relay.fjord.example").await?;
        }
        let mut in_data = false;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            self.heard.lock().unwrap().push(line.to_owned());
            let usual = match line.split(' ').next() {
                _ if in_data && line != "." => continue,
                Some("EHLO") if starttls => "250-relay.fjord.example\r\n250 STARTTLS",
                Some("EHLO") => "250-relay.fjord.example\r\n250-AUTH PLAIN\r\n250 SMTPUTF8",
                Some("DATA") => "354 go",
                Some("AUTH") => "235 welcome",
                _ => "250 ok",
            };
            let answer = (self.script)(line).unwrap_or_else(|| usual.to_owned());
            in_data = answer.starts_with("354");
            say(&mut stream, &answer).await?;
            if line == "STARTTLS" && answer.starts_with('2') {
                return Some(stream);
            }
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, text: &str) -> Option<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
