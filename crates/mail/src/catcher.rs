//! An SMTP server for this machine that keeps what it receives in memory and delivers nothing: the mailbox of the
//! demonstration and of the tests.
//!
//! The accepting side lives here, the conversation in `session`. It listens on the loopback address only, because it
//! takes mail from anybody.

mod session;

use jiff::Timestamp;
use mail_parser::MessageParser;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};

/// How many mails are kept.
const KEPT: usize = 200;
/// How many clients are served at a time.
const CONNECTIONS: usize = 32;

/// A mail that arrived.
#[derive(Clone, Debug)]
pub struct CaughtMail {
    /// Counts from 1 in the order of arrival.
    pub id: u64,
    /// The envelope's sender; empty for a bounce.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Decoded.
    pub subject: String,
    /// The decoded plain text part.
    pub text: Option<String>,
    /// The decoded HTML part.
    pub html: Option<String>,
    /// The message as it came, headers and all.
    pub raw: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
}

/// The newest mail first.
type Mails = Vec<Arc<CaughtMail>>;

/// A running catcher. Clones share it; it stops with the last of them.
#[derive(Clone, Debug)]
pub struct Catcher {
    addr: SocketAddr,
    mails: watch::Receiver<Mails>,
    _server: Arc<Server>,
}

#[derive(Debug)]
struct Server(AbortHandle);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Catcher {
    /// Listens on `127.0.0.1`; port 0 takes a free one.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let addr = listener.local_addr()?;
        let (sender, mails) = watch::channel(Mails::new());
        let server = tokio::spawn(serve(listener, Arc::new(sender)));
        Ok(Self { addr, mails, _server: Arc::new(Server(server.abort_handle())) })
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What arrived, newest first; the last 200.
    pub fn mails(&self) -> Vec<Arc<CaughtMail>> {
        self.mails.borrow().clone()
    }

    /// The newest mail that fulfils the predicate, as soon as there is one; `None` when the time is up.
    pub async fn wait_for(
        &self,
        predicate: impl Fn(&CaughtMail) -> bool,
        timeout: Duration,
    ) -> Option<Arc<CaughtMail>> {
        let find = |mails: &Mails| mails.iter().find(|mail| predicate(mail)).cloned();
        let mut mails = self.mails.clone();
        let arrived = mails.wait_for(|mails| find(mails).is_some());
        let mails = tokio::time::timeout(timeout, arrived).await.ok()?.ok()?;
        find(&mails)
    }
}

async fn serve(listener: TcpListener, mails: Arc<watch::Sender<Mails>>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut sessions = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        while sessions.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let mails = Arc::clone(&mails);
                sessions.spawn(async move {
                    // A client that goes away in the middle has sent nothing.
                    let _ = session::converse(stream, |received| keep(&mails, received)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the mail catcher cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn keep(mails: &watch::Sender<Mails>, received: session::Received) {
    let parsed = MessageParser::default().parse(&received.data);
    let subject = parsed.as_ref().and_then(|message| message.subject()).unwrap_or_default().to_owned();
    let text = parsed.as_ref().and_then(|message| message.body_text(0)).map(Into::into);
    let html = parsed.as_ref().and_then(|message| message.body_html(0)).map(Into::into);
    mails.send_modify(|mails| {
        let mail = CaughtMail {
            id: mails.first().map_or(1, |newest| newest.id + 1),
            from: received.from,
            to: received.to,
            subject,
            text,
            html,
            raw: received.data,
            received_at: now(),
        };
        mails.insert(0, Arc::new(mail));
        mails.truncate(KEPT);
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "mail arrives on its own, not within a request that has a context"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
