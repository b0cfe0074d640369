//! A client for our own server: HTTP/1.1 with keep-alive over one blocking socket, as little work as possible, because
//! it shares the machine with what is measured.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, with the headers the flows look at.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    /// `name=value` of every cookie set.
    pub(super) cookies: Vec<String>,
    pub(super) body: String,
}

/// One connection to one server.
pub(super) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    input: Vec<u8>,
}

/// A `GET` as it goes over the wire; `headers` are whole lines.
pub(super) fn get(path: &str, headers: &[&str]) -> String {
    request("GET", path, headers, "")
}

/// A form as it goes over the wire; `headers` are whole lines.
pub(super) fn post(path: &str, form: &[(&str, &str)], headers: &[&str]) -> String {
    request("POST", path, headers, &encoded(form))
}

fn request(method: &str, path: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if method == "POST" {
        let length = body.len();
        let _ =
            write!(text, "content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}

/// Form encoding of what our flows send.
pub(super) fn encoded(form: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in form {
        let separator = if text.is_empty() { "" } else { "&" };
        let _ = write!(text, "{separator}{name}=");
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte));
                }
                other => drop(write!(text, "%{other:02X}")),
            }
        }
    }
    text
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let stream = connect(address)?;
        Ok(Self { address, stream, input: Vec::with_capacity(16 * 1024) })
    }

    /// Sends and waits for the answer. A connection the server closed while it was idle is made anew.
    pub(super) fn send(&mut self, request: &str) -> Result<Response> {
        if let Ok(Some(response)) = self.exchange(request) {
            return Ok(response);
        }
        self.stream = connect(self.address)?;
        self.exchange(request)?.context("the server closed the connection")
    }

    /// `None` when the server closed the connection instead of answering.
    fn exchange(&mut self, request: &str) -> Result<Option<Response>> {
        self.stream.write_all(request.as_bytes())?;
        self.input.clear();
        let head = loop {
            if let Some(end) = self.input.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            if !self.receive()? {
                return Ok(None);
            }
        };
        let mut response = parse(&self.input, head)?;
        let length: usize = response.body.parse().unwrap_or_default();
        while self.input.len() < head + 4 + length {
            ensure!(self.receive()?, "the answer ended early");
        }
        let body = self.input.get(head + 4..).unwrap_or_default();
        response.body = String::from_utf8_lossy(body).into_owned();
        Ok(Some(response))
    }

    fn receive(&mut self) -> Result<bool> {
        let mut chunk = [0; 16 * 1024];
        let count = self.stream.read(&mut chunk)?;
        self.input.extend_from_slice(chunk.get(..count).unwrap_or_default());
        Ok(count > 0)
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// The head of an answer; its `body` holds the length of the body that follows.
fn parse(input: &[u8], head: usize) -> Result<Response> {
    let head = std::str::from_utf8(input.get(..head).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status line")?;
    let mut response =
        Response { status: status.parse()?, location: None, cookies: Vec::new(), body: String::new() };
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("location") {
            response.location = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("set-cookie") {
            response.cookies.push(value.split(';').next().unwrap_or_default().to_owned());
        } else if name.eq_ignore_ascii_case("content-length") {
            value.clone_into(&mut response.body);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        assert_eq!(
            encoded(&[("scope", "a b"), ("uri", "https://x/?y=é")]),
            "scope=a%20b&uri=https%3A%2F%2Fx%2F%3Fy%3D%C3%A9"
        );
    }

    #[test]
    fn heads_are_read() {
        let head =
            b"HTTP/1.1 303 See Other\r\nLocation: /next\r\nset-cookie: a=b; Path=/\r\ncontent-length: 7";
        let response = parse(head, head.len()).unwrap();
        assert_eq!((response.status, response.location.as_deref()), (303, Some("/next")));
        assert_eq!((response.cookies, response.body.as_str()), (vec!["a=b".to_owned()], "7"));
    }
}
