//! KEY-07, KEY-08: what a server leaves behind after a whole journey, in logs, metrics and files, holds no secret, and
//! nobody writes lines of their own into the log.

use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::federation::logout::Addresses;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::token::GrantType;
use serde_json::Value;
use std::path::Path;
use url::Url;

use super::agent::Agent;
use super::home_idp::{application, configure, post};
use super::provision::{CLIENT, Harbor, MEMBER, PASSWORD, Wishes, provision};
use crate::process::counterpart::Counterpart;

const GIL: &str = "gil@guest.example";
const CHOSEN: &str = "a lantern under nine bridges";

async fn harbor_and_application() -> (Harbor, Counterpart) {
    let app = Counterpart::start("client.mjs", &[]);
    let client = ClientSettings {
        auth_method: ClientAuthMethod::ClientSecretBasic,
        grant_types: GrantType::ALL.to_vec(),
        ..application(&app.url)
    };
    let nobody = async |_: &Addresses| unreachable!("there is no home IdP");
    let harbor = provision(Wishes { client, home_idp: None, invited: &[GIL] }, nobody).await;
    configure(&app, &harbor, "client_secret_basic", "oidc").await;
    (harbor, app)
}

/// An invitation is redeemed, a member signs in, tokens are used, renewed, mistaken, stolen; everything is refused once.
async fn journey(harbor: &Harbor, app: &Counterpart) -> Vec<String> {
    let (mut gil, mut hanna) = (Agent::new(), Agent::new());
    let ticket = harbor.invitations[0].split_once("ticket=").unwrap().1.to_owned();
    gil.open(&harbor.invitations[0]).await;
    gil.submit("Continue", &[]).await;
    gil.submit("Confirm", &[("code", "00000000")]).await;
    let mailed = harbor.code_for(GIL).await;
    gil.submit("Confirm", &[("code", &mailed)]).await;
    gil.submit("Save password", &[("password", CHOSEN)]).await;
    gil.submit("Accept", &[]).await;
    assert_eq!(gil.json().0, 200, "{}", gil.shown());

    hanna.open(&format!("{}/login", app.url)).await;
    hanna.submit("Continue", &[("email", MEMBER)]).await;
    hanna.submit("Sign in", &[("password", CHOSEN)]).await;
    hanna.submit("Sign in", &[("password", PASSWORD)]).await;
    assert_eq!(hanna.json().0, 200, "{}", hanna.shown());
    assert_eq!(post(&format!("{}/refresh", app.url), String::new()).await.0, 200);
    assert_eq!(post(&format!("{}/introspect", app.url), String::new()).await.0, 200);

    let mut secrets = trusted(app).await;
    misuse(harbor, &secrets).await;
    gil.open(&harbor.invitations[0]).await;
    secrets.extend(gil.cookie_values());
    secrets.extend(hanna.cookie_values());
    hanna.open(&format!("{}/logout", app.url)).await;
    secrets.extend([ticket, mailed, CHOSEN.to_owned(), PASSWORD.to_owned(), harbor.secret.clone().unwrap()]);
    secrets
}

async fn trusted(app: &Counterpart) -> Vec<String> {
    let secrets = text_at(&format!("{}/test/secrets", app.url)).await;
    let secrets: Vec<String> = serde_json::from_str(&secrets).unwrap();
    assert!(secrets.len() >= 10, "codes, verifiers and tokens of two sign-ins: {}", secrets.len());
    secrets
}

