//! Redis itself misbehaving: wrongly configured, stopped, hanging, restarted. On servers of these tests' own.

use super::{LONG, fresh};
use crate::backend::Folder;
use hospes_idp::ports::sessions::Use;
use hospes_idp::ports::{Kind, Rotation, Sessions, Write};
use hospes_storage::RedisSessions;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Server {
    folder: Folder,
    process: Child,
}

impl Server {
    async fn start(policy: &str) -> (Self, RedisSessions) {
        let folder = Folder::new();
        let process = spawn(&folder, policy);
        let server = Self { folder, process };
        let sessions = server.connect().await;
        (server, sessions)
    }

    fn url(&self) -> String {
        format!("redis+unix://{}/redis.sock", self.folder.0.display())
    }

    async fn connect(&self) -> RedisSessions {
        let began = Instant::now();
        loop {
            match RedisSessions::open(&self.url()).await {
                Ok(sessions) => return sessions,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    fn restart(&mut self) {
        self.stop();
        self.process = spawn(&self.folder, "noeviction");
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(folder: &Folder, policy: &str) -> Child {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--maxmemory-policy", policy])
        .arg("--unixsocket")
        .arg(folder.0.join("redis.sock"))
        .current_dir(&folder.0)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is needed for the tests: install the package redis-server")
}

/// Waits until the store answers again, and no longer than it may take.
async fn recovers(sessions: &RedisSessions) {
    let began = Instant::now();
    while let Err(error) = sessions.ping().await {
        assert!(began.elapsed() < Duration::from_secs(5), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn red_04_a_server_that_evicts_is_refused() {
    let (_server, sessions) = Server::start("allkeys-lru").await;
    let refusal = sessions.ping().await.unwrap_err();
    assert!(refusal.0.contains("maxmemory-policy allkeys-lru"), "{refusal}");
    let (_server, sessions) = Server::start("noeviction").await;
    sessions.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn red_01_red_03_a_stopped_server_is_unavailable_and_found_again() {
    let (mut server, sessions) = Server::start("noeviction").await;
    let key = fresh(Kind::Session);
    assert!(sessions.put_new(&key, "v".into(), LONG).await.unwrap());
    server.stop();
    for _ in 0..3 {
        let began = Instant::now();
        assert!(sessions.get(&key).await.is_err());
        assert!(sessions.increment(&key, LONG).await.is_err());
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    server.process = spawn(&server.folder, "noeviction");
    recovers(&sessions).await;
    assert_eq!(sessions.get(&key).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn red_02_a_hanging_server_is_given_up_on_in_time() {
    let (server, sessions) = Server::start("noeviction").await;
    server.signal("-STOP");
    let began = Instant::now();
    let refusal = sessions.ping().await;
    let waited = began.elapsed();
    server.signal("-CONT");
    assert!(refusal.is_err());
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    recovers(&sessions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn red_03_a_restarted_server_learns_the_scripts_again() {
    let (mut server, sessions) = Server::start("noeviction").await;
    for _ in 0..2 {
        server.restart();
        recovers(&sessions).await;
        let (key, indexes) = (fresh(Kind::Family), vec![fresh(Kind::OfUser)]);
        let put = Write::PutFamily { key, ttl: LONG, indexes };
        sessions.write(vec![put]).await.unwrap();
        server.restart();
        recovers(&sessions).await;
        let usage = Use { generation: 0, now: 0, grace: 0, ttl: LONG };
        assert_eq!(sessions.rotate(&key, usage).await.unwrap(), Rotation::Gone);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_clear_error() {
    let folder = Folder::new();
    let url = format!("redis+unix://{}/none.sock", folder.0.display());
    assert!(RedisSessions::open(&url).await.is_err());
    assert!(RedisSessions::open("http://localhost").await.is_err());
}
