use super::*;
use crate::fixture::{at_home, by_password, client, ctx, guest, tenant};
use crate::ids::GroupId;
use crate::model::client::Client;
use crate::model::options::MappedClaim;
use crate::model::user::{Profile, Role};
use serde_json::json;

fn person() -> User {
    let profile =
        Profile { given_name: Some("Freya".into()), family_name: Some("Fjord".into()), ..Profile::default() };
    User { profile, roles: vec![Role::GuestInviter], ..guest(1, "Freya@FJORD.example") }
}

fn groups() -> Vec<Group> {
    let group = |number, name: &str| Group {
        id: GroupId(uuid::Uuid::from_u128(number)),
        tenant: tenant().id,
        display_name: name.to_owned(),
        description: None,
        created_at: crate::fixture::now(),
        version: 0,
    };
    vec![group(1, "Editors"), group(2, "Sailors")]
}

/// What a mapping gives, written as an administrator writes it.
fn given(source: &Value, authentication: &Authentication) -> Option<Value> {
    let mapped = json!({"claim": "x", "source": source, "in": ["userinfo"]});
    let mapped: MappedClaim = serde_json::from_value(mapped).unwrap();
    let mut client: Client = client();
    client.options.claims.mapping.push(mapped);
    assert_eq!(client.options.claims.problems(), Vec::<String>::new());
    let (ctx, tenant, user) = (ctx(), tenant(), person());
    let call = Call::new(&ctx, &tenant, &client);
    let (issuer, groups) = ("https://id.test/t/harbor", Some(Page { items: groups(), next: None }));
    let about = About::new(call, &user, authentication, (issuer, groups));
    let extra = |place| about.extra(place, (issuer, false));
    assert!(extra(ClaimPlace::IdToken).is_empty(), "only where it was asked to stand");
    extra(ClaimPlace::Userinfo).remove("x")
}

fn at_home_with(subject: &str, acr: Option<&str>, amr: &[&str]) -> Authentication {
    let mut authentication = at_home();
    if let Method::Home { said, .. } = &mut authentication.method {
        said.subject = Some(subject.to_owned());
        said.acr = acr.map(str::to_owned);
        said.amr = amr.iter().map(|amr| (*amr).to_owned()).collect();
    }
    authentication
}

#[test]
fn every_source_says_what_it_is_named_after() {
    let home = at_home_with("freya-at-home", Some("gold"), &["pwd", "otp"]);
    let rows = [
        (json!("guest.id"), json!(person().id)),
        (json!("guest.email"), json!("Freya@FJORD.example")),
        (json!("guest.emailVerified"), json!(true)),
        (json!("guest.displayName"), Value::Null),
        (json!("guest.givenName"), json!("Freya")),
        (json!("guest.familyName"), json!("Fjord")),
        (json!("guest.preferredUsername"), Value::Null),
        (json!("guest.locale"), Value::Null),
        (json!("guest.userType"), json!("Guest")),
        (json!("guest.roles"), json!(["GuestInviter"])),
        (json!("home.issuer"), json!("https://fjord.test")),
        (json!("home.sub"), json!("freya-at-home")),
        (json!("home.acr"), json!("gold")),
        (json!("home.amr"), json!(["pwd", "otp"])),
        (json!("groups.ids"), json!(groups().iter().map(|group| group.id.to_string()).collect::<Vec<_>>())),
        (json!("groups.names"), json!(["Editors", "Sailors"])),
        (json!("tenant.slug"), json!("harbor")),
        (json!({"constant": {"a": [1, true]}}), json!({"a": [1, true]})),
    ];
    for (source, expected) in rows {
        assert_eq!(given(&source, &home).unwrap_or_default(), expected, "{source}");
    }
    assert_eq!(given(&json!("home.issuer"), &by_password()), Some(json!("https://id.test/t/harbor")));
    for source in ["home.sub", "home.acr", "home.amr"] {
        assert_eq!(given(&json!(source), &by_password()), None, "{source}");
    }
}

#[test]
fn expressions_are_small_and_total() {
    let home = at_home_with("s", None, &[]);
    let name = json!({"join": {"of": ["guest.givenName", "guest.familyName"], "with": " "}});
    let rows = [
        (name.clone(), json!("Freya Fjord")),
        (json!({"join": {"of": ["guest.displayName", "guest.familyName"], "with": " "}}), json!("Fjord")),
        (json!({"join": {"of": ["guest.displayName", "home.acr"]}}), Value::Null),
        (json!({"join": {"of": ["guest.roles", {"constant": 7}], "with": ","}}), json!("GuestInviter,7")),
        (json!({"lowerCase": "guest.email"}), json!("freya@fjord.example")),
        (json!({"lowerCase": "guest.roles"}), json!(["guestinviter"])),
        (json!({"lowerCase": "home.acr"}), Value::Null),
        (json!({"firstOf": ["guest.displayName", name]}), json!("Freya Fjord")),
        (json!({"firstOf": ["home.acr", "home.amr"]}), Value::Null),
        (json!({"ifPresent": {"when": "home.sub", "then": {"constant": "federated"}}}), json!("federated")),
        (json!({"ifPresent": {"when": "home.acr", "then": {"constant": "x"}}}), Value::Null),
        (
            json!({"ifPresent": {"when": "home.acr", "then": "home.acr", "otherwise": {"constant": "none"}}}),
            json!("none"),
        ),
    ];
    for (source, expected) in rows {
        assert_eq!(given(&source, &home).unwrap_or_default(), expected, "{source}");
    }
}

#[test]
fn an_unknown_source_is_not_read() {
    for source in [json!("guest.password"), json!({"eval": "x"}), json!({"join": ["guest.email"]}), json!(7)]
    {
        let mapped = json!({"claim": "x", "source": source, "in": ["userinfo"]});
        assert!(serde_json::from_value::<MappedClaim>(mapped).is_err(), "{source}");
    }
}
