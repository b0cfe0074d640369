//! The short-lived store in Redis, for several nodes. Every operation is one round trip and atomic on its key.
//!
//! Keys are [`Key::text`]; layouts and scripts are in the module `script`. An operation that is not answered within half
//! a second is refused and not repeated, because whether it happened is unknown; the connection is re-established in the
//! background. Needs Redis 7.0 or what is compatible with it.

mod script;

use async_trait::async_trait;
use bytes::Bytes;
use hospes_idp::ports::sessions::Use;
use hospes_idp::ports::{Found, Key, Presence, Rotation, Sessions, Spend, Unavailable, Write};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo as _};
use redis::{Pipeline, RedisError, ServerErrorKind, cmd};
use script::{Scripts, frame_plain, plain_of};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

/// How long a request waits for Redis, connecting included.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long one attempt to connect, or one answer, may take.
const ATTEMPT: Duration = Duration::from_millis(400);

/// The short-lived store of several nodes.
pub struct RedisSessions {
    client: Client,
    /// One for each thread that asks: an answer wakes the thread that waits for it, and no other in between.
    connections: Mutex<HashMap<ThreadId, ConnectionManager>>,
    scripts: Scripts,
    trips: AtomicU64,
}

impl RedisSessions {
    /// Connects to `redis://`, `rediss://` or `redis+unix://` and loads the scripts. Fails if the server does not answer.
    /// The caller should [`ping`](Sessions::ping) before serving: it judges the server's configuration.
    pub async fn open(url: &str) -> Result<Self, Unavailable> {
        let address = url.into_connection_info().map_err(Unavailable::because)?;
        let client = Client::open(address.set_tcp_settings(tcp())).map_err(Unavailable::because)?;
        let sessions =
            Self { client, connections: Mutex::default(), scripts: Scripts::new(), trips: AtomicU64::new(0) };
        sessions.load_scripts().await.map_err(Unavailable::because)?;
        Ok(sessions)
    }

    /// This thread's connection, made when it first asks.
    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let thread = std::thread::current().id();
        if let Some(connection) = self.connections().get(&thread) {
            return Ok(connection.clone());
        }
        let connection = ConnectionManager::new_with_config(self.client.clone(), config()).await?;
        self.connections().insert(thread, connection.clone());
        Ok(connection)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<ThreadId, ConnectionManager>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load_scripts(&self) -> Result<(), RedisError> {
        self.send_all(&self.scripts.load()).await
    }

