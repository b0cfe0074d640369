//! Sessions of people.

use super::access::{Answer, Api};
use crate::api::{Session, Sessions};
use actix_web::HttpResponse;
use hospes_idp::ids::UserId;
use uuid::Uuid;

/// Lists where a person is signed in.
#[utoipa::path(
    get,
    path = "/users/{id}/sessions",
    tag = "users",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Sessions))
)]
pub(super) async fn list(api: Api) -> Answer {
    let sessions = api.admin()?.sessions(UserId(api.id::<Uuid>()?)).await?;
    let items = sessions.into_iter().map(Session::from).collect();
    Ok(HttpResponse::Ok().json(Sessions { items }))
}

/// Signs a person out everywhere: ends all sessions and tokens, those for offline use too.
#[utoipa::path(
    delete,
    path = "/users/{id}/sessions",
    tag = "users",
    params(("id" = Uuid, Path)),
    responses((status = 204))
)]
pub(super) async fn end_all(api: Api) -> Answer {
    api.admin()?.sign_out(UserId(api.id::<Uuid>()?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one session of a person, with the tokens that may not outlive it.
#[utoipa::path(
    delete,
    path = "/users/{id}/sessions/{session}",
    tag = "users",
    params(("id" = Uuid, Path), ("session" = String, Path)),
    responses((status = 204))
)]
pub(super) async fn end(api: Api) -> Answer {
    let session: String = api.part("session")?;
    api.admin()?.end_session(UserId(api.id::<Uuid>()?), &session).await?;
    Ok(HttpResponse::NoContent().finish())
}
