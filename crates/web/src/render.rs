//! From outcomes to HTTP: the one exhaustive match over steps.

use crate::pages::{
    AnotherSession, Code, CodeProblem, CodePurpose, Consent, FormPost, HomeAccount, Href, Identifier,
    IdentifierProblem, Mismatch, NewPassword, NewPasswordProblem, NewPasswordPurpose, Password,
    PasswordProblem, ReviewPermissions, Wish,
};
use crate::site::{Site, html};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use hospes_idp::account::code::MINUTES;
use hospes_idp::account::password::Weakness;
use hospes_idp::authorize::next_step::Step;
use hospes_idp::browser::{About, Outcome, Problem, Reply};
use hospes_idp::error::PageError;
use hospes_idp::guest::user::User;
use hospes_idp::policy::authentication::{Authentication, Method};
use hospes_idp::refusal::Refusal;
use hospes_protocol::response::AuthorizationResponse;

/// A screen to show.
struct Screen<'a> {
    interaction: &'a str,
    step: &'a Step,
    problem: Option<&'a Problem>,
    about: &'a About,
}

/// Where an interaction's answers go.
struct Actions {
    page: String,
}

impl Actions {
    fn to(&self, answer: &str) -> String {
        format!("{}/{answer}", self.page)
    }
}

impl Site {
    /// What the browser sees after an answer or a request.
    pub(crate) fn answer(&self, reply: Result<Reply, PageError>) -> HttpResponse {
        match reply {
            Ok(reply) => self.reply(reply),
            Err(error) => self.page_error(&error),
        }
    }

    /// After a form: the next screen has an address of its own, so that reloading it sends nothing twice. What was wrong
    /// with the answer is shown at once.
    pub(crate) fn answer_form(&self, reply: Result<Reply, PageError>) -> HttpResponse {
        match reply {
            Ok(Reply {
                outcome:
                    Outcome::Screen {
                        interaction,
                        problem: None,
                        ..
                    },
                binding,
                session,
            }) => {
                let mut response = redirect(&self.path(&format!("/interaction/{interaction}")));
                self.cookies().write(&mut response, binding, session);
                response.finish()
            }
            reply => self.answer(reply),
        }
    }

