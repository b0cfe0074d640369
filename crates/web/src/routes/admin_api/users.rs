//! People.

use super::access::{Answer, Api, PageQuery, versioned};
use super::failure::Refused;
use crate::api::{NewMember, Page, State, User, UserPatch, UserType, UserWithIdentities};
use actix_web::{HttpResponse, web::Payload};
use hospes_idp::email::EmailAddress;
use hospes_idp::ids::UserId;
use hospes_idp::ports::UserQuery;
use hospes_idp::ports::user_query::Condition;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct UserFilter {
    /// Guests or members.
    user_type: Option<UserType>,
    /// Pending or redeemed.
    state: Option<State>,
    /// Exactly this address.
    email: Option<String>,
    /// At most this many items, 1 to 200; 50 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl UserFilter {
    fn split(self) -> Result<(UserQuery, PageQuery), Refused> {
        let email = self.email.as_deref().map(EmailAddress::parse).transpose();
        let email = email.map_err(|error| vec![format!("email {error}")])?;
        let conditions = [
            self.user_type.map(|user_type| Condition::Type(user_type.into())),
            self.state.map(|state| Condition::State(Some(state.into()))),
            email.as_ref().map(Condition::email),
        ];
        let condition = Condition::All(conditions.into_iter().flatten().collect());
        Ok((UserQuery { condition, ..UserQuery::default() }, PageQuery::new(self.limit, self.after)))
    }
}

/// Lists people, oldest first.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    params(UserFilter),
    responses((status = 200, body = Page<User>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let (query, range) = api.query::<UserFilter>()?.split()?;
    let page = admin.users(&query, api.page(&admin, &range)?).await?;
    Ok(api.found(&admin, page, User::from))
}

/// Makes a member. Guests are invited instead.
#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
    request_body = NewMember,
    responses((status = 201, body = User))
)]
pub(super) async fn create(api: Api, payload: Payload) -> Answer {
    let admin = api.fresh_admin()?;
    let member: NewMember = api.body(payload).await?;
    let user = admin.create_member(member.into()).await?;
    let mut response = HttpResponse::Created();
    response.insert_header(api.location(&format!("/users/{}", user.id)));
    Ok(versioned(response, user.version, &User::from(user)))
}

/// Reads a person and where they sign in.
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "users",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = UserWithIdentities))
)]
pub(super) async fn read(api: Api) -> Answer {
    let (admin, id) = (api.admin()?, UserId(api.id()?));
    let user = admin.user(id).await?;
    let ways_in = admin.ways_in(id).await?;
    Ok(versioned(HttpResponse::Ok(), user.version, &UserWithIdentities::of(user, ways_in)))
}

/// Changes a person. Disabling ends their sessions and tokens.
#[utoipa::path(
    patch,
    path = "/users/{id}",
    tag = "users",
    params(("id" = Uuid, Path), super::openapi::IfMatch),
    request_body = UserPatch,
    responses((status = 200, body = User))
)]
pub(super) async fn update(api: Api, payload: Payload) -> Answer {
    let (admin, id) = (api.fresh_admin()?, UserId(api.id()?));
    let patch: UserPatch = api.body(payload).await?;
    let user = admin.update_user(id, patch.into(), api.if_match()).await?;
    Ok(versioned(HttpResponse::Ok(), user.version, &User::from(user)))
}

/// Deletes a person, who can be restored for 30 days.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    tag = "users",
    params(("id" = Uuid, Path), super::openapi::IfMatch),
    responses((status = 204))
)]
pub(super) async fn remove(api: Api) -> Answer {
    api.fresh_admin()?.delete_user(UserId(api.id::<Uuid>()?), api.if_match()).await?;
    Ok(HttpResponse::NoContent().finish())
}
