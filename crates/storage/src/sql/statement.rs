//! One SQL text on two engines: arguments as values, and the few ways to run a statement.
//!
//! Every statement uses `$1` placeholders and answers with one text column or a count of rows, so that the two engines
//! differ in nothing but the types of their drivers. Knows no table.

use hospes_idp::ids::{
    GroupId, HomeIdpId, InvitationId, MailId, NoticeId, RegistrationTokenId, TenantId, UserId,
};
use hospes_idp::vault::SecretHash;
use hospes_protocol::encoding::base64url;
use jiff::Timestamp;
use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};

/// What a placeholder stands for.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Text(String),
    MaybeText(Option<String>),
    Number(i64),
    MaybeNumber(Option<i64>),
}

impl Arg {
    /// PostgreSQL cannot keep a NUL in a text; SQLite is held to the same.
    fn is_storable(&self) -> bool {
        !matches!(self, Self::Text(text) | Self::MaybeText(Some(text)) if text.contains('\0'))
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Arg {
    fn from(text: Option<&str>) -> Self {
        Self::MaybeText(text.map(str::to_owned))
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<Timestamp>> for Arg {
    fn from(time: Option<Timestamp>) -> Self {
        Self::MaybeNumber(time.map(Timestamp::as_millisecond))
    }
}

impl From<Timestamp> for Arg {
    fn from(time: Timestamp) -> Self {
        Self::Number(time.as_millisecond())
    }
}

impl From<SecretHash> for Arg {
    fn from(hash: SecretHash) -> Self {
        Self::Text(base64url(hash.0))
    }
}

macro_rules! identifiers {
    ($($id:ty),*) => {$(
        impl From<$id> for Arg {
            fn from(id: $id) -> Self {
                Self::Text(id.to_string())
            }
        }
    )*};
}
identifiers!(TenantId, UserId, GroupId, HomeIdpId, InvitationId, MailId, NoticeId, RegistrationTokenId);

/// A list of [`Arg`]s from whatever converts into one.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::statement::Arg::from($value)),*] };
}
pub(super) use args;

macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args.iter().cloned() {
            query = match arg {
                Arg::Text(text) => query.bind(text),
                Arg::MaybeText(text) => query.bind(text),
                Arg::Number(number) => query.bind(number),
                Arg::MaybeNumber(number) => query.bind(number),
            };
        }
        query
    }};
}

/// The engines. SQLite has one writer, so that writes queue here instead of polling for the file's lock.
pub(super) enum Pool {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// A transaction that may write.
pub(super) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs a read outside any transaction: the one text column of every row.
pub(super) async fn read(
    pool: &Pool,
    sql: impl SqlSafeStr,
    args: &[Arg],
) -> Result<Vec<String>, sqlx::Error> {
    if !args.iter().all(Arg::is_storable) {
        return Ok(Vec::new());
    }
    match pool {
        Pool::Sqlite { read, .. } => bind!(sqlx::query_scalar(sql), args).fetch_all(read).await,
        Pool::Postgres(pool) => bind!(sqlx::query_scalar(sql), args).fetch_all(pool).await,
    }
}

/// Runs a count outside any transaction.
pub(super) async fn count(pool: &Pool, sql: &'static str, args: &[Arg]) -> Result<i64, sqlx::Error> {
    match pool {
        Pool::Sqlite { read, .. } => bind!(sqlx::query_scalar(sql), args).fetch_one(read).await,
        Pool::Postgres(pool) => bind!(sqlx::query_scalar(sql), args).fetch_one(pool).await,
    }
}

impl Writing {
    /// Begins. On SQLite the write lock is taken at once, so that a read inside never has to be upgraded.
    pub(super) async fn begin(pool: &Pool) -> Result<Self, sqlx::Error> {
        Ok(match pool {
            Pool::Sqlite { write, .. } => Self::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Postgres(pool) => Self::Postgres(pool.begin().await?),
        })
    }

    /// Makes everything since [`Writing::begin`] durable and visible. Dropped without it, nothing happened.
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// The one text column of every row.
    pub(super) async fn read(&mut self, sql: &'static str, args: &[Arg]) -> Result<Vec<String>, sqlx::Error> {
        match self {
            Self::Sqlite(tx) => bind!(sqlx::query_scalar(sql), args).fetch_all(&mut **tx).await,
            Self::Postgres(tx) => bind!(sqlx::query_scalar(sql), args).fetch_all(&mut **tx).await,
        }
    }

    /// How many rows were written.
    pub(super) async fn execute(&mut self, sql: &'static str, args: &[Arg]) -> Result<u64, sqlx::Error> {
        if !args.iter().all(Arg::is_storable) {
            return Err(sqlx::Error::Protocol("a key contains a NUL character".to_owned()));
        }
        Ok(match self {
            Self::Sqlite(tx) => bind!(sqlx::query(sql), args).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => bind!(sqlx::query(sql), args).execute(&mut **tx).await?.rows_affected(),
        })
    }
}
