//! Where a person is signed in, and ending that.

use crate::pages::{Href, Moment, SessionRow, Sessions};
use crate::plain::{html, not_found};
use crate::posted::Posted;
use crate::render::redirect;
use crate::site::Site;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use hospes_idp::authorize::facts::SignedIn;
use hospes_idp::authorize::own_page::{OwnPage, PAGE};
use hospes_idp::error::PageError;
use hospes_idp::ports::Unavailable;
use hospes_idp::refusal::Refusal;
use hospes_idp::session::SessionWithClients;

const PATH: &str = "/sessions";

/// The person, or what to answer instead; the one whose page the form stood on, if there was one.
async fn person(site: &Site, of: Option<&str>) -> Result<Box<SignedIn>, HttpResponse> {
    match site.idp().own_page(&site.visit(), PATH, of).await {
        Ok(OwnPage::Show(signed_in)) => Ok(signed_in),
        Ok(OwnPage::SignInFirst(reply)) => Err(site.answer_form(Ok(reply))),
        Err(error) => Err(site.page_error(&error)),
    }
}

pub(crate) async fn list(site: Site) -> HttpResponse {
    let person = match person(&site, None).await {
        Ok(person) => person,
        Err(answer) => return answer,
    };
    match told(&site, &person).await {
        Ok(sessions) => page(&site, &person, &sessions),
        Err(error) => site.page_error(&error.into()),
    }
}

/// A session with the names of its home and its apps.
type Told = (SessionWithClients, Option<String>, Vec<String>);

async fn told(site: &Site, person: &SignedIn) -> Result<Vec<Told>, Unavailable> {
    let mut told = Vec::new();
    for session in site.idp().own_sessions(&site.visit(), person).await? {
        let home = site.idp().home_idp_name(site.tenant.id, &session).await?;
        let apps = site.idp().client_names(site.tenant.id, &session.clients).await?;
        told.push((session, home, apps));
    }
    Ok(told)
}

fn page(site: &Site, person: &SignedIn, sessions: &[Told]) -> HttpResponse {
    let (response, csrf) = site.form_page(StatusCode::OK);
    let rows = sessions.iter().map(|(told, home, apps)| SessionRow {
        agent: told.session.agent.as_deref(),
        home: home.as_deref(),
        apps,
        began: Moment::from(told.session.created_at),
        used: Moment::from(told.session.used_at),
        is_here: told.session.id == person.session.id,
        end_action: site.path(&format!("{PATH}/{}/end", told.session.id)),
    });
    let (others, home) = (site.path("/sessions/end-others"), site.path("/home"));
    let Some(home) = Href::new(&home) else {
        return site.page_error(&PageError::from(Refusal::Internal));
    };
    let page = Sessions {
        layout: site.layout(&csrf),
        rows: rows.collect(),
        end_others_action: (sessions.len() > 1).then_some(others.as_str()),
        account: &person.session.handle(PAGE),
        sign_out_action: &site.path("/logout"),
        home,
    };
    html(response, &page)
}

pub(crate) async fn end(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let person = match person(site, posted.account()).await {
        Ok(person) => person,
        Err(answer) => return answer,
    };
    match site.idp().end_own_session(&site.visit(), &person, &posted.id).await {
        Ok(true) => redirect(&site.path(PATH)).finish(),
        Ok(false) => not_found(),
        Err(error) => site.page_error(&error.into()),
    }
}

pub(crate) async fn end_others(posted: Posted) -> HttpResponse {
    let site = &posted.site;
    let person = match person(site, posted.account()).await {
        Ok(person) => person,
        Err(answer) => return answer,
    };
    match site.idp().end_other_sessions(&site.visit(), &person).await {
        Ok(()) => redirect(&site.path(PATH)).finish(),
        Err(error) => site.page_error(&error.into()),
    }
}
