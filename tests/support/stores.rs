//! Where an app of a test keeps its data: embedded in a folder of its own, or in a database of its own at the PostgreSQL
//! and the Redis that `cargo xtask test` started.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use url::Url;

/// Which stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stores {
    /// SQLite and the embedded session store.
    Embedded,
    /// PostgreSQL and Redis.
    Real,
}

pub(crate) struct OpenStores {
    pub(crate) kind: Stores,
    pub(crate) folder: TempDir,
    pub(crate) directory_url: String,
    pub(crate) sessions_url: String,
}

impl OpenStores {
    pub(crate) async fn open(kind: Stores) -> Self {
        let folder = tempfile::Builder::new().prefix("hospes-test-").tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (directory_url, sessions_url) = match kind {
            Stores::Embedded => {
                (format!("sqlite://{}", file("directory.db")), format!("file:{}", file("sessions.redb")))
            }
            Stores::Real => (new_database().await, server("HOSPES_TEST_REDIS_URL")),
        };
        Self { kind, folder, directory_url, sessions_url }
    }

    /// Takes the database away; the folder goes by itself.
    pub(crate) async fn close(self) {
        if self.kind == Stores::Real {
            let url = Url::parse(&self.directory_url).unwrap();
            let name = url.path().trim_start_matches('/');
            let drop = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
            let mut administrator = administrator().await;
            administrator.execute(AssertSqlSafe(drop)).await.unwrap();
            administrator.close().await.unwrap();
        }
    }
}

/// A server that is not there is a failure with a sentence, never a test passed over.
fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run the tests with `cargo xtask test`"))
}

async fn administrator() -> PgConnection {
    let options = sqlx::postgres::PgConnectOptions::from_str(&server("HOSPES_TEST_POSTGRES_URL")).unwrap();
    options.connect().await.unwrap()
}

async fn new_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("hospes_blackbox_{}_{number}", std::process::id());
    let mut administrator = administrator().await;
    administrator.execute(AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).await.unwrap();
    administrator.close().await.unwrap();
    let mut url = Url::parse(&server("HOSPES_TEST_POSTGRES_URL")).unwrap();
    url.set_path(&name);
    url.to_string()
}
