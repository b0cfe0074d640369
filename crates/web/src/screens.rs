//! The screens of a sign-in: the one exhaustive match from steps to pages.

use crate::pages::{
    AccountRow, AnotherSession, ChooseAccount, Code, CodeProblem, CodePurpose, ConfirmDevice, Consent,
    Detail, HomeAccount, Href, Identifier, IdentifierProblem, Layout, Mismatch, NewPassword,
    NewPasswordProblem, NewPasswordPurpose, Password, PasswordProblem, ReviewPermissions, Wish,
};
use crate::plain::html;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use hospes_idp::account::code::MINUTES;
use hospes_idp::authorize::accounts::Choice;
use hospes_idp::authorize::details::Wanted;
use hospes_idp::authorize::next_step::Step;
use hospes_idp::authorize::outcome::{About, Problem};
use hospes_idp::device::DeviceRequest;
use hospes_idp::email::EmailAddress;
use hospes_idp::error::PageError;
use hospes_idp::guest::user::User;
use hospes_idp::password::Weakness;
use hospes_idp::policy::authentication::{Authentication, Method};
use hospes_idp::refusal::Refusal;

/// A screen of an interaction, about to be shown.
pub(crate) struct Screen<'a> {
    pub(crate) site: &'a Site,
    /// The interaction, for the addresses of its answers.
    pub(crate) interaction: &'a str,
    pub(crate) about: &'a About,
    pub(crate) problem: Option<&'a Problem>,
    pub(crate) layout: Layout<'a>,
}

