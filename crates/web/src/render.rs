//! From outcomes to HTTP.

use crate::pages::{FormPost, Href, Layout};
use crate::plain::html;
use crate::screens::Screen;
use crate::site::Site;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use hospes_idp::authorize::outcome::{Outcome, Problem, Reply};
use hospes_idp::error::PageError;
use hospes_idp::refusal::Refusal;
use hospes_protocol::response::AuthorizationResponse;

impl Site {
    /// What the browser sees after a request.
    pub(crate) fn answer(&self, reply: Result<Reply, PageError>) -> HttpResponse {
        match reply {
            Ok(reply) => self.reply(reply),
            Err(error) => self.page_error(&error),
        }
    }

    /// As [`Site::answer`], but the next screen is shown at an address of its own, so that reloading it sends nothing
    /// twice. What was wrong with an answer is shown at once.
    pub(crate) fn answer_form(&self, reply: Result<Reply, PageError>) -> HttpResponse {
        match reply {
            // What has to be told to clients is told by the screen itself.
            Ok(Reply {
                outcome: Outcome::Screen { interaction, problem: None, .. },
                binding,
                session,
                frames,
            }) if frames.is_empty() => {
                let mut response = redirect(&self.path(&format!("/interaction/{interaction}")));
                self.cookies().write(&mut response, binding, session);
                response.finish()
            }
            reply => self.answer(reply),
        }
    }

    pub(crate) fn reply(&self, reply: Reply) -> HttpResponse {
        let csrf = self.form_token(reply.binding.as_deref());
        let mut response = match &reply.outcome {
            Outcome::Leave(url) | Outcome::Respond(AuthorizationResponse::Redirect(url)) => redirect(url),
            Outcome::Respond(AuthorizationResponse::FormPost { .. }) => HttpResponse::Ok(),
            Outcome::Screen { problem, .. } => {
                let status = problem.as_ref().map_or(200, Problem::status);
                HttpResponseBuilder::new(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
            }
        };
        self.cookies().write(&mut response, reply.binding, reply.session);
        if !reply.frames.is_empty() {
            let policy = crate::headers::policy(self.app.is_secure(), &reply.frames);
            response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        }
        let frames: Vec<Href<'_>> = reply.frames.iter().filter_map(|frame| Href::new(frame)).collect();
        match reply.outcome {
            Outcome::Leave(_) | Outcome::Respond(AuthorizationResponse::Redirect(_)) => response.finish(),
            Outcome::Respond(AuthorizationResponse::FormPost { action, fields }) => {
                form_post(self, response, &action, &fields)
            }
            Outcome::Screen { interaction, step, problem, about } => {
                let screen = Screen {
                    site: self,
                    interaction: &interaction,
                    about: &about,
                    problem: problem.as_ref(),
                    layout: Layout { frames: &frames, ..self.layout(&csrf) },
                };
                screen.show(response, &step)
            }
        }
    }
}

/// An answer to a client outside any interaction.
pub(crate) fn respond(site: &Site, response: &AuthorizationResponse) -> HttpResponse {
    match response {
        AuthorizationResponse::Redirect(url) => redirect(url).finish(),
        AuthorizationResponse::FormPost { action, fields } => {
            form_post(site, HttpResponse::Ok(), action, fields)
        }
    }
}

/// 303, so that a form is never posted on (RFC 9700 §4.12).
pub(crate) fn redirect(url: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, url));
    response
}

fn form_post(
    site: &Site,
    response: HttpResponseBuilder,
    action: &str,
    fields: &[(&'static str, String)],
) -> HttpResponse {
    let app =
        url::Url::parse(action).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let Some(action) = Href::new(action) else {
        return site.page_error(&Refusal::RedirectUri.into());
    };
    let fields = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    html(response, &FormPost { layout: site.layout(""), app: &app, action, fields })
}
