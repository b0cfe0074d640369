//! TOK-20: what happens while a store does not answer.

use crate::support::{Stores, TestApp};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Duration;
use url::Url;

/// Switches the database of an app off and on, as its server sees it.
struct Database {
    administrator: PgConnection,
    name: String,
}

impl Database {
    async fn of(app: &TestApp) -> Self {
        let mut url = Url::parse(&app.stores().directory_url).unwrap();
        let name = url.path().trim_start_matches('/').to_owned();
        url.set_path("/postgres");
        Self { administrator: PgConnection::connect(url.as_str()).await.unwrap(), name }
    }

    async fn allow(&mut self, allowed: bool) {
        let allow = format!("ALTER DATABASE \"{}\" ALLOW_CONNECTIONS {allowed}", self.name);
        self.administrator.execute(AssertSqlSafe(allow)).await.unwrap();
        if !allowed {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
            sqlx::query(end).bind(&self.name).execute(&mut self.administrator).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tok_20_ui_13_with_the_directory_away_nobody_gets_tokens_and_later_once() {
    let app = TestApp::on(Stores::Real).await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let code = wiki.code_for(&app.browser(), &hanna).await;
    let tokens = wiki.tokens_for(&hanna).await;
    let mut database = Database::of(&app).await;
    database.allow(false).await;
    // Cached reads serve on for a second at most.
    let away = async {
        while wiki.userinfo(&tokens.access_token).await.status != 503 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), away).await.expect("the directory is away");
    // UI-13: a client must not believe that a token ended.
    let revoke = || wiki.request(&[("token", tokens.refresh_token())]).send_to("/revoke");
    assert_eq!(revoke().await.status, 503);
    let refused = wiki.redeem(&code).send().await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    assert!(!refused.body.contains("postgres") && !refused.body.contains("SQL"), "{refused:?}");
    database.allow(true).await;
    let (first, second) = (wiki.redeem(&code).send().await, wiki.redeem(&code).send().await);
    assert_eq!(first.status, 200, "nothing was used up: {first:?}");
    second.is_error(400, "invalid_grant");
    assert_eq!(revoke().await.status, 200);
    wiki.refresh(tokens.refresh_token()).send().await.is_error(400, "invalid_grant");
}
