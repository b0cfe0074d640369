//! A client's server that hears logout tokens: writes down what comes and answers as a test wants it.

use super::TestApp;
use super::jwt;
use super::request::Request;
use hospes_protocol::jose::{Algorithm, CompactJwt, VerifyingKeys};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long news may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs until dropped.
pub(crate) struct Ear {
    pub(crate) url: String,
    script: Arc<Script>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Script {
    heard: Mutex<Vec<Request>>,
    /// Status of the next answers; 200 when there are no more. 0 is silence.
    answers: Mutex<VecDeque<u16>>,
}

impl Request {
    /// The logout token, which comes alone.
    pub(crate) fn token(&self) -> String {
        let form: Vec<_> = url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect();
        assert_eq!(form.len(), 1, "only the token: {form:?}");
        assert_eq!(form[0].0, "logout_token");
        form[0].1.clone()
    }

    /// The claims, after the token was verified as a client verifies it.
    pub(crate) async fn claims(&self, app: &TestApp, issuer: &str) -> Value {
        let token = self.token();
        let keys = app.http.get(format!("{issuer}/jwks")).send().await.unwrap().text().await.unwrap();
        let keys = VerifyingKeys::parse(keys.as_bytes()).unwrap();
        let verified = keys.verify(&CompactJwt::parse(&token).unwrap(), &Algorithm::SIGNING).unwrap();
        assert_eq!(jwt::header(&token)["typ"], "logout+jwt");
        Value::Object(verified)
    }
}

impl Ear {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Script::default());
        let played = script.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, played.clone()));
            }
        });
        Self { url, script, task }
    }

    /// An address of this server.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// How the next requests are answered.
    pub(crate) fn answers(&self, statuses: &[u16]) {
        self.script.answers.lock().unwrap().extend(statuses);
    }

    /// Everything so far, once it is this much.
    pub(crate) async fn hears(&self, count: usize) -> Vec<Request> {
        let heard = async {
            loop {
                let heard = self.heard();
                if heard.len() >= count {
                    return heard;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        let heard = heard.unwrap_or_else(|_| panic!("only this was heard: {:#?}", self.heard()));
        assert_eq!(heard.len(), count, "{heard:#?}");
        heard
    }

    pub(crate) fn heard(&self) -> Vec<Request> {
        self.script.heard.lock().unwrap().clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>) {
    let Some(heard) = Request::read(&mut stream).await else {
        return;
    };
    let elsewhere = format!("http://{}/elsewhere", stream.local_addr().unwrap());
    let status = script.answers.lock().unwrap().pop_front().unwrap_or(200);
    script.heard.lock().unwrap().push(heard);
    if status == 0 {
        tokio::time::sleep(PATIENCE).await;
    }
    let reply = format!(
        "HTTP/1.1 {status} X\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(reply.as_bytes()).await;
}
