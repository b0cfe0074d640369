//! One conversation with an SMTP client (RFC 5321), as far as a server needs it that takes everything: EHLO, MAIL, RCPT,
//! DATA, RSET, NOOP, QUIT. No TLS, no authentication: it is never reached from another machine.

use smtp_proto::Request;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::time::timeout;

/// Longest command line, more than RFC 5321 §4.5.3.1.4 asks for.
const LINE_BYTES: usize = 2_048;
/// Largest message.
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// Most recipients of a message (RFC 5321 §4.5.3.1.8).
const RECIPIENTS: usize = 100;
/// Longest silence (RFC 5321 §4.5.3.2.7).
const SILENCE: Duration = Duration::from_mins(5);

/// A message with its envelope.
pub(super) struct Received {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) data: Vec<u8>,
}

/// The mail transaction so far (RFC 5321 §3.3).
#[derive(Default)]
struct Transaction {
    from: Option<String>,
    to: Vec<String>,
}

/// Talks until the client leaves.
pub(super) async fn converse<S>(stream: S, mut receive: impl FnMut(Received)) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufStream::new(stream);
    let mut transaction = Transaction::default();
    reply(&mut stream, "220 localhost ESMTP mail catcher").await?;
    loop {
        let line = read_line(&mut stream).await?;
        if line.is_empty() {
            return Ok(());
        }
        if !line.ends_with(b"\n") {
            return reply(&mut stream, "500 5.5.2 Line too long").await;
        }
        match Request::parse(&mut line.iter()) {
            Ok(Request::Quit) => return reply(&mut stream, "221 2.0.0 Bye").await,
            Ok(Request::Data) => {
                let Some(envelope) = transaction.take_complete() else {
                    reply(&mut stream, "503 5.5.1 MAIL and RCPT first").await?;
                    continue;
                };
                reply(&mut stream, "354 End with <CRLF>.<CRLF>").await?;
                let answer = match read_data(&mut stream).await? {
                    Some(data) => {
                        receive(Received { data, ..envelope });
                        "250 2.0.0 Caught"
                    }
                    None => "552 5.3.4 Message too big",
                };
                reply(&mut stream, answer).await?;
            }
            Ok(request) => reply(&mut stream, &transaction.answer(request)).await?,
            Err(_) => reply(&mut stream, "500 5.5.2 Not understood").await?,
        }
    }
}

impl Transaction {
    /// Answers every command but those that change who speaks.
    fn answer(&mut self, request: Request<impl AsRef<str>>) -> String {
        match request {
            Request::Ehlo { .. } => {
                *self = Self::default();
                format!(
                    "250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {MESSAGE_BYTES}"
                )
            }
            Request::Helo { .. } => {
                *self = Self::default();
                "250 localhost".to_owned()
            }
            Request::Mail { .. } if self.from.is_some() => "503 5.5.1 One MAIL at a time".to_owned(),
            Request::Mail { from } if from.size > MESSAGE_BYTES => "552 5.3.4 Message too big".to_owned(),
            Request::Mail { from } => {
                self.from = Some(from.address.as_ref().to_owned());
                "250 2.1.0 Ok".to_owned()
            }
            Request::Rcpt { .. } if self.from.is_none() => "503 5.5.1 MAIL first".to_owned(),
            Request::Rcpt { .. } if self.to.len() >= RECIPIENTS => "452 4.5.3 Too many recipients".to_owned(),
            Request::Rcpt { to } => {
                self.to.push(to.address.as_ref().to_owned());
                "250 2.1.5 Ok".to_owned()
            }
            Request::Rset => {
                *self = Self::default();
                "250 2.0.0 Ok".to_owned()
            }
            Request::Noop { .. } => "250 2.0.0 Ok".to_owned(),
            Request::Vrfy { .. } => "252 2.5.2 Send it and see".to_owned(),
            _ => "502 5.5.1 Not here".to_owned(),
        }
    }

    /// The envelope, if it is complete; the transaction starts anew.
    fn take_complete(&mut self) -> Option<Received> {
        let from = self.from.clone().filter(|_| !self.to.is_empty())?;
        let to = std::mem::take(self).to;
        Some(Received { from, to, data: Vec::new() })
    }
}

/// A line with its end, a piece of a line that is too long, or nothing when the client has left.
async fn read_line<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut limited = stream.take(LINE_BYTES as u64);
    timeout(SILENCE, limited.read_until(b'\n', &mut line)).await??;
    Ok(line)
}

/// Reads up to the line with the dot (RFC 5321 §4.1.1.4) and undoes dot-stuffing (§4.5.2); `None` if it was too big.
/// Only CRLF ends a line: a bare LF in front of a dot must not end the message.
async fn read_data<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufStream<S>,
) -> io::Result<Option<Vec<u8>>> {
    let mut data = Vec::new();
    let mut too_big = false;
    let mut at_start = true;
    let mut after_cr = false;
    loop {
        let line = read_line(stream).await?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if at_start && line == b".\r\n" {
            return Ok((!too_big).then_some(data));
        }
        let kept = line.strip_prefix(b".").filter(|_| at_start).unwrap_or(&line);
        at_start = line.ends_with(b"\r\n") || (after_cr && line == b"\n");
        after_cr = line.ends_with(b"\r");
        too_big |= data.len() + kept.len() > MESSAGE_BYTES;
        if !too_big {
            data.extend_from_slice(kept);
        }
    }
}

async fn reply<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}
