//! The pages beside the server: the tour, the sample app and the mail viewer.

use super::sample_app::SampleApp;
use super::{Places, seed};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::web::{Data, Path, Query, get, post, resource};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::{Context, Result};
use hospes_mail::{Catcher, CaughtMail};
use hospes_web::pages::demo::{
    Claim, DemoPerson, Mail, MailRow, Mails, SampleAppSignedIn, SampleAppSignedOut, Tour,
};
use hospes_web::pages::{Href, Layout};
use hospes_web::security_headers;
use serde::Deserialize;
use std::net::TcpListener;
use std::sync::Arc;

/// Names the browser at the sample app.
const COOKIE: &str = "sample-app";

/// The policy of a page that shows a mail: as everywhere, and a frame of our own.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// What the companion shows.
pub(super) struct Companion {
    /// Where things are.
    pub places: Places,
    /// The mail that was sent.
    pub catcher: Catcher,
    /// Who can sign in.
    pub people: Vec<seed::Person>,
}

struct Shared {
    companion: Companion,
    app: SampleApp,
}

impl Companion {
    /// Serves until `stop` resolves.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()> {
        let app = SampleApp::new(&self.places)?;
        let shared = Data::from(Arc::new(Shared { companion: self, app }));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .service(resource("/mail/{id}/html").route(get().to(mail_html)))
                .service(
                    actix_web::web::scope("")
                        .wrap(security_headers(false))
                        .service(resource("/").route(get().to(tour)))
                        .service(resource("/app").route(get().to(app_home)))
                        .service(resource("/app/login").route(get().to(log_in)))
                        .service(resource("/app/callback").route(get().to(callback)))
                        .service(resource("/app/logout").route(post().to(log_out)))
                        .service(resource("/mail").route(get().to(mails)))
                        .service(resource("/mail/{id}").route(get().to(mail)))
                        .configure(hospes_web::static_files),
                )
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(async move {
            stop.await;
            handle.stop(true).await;
        });
        server.await.context("the sample app")
    }
}

fn page(page: &impl askama_page::Page) -> HttpResponse {
    page.response()
}

/// Rendering without knowing the template engine.
mod askama_page {
    use actix_web::HttpResponse;

    pub(super) trait Page {
        fn response(&self) -> HttpResponse;
    }

    impl<T: std::fmt::Display> Page for T {
        fn response(&self) -> HttpResponse {
            HttpResponse::Ok().content_type("text/html; charset=utf-8").body(self.to_string())
        }
    }
}

fn link(text: &str) -> Result<Href<'_>, actix_web::Error> {
    Href::new(text).ok_or_else(|| actix_web::error::ErrorInternalServerError("not a link"))
}

async fn tour(shared: Data<Shared>) -> actix_web::Result<HttpResponse> {
    let base = &shared.companion.places.base_url;
    let (invite, discovery) =
        (format!("{base}/t/harbor/invite"), format!("{base}/t/harbor/.well-known/openid-configuration"));
    Ok(page(&Tour {
        layout: Layout::default(),
        organization: "Harbor Logistics",
        app: link("/app")?,
        mails: link("/mail")?,
        invite: link(&invite)?,
        discovery: link(&discovery)?,
        people: (shared.companion.people.iter())
            .map(|person| DemoPerson {
                name: person.name,
                email: person.email,
                password: Some(&person.password),
                about: person.about,
            })
            .collect(),
    }))
}

fn browser(request: &HttpRequest) -> String {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

async fn app_home(shared: Data<Shared>, request: HttpRequest) -> actix_web::Result<HttpResponse> {
    let Some(signed_in) = shared.app.signed_in(&browser(&request)) else {
        return Ok(page(&SampleAppSignedOut {
            layout: Layout::default(),
            app: "Sample app",
            organization: "Harbor Logistics",
            sign_in: link("/app/login")?,
            tour: link("/")?,
        }));
    };
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown: Vec<(String, String)> =
        signed_in.claims.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let name =
        signed_in.claims.get("name").or_else(|| signed_in.claims.get("email")).map(text).unwrap_or_default();
    let raw = serde_json::to_string_pretty(&signed_in.claims)?;
    Ok(page(&SampleAppSignedIn {
        layout: Layout::default(),
        app: "Sample app",
        name: &name,
        claims: shown.iter().map(|(name, value)| Claim { name, value }).collect(),
        raw: &raw,
        sign_out_action: "/app/logout",
        tour: link("/")?,
    }))
}

fn see_other(url: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, url));
    response
}