    pub(crate) fn reply(&self, reply: Reply) -> HttpResponse {
        let binding = reply.binding.clone();
        let mut response = match &reply.outcome {
            Outcome::Leave(url) => redirect(url),
            Outcome::Respond(AuthorizationResponse::Redirect(url)) => redirect(url),
            Outcome::Respond(AuthorizationResponse::FormPost { .. }) => HttpResponse::Ok(),
            Outcome::Screen { problem, .. } => {
                let status = problem.as_ref().map_or(200, Problem::status);
                HttpResponseBuilder::new(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
            }
        };
        self.cookies().write(&mut response, reply.binding, reply.session);
        match reply.outcome {
            Outcome::Leave(_) | Outcome::Respond(AuthorizationResponse::Redirect(_)) => response.finish(),
            Outcome::Respond(AuthorizationResponse::FormPost { action, fields }) => {
                form_post(self, response, &action, &fields)
            }
            Outcome::Screen {
                interaction,
                step,
                problem,
                about,
            } => {
                let csrf = self.form_token(binding.as_deref());
                self.screen(
                    response,
                    &csrf,
                    &Screen {
                        interaction: &interaction,
                        step: &step,
                        problem: problem.as_ref(),
                        about: &about,
                    },
                )
            }
        }
    }

    fn screen(&self, response: HttpResponseBuilder, csrf: &str, screen: &Screen<'_>) -> HttpResponse {
        let Screen {
            interaction,
            step,
            problem,
            about,
        } = *screen;
        let actions = Actions {
            page: self.path(&format!("/interaction/{interaction}")),
        };
        let layout = self.layout(csrf);
        let restart = actions.to("restart");
        match step {
            Step::AskIdentifier => {
                let problem = problem.map(|_| IdentifierProblem::Malformed);
                let action = actions.to("identify");
                html(
                    response,
                    &Identifier {
                        layout,
                        app: about.client_name.as_deref(),
                        action: &action,
                        email: "",
                        problem,
                    },
                )
            }
            Step::AskPassword(address) => html(
                response,
                &Password {
                    layout,
                    address: address.as_str(),
                    username: Some(address.as_str()),
                    action: &actions.to("password"),
                    code_action: &actions.to("send-code"),
                    restart_action: &restart,
                    problem: problem.map(password_problem),
                },
            ),
            Step::AskCode(address) => {
                let purpose = if about.redeeming {
                    CodePurpose::Redemption
                } else {
                    CodePurpose::SignIn
                };
                html(
                    response,
                    &Code {
                        layout,
                        purpose,
                        address: &address.masked(),
                        minutes: MINUTES,
                        action: &actions.to("code"),
                        resend_action: &actions.to("send-code"),
                        restart_action: &restart,
                        resent: problem == Some(&Problem::CodeSentAgain),
                        problem: problem.and_then(code_problem),
                    },
                )
            }
            Step::AskWhichAccount { signed_in, invited } => html(
                response,
                &AnotherSession {
                    layout,
                    signed_in: signed_in.as_str(),
                    invited: &invited.masked(),
                    continue_action: &self.path("/home"),
                    switch_action: &restart,
                },
            ),
            Step::Mismatch { invited, actual } => {
                let mut response = response;
                response.status(StatusCode::FORBIDDEN);
                let reference = &self.ctx.request.reference;
                html(
                    response,
                    &Mismatch {
                        layout,
                        invited: &invited.masked(),
                        signed_in: &actual.masked(),
                        action: &restart,
                        reference,
                    },
                )
            }
            Step::ChoosePassword { may_skip, user } => {
                self.new_password(response, csrf, (&actions, *may_skip, user, problem))
            }
            Step::ReviewPermissions(user, authentication) => {
                self.review(response, csrf, (&actions, user, authentication))
            }
            Step::AskConsent(user) => html(
                response,
                &Consent {
                    layout,
                    app: about.client_name.as_deref().unwrap_or_default(),
                    email: user.email.as_str(),
                    wishes: about.scope.iter().map(Wish::of_scope).collect(),
                    action: &actions.to("consent"),
                },
            ),
            // The flow carries these out or turns them into errors before anything is rendered.
            Step::SendCode(_) | Step::SignInAt(_) | Step::Admit(..) | Step::Respond(..) | Step::Refuse(_) => {
                self.page_error(&PageError::from(Refusal::Internal).because("a step without a screen"))
            }
        }
    }

    fn new_password(
        &self,
        response: HttpResponseBuilder,
        csrf: &str,
        (actions, may_skip, user, problem): (&Actions, bool, &User, Option<&Problem>),
    ) -> HttpResponse {
        let skip = actions.to("skip-password");
        let problems = match problem {
            Some(Problem::WeakPassword(found)) => found
                .iter()
                .map(|weakness| new_password_problem(*weakness))
                .collect(),
            _ => Vec::new(),
        };
        html(
            response,
            &NewPassword {
                layout: self.layout(csrf),
                purpose: if may_skip {
                    NewPasswordPurpose::Create
                } else {
                    NewPasswordPurpose::Reset
                },
                email: user.email.as_str(),
                action: &actions.to("new-password"),
                skip_action: may_skip.then_some(skip.as_str()),
                strength: None,
                problems,
            },
        )
    }

    fn review(
        &self,
        response: HttpResponseBuilder,
        csrf: &str,
        (actions, user, authentication): (&Actions, &User, &Authentication),
    ) -> HttpResponse {
        let home = match &authentication.method {
            Method::Home { issuer, .. } => HomeAccount::Federated(issuer),
            Method::Password | Method::EmailCode => HomeAccount::Lightweight,
        };
        html(
            response,
            &ReviewPermissions {
                layout: self.layout(csrf),
                organization: &self.tenant.display_name,
                home,
                name: user.profile.display_name.as_deref(),
                email: user.email.as_str(),
                privacy: self
                    .tenant
                    .settings
                    .privacy_statement_url
                    .as_deref()
                    .and_then(Href::new),
                action: &actions.to("permissions"),
            },
        )
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
    let app = url::Url::parse(action)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    let Some(action) = Href::new(action) else {
        return site.page_error(&Refusal::RedirectUri.into());
    };
    let fields = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    html(
        response,
        &FormPost {
            layout: site.layout(""),
            app: &app,
            action,
            fields,
        },
    )
}

const fn password_problem(problem: &Problem) -> PasswordProblem {
    match problem {
        Problem::TooMany => PasswordProblem::TooManyAttempts,
        _ => PasswordProblem::Wrong,
    }
}

const fn code_problem(problem: &Problem) -> Option<CodeProblem> {
    match problem {
        Problem::WrongCode => Some(CodeProblem::Wrong),
        Problem::CodeExpired => Some(CodeProblem::Expired),
        Problem::TooMany => Some(CodeProblem::TooManyAttempts),
        _ => None,
    }
}

const fn new_password_problem(weakness: Weakness) -> NewPasswordProblem {
    match weakness {
        Weakness::TooShort => NewPasswordProblem::TooShort,
        Weakness::TooLong => NewPasswordProblem::TooLong,
        Weakness::Guessable => NewPasswordProblem::TooCommon,
        Weakness::Personal => NewPasswordProblem::TooPersonal,
    }
}
