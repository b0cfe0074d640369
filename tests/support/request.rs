//! One HTTP request as a server of a test reads it, of clients that close the connection afterwards.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A request, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// `None`: the other side left first.
    pub(crate) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        loop {
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = (head.lines())
                    .filter_map(|line| line.split_once(": "))
                    .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                    .map_or(0, |(_, value)| value.parse().unwrap());
                if body.len() >= length {
                    let path = head.split(' ').nth(1)?.to_owned();
                    return Some(Self { path, head: head.to_owned(), body: body.to_owned() });
                }
            }
            let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }
}
