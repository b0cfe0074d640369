//! Everything the stores hold, minus the audit trail and the limiter's counters: two snapshots that are equal prove that
//! nothing happened in between. Read past the product, from the files and servers themselves.

use super::stores::{OpenStores, Stores};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use std::collections::BTreeMap;

/// Tables whose rows may come at any time, or that are none of ours.
const LEFT_OUT: [&str; 2] = ["audit", "_sqlx_migrations"];
/// The layout of the embedded store's file: a change of it must be noticed here.
const ENTRIES: TableDefinition<'_, &[u8; 64], &[u8]> = TableDefinition::new("entries/1");

/// Rows and entries, each as a line of text with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, Vec<u8>>);

impl Snapshot {
    /// `tenants` are the ones of this app: Redis is shared. `now` in milliseconds: what has expired is not there.
    pub(crate) async fn take(stores: &OpenStores, tenants: &[String], now: i64) -> Self {
        let mut lines = match stores.kind {
            Stores::Embedded => sqlite_rows(stores).await,
            Stores::Real => postgres_rows(stores).await,
        };
        lines.extend(match stores.kind {
            Stores::Embedded => embedded_entries(stores, now),
            Stores::Real => redis_entries(stores, tenants).await,
        });
        Self(lines)
    }

    /// Whether mail, or news for clients, is on its way.
    pub(crate) fn has_mail_waiting(&self) -> bool {
        self.0.keys().any(|line| line.starts_with("outbox ") || line.starts_with("logout_notices "))
    }

    /// One line for each thing that came, went or changed.
    pub(crate) fn difference(&self, after: &Self) -> Vec<String> {
        let gone =
            self.0.keys().filter(|line| !after.0.contains_key(*line)).map(|line| format!("gone: {line}"));
        let rest = after.0.iter().filter_map(|(line, value)| match self.0.get(line) {
            None => Some(format!("new: {line}")),
            Some(before) if before != value => Some(format!("changed: {line}")),
            Some(_) => None,
        });
        gone.chain(rest).collect()
    }
}

async fn sqlite_rows(stores: &OpenStores) -> BTreeMap<String, Vec<u8>> {
    let file = stores.folder.path().join("directory.db");
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.unwrap();
    let mut lines = BTreeMap::new();
    for table in tables.iter().filter(|table| !LEFT_OUT.contains(&table.as_str())) {
        let columns = "SELECT group_concat('\"' || name || '\"') FROM pragma_table_info(?)";
        let columns: String =
            sqlx::query_scalar(columns).bind(table).fetch_one(&mut connection).await.unwrap();
        let rows = format!("SELECT json_array({columns}) FROM \"{table}\"");
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
        lines.extend(rows.into_iter().map(|row| (format!("{table} {row}"), Vec::new())));
    }
    connection.close().await.unwrap();
    lines
}

async fn postgres_rows(stores: &OpenStores) -> BTreeMap<String, Vec<u8>> {
    let options: sqlx::postgres::PgConnectOptions = stores.directory_url.parse().unwrap();
    let mut connection: PgConnection = options.connect().await.unwrap();
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.unwrap();
    let mut lines = BTreeMap::new();
    for table in tables.iter().filter(|table| !LEFT_OUT.contains(&table.as_str())) {
        let rows = format!("SELECT to_jsonb(t)::text FROM \"{table}\" t");
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
        lines.extend(rows.into_iter().map(|row| (format!("{table} {row}"), Vec::new())));
    }
    connection.close().await.unwrap();
    lines
}

/// The file is locked by the store, so a copy is read. Keys are hash, tenant and kind; values begin with their end.
fn embedded_entries(stores: &OpenStores, now: i64) -> BTreeMap<String, Vec<u8>> {
    let copy = stores.folder.path().join("sessions-copy.redb");
    std::fs::copy(stores.folder.path().join("sessions.redb"), &copy).unwrap();
    let database = Database::open(&copy).unwrap();
    let read = database.begin_read().unwrap();
    let table = read.open_table(ENTRIES).unwrap();
    let mut lines = BTreeMap::new();
    for entry in table.iter().unwrap() {
        let (key, value) = entry.unwrap();
        let (hash, kind) = (&key.value()[..32], &key.value()[48..]);
        let kind = String::from_utf8_lossy(kind).trim_end_matches('\0').to_owned();
        let expires_at = i64::from_le_bytes(value.value()[..8].try_into().unwrap());
        if kind != "counter" && expires_at > now {
            let hash = hospes_protocol::encoding::base64url(hash);
            lines.insert(format!("{kind} {hash}"), value.value().to_vec());
        }
    }
    lines
}

async fn redis_entries(stores: &OpenStores, tenants: &[String]) -> BTreeMap<String, Vec<u8>> {
    let client = redis::Client::open(stores.sessions_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut lines = BTreeMap::new();
    for tenant in tenants {
        let mut cursor = 0_u64;
        loop {
            let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(format!("hospes:{tenant}:*"))
                .arg("COUNT")
                .arg(1000)
                .query_async(&mut connection)
                .await
                .unwrap();
            for key in keys.into_iter().filter(|key| !key.contains(":counter:")) {
                let value: Option<Vec<u8>> =
                    redis::cmd("DUMP").arg(&key).query_async(&mut connection).await.unwrap();
                lines.extend(value.map(|value| (key, value)));
            }
            if next == 0 {
                break;
            }
            cursor = next;
        }
    }
    lines
}
