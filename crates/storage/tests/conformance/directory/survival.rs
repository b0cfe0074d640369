//! Around the port: opening, migrating, surviving a restart, unreadable rows, lost databases, and two nodes.

use super::{all, new_tenant};
use crate::backend::{Folder, postgres_url};
use crate::fixture::{client, event, tenant};
use hospes_idp::ports::{Change, Directory};
use hospes_idp::tenant::{Status, Tenant};
use hospes_storage::{CachedDirectory, OpenError, SqlDirectory};
use sqlx::Connection as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn open(url: &str) -> SqlDirectory {
    SqlDirectory::open(url).await.unwrap()
}

async fn migrates(url: &str) {
    let directory = open(url).await;
    assert_eq!(
        directory.pending_migrations().await.unwrap(),
        ["0001 directory", "0002 logout notices", "0003 groups", "0004 registration tokens", "0005 people"]
    );
    assert!(directory.ping().await.is_err());
    directory.migrate().await.unwrap();
    assert!(directory.pending_migrations().await.unwrap().is_empty());
    directory.migrate().await.unwrap();
    directory.ping().await.unwrap();
}

#[tokio::test]
async fn sqlite_in_memory_is_migrated_once() {
    migrates("sqlite::memory:").await;
}

#[tokio::test]
async fn postgres_is_migrated_once() {
    migrates(&postgres_url().await).await;
}

#[tokio::test]
async fn a_sqlite_file_is_migrated_once_and_survives_a_restart() {
    let folder = Folder::new();
    migrates(&folder.sqlite_url()).await;
    let directory = Arc::new(open(&folder.sqlite_url()).await);
    let tenant = new_tenant(&(directory.clone() as Arc<dyn Directory>)).await;
    directory.close().await;
    assert!(directory.tenant(tenant.id).await.is_err());
    let directory = open(&folder.sqlite_url()).await;
    assert!(directory.pending_migrations().await.unwrap().is_empty());
    assert_eq!(directory.tenant(tenant.id).await.unwrap(), Some(tenant));
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_migrate_once() {
    let url = postgres_url().await;
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await.migrate().await })
        })
        .collect();
    for node in nodes {
        node.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn other_databases_are_refused_without_showing_secrets() {
    for url in ["mysql://root:s3cret@localhost/x", "", "directory.db"] {
        assert!(matches!(SqlDirectory::open(url).await, Err(OpenError::Scheme)));
    }
    for url in [
        "postgres://hospes:s3cret@127.0.0.1:1/x",
        "postgres://hospes:s3cret@127.0.0.1:notaport/x",
        "sqlite:///no/such/folder/directory.db",
    ] {
        let refusal = SqlDirectory::open(url).await.err().unwrap();
        assert!(!format!("{refusal} {refusal:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn red_07_a_row_that_cannot_be_read_is_an_error_that_says_so() {
    let folder = Folder::new();
    let directory: Arc<dyn Directory> = {
        let directory = open(&folder.sqlite_url()).await;
        directory.migrate().await.unwrap();
        Arc::new(directory)
    };
    let tenant = new_tenant(&directory).await;
    let mut connection = sqlx::SqliteConnection::connect(&folder.sqlite_url()).await.unwrap();
    for damage in ["UPDATE tenants SET body = '{'", "UPDATE tenants SET body = '{}'"] {
        sqlx::raw_sql(damage).execute(&mut connection).await.unwrap();
        let refusal = directory.tenant(tenant.id).await.unwrap_err();
        assert!(refusal.0.contains("Tenant cannot be read"), "{refusal}");
        assert!(directory.list_tenants(all()).await.is_err());
    }
}

#[tokio::test]
async fn foreign_keys_and_the_journal_are_as_promised() {
    let folder = Folder::new();
    let directory = open(&folder.sqlite_url()).await;
    directory.migrate().await.unwrap();
    let stranger = tenant();
    let change = Change::InsertClient(client(&stranger, "portal"));
    assert!(directory.apply(change, event(stranger.id)).await.is_err());
    assert!(folder.0.join("directory.db-wal").exists());
}

/// Two nodes on one database, each with its cache.
async fn two_nodes(folder: &Folder) -> [Arc<dyn Directory>; 2] {
    let url = folder.sqlite_url();
    open(&url).await.migrate().await.unwrap();
    let [one, other] = [open(&url).await, open(&url).await];
    [one, other].map(|node| Arc::new(CachedDirectory::new(Arc::new(node))) as Arc<dyn Directory>)
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_08_what_another_node_disables_stops_here_within_a_second() {
    let folder = Folder::new();
    let [here, there] = two_nodes(&folder).await;
    let tenant = new_tenant(&here).await;
    assert_eq!(there.tenant(tenant.id).await.unwrap().as_ref(), Some(&tenant));
    let disabled = Tenant { status: Status::Disabled, ..tenant.clone() };
    here.apply(Change::UpdateTenant(disabled), event(tenant.id)).await.unwrap();
    let changed = Instant::now();
    let status = async |node: &Arc<dyn Directory>| node.tenant(tenant.id).await.unwrap().unwrap().status;
    assert_eq!(status(&here).await, Status::Disabled);
    let mut asked = Duration::ZERO;
    while status(&there).await == Status::Enabled {
        assert!(asked < Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(5)).await;
        asked = changed.elapsed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_write_to_one_file_without_losing_a_change() {
    let folder = Folder::new();
    let nodes = two_nodes(&folder).await;
    let tenant = new_tenant(&nodes[0]).await;
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let node = Arc::clone(&nodes[number % 2]);
            let client = client(&tenant, &format!("c{number:02}"));
            tokio::spawn(async move { node.apply(Change::InsertClient(client), event(tenant.id)).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(nodes[0].list_clients(tenant.id, all()).await.unwrap().items.len(), 20);
}
