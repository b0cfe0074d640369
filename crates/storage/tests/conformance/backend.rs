//! Where the suites run: how each backend is opened for one test, apart from every other test.

use hospes_idp::ports::{Directory, Sessions};
use hospes_storage::{CachedDirectory, EmbeddedSessions, RedisSessions, SqlDirectory};
use jiff::Timestamp;
use sqlx::Connection as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A folder of one test, removed when it ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("hospes-storage-{}", crate::fixture::ctx().uuid()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn sqlite_url(&self) -> String {
        format!("sqlite://{}/directory.db", self.0.display())
    }

    pub(crate) fn sessions_file(&self) -> PathBuf {
        self.0.join("sessions.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The URL of a server the tests need.
pub(crate) fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run cargo xtask test, which starts the servers"))
}

async fn migrated(url: &str) -> Arc<dyn Directory> {
    let directory = SqlDirectory::open(url).await.unwrap();
    directory.migrate().await.unwrap();
    Arc::new(directory)
}

pub(crate) async fn sqlite_memory() -> (Arc<dyn Directory>, ()) {
    (migrated("sqlite::memory:").await, ())
}

pub(crate) async fn sqlite_file() -> (Arc<dyn Directory>, Folder) {
    let folder = Folder::new();
    (migrated(&folder.sqlite_url()).await, folder)
}

/// A schema of its own in the test database.
pub(crate) async fn postgres_url() -> String {
    let url = server("HOSPES_TEST_POSTGRES_URL");
    let schema = format!("hospes_{}", crate::fixture::ctx().uuid().simple());
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options[search_path]={schema}")
}

pub(crate) async fn postgres() -> (Arc<dyn Directory>, ()) {
    (migrated(&postgres_url().await).await, ())
}

pub(crate) async fn cached() -> (Arc<dyn Directory>, ()) {
    (Arc::new(CachedDirectory::new(migrated("sqlite::memory:").await)), ())
}

/// Runs each named test of the module on every directory.
macro_rules! on_every_directory {
    ($($test:ident)*) => {
        on_every_directory! { @ sqlite_memory $($test)* }
        on_every_directory! { @ sqlite_file $($test)* }
        on_every_directory! { @ postgres $($test)* }
        on_every_directory! { @ cached $($test)* }
    };
    (@ $backend:ident $($test:ident)*) => {
        mod $backend {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let (directory, _kept) = $crate::backend::$backend().await;
                super::$test(directory).await;
            }
        )*}
    };
}
pub(crate) use on_every_directory;

/// A session store and how time passes for it.
pub(crate) struct Subject {
    pub(crate) sessions: Arc<dyn Sessions>,
    /// The clock of an embedded store; Redis has its own.
    manual: Option<ManualClock>,
}

impl Subject {
    pub(crate) async fn elapse(&self, time: Duration) {
        match &self.manual {
            Some(clock) => clock.advance(time),
            None => tokio::time::sleep(time).await,
        }
    }
}

impl Subject {
    /// Lets time pass if that takes none; answers whether it did.
    pub(crate) fn pass(&self, time: Duration) -> bool {
        self.manual.as_ref().map(|clock| clock.advance(time)).is_some()
    }
}

#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> hospes_storage::Clock {
        let now = Arc::clone(&self.0);
        Arc::new(move || Timestamp::from_millisecond(now.load(Ordering::SeqCst)).unwrap())
    }
}

pub(crate) async fn embedded_memory() -> (Subject, ()) {
    let clock = ManualClock::new();
    let subject =
        Subject { sessions: Arc::new(EmbeddedSessions::in_memory(clock.clock())), manual: Some(clock) };
    (subject, ())
}

pub(crate) async fn embedded_file() -> (Subject, Folder) {
    let (clock, folder) = (ManualClock::new(), Folder::new());
    let sessions = EmbeddedSessions::open(&folder.sessions_file(), clock.clock()).unwrap();
    let subject = Subject { sessions: Arc::new(sessions), manual: Some(clock) };
    (subject, folder)
}

pub(crate) async fn redis() -> (Subject, ()) {
    let sessions = RedisSessions::open(&server("HOSPES_TEST_REDIS_URL")).await.unwrap();
    let subject = Subject { sessions: Arc::new(sessions), manual: None };
    (subject, ())
}

/// Runs each named test of the module on every session store.
macro_rules! on_every_session_store {
    ($($test:ident)*) => {
        on_every_session_store! { @ embedded_memory $($test)* }
        on_every_session_store! { @ embedded_file $($test)* }
        on_every_session_store! { @ redis $($test)* }
    };
    (@ $backend:ident $($test:ident)*) => {
        mod $backend {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let (subject, _kept) = $crate::backend::$backend().await;
                super::$test(subject).await;
            }
        )*}
    };
}
pub(crate) use on_every_session_store;
