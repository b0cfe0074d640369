//! Opening a database and bringing its tables up to date. Knows URLs, pools and migrations, no statement of the port.

use super::SqlDirectory;
use super::change;
use super::statement::{self, Pool, Writing};
use sqlx::migrate::{Migration, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use std::str::FromStr;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// How long a request waits for a connection, a lock or an answer before it is refused.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Why a database could not be opened or brought up to date. Never shows the password of a URL.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another kind of database.
    #[error("the database URL must start with sqlite: or postgres:")]
    Scheme,
    /// It does not answer, or the URL is malformed.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables are not what this version expects.
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl SqlDirectory {
    /// Opens `sqlite:///path/file.db` (made if absent), `sqlite::memory:` (gone when dropped) or `postgres://…`.
    /// Fails if the database does not answer within five seconds. Tables are not touched; see
    /// [`migrate`](Self::migrate).
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let pool = match url.split_once(':') {
            Some(("sqlite", _)) => open_sqlite(url).await?,
            Some(("postgres" | "postgresql", _)) => open_postgres(url).await?,
            _ => return Err(OpenError::Scheme),
        };
        Ok(Self { pool, round_trips: AtomicU64::new(0) })
    }

    /// Brings the tables up to date. Safe to call from several nodes at once and when nothing is pending.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        match &self.pool {
            Pool::Sqlite { write, .. } => for_sqlite().run(write).await?,
            Pool::Postgres(pool) => MIGRATIONS.run(pool).await?,
        }
        self.fill_columns().await
    }

    async fn fill_columns(&self) -> Result<(), OpenError> {
        let sql = "SELECT id FROM users WHERE created_at IS NULL LIMIT 1";
        while !statement::read(&self.pool, sql, &[]).await?.is_empty() {
            let mut tx = Writing::begin(&self.pool).await?;
            let filled = change::fill_columns(&mut tx).await.map_err(sqlx::Error::decode)?;
            tx.commit().await?;
            if filled == 0 {
                break;
            }
        }
        Ok(())
    }

    /// What [`migrate`](Self::migrate) would do, oldest first. Changes nothing.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, OpenError> {
        let applied = "SELECT CAST(version AS TEXT) FROM _sqlx_migrations WHERE success";
        let applied = match statement::read(&self.pool, applied, &[]).await {
            // A database that was never migrated has no such table.
            Err(sqlx::Error::Database(_)) => Vec::new(),
            other => other?,
        };
        let is_pending = |migration: &&Migration| !applied.contains(&migration.version.to_string());
        let name = |migration: &Migration| format!("{:04} {}", migration.version, migration.description);
        Ok(MIGRATIONS.iter().filter(is_pending).map(name).collect())
    }

    /// Waits for statements in flight and closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(url: &str) -> Result<Pool, sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(PATIENCE);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            // There is no network to lose a connection to, and a database in memory lives in its one connection.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let write = pool(1).min_connections(1).connect_with(options.clone()).await?;
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let read = if in_memory { write.clone() } else { pool(SQLITE_READERS).connect_with(options).await? };
    Ok(Pool::Sqlite { read, write })
}

async fn open_postgres(url: &str) -> Result<Pool, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(PgConnectOptions::from_str(url)?.application_name("hospes"))
        .await?;
    Ok(Pool::Postgres(pool))
}

/// The same migrations without the collation SQLite does not know by that name.
fn for_sqlite() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|migration| {
        let sql = migration.sql.as_str().replace(" COLLATE \"C\"", "");
        Migration::new(
            migration.version,
            migration.description.clone(),
            migration.migration_type,
            AssertSqlSafe(sql).into_sql_str(),
            migration.no_tx,
        )
    });
    Migrator::with_migrations(migrations.collect())
}