async fn log_in(shared: Data<Shared>) -> actix_web::Result<HttpResponse> {
    let url = shared.app.depart().await.map_err(actix_web::error::ErrorBadGateway)?;
    Ok(see_other(&url).finish())
}

#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

async fn callback(shared: Data<Shared>, answer: Query<Answer>) -> actix_web::Result<HttpResponse> {
    let (Some(state), Some(code)) = (&answer.state, &answer.code) else {
        let error = answer.error.as_deref().unwrap_or("no answer");
        return Ok(HttpResponse::BadRequest()
            .content_type("text/plain; charset=utf-8")
            .body(format!("Not signed in: {error}")));
    };
    let browser = shared.app.arrive(state, code).await.map_err(actix_web::error::ErrorBadRequest)?;
    let cookie = Cookie::build(COOKIE, browser).path("/").http_only(true).same_site(SameSite::Lax).finish();
    Ok(see_other("/app").cookie(cookie).finish())
}

async fn log_out(shared: Data<Shared>, request: HttpRequest) -> actix_web::Result<HttpResponse> {
    let url = shared.app.sign_out(&browser(&request)).await.map_err(actix_web::error::ErrorBadGateway)?;
    Ok(see_other(&url).finish())
}

async fn mails(shared: Data<Shared>) -> actix_web::Result<HttpResponse> {
    let caught = shared.companion.catcher.mails();
    let hrefs: Vec<String> = caught.iter().map(|mail| format!("/mail/{}", mail.id)).collect();
    let rows: Option<Vec<MailRow<'_>>> = (caught.iter().zip(&hrefs))
        .map(|(mail, href)| {
            let to = mail.to.first().map(String::as_str).unwrap_or_default();
            Some(MailRow { href: Href::new(href)?, to, subject: &mail.subject, at: mail.received_at.into() })
        })
        .collect();
    Ok(page(&Mails { layout: Layout::default(), mails: rows.unwrap_or_default(), tour: link("/")? }))
}

fn caught(shared: &Shared, id: u64) -> actix_web::Result<Arc<CaughtMail>> {
    let mut mails = shared.companion.catcher.mails().into_iter();
    mails.find(|mail| mail.id == id).ok_or_else(|| actix_web::error::ErrorNotFound("there is no such mail"))
}

async fn mail(shared: Data<Shared>, id: Path<u64>) -> actix_web::Result<HttpResponse> {
    let mail = caught(&shared, *id)?;
    let text = mail.text.as_deref().unwrap_or_default();
    let links = text.split_whitespace().filter(|word| word.starts_with("http"));
    let html = format!("/mail/{}/html", mail.id);
    let mut response = page(&Mail {
        layout: Layout::default(),
        from: &mail.from,
        to: &mail.to.join(", "),
        subject: &mail.subject,
        at: mail.received_at.into(),
        text,
        links: links.filter_map(Href::new).collect(),
        html: mail.html.is_some().then(|| Href::new(&html)).flatten(),
        list: link("/mail")?,
    });
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(MAIL_POLICY));
    Ok(response)
}

/// The HTML part as a mail program would show it: no script, no requests, in a frame of its own; links open beside it.
async fn mail_html(shared: Data<Shared>, id: Path<u64>) -> actix_web::Result<HttpResponse> {
    let mail = caught(&shared, *id)?;
    let policy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(mail.html.as_deref().unwrap_or_default().replacen(
            "<head>",
            "<head><base target=\"_blank\">",
            1,
        )))
}
