//! DOS: too much of anything is refused early, cheaply and with the right status.

use crate::support::TestApp;
use crate::support::answer::Answer;
use std::time::{Duration, Instant};

const FORM: &str = "application/x-www-form-urlencoded";
/// Much more than linear work takes on a busy machine, much less than anything worse would.
const PROMPT: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn dos_01_bodies_have_a_limit() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for path in [
        "/token",
        "/authorize",
        "/userinfo",
        "/logout",
        "/redeem?ticket=x",
        "/interaction/x/password",
        "/invite",
        "/set-up?token=x",
    ] {
        let at_the_limit = format!("x={}", "y".repeat(64 * 1024 - 2));
        for (body, fits) in [(at_the_limit.clone(), true), (format!("{at_the_limit}y"), false)] {
            let request = app.http.post(harbor.url(path)).header("content-type", FORM).body(body);
            let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
            assert_eq!(answer.status != 413, fits, "{path}: {answer:?}");
            assert!(answer.status < 500, "{path}: {answer:?}");
        }
    }
    let large = serde_json::json!({"x": "y".repeat(2_100_000)}).to_string();
    let request =
        app.http.post(harbor.url("/v1.0/invitations")).header("content-type", "application/json").body(large);
    let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
    assert!(matches!(answer.status, 401 | 413), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_01_a_compressed_body_is_not_inflated() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    // 10 MiB of zeros, deflated.
    let bomb =
        [0x78, 0x9c, 0xed, 0xc1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a];
    for encoding in ["gzip", "deflate", "br"] {
        let request = app.http.post(harbor.url("/token")).header("content-type", FORM);
        let request = request.header("content-encoding", encoding).body(bomb.to_vec());
        let begun = Instant::now();
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert!((400..500).contains(&answer.status), "{encoding}: {answer:?}");
        assert!(begun.elapsed() < PROMPT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_02_heads_have_a_limit() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let long = harbor.url(&format!("/authorize?client_id=x&x={}", "y".repeat(300_000)));
    let many = (0..200).fold(app.http.get(harbor.url("/jwks")), |request, number| {
        request.header(format!("x-{number}"), "y")
    });
    let fat = app.http.get(harbor.url("/jwks")).header("x-fat", "y".repeat(300_000));
    for request in [app.http.get(long), many, fat] {
        // A connection that is closed on us is a refusal too.
        if let Ok(response) = request.send().await {
            let answer = Answer::of(response).await;
            assert!((400..500).contains(&answer.status), "{answer:?}");
        }
    }
    assert_eq!(app.browser().get(&harbor.url("/jwks")).await.status, 200, "others are served");
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_05_deep_and_wide_json_is_refused_quickly() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let client = harbor.client("inviter").service(&["User.Invite.All"]).await;
    let token = client.client_credentials().send().await.tokens().access_token;
    let deep = "[".repeat(100_000);
    let wide =
        format!("{{{}}}", (0..50_000).map(|number| format!("\"k{number}\":1")).collect::<Vec<_>>().join(","));
    let big = format!("{{\"x\":{}}}", "9".repeat(100_000));
    for body in
        [deep, wide, big, "{\"invitedUserEmailAddress\":1e400}".to_owned(), "{".to_owned(), "null".to_owned()]
    {
        let request = app.http.post(harbor.url("/v1.0/invitations")).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(body.clone());
        let begun = Instant::now();
        let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
        assert!(matches!(answer.status, 400 | 413 | 422), "{body:.40}: {answer:?}");
        assert!(begun.elapsed() < PROMPT, "{body:.40}: {:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_06_a_hundred_thousand_scopes_are_refused_in_linear_time() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    let scope: Vec<_> = (0..4000).map(|number| format!("s{number}")).collect();
    let scope = format!("openid {}", scope.join(" "));
    let request = wiki.authorize().set("scope", &scope);
    let begun = Instant::now();
    let answer = app.unchanged(request.get(&app.browser())).await;
    request_refused(&answer);
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    let service = harbor.client("service").service(&["User.Invite.All"]).await;
    let many = "s ".repeat(100_000);
    let answer = app.unchanged(service.client_credentials().set("scope", &many).send()).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let answer = app.unchanged(service.client_credentials().set("scope", &"s ".repeat(20_000)).send()).await;
    answer.is_error(400, "invalid_scope");
}

fn request_refused(answer: &Answer) {
    let returned = answer.location().is_some_and(|to| to.contains("error=invalid_scope"));
    assert!(returned || matches!(answer.status, 400 | 413 | 414 | 431), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_10_guesses_are_not_remembered() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    app.unchanged(async {
        for _ in 0..50 {
            let random = app.ctx().token();
            app.browser().get(&harbor.url(&format!("/interaction/{random}"))).await;
            app.browser().get(&harbor.url(&format!("/redeem?ticket={random}"))).await;
            wiki.refresh(&random).send().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dos_12_odd_methods_are_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for method in ["TRACE", "PROPFIND", "PATCH", "DELETE", "PUT", "OPTIONS", "X"] {
        for path in ["/home", "/token", "/jwks", "/nothing"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = app.http.request(method.clone(), harbor.url(path)).header("cookie", "secret=1");
            let answer = app.unchanged(async { Answer::of(request.send().await.unwrap()).await }).await;
            assert!(matches!(answer.status, 404 | 405), "{method} {path}: {answer:?}");
            assert!(!answer.body.contains("secret=1"), "{answer:?}");
        }
    }
    let upgrade =
        app.http.get(harbor.url("/jwks")).header("connection", "upgrade").header("upgrade", "websocket");
    assert_eq!(upgrade.send().await.unwrap().status().as_u16(), 200, "an upgrade nobody offers is ignored");
}
