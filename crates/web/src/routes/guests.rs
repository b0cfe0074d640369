//! Pages of those who may invite.

use crate::pages::{
    Choice, Href, InvitationList, InvitationRow, InvitationState as RowState, InviteForm, InviteGuest,
    InviteOutcome, InviteProblem, InviteResult,
};
use crate::plain::html;
use crate::posted::Posted;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use hospes_idp::admin::Caller;
use hospes_idp::authorize::own_page::{OwnPage, PAGE};
use hospes_idp::error::PageError;
use hospes_idp::invitation::invite::{InviteError, InviteRequest, Invited};
use hospes_idp::invitation::record::{Invitation, InvitationState, Inviter};
use hospes_idp::ports::{Page, PageRequest};
use hospes_idp::refusal::Refusal;
use hospes_protocol::encoding::url_component;
use hospes_protocol::params::Params;

/// The signed-in person, if they may invite, and what our pages call their account; the one whose page a form stood on,
/// if there was one.
async fn signed_in_inviter(
    site: &Site,
    path: &str,
    of: Option<&str>,
) -> Result<(Inviter, String), HttpResponse> {
    match site.idp().own_page(&site.visit(), path, of).await {
        Ok(OwnPage::Show(signed_in)) => {
            let account = signed_in.session.handle(PAGE);
            let inviter = Caller::User(Box::new(signed_in.user), None).inviter(&site.tenant);
            inviter
                .map(|inviter| (inviter, account))
                .map_err(|_| site.page_error(&Refusal::NotAllowed.into()))
        }
        Ok(OwnPage::SignInFirst(reply)) => Err(site.answer_form(Ok(reply))),
        Err(error) => Err(site.page_error(&error)),
    }
}

/// What the form page shows beside an empty form.
#[derive(Default)]
struct Shown<'a> {
    account: String,
    form: InviteForm<'a>,
    problems: Vec<InviteProblem>,
    result: Option<(&'a str, InviteOutcome, Option<String>)>,
}

pub(crate) async fn form(site: Site) -> HttpResponse {
    match signed_in_inviter(&site, "/invite", None).await {
        Ok((_, account)) => show(&site, Shown { account, ..Shown::default() }).await,
        Err(response) => response,
    }
}

pub(crate) async fn invite(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let (inviter, account) = match signed_in_inviter(site, "/invite", posted.account()).await {
        Ok(inviter) => inviter,
        Err(response) => return response,
    };
    let form = InviteForm {
        email: posted.field("email"),
        name: posted.field("name"),
        message: posted.field("message"),
        destination: posted.field("destination"),
        language: posted.field("language"),
    };
    match site.idp().invite(&site.ctx, &site.tenant, inviter, request_of(&form)).await {
        Ok(made) => {
            let outcome = outcome_of(&made);
            let result = Some((form.email, outcome, made.redeem_url));
            show(site, Shown { account, result, ..Shown::default() }).await
        }
        Err(InviteError::Change(error)) => site.page_error(&PageError::from(error)),
        Err(error) => {
            show(site, Shown { account, form, problems: vec![problem_of(&error)], result: None }).await
        }
    }
}

fn request_of(form: &InviteForm<'_>) -> InviteRequest {
    let given = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    InviteRequest {
        email: form.email.to_owned(),
        redirect_url: form.destination.to_owned(),
        display_name: given(form.name),
        send_mail: true,
        message: given(form.message),
        language: given(form.language),
        cc: None,
        sponsors: Vec::new(),
    }
}

fn outcome_of(invited: &Invited) -> InviteOutcome {
    let until = invited.invitation.expires_at.into();
    match invited.invitation.state {
        InvitationState::Completed => InviteOutcome::AlreadyGuest,
        _ if !invited.mail_queued => InviteOutcome::NotMailed { until },
        _ if invited.user.version > 0 || invited.user.created_at < invited.invitation.created_at => {
            InviteOutcome::Renewed { until }
        }
        _ => InviteOutcome::Mailed { until },
    }
}

