//! Programs written for Microsoft Graph: npm `@microsoft/microsoft-graph-client` invites, finds, changes, groups, deletes
//! and restores guests, with only base address and credential changed.

use super::home_idp::post;
use crate::process::counterpart::Counterpart;
use crate::support::TestApp;
use hospes_idp::admin::groups::GroupSettings;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

fn names(list: &Value, property: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("{list:#}"));
    items.iter().map(|item| item[property].as_str().unwrap().to_owned()).collect()
}

/// The program, with TLS in front of a server that is to come. It trusts the certificate it is given.
fn start() -> Counterpart {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("front.pem");
    std::fs::write(&trusted, certificate.pem()).unwrap();
    let environment = [
        ("CERTIFICATE", certificate.pem()),
        ("KEY", key.serialize_pem()),
        ("NODE_EXTRA_CA_CERTS", trusted.display().to_string()),
    ];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Counterpart::start("graph.mjs", &environment)
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_written_for_graph_find_what_they_expect() {
    let program = start();
    let front = program.ready["front"].as_str().unwrap();

    let app = TestApp::builder().setting("base_url", front).spawn().await;
    let harbor = app.tenant("harbor").await;
    let desk = harbor.desk().await;
    let group = GroupSettings { display_name: "Partners".to_owned(), ..GroupSettings::default() };
    let group = desk.admin().create_group(group).await.unwrap();
    let hanna = harbor.member("hanna@harbor.example").await;
    let service = harbor.client("service").service(&["Directory.ReadWrite.All"]).await;
    let token = service.client_credentials().send().await.tokens().access_token;
    let place = json!({"server": app.base_url, "token": token});
    let (status, _) = post(&format!("{}/test/configure", program.url), place.to_string()).await;
    assert_eq!(status, 200);
    let landing = format!("{front}/t/harbor/home");
    let people = json!({
        "landing": landing, "group": group.id.to_string(), "sponsor": hanna.id.to_string(), "member": hanna.email,
    });
    let (status, seen) = post(&format!("{}/test/run", program.url), people.to_string()).await;
    assert_eq!(status, 200, "{seen:#}");

    let id = &seen["invitation"]["invitedUser"]["id"];
    assert_eq!(seen["invitation"]["status"], "PendingAcceptance", "{seen:#}");
    assert_eq!(seen["invitation"]["inviteRedirectUrl"], json!(landing));
    assert_eq!(names(&seen["listed"], "displayName"), ["dea", "cyd", "bea", "ada"]);
    let expected = json!({"mail": "admin@fabrikam.example", "userType": "Guest",
        "externalUserState": "PendingAcceptance", "creationType": "Invitation"});
    for (property, value) in expected.as_object().unwrap() {
        assert_eq!(seen["one"][property], *value, "{:#}", seen["one"]);
    }
    let changed = &seen["changed"];
    assert_eq!((&changed["displayName"], &changed["givenName"]), (&json!("Fabrikam Admin"), &json!("Fa")));
    assert_eq!(changed["identities"], json!([]), "nobody redeemed yet");
    assert_eq!(names(&seen["members"]["value"], "id"), [id.as_str().unwrap()]);
    assert_eq!(names(&seen["groups"]["value"], "displayName"), ["Partners"]);
    assert_eq!(seen["left"]["value"], json!([]));
    assert_eq!(names(&seen["sponsors"]["value"], "mail"), ["hanna@harbor.example"]);
    assert_eq!(
        (&seen["gone"]["status"], &seen["gone"]["code"]),
        (&json!(404), &json!("Request_ResourceNotFound"))
    );
    let again = &seen["again"];
    assert_eq!(
        (&again["code"], &again["body"]["innerError"]["existingUserId"]),
        (&json!("user_is_deleted"), id)
    );
    assert_eq!(names(&seen["deleted"]["value"], "id"), [id.as_str().unwrap()]);
    assert_eq!(seen["restored"]["displayName"], "Fabrikam Admin");
    assert_eq!((&seen["reset"]["resetRedemption"], &seen["reset"]["invitedUser"]["id"]), (&json!(true), id));
    let member = &seen["ofMember"];
    let existing = &member["body"]["innerError"]["existingUserId"];
    assert_eq!((&member["code"], existing), (&json!("user_is_member"), &json!(hanna.id.to_string())));
    assert_eq!((&seen["unknown"]["status"], &seen["unknown"]["code"]), (&json!(400), &json!("BadRequest")));
    assert_eq!(
        (&seen["nowhere"]["status"], &seen["nowhere"]["code"]),
        (&json!(404), &json!("Request_ResourceNotFound"))
    );
}
