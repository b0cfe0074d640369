//! WEB: headers, hosts, caches, and what an error page may say.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::fake_home::FakeHome;
use crate::support::tenant::TestTenant;
use hospes_idp::tenant::Status;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes and reads the answer until the connection closes.
async fn raw(app: &TestApp, request: &str) -> String {
    let address = app.base_url.replace("http://localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(12), reading).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("closed")
}

/// One page of every family.
async fn pages(harbor: &TestTenant<'_>) -> Vec<Answer> {
    let app = harbor.app;
    let max = harbor.member("max@harbor.example").await;
    let link = harbor.invite("leo@local.example").await;
    let browser = app.browser();
    let identifier = browser.open(&harbor.url("/home")).await;
    let password = browser.submit(&identifier, "/identify", &[("email", &max.email)]).await;
    let home = browser.sign_in(password.clone(), &max).await;
    let logout = browser.open(&harbor.url("/logout")).await;
    let (guest, stranger) = (app.browser(), app.browser());
    let opened = guest.open(&link).await;
    let code = guest.enter(&link).await;
    let missing = stranger.open(&harbor.url("/redeem?ticket=x")).await;
    let refused = stranger.open(&harbor.url("/authorize?client_id=x")).await;
    let nothing = stranger.open(&format!("{}/nothing", app.base_url)).await;
    vec![identifier, password, home, logout, opened, code, missing, refused, nothing]
}

#[tokio::test(flavor = "multi_thread")]
async fn web_01_web_06_every_page_is_armoured_and_not_stored() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for page in pages(&harbor).await {
        let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{page:?}"));
        for directive in
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'self'"]
        {
            assert!(policy.contains(directive), "{}: {policy}", page.url);
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert!(page.header("permissions-policy").is_some());
        assert_eq!(page.header("server"), None);
        page.is_not_stored();
        for inline in [
            "script:not([src])",
            "style",
            "[style]",
            "[onclick]",
            "[onload]",
            "[onsubmit]",
            "[href^='javascript:']",
        ] {
            assert!(!page.has(inline), "{inline} on {}", page.url);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_02_what_others_wrote_stays_text() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let attack = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'`{{7*7}}";
    let wiki = harbor.client("wiki").with(|client| {
        client.display_name = attack.to_owned();
        client.consent = hospes_idp::client::ConsentRule::Ask;
    });
    let wiki = wiki.public().await;
    let link = harbor.invite("ada@fjord.example").await;
    let browser = app.browser();
    let claims = json!({"name": attack, "given_name": attack, "family_name": attack, "preferred_username": attack, "locale": attack});
    let review = browser.come_from(&home, &link, &claims).await;
    let landed = browser.accept(&review).await;
    let consent = wiki.authorize().open(&browser).await;
    let stranger = app.browser();
    let asked = wiki
        .authorize()
        .set("ui_locales", attack)
        .set("login_hint", attack)
        .set("display", attack)
        .open(&stranger)
        .await;
    let wrong =
        harbor.url(&format!("/authorize?client_id={}", hospes_protocol::encoding::url_component(attack)));
    let wrong = stranger.open(&wrong).await;
    assert!(
        consent.body.contains("&lt;script&gt;") || consent.body.contains("&#60;script"),
        "{}",
        consent.body
    );
    for page in [review, landed, consent, asked, wrong] {
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{}", page.body);
        assert!(!page.has("script:not([src])") && !page.has("[onerror]"), "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_04_a_host_header_changes_nothing_and_two_are_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for (host, forwarded) in
        [("evil.example", "evil.example"), ("localhost", "a, b"), ("a, b", "x\"<script>")]
    {
        let request = app.http.get(harbor.url("/.well-known/openid-configuration")).header("host", host);
        let request = request.header("x-forwarded-host", forwarded).header("x-forwarded-proto", "https");
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert!(!answer.body.contains("evil") && !answer.body.contains("<script>"), "{answer:?}");
        if answer.status == 200 {
            assert_eq!(answer.json()["issuer"], harbor.issuer());
        }
    }
    let path = "/t/harbor/jwks";
    for request in [
        format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"),
    ] {
        let answer = raw(&app, &request).await;
        assert!(!answer.contains("evil"), "{answer}");
        assert!(matches!(status(&answer), "400" | "421" | "200"), "{request:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_05_a_request_with_two_lengths_is_refused() {
    let app = TestApp::spawn().await;
    app.tenant("harbor").await;
    let smuggled = "0\r\n\r\nGET /t/harbor/home HTTP/1.1\r\nHost: x\r\n\r\n";
    let line = "POST /t/harbor/token HTTP/1.1\r\nHost: localhost\r\n";
    for headers in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: +4\r\n",
        "X: y\r\n obs: fold\r\n",
    ] {
        let answer = raw(&app, &format!("{line}{headers}\r\n{smuggled}")).await;
        assert!(matches!(status(&answer), "400" | "501" | "closed"), "{headers:?}: {answer}");
        assert!(!answer.contains("/interaction/"), "the second request was answered: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_07_web_12_paths_that_only_look_like_ours_are_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    for path in [
        "/authorize/x.css",
        "/home/x.css",
        "/home.css",
        "/home;x.css",
        "/HOME",
        "//home",
        "/redeem/x.js",
        "/jwks/",
        "/home%2fx",
    ] {
        let answer = app.unchanged(app.browser().get(&harbor.url(path))).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        answer.is_not_stored();
    }
    for path in [
        "..%2f..%2fCargo.toml",
        "%00",
        "hospes.css%00",
        "..%5chospes.css",
        "%2e%2e%2fhospes.css",
        "nothing.css",
    ] {
        let answer = raw(
            &app,
            &format!("GET /static/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert!(matches!(status(&answer), "404" | "400"), "{path}: {answer}");
        assert!(!answer.contains("[workspace]"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_08_a_parameter_makes_no_header() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").public().await;
    for state in ["a\r\nSet-Cookie: x=y", "a\nLocation: https://evil.example", "\u{0}", "a\u{2028}b"] {
        let request = wiki.authorize().set("state", state).set("prompt", "none");
        let answer = request.get(&app.browser()).await;
        assert_eq!(answer.headers.get("set-cookie"), None, "{answer:?}");
        assert!(answer.location().is_some_and(|to| to.starts_with(&wiki.redirect_uri)), "{answer:?}");
        assert_eq!(answer.headers.get_all("location").iter().count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_09_error_answers_give_nothing_away() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let mut answers = Vec::new();
    for accept in ["text/html", "application/json", "*/*"] {
        for (method, path) in [
            ("GET", "/nothing"),
            ("DELETE", "/home"),
            ("PUT", "/token"),
            ("POST", "/jwks"),
            ("GET", "/interaction/x"),
        ] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = app.http.request(method, harbor.url(path)).header("accept", accept);
            answers.push(Answer::of(request.send().await.unwrap()).await);
        }
        let large = app
            .http
            .post(harbor.url("/token"))
            .header("accept", accept)
            .body(format!("x={}", "y".repeat(70_000)));
        let large = large.header("content-type", "application/x-www-form-urlencoded");
        answers.push(Answer::of(large.send().await.unwrap()).await);
    }
    for answer in answers {
        assert!((400..500).contains(&answer.status), "{answer:?}");
        let text = format!("{:?}{}", answer.headers, answer.body).to_lowercase();
        for leak in ["actix", "hospes/0", "panicked", "src/", "sqlx", "redb", "/tmp", "backtrace", "rustc"] {
            assert!(!text.contains(leak), "{leak}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_10_forwarded_addresses_count_only_from_a_trusted_proxy() {
    let plain = TestApp::spawn().await;
    let proxied = TestApp::builder().setting("trusted_proxies", "127.0.0.1").spawn().await;
    let many = vec!["10.0.0.1"; 1000].join(", ");
    let rows = [
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("203.0.113.9, garbage", "127.0.0.1", "127.0.0.1"),
        ("garbage", "127.0.0.1", "127.0.0.1"),
        ("fe80::1%eth0", "127.0.0.1", "127.0.0.1"),
        ("", "127.0.0.1", "127.0.0.1"),
        (many.as_str(), "127.0.0.1", "10.0.0.1"),
    ];
    for (app, trusted) in [(&plain, false), (&proxied, true)] {
        let harbor = app.tenant("harbor").await;
        for (header, untrusted_says, trusted_says) in rows {
            let request =
                app.http.get(harbor.url("/authorize?client_id=x")).header("x-forwarded-for", header);
            let answer = Answer::of(request.send().await.unwrap()).await;
            let reference = answer.reference();
            let audit = app.audit().await;
            let event = audit.iter().find(|event| event.reference == reference).unwrap();
            let expected = if trusted { trusted_says } else { untrusted_says };
            assert_eq!(event.address.as_deref(), Some(expected), "{header:.40} trusted: {trusted}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_14_a_tenant_that_is_off_looks_like_one_that_never_was() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    harbor.status(Status::Disabled).await;
    for path in [
        "/home",
        "/authorize?client_id=x",
        "/redeem?ticket=x",
        "/logout",
        "/jwks",
        "/.well-known/openid-configuration",
        "/userinfo",
    ] {
        let (off, never) = (harbor.url(path), format!("{}/t/never{path}", app.base_url));
        let (off, never) = (app.browser().get(&off).await, app.browser().get(&never).await);
        assert_eq!((off.status, &off.body), (404, &never.body), "{path}");
        let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!((never.status, names(&off)), (404, names(&never)), "{path}");
    }
}
