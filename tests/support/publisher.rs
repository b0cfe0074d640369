//! Where a client publishes request objects: a host that answers as it is told, and counts who asks.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it says.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) status: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

impl Published {
    /// As RFC 9101 §5.2.3 has it.
    pub(crate) fn object(object: &str) -> Self {
        Self { status: "200 OK", content_type: "application/oauth-authz-req+jwt", body: object.to_owned() }
    }
}

/// Runs until dropped.
pub(crate) struct Publisher {
    /// Of its one document.
    pub(crate) url: String,
    says: Arc<Mutex<Published>>,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Publisher {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/request", listener.local_addr().unwrap());
        let (says, heads) = (Arc::new(Mutex::new(Published::object(""))), Arc::new(Mutex::new(Vec::new())));
        let (said, seen) = (says.clone(), heads.clone());
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    head.push(byte);
                }
                seen.lock().unwrap().push(String::from_utf8(head).unwrap());
                let Published { status, content_type, body } = said.lock().unwrap().clone();
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
                     Location: /elsewhere\r\nConnection: close\r\n\r\n{body}"
                );
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        Self { url, says, heads, task }
    }

    /// From now on this.
    pub(crate) fn says(&self, published: Published) {
        *self.says.lock().unwrap() = published;
    }

    /// The heads of all requests.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.heads.lock().unwrap().len()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}