fn problem_of(error: &InviteError) -> InviteProblem {
    match error {
        InviteError::Destination => InviteProblem::DestinationUnknown,
        InviteError::Text("customizedMessageBody") => InviteProblem::MessageTooLong,
        InviteError::Text(_) => InviteProblem::NameTooLong,
        InviteError::IsMember(_) => InviteProblem::OwnDomain,
        InviteError::IsDisabled(_) | InviteError::IsDeleted(_) => InviteProblem::GuestDisabled,
        InviteError::TooMany => InviteProblem::TooMany,
        InviteError::Domain(_) => InviteProblem::DomainNotAllowed,
        InviteError::Email(_)
        | InviteError::Cc(_)
        | InviteError::Sponsor
        | InviteError::NotAllowed
        | InviteError::IsTaken(_)
        | InviteError::HasRoles(_)
        | InviteError::LastAdministrator
        | InviteError::Change(_) => InviteProblem::EmailMalformed,
    }
}

async fn show(site: &Site, shown: Shown<'_>) -> HttpResponse {
    let destinations = match site.idp().destinations(&site.tenant).await {
        Ok(destinations) => destinations,
        Err(error) => return site.page_error(&error.into()),
    };
    let binding = site.browser.binding.clone();
    let csrf = site.form_token(binding.as_deref());
    let (home, list) = (site.path("/home"), site.path("/invitations"));
    let (Some(home), Some(invitations)) = (Href::new(&home), Href::new(&list)) else {
        return site.page_error(&Refusal::Internal.into());
    };
    let choices = destinations.iter().map(|(url, name)| Choice { value: url, label: name });
    let link = shown.result.as_ref().and_then(|(_, _, link)| link.clone());
    let status = if shown.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    html(
        HttpResponseBuilder::new(status),
        &InviteGuest {
            layout: site.layout(&csrf),
            organization: &site.tenant.display_name,
            account: &shown.account,
            action: &site.path("/invite"),
            form: shown.form,
            destinations: choices.collect(),
            languages: vec![Choice { value: "en", label: "English" }],
            problems: shown.problems,
            result: shown.result.as_ref().map(|(email, outcome, _)| InviteResult {
                email,
                outcome: *outcome,
                redeem_url: link.as_deref().and_then(Href::new),
            }),
            invitations,
            home,
        },
    )
}

pub(crate) async fn list(site: Site, request: HttpRequest) -> HttpResponse {
    let inviter = match signed_in_inviter(&site, "/invitations", None).await {
        Ok((inviter, _)) => inviter,
        Err(response) => return response,
    };
    let params = Params::parse(request.query_string());
    let page = PageRequest { after: params.first("after").map(str::to_owned), size: 50 };
    match site.idp().invitations_of(&site.tenant, &inviter, page).await {
        Ok(page) => list_page(&site, &page),
        Err(error) => site.page_error(&error.into()),
    }
}

fn list_page(site: &Site, page: &Page<(Invitation, String)>) -> HttpResponse {
    let (home, invite) = (site.path("/home"), site.path("/invite"));
    let older = page.next.as_deref().map(|next| format!("/invitations?after={}", url_component(next)));
    let older = older.map(|below| site.path(&below));
    let (Some(home), Some(invite)) = (Href::new(&home), Href::new(&invite)) else {
        return site.page_error(&Refusal::Internal.into());
    };
    let list = InvitationList {
        layout: site.layout(""),
        rows: page.items.iter().map(|(invitation, inviter)| row(site, invitation, inviter)).collect(),
        invite,
        home,
        older: older.as_deref().and_then(Href::new),
    };
    html(HttpResponse::Ok(), &list)
}

fn row<'a>(site: &Site, invitation: &'a Invitation, inviter: &'a str) -> InvitationRow<'a> {
    let (state, at) = match invitation.state {
        InvitationState::Pending if site.ctx.now >= invitation.expires_at => {
            (RowState::Expired, invitation.expires_at)
        }
        InvitationState::Pending => (RowState::Pending, invitation.created_at),
        InvitationState::Completed => {
            (RowState::Accepted, invitation.closed_at.unwrap_or(invitation.created_at))
        }
        InvitationState::Revoked => {
            (RowState::Revoked, invitation.closed_at.unwrap_or(invitation.created_at))
        }
        InvitationState::Superseded => {
            (RowState::Superseded, invitation.closed_at.unwrap_or(invitation.created_at))
        }
    };
    InvitationRow {
        email: invitation.email.as_str(),
        name: None,
        destination: &invitation.redirect_url,
        inviter,
        state,
        at: at.into(),
    }
}
