//! Where a client publishes its keys: a host that can go down, and that counts who asks.

use super::jwt::JwtKey;
use super::request::Request;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Runs until dropped or shut.
pub(crate) struct KeyHost {
    pub(crate) url: String,
    set: Arc<Mutex<Value>>,
    asked: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl KeyHost {
    pub(crate) async fn start(keys: &[&JwtKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let (set, asked) = (Arc::new(Mutex::new(Value::Null)), Arc::new(Mutex::new(0)));
        let (shown, counted) = (set.clone(), asked.clone());
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = Request::read(&mut stream).await;
                *counted.lock().unwrap() += 1;
                let text = shown.lock().unwrap().to_string();
                let length = text.len();
                let reply =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}");
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        let host = Self { url, set, asked, task };
        host.publishes(keys);
        host
    }

    /// From now on these, and no others.
    pub(crate) fn publishes(&self, keys: &[&JwtKey]) {
        let keys: Vec<_> = keys.iter().map(|key| &key.pair.public).collect();
        *self.set.lock().unwrap() = json!({"keys": keys});
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// Nobody listens any more.
    pub(crate) async fn shut(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for KeyHost {
    fn drop(&mut self) {
        self.task.abort();
    }
}