impl Screen<'_> {
    pub(crate) fn show(&self, response: HttpResponseBuilder, step: &Step) -> HttpResponse {
        match step {
            Step::AskIdentifier => self.identifier(response),
            Step::ChooseAccount(choices) => self.choose_account(response, choices),
            Step::AskPassword(address) => self.password(response, address),
            Step::AskCode(address) => self.code(response, address),
            Step::AskWhichAccount { signed_in, invited } => self.which_account(response, signed_in, invited),
            Step::Mismatch { invited, actual } => self.mismatch(response, invited, actual),
            Step::ChoosePassword { may_skip, user } => self.new_password(response, *may_skip, user),
            Step::ReviewPermissions(user, authentication) => self.review(response, user, authentication),
            Step::ConfirmDevice(user, request) => self.device(response, user, request),
            Step::AskConsent(user) => self.consent(response, user),
            // The flow carries these out or turns them into errors before anything is shown.
            Step::SendCode(_) | Step::SignInAt(_) | Step::Admit(..) | Step::Respond(..) | Step::Refuse(_) => {
                self.site.page_error(&PageError::from(Refusal::Internal).because("a step without a screen"))
            }
        }
    }

    /// Where an answer goes.
    fn action(&self, answer: &str) -> String {
        self.site.path(&format!("/interaction/{}/{answer}", self.interaction))
    }

    fn identifier(&self, response: HttpResponseBuilder) -> HttpResponse {
        html(
            response,
            &Identifier {
                layout: self.layout,
                app: self.about.client_name.as_deref(),
                action: &self.action("identify"),
                email: "",
                keep: self.about.keep,
                problem: self.problem.map(|_| IdentifierProblem::Malformed),
            },
        )
    }

    fn choose_account(&self, response: HttpResponseBuilder, choices: &[Choice]) -> HttpResponse {
        html(
            response,
            &ChooseAccount {
                layout: self.layout,
                app: self.about.client_name.as_deref(),
                accounts: choices.iter().map(account_row).collect(),
                action: &self.action("account"),
                sign_out_action: &self.action("sign-out"),
                restart_action: &self.action("restart"),
            },
        )
    }

    fn password(&self, response: HttpResponseBuilder, address: &EmailAddress) -> HttpResponse {
        let problem = self.problem.map(|problem| match problem {
            Problem::TooMany => PasswordProblem::TooManyAttempts,
            _ => PasswordProblem::Wrong,
        });
        html(
            response,
            &Password {
                layout: self.layout,
                address: address.as_str(),
                username: Some(address.as_str()),
                action: &self.action("password"),
                code_action: &self.action("send-code"),
                reset_action: &self.action("reset-password"),
                restart_action: &self.action("restart"),
                keep: self.about.keep,
                problem,
            },
        )
    }

    fn code(&self, response: HttpResponseBuilder, address: &EmailAddress) -> HttpResponse {
        let problem = match self.problem {
            Some(Problem::WrongCode) => Some(CodeProblem::Wrong),
            Some(Problem::CodeExpired) => Some(CodeProblem::Expired),
            Some(Problem::TooMany) => Some(CodeProblem::TooManyAttempts),
            _ => None,
        };
        html(
            response,
            &Code {
                layout: self.layout,
                purpose: if self.about.redeeming { CodePurpose::Redemption } else { CodePurpose::SignIn },
                address: &address.masked(),
                minutes: MINUTES,
                action: &self.action("code"),
                resend_action: &self.action("send-code"),
                restart_action: &self.action("restart"),
                keep: self.about.keep,
                resent: self.problem == Some(&Problem::CodeSentAgain),
                problem,
            },
        )
    }

    fn which_account(
        &self,
        response: HttpResponseBuilder,
        signed_in: &EmailAddress,
        invited: &EmailAddress,
    ) -> HttpResponse {
        html(
            response,
            &AnotherSession {
                layout: self.layout,
                signed_in: signed_in.as_str(),
                invited: &invited.masked(),
                continue_action: &self.action("keep-session"),
                switch_action: &self.action("restart"),
            },
        )
    }

    fn mismatch(
        &self,
        mut response: HttpResponseBuilder,
        invited: &EmailAddress,
        actual: &EmailAddress,
    ) -> HttpResponse {
        response.status(StatusCode::FORBIDDEN);
        html(
            response,
            &Mismatch {
                layout: self.layout,
                invited: &invited.masked(),
                signed_in: &actual.masked(),
                action: &self.action("restart"),
                reference: &self.site.ctx.request.reference,
            },
        )
    }

    fn new_password(&self, response: HttpResponseBuilder, may_skip: bool, user: &User) -> HttpResponse {
        let skip = self.action("skip-password");
        let problems = match self.problem {
            Some(Problem::WeakPassword(found)) => {
                found.iter().map(|weakness| new_password_problem(*weakness)).collect()
            }
            _ => Vec::new(),
        };
        html(
            response,
            &NewPassword {
                layout: self.layout,
                purpose: if may_skip { NewPasswordPurpose::Create } else { NewPasswordPurpose::Reset },
                email: user.email.as_str(),
                action: &self.action("new-password"),
                skip_action: may_skip.then_some(skip.as_str()),
                strength: None,
                problems,
            },
        )
    }

    fn review(
        &self,
        response: HttpResponseBuilder,
        user: &User,
        authentication: &Authentication,
    ) -> HttpResponse {
        let tenant = &self.site.tenant;
        html(
            response,
            &ReviewPermissions {
                layout: self.layout,
                organization: &tenant.display_name,
                home: home_account(authentication, self.about.home_idp_name.as_deref()),
                name: user.profile.display_name.as_deref(),
                email: user.email.as_str(),
                privacy: tenant.settings.privacy_statement_url.as_deref().and_then(Href::new),
                action: &self.action("permissions"),
            },
        )
    }

    fn device(&self, response: HttpResponseBuilder, user: &User, request: &DeviceRequest) -> HttpResponse {
        html(
            response,
            &ConfirmDevice {
                layout: self.layout,
                app: self.about.client_name.as_deref().unwrap_or_default(),
                organization: &self.site.tenant.display_name,
                email: user.email.as_str(),
                user_code: &request.user_code.to_string(),
                asked: request.requested_at.into(),
                network: &request.network,
                same_network: request.network == self.site.ctx.request.network(),
                action: &self.action("device"),
                restart_action: &self.action("restart"),
            },
        )
    }

    fn consent(&self, response: HttpResponseBuilder, user: &User) -> HttpResponse {
        html(
            response,
            &Consent {
                layout: self.layout,
                app: self.about.client_name.as_deref().unwrap_or_default(),
                email: user.email.as_str(),
                wishes: self.about.scope.iter().map(Wish::of_scope).collect(),
                details: self.about.details.iter().map(detail).collect(),
                action: &self.action("consent"),
                restart_action: &self.action("restart"),
            },
        )
    }
}

fn account_row(choice: &Choice) -> AccountRow<'_> {
    AccountRow {
        handle: &choice.handle,
        name: choice.name.as_deref(),
        email: choice.email.as_str(),
        home: choice.home.as_deref(),
    }
}

fn detail(wanted: &Wanted) -> Detail<'_> {
    let says = wanted.says.iter().map(|(label, value)| (label.as_str(), value.as_str()));
    Detail { title: &wanted.title, says: says.collect() }
}

/// Where somebody's account is, as pages tell it.
pub(crate) fn home_account<'a>(
    authentication: &'a Authentication,
    home_idp_name: Option<&'a str>,
) -> HomeAccount<'a> {
    match &authentication.method {
        Method::Home { issuer, .. } => HomeAccount::Federated(home_idp_name.unwrap_or(issuer)),
        Method::Password | Method::EmailCode => HomeAccount::Lightweight,
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
