//! Invitations.

use super::access::{Answer, Api, PageQuery};
use crate::api::{Invitation, InvitationState, MadeInvitation, NewInvitation, Page};
use actix_web::{HttpResponse, web::Payload};
use hospes_idp::ids::InvitationId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which invitations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InvitationQuery {
    /// Only those that stand like this.
    state: Option<InvitationState>,
    /// At most this many items, 1 to 200; 50 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Lists invitations, newest first.
#[utoipa::path(
    get,
    path = "/invitations",
    tag = "invitations",
    params(InvitationQuery),
    responses((status = 200, body = Page<Invitation>))
)]
pub(super) async fn list(api: Api) -> Answer {
    let admin = api.admin()?;
    let query: InvitationQuery = api.query()?;
    let page = api.page(&admin, &PageQuery::new(query.limit, query.after))?;
    let page = admin.invitations(query.state.map(Into::into), page).await?;
    Ok(api.found(&admin, page, Invitation::from))
}

/// Invites a guest. The scope `User.Invite.All` is enough.
#[utoipa::path(
    post,
    path = "/invitations",
    tag = "invitations",
    request_body = NewInvitation,
    responses((status = 201, body = MadeInvitation))
)]
pub(super) async fn create(api: Api, payload: Payload) -> Answer {
    let inviter = api.inviter()?;
    let new: NewInvitation = api.body(payload).await?;
    let made = api.site.idp().invite(&api.site.ctx, &api.site.tenant, inviter, new.into()).await?;
    let location = api.location(&format!("/invitations/{}", made.invitation.id));
    Ok(HttpResponse::Created().insert_header(location).json(MadeInvitation::from(made)))
}

/// Reads an invitation.
#[utoipa::path(
    get,
    path = "/invitations/{id}",
    tag = "invitations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Invitation))
)]
pub(super) async fn read(api: Api) -> Answer {
    let invitation = api.admin()?.invitation(InvitationId(api.id()?)).await?;
    Ok(HttpResponse::Ok().json(Invitation::from(invitation)))
}

/// Withdraws an invitation; its link is dead. Doing it twice is fine.
#[utoipa::path(
    post,
    path = "/invitations/{id}/revoke",
    tag = "invitations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Invitation))
)]
pub(super) async fn revoke(api: Api) -> Answer {
    let admin = api.admin()?;
    let invitation = admin.revoke_invitation(&api.inviter()?, InvitationId(api.id()?)).await?;
    Ok(HttpResponse::Ok().json(Invitation::from(invitation)))
}

/// Mails a new link to the same guest; the old link is dead.
#[utoipa::path(
    post,
    path = "/invitations/{id}/resend",
    tag = "invitations",
    params(("id" = Uuid, Path)),
    responses((status = 201, body = MadeInvitation))
)]
pub(super) async fn resend(api: Api) -> Answer {
    let admin = api.admin()?;
    let made = admin.resend_invitation(api.inviter()?, InvitationId(api.id()?)).await?;
    let location = api.location(&format!("/invitations/{}", made.invitation.id));
    Ok(HttpResponse::Created().insert_header(location).json(MadeInvitation::from(made)))
}
