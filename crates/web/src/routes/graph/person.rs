//! A person as Graph shows one. `userPrincipalName` is the address: unique in the tenant, and without the `#EXT#` that
//! breaks applications.

use super::list::projected;
use crate::site::Site;
use hospes_idp::admin::{Admin, AdminError};
use hospes_idp::guest::user::User;
use serde_json::{Map, Value, json};

/// What can be selected.
pub(super) const PROPERTIES: [&str; 16] = [
    "id",
    "accountEnabled",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "displayName",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "givenName",
    "identities",
    "mail",
    "otherMails",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "userType",
];

/// A person, or what was selected of them. Where they sign in is looked up only if somebody wants to know.
pub(super) async fn shown(
    (site, admin): (&Site, &Admin<'_>),
    user: &User,
    selected: Option<&[String]>,
) -> Result<Value, AdminError> {
    let mut object = properties(user);
    if selected.is_some_and(|names| names.iter().any(|name| name == "identities")) {
        object.insert("identities".to_owned(), identities(site, admin, user).await?);
    }
    Ok(projected(object, selected))
}

/// A person with everything there is.
pub(super) async fn whole(site: &Site, admin: &Admin<'_>, user: &User) -> Result<Value, AdminError> {
    let mut object = properties(user);
    object.insert("identities".to_owned(), identities(site, admin, user).await?);
    Ok(Value::Object(object))
}

/// A person among others of a collection that may hold other things.
pub(super) fn reference(user: &User, selected: Option<&[String]>) -> Value {
    typed("#microsoft.graph.user", projected(properties(user), selected))
}

/// An object that says what it is.
pub(super) fn typed(kind: &str, mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.insert("@odata.type".to_owned(), json!(kind));
    }
    object
}

fn properties(user: &User) -> Map<String, Value> {
    let profile = &user.profile;
    let invited = user.external_user_state.is_some();
    let object = json!({
        "id": user.id.to_string(),
        "accountEnabled": user.status.is_enabled(),
        "createdDateTime": user.created_at,
        "creationType": invited.then_some("Invitation"),
        "deletedDateTime": user.deleted_at,
        "displayName": profile.display_name,
        "externalUserState": user.external_user_state,
        "externalUserStateChangeDateTime": user.external_user_state_changed_at,
        "givenName": profile.given_name,
        "mail": user.email,
        "otherMails": [],
        "preferredLanguage": profile.preferred_language,
        "surname": profile.family_name,
        "userPrincipalName": user.email,
        "userType": user.user_type,
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Where they sign in. Nobody signs in anywhere before the invitation is redeemed.
async fn identities(site: &Site, admin: &Admin<'_>, user: &User) -> Result<Value, AdminError> {
    let (links, has_account) = admin.ways_in(user.id).await?;
    let mut identities: Vec<Value> = links
        .iter()
        .map(|link| json!({"signInType": "federated", "issuer": link.issuer, "issuerAssignedId": link.subject}))
        .collect();
    if has_account {
        let issuer = site.idp().issuer(&site.tenant);
        let account = json!({"signInType": "emailAddress", "issuer": issuer, "issuerAssignedId": user.email});
        identities.push(account);
    }
    Ok(Value::Array(identities))
}
