//! API: the directory over the Graph-compatible calls. Who may look and change, what is refused, and what becomes of people
//! who are deleted, restored, or have to redeem anew.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::fake_home::{Departure, FakeHome};
use crate::support::tenant::TestTenant;
use hospes_idp::admin::groups::GroupSettings;
use hospes_idp::admin::people::UserPatch;
use hospes_idp::admin::permission::ADMINISTER;
use hospes_idp::audit::AuditKind::{RedemptionReset, UserDeleted, UserRestored};
use hospes_idp::guest::user::Role;
use hospes_idp::options::{DomainMode, DomainPattern};
use reqwest::Method;
use serde_json::{Value, json};

const ADA: &str = "ada@fjord.example";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// A program with a token, and where it works.
struct Program<'a> {
    harbor: &'a TestTenant<'a>,
    token: String,
}

impl<'a> Program<'a> {
    async fn with(harbor: &'a TestTenant<'a>, id: &str, permissions: &[&str]) -> Self {
        let client = harbor.client(id).service(permissions).await;
        Self { harbor, token: client.client_credentials().send().await.tokens().access_token }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        let url = self.harbor.url(&format!("/v1.0{path}"));
        let request = self.harbor.app.http.request(method, url).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Answer::of(request.body(body).send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }

    async fn refused(&self, (method, path): (Method, &str), body: &Value, (status, code): (u16, &str)) {
        let answer = self.harbor.app.unchanged(self.call(method.clone(), path, body)).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{method} {path} {body}: {answer:?}");
        assert!(error["innerError"]["request-id"].as_str().is_some_and(|id| !id.is_empty()), "{answer:?}");
        answer.is_not_stored();
    }
}

async fn administrator<'a>(harbor: &'a TestTenant<'a>) -> Program<'a> {
    Program::with(harbor, "office", &[ADMINISTER]).await
}

fn refers_to(id: &str) -> Value {
    json!({"@odata.id": format!("https://id.example/v1.0/directoryObjects/{id}")})
}

#[tokio::test(flavor = "multi_thread")]
async fn api_01_api_04_only_administrators_see_and_change_the_directory() {
    let app = TestApp::spawn().await;
    let (harbor, beta) = (app.tenant("harbor").await, app.tenant("beta").await);
    harbor.invite(ADA).await;
    let id = harbor.user_at(ADA).await.unwrap().id.to_string();
    let group = GroupSettings { display_name: "Partners".to_owned(), ..GroupSettings::default() };
    let group = harbor.desk().await.admin().create_group(group).await.unwrap().id.to_string();
    let weak = Program::with(&harbor, "weak", &["User.Invite.All"]).await;
    let foreign = Program { harbor: &harbor, token: administrator(&beta).await.token };
    let nobody = Program { harbor: &harbor, token: "x".to_owned() };
    let calls = [
        (Method::GET, "/users".to_owned()),
        (Method::GET, format!("/users/{id}")),
        (Method::PATCH, format!("/users/{id}")),
        (Method::DELETE, format!("/users/{id}")),
        (Method::GET, format!("/users/{id}/invitedBy")),
        (Method::GET, format!("/users/{id}/memberOf")),
        (Method::GET, format!("/users/{id}/sponsors")),
        (Method::POST, format!("/users/{id}/sponsors/$ref")),
        (Method::DELETE, format!("/users/{id}/sponsors/{id}/$ref")),
        (Method::GET, "/groups".to_owned()),
        (Method::GET, format!("/groups/{group}")),
        (Method::GET, format!("/groups/{group}/members")),
        (Method::POST, format!("/groups/{group}/members/$ref")),
        (Method::DELETE, format!("/groups/{group}/members/{id}/$ref")),
        (Method::GET, "/directory/deletedItems/microsoft.graph.user".to_owned()),
        (Method::GET, format!("/directory/deletedItems/{id}")),
        (Method::POST, format!("/directory/deletedItems/{id}/restore")),
        (Method::DELETE, format!("/directory/deletedItems/{id}")),
    ];
    for (method, path) in calls {
        let body = refers_to(&id);
        weak.refused((method.clone(), &path), &body, (403, "Authorization_RequestDenied")).await;
        for program in [&foreign, &nobody] {
            program.refused((method.clone(), &path), &body, (401, "InvalidAuthenticationToken")).await;
        }
    }
    // Who may administer beta finds nobody of harbor there.
    let of_beta = administrator_again(&beta, &foreign.token);
    of_beta
        .refused((Method::GET, &format!("/users/{id}")), &Value::Null, (404, "Request_ResourceNotFound"))
        .await;
}

fn administrator_again<'a>(harbor: &'a TestTenant<'a>, token: &str) -> Program<'a> {
    Program { harbor, token: token.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn api_15_api_16_query_options_are_read_or_refused() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let office = administrator(&harbor).await;
    for name in ["ada", "bea", "cyd"] {
        harbor.invite(&format!("{name}@fjord.example")).await;
    }
    let first = office.get("/users?$top=2&$orderby=mail&$select=mail").await.json();
    assert_eq!(first["value"], json!([{"mail": "ada@fjord.example"}, {"mail": "bea@fjord.example"}]));
    let next = first["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(&harbor.url("/v1.0/users?")), "{next}");
    let (_, next) = next.split_once("/v1.0").unwrap();
    let second = office.get(next).await.json();
    assert_eq!(
        (&second["value"], &second["@odata.nextLink"]),
        (&json!([{"mail": "cyd@fjord.example"}]), &Value::Null)
    );
    let token = next.split_once("skiptoken=").unwrap().1;
    let bad = (400, "BadRequest");
    let foreign = format!("/users?$orderby=mail&$filter=accountEnabled%20eq%20true&$skiptoken={token}");
    let elsewhere = format!("/groups?$skiptoken={token}");
    for path in [
        "/users?$filter=favouriteColour%20eq%20'blue'",
        "/users?$filter=startswith(displayName,'a'",
        "/users?$filter=",
        "/users?$orderby=favouriteColour",
        "/users?$orderby=mail%20sideways",
        "/users?$select=mail,password",
        "/users?$search=%22ada%22",
        "/users?$count=true",
        "/users?$expand=sponsors",
        "/users?$top=2&$top=3",
        "/users?$skiptoken=x",
        "/users?$top=0",
        "/users?$top=1000",
        "/users?$top=many",
        "/groups?$filter=displayName%20eq%20'x'",
        &foreign,
        &elsewhere,
    ] {
        office.refused((Method::GET, path), &Value::Null, bad).await;
    }
    for (method, path) in [(Method::POST, "/users"), (Method::PUT, "/groups"), (Method::GET, "/invitations")]
    {
        office.refused((method, path), &json!({}), (405, "MethodNotAllowed")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn api_what_cannot_be_so_changes_nothing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let office = administrator(&harbor).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let off = harbor.member("off@harbor.example").await;
    harbor.disable_person(&off).await;
    harbor.invite(ADA).await;
    let (id, hanna_id) = (harbor.user_at(ADA).await.unwrap().id.to_string(), hanna.id.to_string());
    let user = format!("/users/{id}");
    let (bad, invalid, missing) =
        ((422, "BadRequest"), (422, "BadRequest"), (404, "Request_ResourceNotFound"));
    for body in [
        json!({"mail": "other@fjord.example"}),
        json!({"userType": "Member"}),
        json!({"accountEnabled": "false"}),
        json!({"accountEnabled": null}),
        json!({"displayName": null}),
        json!({"displayName": ""}),
        json!({"givenName": "a\u{0}b"}),
        json!({"surname": "x".repeat(257)}),
        json!([]),
    ] {
        office.refused((Method::PATCH, &user), &body, invalid).await;
    }
    let sponsors = format!("{user}/sponsors/$ref");
    for reference in [
        refers_to(&id),
        refers_to(NOBODY),
        refers_to(&off.id.to_string()),
        refers_to("x"),
        json!({"@odata.id": format!("https://id.example/v1.0/groups/{hanna_id}")}),
        json!({}),
    ] {
        office.refused((Method::POST, &sponsors), &reference, bad).await;
    }
    assert_eq!(office.call(Method::POST, &sponsors, &refers_to(&hanna_id)).await.status, 204);
    let last = format!("{user}/sponsors/{hanna_id}/$ref");
    office.refused((Method::DELETE, &last), &Value::Null, invalid).await;
    for number in 1..5 {
        let other = harbor.member(&format!("m{number}@harbor.example")).await.id.to_string();
        assert_eq!(office.call(Method::POST, &sponsors, &refers_to(&other)).await.status, 204);
    }
    let sixth = harbor.member("m6@harbor.example").await.id.to_string();
    office.refused((Method::POST, &sponsors), &refers_to(&sixth), invalid).await;
    assert_eq!(office.call(Method::DELETE, &last, &Value::Null).await.status, 204);
    for path in
        [format!("/users/{NOBODY}"), "/users/x".to_owned(), format!("{user}/invitedBy"), "/x".to_owned()]
    {
        office.refused((Method::GET, &path), &Value::Null, missing).await;
    }
    // Who is there is not among the deleted.
    let item = format!("/directory/deletedItems/{id}");
    for (method, path) in [
        (Method::GET, item.clone()),
        (Method::DELETE, item.clone()),
        (Method::POST, format!("{item}/restore")),
    ] {
        office.refused((method, &path), &json!({}), missing).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edge_51_who_was_deleted_is_nobody_and_is_what_they_were_when_restored() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let office = administrator(&harbor).await;
    let wiki = harbor.client("wiki").confidential().await;
    let browser = harbor.fake_guest(&home, ADA, &json!({"sub": "ada", "email": ADA})).await;
    let request = wiki.authorize();
    let tokens = wiki.redeem(&request.code(&request.get(&browser).await)).send().await.tokens();
    let ada = harbor.user_at(ADA).await.unwrap();
    let user = format!("/users/{}", ada.id);
    app.audited((UserDeleted, None), office.call(Method::DELETE, &user, &Value::Null)).await;
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
    assert_eq!(wiki.userinfo(&tokens.access_token).await.status, 401);
    browser.open(&harbor.url("/home")).await.asks_who();
    let request = wiki.authorize().set("login_hint", ADA);
    let departure = Departure::of(&request.get(&browser).await);
    let answer = browser.open(&home.signs_in(&departure, &json!({"sub": "ada", "email": ADA}))).await;
    answer.is_refusal_page(403, "not_invited");
    let again =
        json!({"invitedUserEmailAddress": "ADA@fjord.example", "inviteRedirectUrl": harbor.url("/home")});
    office.refused((Method::POST, "/invitations"), &again, (422, "user_is_deleted")).await;
    let restore = format!("/directory/deletedItems/{}/restore", ada.id);
    let back = app.audited((UserRestored, None), office.call(Method::POST, &restore, &json!({}))).await;
    assert_eq!((back.status, &back.json()["id"]), (200, &json!(ada.id.to_string())), "{back:?}");
    // The same account at home is the same person here; what ended stays ended.
    app.unchanged(wiki.refresh(tokens.refresh_token()).send()).await.is_error(400, "invalid_grant");
    let request = wiki.authorize().set("login_hint", ADA);
    let departure = Departure::of(&request.get(&browser).await);
    let answer = browser.open(&home.signs_in(&departure, &json!({"sub": "ada", "email": ADA}))).await;
    wiki.redeem(&request.code(&answer)).send().await.tokens();
    assert_eq!(harbor.user_at(ADA).await.unwrap().id, ada.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deleted_are_gone_for_good_after_thirty_days() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let office = administrator(&harbor).await;
    let mut ids = Vec::new();
    for name in ["ada", "bea"] {
        let email = format!("{name}@fjord.example");
        harbor.invite(&email).await;
        ids.push(harbor.user_at(&email).await.unwrap().id.to_string());
    }
    office.call(Method::DELETE, &format!("/users/{}", ids[0]), &Value::Null).await;
    app.clock.advance_seconds(24 * 3600);
    let office = Program::with(&harbor, "later", &[ADMINISTER]).await;
    office.call(Method::DELETE, &format!("/users/{}", ids[1]), &Value::Null).await;
    app.clock.advance_seconds(29 * 24 * 3600);
    let office = Program::with(&harbor, "last", &[ADMINISTER]).await;
    assert_eq!(app.idp().purge_deleted(&app.ctx()).await.unwrap(), 1);
    assert_eq!(app.idp().purge_deleted(&app.ctx()).await.unwrap(), 0);
    let left = office.get("/directory/deletedItems/microsoft.graph.user?$select=id").await.json();
    assert_eq!(left["value"], json!([{"id": ids[1]}]));
    harbor.invite("ada@fjord.example").await;
    assert_ne!(harbor.user_at("ada@fjord.example").await.unwrap().id.to_string(), ids[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_is_reset_and_the_person_stays_who_they_are() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let office = administrator(&harbor).await;
    let browser = harbor.fake_guest(&home, ADA, &json!({"sub": "ada", "email": ADA})).await;
    let ada = harbor.user_at(ADA).await.unwrap();
    let request = |email: &str, id: &str| {
        json!({"invitedUserEmailAddress": email, "inviteRedirectUrl": harbor.url("/home"),
            "sendInvitationMessage": true, "resetRedemption": true, "invitedUser": {"id": id}})
    };
    let body = request(ADA, &ada.id.to_string());
    let attempt = office.call(Method::POST, "/invitations", &body);
    let answer = app.audited((RedemptionReset, None), attempt).await;
    assert_eq!(
        (answer.status, &answer.json()["invitedUser"]["id"]),
        (201, &json!(ada.id.to_string())),
        "{answer:?}"
    );
    assert!(harbor.identities_of(ADA).await.is_empty() && harbor.is_waiting(ADA).await);
    browser.open(&harbor.url("/home")).await.asks_who();
    // Redeems with another account there, and is the same person here.
    let link = harbor.invite(ADA).await;
    let page = browser.come_from(&home, &link, &json!({"sub": "another", "email": ADA})).await;
    browser.accept(&page).await;
    let (after, identities) = (harbor.user_at(ADA).await.unwrap(), harbor.identities_of(ADA).await);
    assert_eq!((after.id, identities.len(), identities[0].subject.as_str()), (ada.id, 1, "another"));
}

#[tokio::test(flavor = "multi_thread")]
async fn edge_52_what_cannot_be_reset_stays() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let office = administrator(&harbor).await;
    let weak = Program::with(&harbor, "weak", &["User.Invite.All"]).await;
    let hanna = harbor.member("hanna@harbor.example").await;
    for email in [ADA, "bea@fjord.example"] {
        harbor.invite(email).await;
    }
    let ada = harbor.user_at(ADA).await.unwrap().id;
    let (id, member) = (ada.to_string(), hanna.id.to_string());
    let body = |email: &str, id: Option<&str>, reset: bool| {
        json!({"invitedUserEmailAddress": email, "inviteRedirectUrl": harbor.url("/home"), "resetRedemption": reset,
            "invitedUser": id.map(|id| json!({"id": id}))})
    };
    let invitations = (Method::POST, "/invitations");
    weak.refused(invitations.clone(), &body(ADA, Some(&id), true), (403, "Authorization_RequestDenied"))
        .await;
    for (body, refusal) in [
        (body(ADA, None, true), (400, "BadRequest")),
        (body(ADA, Some(&id), false), (400, "BadRequest")),
        (body(ADA, Some(NOBODY), true), (404, "Request_ResourceNotFound")),
        (body(&hanna.email, Some(&member), true), (422, "user_is_member")),
        (body("bea@fjord.example", Some(&id), true), (422, "address_is_taken")),
    ] {
        office.refused(invitations.clone(), &body, refusal).await;
    }
    let patch = UserPatch { roles: Some(vec![Role::GuestInviter]), ..UserPatch::default() };
    harbor.desk().await.admin().update_user(ada, patch, None).await.unwrap();
    office.refused(invitations, &body(ADA, Some(&id), true), (403, "user_has_roles")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_03_inv_32_domains_are_looked_at_when_inviting_redeeming_and_if_wanted_ever_after() {
    let app = TestApp::spawn().await;
    let (harbor, home) = (app.tenant("harbor").await, FakeHome::start(&app.clock).await);
    harbor.trusts(&home, "fjord.example").await;
    let office = administrator(&harbor).await;
    let list = async |mode: DomainMode, list: &[&str], at_sign_in: bool| {
        let list = list.iter().map(|text| DomainPattern::try_from((*text).to_owned()).unwrap()).collect();
        harbor
            .settings(|settings| {
                let rules = &mut settings.options.invitations.domains;
                (rules.mode, rules.list, rules.at_sign_in) = (mode, list, at_sign_in);
            })
            .await;
    };
    let browser = harbor.fake_guest(&home, ADA, &json!({"sub": "ada", "email": ADA})).await;
    let waiting = harbor.invite("eve@fjord.example").await;
    let to =
        |email: &str| json!({"invitedUserEmailAddress": email, "inviteRedirectUrl": harbor.url("/home")});
    list(DomainMode::Block, &["fjord.example", "*.bücher.example"], false).await;
    for email in ["bob@fjord.example", "bob@FJORD.example", "bob@a.BÜCHER.example"] {
        office.refused((Method::POST, "/invitations"), &to(email), (422, "domain_not_allowed")).await;
    }
    for email in ["bob@north.fjord.example", "bob@bücher.example"] {
        assert_eq!(office.call(Method::POST, "/invitations", &to(email)).await.status, 201, "{email}");
    }
    let answer = app.browser().get(&waiting).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(browser.open(&harbor.url("/home")).await.has("h1"), "who has redeemed stays");
    list(DomainMode::Allow, &["bay.example"], true).await;
    office
        .refused((Method::POST, "/invitations"), &to("bob@fjord.example"), (422, "domain_not_allowed"))
        .await;
    assert_eq!(office.call(Method::POST, "/invitations", &to("bob@bay.example")).await.status, 201);
    let wiki = harbor.client("wiki").public().await;
    let silent = wiki.authorize().set("prompt", "none");
    let answer = app.unchanged(silent.get(&browser)).await;
    assert!(!answer.returned().contains_key("code"), "{answer:?}");
}
