//! RFC 9396: what exactly is asked for, told in words, and carried by tokens.

use crate::support::answer::Answer;
use crate::support::client::{Authorization, NewClient, TestClient};
use crate::support::tenant::{Person, TestTenant};
use crate::support::tokens::Tokens;
use crate::support::{Stores, TestApp, jwt};
use hospes_idp::audit::AuditKind::{AuthorizationRejected, TokenDenied};
use hospes_idp::options::AllowedResource;
use hospes_protocol::token::GrantType;
use serde_json::{Value, json};

const BANK: &str = "https://api.example/bank";

/// Payments concern the bank, visits everybody.
async fn describe(tenant: &TestTenant<'_>) {
    let types = json!([
        {"name": "payment", "title": "Make a payment", "resource": BANK, "fields": [
            {"name": "amount", "label": "Amount", "required": true, "value": {"kind": "text"}},
            {"name": "to", "label": "Paid to", "required": true, "value": {"kind": "text"}},
        ]},
        {"name": "visit", "title": "Announce a visit", "fields": [
            {"name": "days", "label": "Days", "value": {"kind": "integer"}},
        ]},
        {"name": "audit", "title": "Read the books"},
    ]);
    let types = serde_json::from_value(types).unwrap();
    tenant.settings(|settings| settings.options.details.types = types).await;
}

fn shop<'a>(tenant: &'a TestTenant<'a>) -> NewClient<'a> {
    tenant.client("shop").with(|client| {
        let allowed = |resource: &str| AllowedResource { resource: resource.to_owned(), scopes: Vec::new() };
        client.options.resources.allowed = vec![allowed(BANK), allowed("urn:desk")];
        client.options.resources.details = vec!["payment".to_owned(), "visit".to_owned()];
    })
}

fn payment(amount: &str) -> Value {
    json!({"type": "payment", "amount": amount, "to": "Ole <b>Olsen</b>"})
}

fn asking<'a>(client: &'a TestClient<'a>, details: &Value) -> Authorization<'a> {
    client.authorize().set("authorization_details", &details.to_string())
}

/// Signs in if that is asked for, and allows what the page says.
async fn allowed(request: &Authorization<'_>, person: &Person) -> (Answer, Answer) {
    let browser = request.client.app.browser();
    let page = request.open(&browser).await;
    let page = browser.sign_in(page, person).await;
    assert!(page.has("form[action$='/consent']"), "{page:?}");
    let answer = browser.submit(&page, "/consent", &[("decision", "allow")]).await;
    (page, answer)
}

fn told(tokens: &Tokens) -> Value {
    let claims = jwt::claims(&tokens.access_token);
    let told = claims.get("authorization_details").cloned().unwrap_or(json!([]));
    assert_eq!(json!(tokens.authorization_details), told, "the answer says what the token says");
    told
}