/// Every secret where it does not belong, also in addresses.
async fn misuse(harbor: &Harbor, secrets: &[String]) {
    let http = client();
    let (issuer, own) = (harbor.issuer(), harbor.secret.clone().unwrap());
    for secret in secrets {
        for grant in ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"] {
            let form = [
                ("grant_type", grant),
                ("code", secret),
                ("refresh_token", secret),
                ("device_code", secret),
                ("code_verifier", secret),
            ];
            let request = http.post(format!("{issuer}/token")).basic_auth(CLIENT, Some(&own)).form(&form);
            assert_eq!(request.send().await.unwrap().status().as_u16(), 400, "{grant}");
        }
        let requests = [
            http.post(format!("{issuer}/token"))
                .basic_auth(CLIENT, Some(secret))
                .form(&[("grant_type", "x")]),
            http.get(format!(
                "{issuer}/authorize?client_id={CLIENT}&client_secret={secret}&request_uri={secret}"
            )),
            http.get(format!("{issuer}/userinfo?access_token={secret}")),
            http.get(format!("{issuer}/redeem?ticket={secret}")),
            http.get(format!("{issuer}/interaction/{secret}")),
            http.get(format!("{issuer}/home")).header("cookie", format!("hs_x={secret}")),
            http.get(format!("{issuer}/userinfo")).bearer_auth(format!("{secret}x")),
        ];
        for request in requests {
            let status = request.send().await.unwrap().status().as_u16();
            assert!((300..500).contains(&status), "{status}");
        }
    }
}

async fn metrics(harbor: &Harbor) -> String {
    let mut operations = Url::parse(&harbor.server.base_url).unwrap();
    operations.set_port(Some(operations.port().unwrap() + 1)).unwrap();
    text_at(&format!("{operations}metrics")).await
}

async fn text_at(url: &str) -> String {
    client().get(url).send().await.unwrap().text().await.unwrap()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[tokio::test]
async fn key_07_nothing_a_server_writes_holds_a_secret() {
    let (harbor, app) = harbor_and_application().await;
    let secrets = journey(&harbor, &app).await;
    let metrics = metrics(&harbor).await;
    let (log, folder) = harbor.server.ended();
    assert!(log.contains("DEBUG"), "the log says much: {log}");
    let mut places =
        vec![("the log".to_owned(), log.into_bytes()), ("the metrics".to_owned(), metrics.into())];
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            places.push((name(&path), std::fs::read(&path).unwrap()));
        }
    }
    assert!(places.len() >= 5, "both stores have files");
    for (place, bytes) in &places {
        // Eight digits may stand anywhere by chance.
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(!holds(bytes, secret), "{place} holds {secret}");
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[tokio::test]
async fn key_08_nobody_writes_lines_into_the_log() {
    let (harbor, _app) = harbor_and_application().await;
    let issuer = harbor.issuer();
    let forged = "\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\r\n\u{1b}[31mforged\u{202e}\u{2028}\u{7f}";
    let http = client();
    let agent = reqwest::header::HeaderValue::from_bytes("forged \u{202e}\u{2028}".as_bytes()).unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(forged.as_bytes()).collect();
    let names =
        ["client_id", "scope", "grant_type", "code", "username", "token", "login_hint", "request_uri"];
    let form: Vec<_> = names.iter().map(|name| (*name, forged)).collect();
    for path in
        ["token", "introspect", "revoke", "par", "device_authorization", "register", "redeem", "logout"]
    {
        let request = http.post(format!("{issuer}/{path}")).header("user-agent", agent.clone()).form(&form);
        let request = request.header("x-forwarded-for", agent.clone()).header("x-request-id", agent.clone());
        request.header("traceparent", agent.clone()).basic_auth(forged, Some(forged)).send().await.unwrap();
    }
    for path in
        ["authorize?client_id=", "redeem?ticket=", "interaction/", "upstream/", "", "logout?client_id="]
    {
        let request = http.get(format!("{issuer}/{path}{encoded}")).header("user-agent", agent.clone());
        request.header("referer", agent.clone()).send().await.unwrap();
    }
    let mut hanna = Agent::new();
    hanna.open(&format!("{issuer}/home")).await;
    hanna.submit("Continue", &[("email", &format!("x@{forged}"))]).await;
    let (log, _folder) = harbor.server.ended();
    assert!(log.lines().count() > 20, "{log}");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_ne!(entry["message"], "forged", "{line}");
        let odd = line
            .chars()
            .find(|c| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        assert_eq!(odd, None, "{line:?}");
    }
}
