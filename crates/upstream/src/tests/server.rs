//! A small HTTP/1.1 server that answers exactly the bytes it is told to, as slowly as it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: String,
}

/// What to send, and whether to go on sending the last part for ever with pauses.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    bytes: Vec<u8>,
    then: Option<(Vec<u8>, Duration)>,
}

impl Reply {
    pub(super) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: None }
    }

    pub(super) fn new(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes =
            format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        Self::raw(bytes)
    }

    pub(super) fn json(text: impl AsRef<[u8]>) -> Self {
        Self::new(200, "Content-Type: application/json\r\n", text)
    }

    /// Sends this again and again.
    pub(super) fn then_for_ever(mut self, part: impl Into<Vec<u8>>, pause: Duration) -> Self {
        self.then = Some((part.into(), pause));
        self
    }
}

type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// Runs until dropped.
pub(super) struct Server {
    pub(super) origin: String,
    seen: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, handler): (_, Handler) = (seen.clone(), Arc::new(handler));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, log.clone(), handler.clone()));
            }
        });
        Self { origin, seen, task }
    }

    pub(super) fn seen(&self, path: &str) -> Vec<Request> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|request| request.path == path).cloned().collect()
    }

    pub(super) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Request>>>, handler: Handler) {
    while let Some(request) = read(&mut stream).await {
        let reply = handler(&request);
        log.lock().unwrap().push(request);
        if stream.write_all(&reply.bytes).await.is_err() {
            return;
        }
        if let Some((part, pause)) = reply.then {
            while stream.write_all(&part).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = (head.lines())
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap());
            if body.len() >= length {
                let mut line = head.split(' ');
                return Some(Request {
                    method: line.next()?.to_owned(),
                    path: line.next()?.to_owned(),
                    head: head.to_owned(),
                    body: body.to_owned(),
                });
            }
        }
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}