async fn a_payment_is_allowed(stores: Stores) {
    let app = TestApp::on(stores).await;
    let harbor = app.tenant("harbor").await;
    describe(&harbor).await;
    let client = shop(&harbor).confidential().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let visit = json!({"type": "visit", "days": 3});
    let both = json!([payment("12.00 EUR"), visit]);
    let request = asking(&client, &both);
    let (page, answer) = allowed(&request, &hanna).await;
    for word in
        ["Make a payment", "Amount", "12.00 EUR", "Paid to", "Ole &#60;b&#62;", "Announce a visit", "Days"]
    {
        assert!(page.body.contains(word), "{word} in {}", page.body);
    }
    let tokens = client.redeem(&request.code(&answer)).send().await.tokens();
    assert_eq!(told(&tokens), both);
    let said = client.request(&[("token", &tokens.access_token)]).send_to("/introspect").await.json();
    assert_eq!(said["authorization_details"], both);
    // Less is possible, more is not, and less is for this once.
    let only =
        client.refresh(tokens.refresh_token()).set("authorization_details", &json!([visit]).to_string());
    let tokens = only.send().await.tokens();
    assert_eq!(told(&tokens), json!([visit]));
    let more = json!([payment("13.00 EUR")]).to_string();
    let more = client.refresh(tokens.refresh_token()).set("authorization_details", &more).send();
    let more = app.refuses((TokenDenied, "invalid_authorization_details"), more).await;
    more.is_error(400, "invalid_authorization_details");
    let tokens = client.refresh(tokens.refresh_token()).send().await.tokens();
    assert_eq!(told(&tokens), both);
    // A type that is withdrawn is granted no longer.
    client.update(|settings| drop(settings.options.resources.details.pop())).await;
    let gone = client.refresh(tokens.refresh_token()).send();
    let gone = app.refuses((TokenDenied, "invalid_authorization_details"), gone).await;
    gone.is_error(400, "invalid_authorization_details");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9396_what_is_allowed_in_detail_is_told_in_words_and_carried_by_tokens() {
    a_payment_is_allowed(Stores::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9396_what_is_allowed_in_detail_is_told_in_words_and_carried_by_tokens_on_real_stores() {
    a_payment_is_allowed(Stores::Real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9396_a_resource_learns_of_what_concerns_it() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    describe(&harbor).await;
    let client = shop(&harbor).public().await;
    let hanna = harbor.member("hanna@harbor.example").await;
    let visit = json!({"type": "visit"});
    let both = json!([payment("1"), visit]);
    let request = asking(&client, &both).and("resource", BANK).and("resource", "urn:desk");
    let (_, answer) = allowed(&request, &hanna).await;
    let tokens = client.redeem(&request.code(&answer)).send().await.tokens();
    assert_eq!(told(&tokens), both);
    let desk = client.refresh(tokens.refresh_token()).set("resource", "urn:desk").send().await.tokens();
    assert_eq!(told(&desk), json!([visit]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9396_5_what_is_unknown_or_does_not_fit_is_refused_at_once() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    describe(&harbor).await;
    let client = shop(&harbor).with(|client| client.grant_types.push(GrantType::DeviceCode));
    let client = client.confidential().await;
    let browser = app.browser();
    let wrong = "invalid_authorization_details";
    for details in [
        json!("x"),
        json!([]),
        json!({"type": "visit"}),
        json!([{"days": 3}]),
        json!([{"type": "unknown"}]),
        json!([{"type": "audit"}]),
        json!([{"type": "payment", "amount": "1"}]),
        json!([{"type": "visit", "days": "3"}]),
        json!([{"type": "visit", "note": "x"}]),
        json!([{"type": "visit"}, {"type": "unknown"}]),
    ] {
        let request = asking(&client, &details);
        let answer = app.refuses((AuthorizationRejected, wrong), request.get(&browser)).await;
        answer.is_returned(wrong, &request);
        let pushed = request.query.pairs().iter().filter(|(name, _)| name != "client_id");
        let pushed = pushed.fold(client.request(&[]), |pushed, (name, value)| pushed.and(name, value));
        app.refuses((TokenDenied, wrong), pushed.send_to("/par")).await.is_error(400, wrong);
        let asked = client.request(&[("scope", "openid"), ("authorization_details", &details.to_string())]);
        let asked = asked.send_to("/device_authorization");
        app.refuses((TokenDenied, wrong), asked).await.is_error(400, wrong);
    }
    // Asked in silence, the answer is that somebody must be asked.
    let hanna = harbor.member("hanna@harbor.example").await;
    client.code_for(&browser, &hanna).await;
    let silent = asking(&client, &json!([{"type": "visit"}])).set("prompt", "none");
    silent.get(&browser).await.is_returned("consent_required", &silent);
    let request = asking(&client, &json!([{"type": "visit"}]));
    let page = request.open(&browser).await;
    let no = browser.submit(&page, "/consent", &[("decision", "deny")]).await;
    no.is_returned("access_denied", &request);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9396_10_the_types_are_published() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let published = async || {
        let there = harbor.url("/.well-known/openid-configuration");
        let answer = Answer::of(app.http.get(there).send().await.unwrap()).await.json();
        answer.get("authorization_details_types_supported").cloned()
    };
    assert_eq!(published().await, None);
    describe(&harbor).await;
    assert_eq!(published().await, Some(json!(["payment", "visit", "audit"])));
}