    async fn send<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        self.trips.fetch_add(1, Ordering::Relaxed);
        in_time(async { command.query_async(&mut self.connection().await?).await }).await
    }

    async fn send_all(&self, commands: &Pipeline) -> Result<(), RedisError> {
        self.trips.fetch_add(1, Ordering::Relaxed);
        in_time(async { commands.exec_async(&mut self.connection().await?).await }).await
    }

    /// One command.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Unavailable> {
        self.send(command).await.map_err(Unavailable::because)
    }

    /// Entries as they are stored.
    async fn raw(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, Unavailable> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline.get(key.text());
        }
        self.trips.fetch_add(1, Ordering::Relaxed);
        let found = in_time(async { pipeline.query_async(&mut self.connection().await?).await });
        found.await.map_err(Unavailable::because)
    }

    /// One script. A server that was restarted does not know it yet: then, and only then, a second trip follows.
    async fn run<T: FromRedisValue>(&self, script: &Cmd) -> Result<T, Unavailable> {
        match self.send(script).await {
            Err(error) if is_unknown_script(&error) => {
                self.load_scripts().await.map_err(Unavailable::because)?;
                self.ask(script).await
            }
            answer => answer.map_err(Unavailable::because),
        }
    }
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, Unavailable> {
        let found: Option<Vec<u8>> = self.ask(cmd("GET").arg(key.text())).await?;
        Ok(found.and_then(plain_of))
    }

    async fn get_all(&self, keys: &[Key]) -> Result<Vec<Option<Bytes>>, Unavailable> {
        Ok(self.raw(keys).await?.into_iter().map(|value| value.and_then(plain_of)).collect())
    }

    async fn look(&self, keys: &[Key]) -> Result<Vec<Presence>, Unavailable> {
        let found = self.raw(keys).await?;
        Ok(found.iter().map(|value| value.as_deref().map_or(Presence::Absent, script::presence_of)).collect())
    }

    async fn take(&self, key: &Key) -> Result<Option<Bytes>, Unavailable> {
        let found: Option<Vec<u8>> = self.ask(cmd("GETDEL").arg(key.text())).await?;
        Ok(found.and_then(plain_of))
    }

    async fn put_new(&self, key: &Key, value: Bytes, ttl: Duration) -> Result<bool, Unavailable> {
        let mut set = cmd("SET");
        set.arg(key.text()).arg(frame_plain(&[], &value));
        let done: Option<String> = self.ask(set.arg("NX").arg("PX").arg(millis(ttl))).await?;
        Ok(done.is_some())
    }

    async fn swap(&self, key: &Key, expected: &[u8], new: Bytes, ttl: Duration) -> Result<bool, Unavailable> {
        let mut swap = self.scripts.swap.call(&[key]);
        self.run(swap.arg(expected).arg(new.as_ref()).arg(millis(ttl))).await
    }

    async fn spend(&self, key: &Key, holder: &[u8; 32]) -> Result<Spend, Unavailable> {
        let mut spend = self.scripts.spend.call(&[key]);
        let answer: Vec<u8> = self.run(spend.arg(holder.as_slice())).await?;
        script::spend_of(answer)
    }

    async fn rotate(&self, key: &Key, usage: Use) -> Result<Rotation, Unavailable> {
        let mut rotate = self.scripts.rotate.call(&[key]);
        rotate.arg(usage.generation).arg(usage.now).arg(usage.grace);
        let answer: String = self.run(rotate.arg(millis(usage.ttl))).await?;
        script::rotation_of(&answer)
    }

    async fn increment(&self, key: &Key, ttl: Duration) -> Result<u64, Unavailable> {
        let mut increment = self.scripts.increment.call(&[key]);
        self.run(increment.arg(millis(ttl))).await
    }

    async fn write(&self, batch: Vec<Write>) -> Result<(), Unavailable> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut pipeline = redis::pipe();
        for write in &batch {
            pipeline.add_command(self.scripts.command(write));
        }
        match self.send_all(&pipeline).await {
            // Writes of a batch can be repeated: each says what shall be there.
            Err(error) if is_unknown_script(&error) => {
                self.load_scripts().await.map_err(Unavailable::because)?;
                self.send_all(&pipeline).await.map_err(Unavailable::because)
            }
            answer => answer.map_err(Unavailable::because),
        }
    }

    async fn find_all(&self, index: &Key) -> Result<Vec<Found>, Unavailable> {
        Ok(script::found_of(self.run(&self.scripts.find_all.call(&[index])).await?))
    }

    async fn end_all(&self, index: &Key) -> Result<Vec<Found>, Unavailable> {
        Ok(script::found_of(self.run(&self.scripts.end_all.call(&[index])).await?))
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        let memory: String = self.ask(cmd("INFO").arg("memory")).await?;
        check_eviction(&memory)
    }

    fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }
}

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(ATTEMPT))
        .set_response_timeout(Some(ATTEMPT))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(20))
        .set_max_delay(Duration::from_millis(50))
}

/// Small requests leave at once, and a peer that vanished without a word is noticed after a few seconds, not minutes.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(Duration::from_secs(5));
    settings
}

/// A server that drops keys when memory is short would silently forget locks, counters and what was already used.
fn check_eviction(memory: &str) -> Result<(), Unavailable> {
    let policy = memory.lines().find_map(|line| line.trim().strip_prefix("maxmemory_policy:"));
    match policy {
        Some("noeviction") => Ok(()),
        other => Err(Unavailable(format!(
            "Redis has maxmemory-policy {}, which may drop sessions and used-up codes: set maxmemory-policy noeviction",
            other.unwrap_or("unknown")
        ))),
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap_or_else(|_| Err((ErrorKind::Io, "Redis did not answer in time").into()))
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// Redis refuses a lifetime of zero.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX) * 1000)
}

#[cfg(test)]
mod tests {
    use super::check_eviction;

    #[test]
    fn red_04_only_noeviction_is_accepted() {
        assert!(check_eviction("# Memory\r\nmaxmemory_policy:noeviction\r\nx:1\r\n").is_ok());
        for policy in ["allkeys-lru", "volatile-ttl", ""] {
            let refusal = check_eviction(&format!("maxmemory_policy:{policy}\r\n")).unwrap_err();
            assert!(refusal.0.contains("set maxmemory-policy noeviction"), "{refusal}");
        }
        assert!(check_eviction("# Memory\r\n").is_err());
    }
}
