//! The catcher, spoken to by hand.

use crate::Catcher;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_secs(20);

struct Client(BufStream<TcpStream>);

impl Client {
    async fn connect(catcher: &Catcher) -> Self {
        let mut client = Self(BufStream::new(TcpStream::connect(catcher.addr()).await.unwrap()));
        assert!(client.answer().await.starts_with("220 "));
        client
    }

    /// The last line of an answer.
    async fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
        self.0.flush().await.unwrap();
    }

    async fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.answer().await
    }

    async fn send(&mut self, data: &[u8]) -> String {
        assert!(self.say("MAIL FROM:<ada@fjord.example> SIZE=100").await.starts_with("250 "));
        assert!(self.say("RCPT TO:<grace@partner.example>").await.starts_with("250 "));
        assert!(self.say("DATA").await.starts_with("354 "));
        self.write(data).await;
        self.answer().await
    }
}

#[tokio::test]
async fn a_mail_is_caught_with_its_envelope() {
    let catcher = Catcher::bind(0).await.unwrap();
    let mut client = Client::connect(&catcher).await;
    assert!(client.say("EHLO there").await.starts_with("250 "));
    let answer = client.send("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n..dot\r\n.\r\n".as_bytes()).await;
    assert!(answer.starts_with("250 "), "{answer}");
    let caught = catcher.wait_for(|mail| mail.subject == "Grüße", SOON).await.unwrap();
    assert_eq!((caught.id, caught.from.as_str()), (1, "ada@fjord.example"));
    assert_eq!(caught.to, ["grace@partner.example"]);
    assert_eq!(caught.text.as_deref(), Some(".dot\r\n"));
    assert_eq!(client.say("QUIT").await, "221 2.0.0 Bye");
    assert_eq!(catcher.wait_for(|mail| mail.id == 2, Duration::ZERO).await.map(|mail| mail.id), None);
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let catcher = Catcher::bind(0).await.unwrap();
    let mut client = Client::connect(&catcher).await;
    for (line, code) in [
        ("HELO there", "250"),
        ("DATA", "503"),
        ("RCPT TO:<a@x.example>", "503"),
        ("MAIL FROM:<>", "250"),
        ("MAIL FROM:<a@x.example>", "503"),
        ("DATA", "503"),
        ("RCPT TO:<a@x.example>", "250"),
        ("RSET", "250"),
        ("DATA", "503"),
        ("MAIL FROM:<a@x.example> SIZE=999999999", "552"),
        ("NOOP", "250"),
        ("VRFY a", "252"),
        ("STARTTLS", "502"),
        ("WAT", "500"),
        ("MAIL FROM a", "500"),
    ] {
        let answer = client.say(line).await;
        assert!(answer.starts_with(code), "{line} → {answer}");
    }
    assert!(catcher.mails().is_empty());
}

#[tokio::test]
async fn only_a_dot_on_a_line_of_its_own_ends_a_message() {
    let catcher = Catcher::bind(0).await.unwrap();
    let mut client = Client::connect(&catcher).await;
    let answer =
        client.send(b"Subject: one\r\n\r\nx\n.\r\ny\n.\nz\r.\r\nMAIL FROM:<eve@evil.example>\r\n.\r\n").await;
    assert!(answer.starts_with("250 "), "{answer}");
    let answer = client.send(b".\r\n").await;
    assert!(answer.starts_with("250 "), "{answer}");
    let mails = catcher.mails();
    assert_eq!(mails.iter().map(|mail| mail.id).collect::<Vec<_>>(), [2, 1]);
    assert!(mails[0].raw.is_empty());
    assert!(mails[1].text.as_ref().unwrap().contains("eve@evil.example"));
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_what_is_broken_off_is_forgotten() {
    let catcher = Catcher::bind(0).await.unwrap();
    let mut client = Client::connect(&catcher).await;
    let line = format!("{}\r\n", "a".repeat(3_000));
    let big = format!("{}.\r\n", line.repeat(1_500));
    assert!(client.send(big.as_bytes()).await.starts_with("552 "));
    assert!(client.send(format!("Subject: long\r\n\r\n{line}.\r\n").as_bytes()).await.starts_with("250 "));
    assert_eq!(catcher.mails().len(), 1);
    client.write(&[b'a'; 2_048]).await;
    assert_eq!(client.answer().await, "500 5.5.2 Line too long");
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());

    let mut client = Client::connect(&catcher).await;
    assert!(client.say("MAIL FROM:<a@x.example>").await.starts_with("250 "));
    assert!(client.say("RCPT TO:<a@x.example>").await.starts_with("250 "));
    assert!(client.say("DATA").await.starts_with("354 "));
    client.write(b"Subject: half\r\n").await;
    drop(client);
    let mut client = Client::connect(&catcher).await;
    assert!(client.send(b"Subject: whole\r\n\r\n.\r\n").await.starts_with("250 "));
    assert_eq!(catcher.mails().len(), 2);
}

#[tokio::test]
async fn the_newest_two_hundred_are_kept() {
    let catcher = Catcher::bind(0).await.unwrap();
    let mut client = Client::connect(&catcher).await;
    for number in 1..=203 {
        let data = format!("Subject: {number}\r\n\r\n.\r\n");
        assert!(client.send(data.as_bytes()).await.starts_with("250 "));
    }
    let mails = catcher.mails();
    assert_eq!((mails.len(), mails[0].id, mails[199].id), (200, 203, 4));
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_port() {
    let catcher = Catcher::bind(0).await.unwrap();
    let shared = catcher.clone();
    let addr = catcher.addr();
    drop(catcher);
    let mut client = Client::connect(&shared).await;
    drop(shared);
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
}
