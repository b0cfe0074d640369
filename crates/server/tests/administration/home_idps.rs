//! Home IdPs over the API. The house serves on a real port here, so that one tenant can be the other's home IdP.

use crate::house::{ADMINISTER, TestHouse};
use actix_web::http::{Method, header};
use hospes_server::serve;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// A house that answers on the network until the sender is dropped.
async fn serving() -> (TestHouse, String, oneshot::Sender<()>) {
    let listener = serve::bind("test", "127.0.0.1:0".parse().unwrap()).unwrap();
    let base_url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let house = TestHouse::open_at(&base_url).await;
    let (stop, stopped) = oneshot::channel();
    let (config, app) = (house.config.clone(), house.house.app.clone());
    actix_web::rt::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        serve::run_http(&config, app, listener, stopped).await.unwrap();
    });
    (house, base_url, stop)
}

fn fjord(base_url: &str) -> Value {
    json!({
        "displayName": "Fjord", "issuer": format!("{base_url}/t/fjord"), "clientId": "harbor",
        "clientSecret": "a-very-secret-value", "domains": [{"domain": "fjord.example", "authoritative": true}],
    })
}

#[actix_web::test]
async fn a_home_idp_from_registration_to_deletion_api_12_without_its_secret() {
    let (house, base_url, _stop) = serving().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let reply = house.post(&token, "/home-idps", fjord(&base_url)).await;
    let tag = reply.header(header::ETAG).to_owned();
    let made = reply.is(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["callbackUri"], format!("{base_url}/t/harbor/upstream/{id}/callback"));
    assert_eq!(made["hasClientSecret"], true);

    let mut changed = fjord(&base_url);
    changed["displayName"] = json!("Fjord Institute");
    changed.as_object_mut().unwrap().remove("clientSecret");
    let path = format!("/home-idps/{id}");
    let request = house.request(&token, Method::PUT, &path, Some(changed));
    let changed = house.send(request.insert_header((header::IF_MATCH, tag.as_str()))).await.is(200);
    assert_eq!(
        (&changed["displayName"], &changed["hasClientSecret"]),
        (&json!("Fjord Institute"), &json!(true))
    );
    for path in [&path, "/home-idps", "/audit"] {
        let text = house.get(&token, path).await.is(200).to_string();
        assert!(!text.contains("a-very-secret-value") && !text.contains("\"clientSecret\""), "{path}");
    }
    let stale = house.request(&token, Method::DELETE, &path, None).insert_header((header::IF_MATCH, tag));
    house.send(stale).await.is_problem(412, "version_mismatch");
    house.call(&token, Method::DELETE, &path, None).await.is(204);
    house.get(&token, &path).await.is_problem(404, "not_found");
}

#[actix_web::test]
async fn home_idps_that_cannot_be_registered() {
    let (house, base_url, _stop) = serving().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    house.post(&token, "/home-idps", fjord(&base_url)).await.is(201);
    let before = house.snapshot().await;
    house.post(&token, "/home-idps", fjord(&base_url)).await.is_problem(409, "conflict");
    for (member, value) in [
        ("issuer", json!(format!("{base_url}/t/nowhere"))),
        ("issuer", json!("https://login.example/{tenantid}/v2.0")),
        ("issuer", json!("file:///etc/passwd")),
        ("domains", json!([{"domain": "gmail.com"}])),
        ("domains", json!([{"domain": "no domain"}])),
        ("claimMap", json!({"name": "sub"})),
        ("claimMap", json!({"roles": "roles"})),
        ("algorithms", json!([])),
        ("algorithms", json!(["HS256"])),
        ("id", json!("00000000-0000-0000-0000-000000000000")),
        ("callbackUri", json!("https://evil.example/")),
        ("clientId", json!("")),
    ] {
        let mut case = fjord(&base_url);
        case["domains"] = json!([]);
        case[member] = value;
        let reply = house.post(&token, "/home-idps", case).await;
        reply.is_problem(422, "invalid");
        assert!(!reply.body.to_string().contains("a-very-secret-value"));
    }
    assert_eq!(before, house.snapshot().await);
}

#[actix_web::test]
async fn a_home_idp_at_the_command_line_beside_the_running_server() {
    let (house, base_url, _stop) = serving().await;
    let token = house.token(&house.tenant, ADMINISTER).await;
    let run = async |line: &str| -> Value {
        let output = house.command(&format!("idp {line} --tenant harbor --output json")).await;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    };
    std::fs::write(house.path("secret"), "a-very-secret-value\n").unwrap();
    let create = format!("create --name Fjord --issuer {base_url}/t/fjord --client-id harbor");
    let create = format!("{create} --client-secret-file secret --authoritative-domain fjord.example");
    let made = run(&format!("{create} --domain fjell.example --claim givenName=first_name")).await;
    let path = format!("/home-idps/{}", made["id"].as_str().unwrap());
    assert_eq!(house.get(&token, &path).await.is(200), made, "the same document over HTTP");
    assert_eq!(made["domains"][1], json!({"domain": "fjord.example", "authoritative": true}));
    let id = made["id"].as_str().unwrap();
    let disabled = run(&format!("disable {id}")).await;
    assert_eq!((&disabled["status"], &disabled["hasClientSecret"]), (&json!("disabled"), &json!(true)));
    let changed = run(&format!("update {id} --name Fjell --email-trust never")).await;
    assert_eq!((&changed["displayName"], &changed["status"]), (&json!("Fjell"), &json!("disabled")));
    assert_eq!(changed["claimMap"], made["claimMap"], "unnamed members stay");
    assert_eq!(run(&format!("enable {id}")).await["status"], "enabled");
    run(&format!("delete {id}")).await;
    assert_eq!(run("list").await["items"], json!([]));
}
