//! A person's own page, and the first administrator's set-up.

use crate::pages::{ApplicationLink, Home, Href, NewPasswordProblem, SetUp, SetUpProblem, Standing};
use crate::plain::html;
use crate::posted::Posted;
use crate::render::redirect;
use crate::screens::home_account;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use hospes_idp::admin::AdminError;
use hospes_idp::admin::people::NewMember;
use hospes_idp::authorize::facts::SignedIn;
use hospes_idp::authorize::own_page::{OwnPage, PAGE};
use hospes_idp::email::EmailAddress;
use hospes_idp::invitation::invite::may_invite;
use hospes_idp::password::{MIN_CHARS, strength};
use hospes_idp::refusal::Refusal;
use hospes_protocol::claims::UserType;
use hospes_protocol::params::Params;

pub(crate) async fn home(site: Site) -> HttpResponse {
    match site.idp().own_page(&site.visit(), "/home", None).await {
        Ok(OwnPage::Show(signed_in)) => match site.idp().applications(&site.tenant).await {
            Ok(applications) => home_page(&site, &signed_in, &applications),
            Err(error) => site.page_error(&error.into()),
        },
        Ok(OwnPage::SignInFirst(reply)) => site.answer_form(Ok(reply)),
        Err(error) => site.page_error(&error),
    }
}

fn home_page(site: &Site, signed_in: &SignedIn, applications: &[(String, String)]) -> HttpResponse {
    let (response, csrf) = site.form_page(StatusCode::OK);
    let user = &signed_in.user;
    let home_idp_name = signed_in.home_idp.as_ref().map(|home_idp| home_idp.display_name.as_str());
    let home = home_account(&signed_in.session.authentication, home_idp_name);
    let (invite, invitations) = (site.path("/invite"), site.path("/invitations"));
    let sessions = site.path("/sessions");
    let Some(sessions) = Href::new(&sessions) else {
        return site.page_error(&Refusal::Internal.into());
    };
    let allowed = may_invite(&site.tenant, user);
    let page = Home {
        layout: site.layout(&csrf),
        organization: &site.tenant.display_name,
        name: user.profile.display_name.as_deref(),
        email: user.email.as_str(),
        standing: match user.user_type {
            UserType::Guest => Standing::Guest,
            UserType::Member => Standing::Member,
        },
        home,
        account: &signed_in.session.handle(PAGE),
        sign_out_action: &site.path("/logout"),
        switch_action: &site.path("/accounts"),
        applications: applications
            .iter()
            .filter_map(|(way, name)| Some(ApplicationLink { name, href: Href::new(way)? }))
            .collect(),
        sessions,
        invite: allowed.then(|| Href::new(&invite)).flatten(),
        invitations: allowed.then(|| Href::new(&invitations)).flatten(),
    };
    html(response, &page)
}

pub(crate) async fn switch(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    site.answer_form(site.idp().switch_account(&site.visit(), "/home").await)
}

pub(crate) async fn open_set_up(site: Site, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string());
    let token = params.first("token").unwrap_or_default();
    match site.idp().is_set_up_open(&site.tenant, token).await {
        Ok(true) => set_up_page(&site, token, &Typed::default(), Vec::new()),
        Ok(false) => site.page_error(&Refusal::SetUpLink.into()),
        Err(error) => site.page_error(&error.into()),
    }
}

#[derive(Default)]
struct Typed<'a> {
    name: &'a str,
    email: &'a str,
    password: &'a str,
}

fn set_up_page(site: &Site, token: &str, typed: &Typed<'_>, problems: Vec<SetUpProblem>) -> HttpResponse {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (response, csrf) = site.form_page(status);
    html(
        response,
        &SetUp {
            layout: site.layout(&csrf),
            organization: &site.tenant.display_name,
            name: typed.name,
            email: typed.email,
            action: &site.path(&format!("/set-up?token={}", hospes_protocol::encoding::url_component(token))),
            strength: None,
            problems,
        },
    )
}

pub(crate) async fn set_up(posted: Posted, request: HttpRequest) -> HttpResponse {
    let site = &posted.site;
    let params = Params::parse(request.query_string());
    let token = params.first("token").unwrap_or_default();
    let typed = Typed {
        name: posted.field("name"),
        email: posted.field("email"),
        password: posted.field("password"),
    };
    let member = NewMember {
        email: typed.email.to_owned(),
        display_name: typed.name.to_owned(),
        roles: Vec::new(),
        password: Some(typed.password.to_owned()),
    };
    match site.idp().set_up(&site.ctx, &site.tenant, token, member).await {
        Ok(Some(_)) => redirect(&site.path("/home")).finish(),
        Ok(None) => site.page_error(&Refusal::SetUpLink.into()),
        Err(AdminError::Unavailable(error)) => site.page_error(&error.into()),
        Err(_) => set_up_page(site, token, &typed, set_up_problems(&typed)),
    }
}

fn set_up_problems(typed: &Typed<'_>) -> Vec<SetUpProblem> {
    let mut problems = Vec::new();
    if typed.name.trim().is_empty() {
        problems.push(SetUpProblem::NameMissing);
    }
    if EmailAddress::parse(typed.email).is_err() {
        problems.push(SetUpProblem::EmailMalformed);
    }
    if typed.password.chars().count() < MIN_CHARS {
        problems.push(SetUpProblem::Password(NewPasswordProblem::TooShort));
    } else if strength(typed.password) < 3 || problems.is_empty() {
        problems.push(SetUpProblem::Password(NewPasswordProblem::TooCommon));
    }
    problems
}
