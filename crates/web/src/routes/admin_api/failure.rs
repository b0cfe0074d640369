//! Refusals as problem details (RFC 9457). The table of codes, and the one place that renders them: whatever leaves the
//! API with an error status, also from the framework, leaves as `application/problem+json` with a reference.

use crate::api::Problem;
use crate::app::App;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse, HttpResponseBuilder, ResponseError};
use hospes_idp::admin::AdminError;
use hospes_idp::invitation::invite::InviteError;
use hospes_idp::ports::ChangeError;
use uuid::Uuid;

/// A kind of problem. Codes are stable: programs key on them.
#[derive(Debug)]
pub(in crate::routes) struct Row {
    status: u16,
    code: &'static str,
    title: &'static str,
}

macro_rules! rows {
    ($($name:ident = $status:literal $code:literal $title:literal;)*) => {
        $(pub(in crate::routes) static $name: Row = Row { status: $status, code: $code, title: $title };)*
        static ROWS: &[&Row] = &[$(&$name),*];
    };
}

rows! {
    MALFORMED = 400 "malformed_request" "The request cannot be read";
    UNAUTHENTICATED = 401 "invalid_token" "No valid access token";
    STEP_UP = 401 "insufficient_user_authentication" "The sign-in is too old for this";
    SCOPE = 403 "insufficient_scope" "The caller may not do this";
    NOT_FOUND = 404 "not_found" "Not found";
    METHOD = 405 "method_not_allowed" "The resource has no such method";
    CONFLICT = 409 "conflict" "Something else is in the way";
    LAST_ADMINISTRATOR = 409 "last_administrator" "The tenant needs an administrator";
    STALE = 412 "version_mismatch" "Somebody else changed it first";
    TOO_LARGE = 413 "too_large" "The request is too large";
    MEDIA_TYPE = 415 "unsupported_media_type" "The body must be JSON";
    INVALID = 422 "invalid" "The request cannot be accepted";
    TOO_MANY = 429 "too_many_requests" "Too many requests";
    INTERNAL = 500 "internal" "Something went wrong here";
    UNAVAILABLE = 503 "unavailable" "A store does not answer";
}

/// Why a request was refused, before it has a reference.
#[derive(Debug)]
pub(in crate::routes) struct Refused {
    row: &'static Row,
    detail: Option<String>,
    problems: Vec<String>,
    /// `WWW-Authenticate`.
    challenge: Option<String>,
    /// For the next proof of possession.
    nonce: Option<Box<str>>,
    /// What is in the way.
    existing: Option<Uuid>,
}

impl Row {
    pub(in crate::routes) const fn new(status: u16, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title }
    }
}

impl Refused {
    pub(in crate::routes) fn new(row: &'static Row, detail: impl Into<String>) -> Self {
        Self {
            row,
            detail: Some(detail.into()),
            problems: Vec::new(),
            challenge: None,
            nonce: None,
            existing: None,
        }
    }

    pub(in crate::routes) fn challenging(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// As Graph counts it: a document that cannot be accepted was a bad request.
    pub(in crate::routes) fn malformed(self) -> Self {
        if std::ptr::eq(self.row, &raw const INVALID) { Self { row: &MALFORMED, ..self } } else { self }
    }

    /// Names the object that is in the way.
    pub(in crate::routes) fn because_of(mut self, existing: Uuid) -> Self {
        self.existing = Some(existing);
        self
    }

    pub(in crate::routes) fn offering(mut self, nonce: Option<String>) -> Self {
        self.nonce = nonce.map(String::into_boxed_str);
        self
    }

    /// What the framework refused, or a page of the rest of the server.
    fn of_status(status: StatusCode) -> Self {
        let row = ROWS.iter().find(|row| row.status == status.as_u16());
        let fallback = if status.is_server_error() { &INTERNAL } else { &MALFORMED };
        Self {
            row: row.unwrap_or(&fallback),
            detail: None,
            problems: Vec::new(),
            challenge: None,
            nonce: None,
            existing: None,
        }
    }

    fn details(&self, reference: &str) -> Problem {
        Problem {
            kind: format!("urn:hospes:problem:{}", self.row.code),
            title: self.row.title.to_owned(),
            status: self.row.status,
            detail: self.detail.clone().unwrap_or_else(|| self.row.title.to_owned()),
            code: self.row.code.to_owned(),
            reference: reference.to_owned(),
            problems: self.problems.clone(),
            existing: self.existing,
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(self.row.title))
    }
}

/// Renders an empty answer that carries the refusal to [`as_problem_details`].
impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        if let Some(challenge) = &self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge.as_str()));
        }
        if let Some(nonce) = &self.nonce {
            response.insert_header(("DPoP-Nonce", &**nonce));
        }
        match self.row.status {
            429 => drop(response.insert_header((header::RETRY_AFTER, "3600"))),
            503 => drop(response.insert_header((header::RETRY_AFTER, "5"))),
            _ => {}
        }
        let mut response = response.finish();
        response.extensions_mut().insert(self.details(""));
        response
    }
}

impl From<Vec<String>> for Refused {
    fn from(problems: Vec<String>) -> Self {
        AdminError::Invalid(problems).into()
    }
}

impl From<AdminError> for Refused {
    fn from(error: AdminError) -> Self {
        let sentence = error.to_string();
        match error {
            AdminError::Forbidden => Self::new(&SCOPE, sentence),
            AdminError::NotFound => Self::new(&NOT_FOUND, "there is no such object"),
            AdminError::Invalid(problems) => Self { problems, ..Self::new(&INVALID, sentence) },
            AdminError::Conflict(_) => Self::new(&CONFLICT, sentence),
            AdminError::LastAdministrator => Self::new(&LAST_ADMINISTRATOR, sentence),
            AdminError::Stale => Self::new(&STALE, sentence),
            AdminError::Unavailable(cause) => {
                tracing::error!(%cause, "a store does not answer");
                Self::new(&UNAVAILABLE, "a store does not answer, try again")
            }
        }
    }
}

impl From<InviteError> for Refused {
    fn from(error: InviteError) -> Self {
        let invalid = |sentence: String| Self::from(vec![sentence]);
        match error {
            InviteError::NotAllowed => Self::new(&SCOPE, error.to_string()),
            // The names of our members, where the sentence has those of the Graph call.
            InviteError::Email(cause) => invalid(format!("email {cause}")),
            InviteError::Domain(_) => invalid(error.to_string()),
            InviteError::Cc(cause) => invalid(format!("cc {cause}")),
            InviteError::Destination => invalid(
                "redirectUrl must be the start page of a registered application or a landing page of the tenant"
                    .to_owned(),
            ),
            InviteError::Sponsor => invalid("sponsors names nobody here".to_owned()),
            InviteError::Text("customizedMessageBody") => {
                invalid("message is too long or has characters that are not allowed".to_owned())
            }
            InviteError::Text(_) => {
                invalid("displayName is too long or has characters that are not allowed".to_owned())
            }
            InviteError::IsMember(id) | InviteError::IsDisabled(id) | InviteError::IsDeleted(id) => {
                Self::new(&CONFLICT, error.to_string()).because_of(id.0)
            }
            InviteError::IsTaken(id) => Self::new(&CONFLICT, error.to_string()).because_of(id.0),
            InviteError::HasRoles(id) => Self::new(&SCOPE, error.to_string()).because_of(id.0),
            InviteError::LastAdministrator => Self::new(&LAST_ADMINISTRATOR, error.to_string()),
            InviteError::TooMany => Self::new(&TOO_MANY, error.to_string()),
            InviteError::Change(ChangeError::Stale) => {
                Self::new(&CONFLICT, "the invitation is no longer pending")
            }
            InviteError::Change(cause) => AdminError::from(cause).into(),
        }
    }
}

/// Finds the log and audit entries of a request; [`super::access::Api`] leaves it behind.
pub(in crate::routes) struct Reference(pub(in crate::routes) String);

/// Gives every error answer of the API its shape.
pub(in crate::routes) async fn as_problem_details(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    shaped(request, next, |problem| ("application/problem+json", serde_json::to_string(problem))).await
}

/// Gives every error answer the shape an API has for them.
pub(in crate::routes) async fn shaped(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    shape: impl FnOnce(&Problem) -> (&'static str, serde_json::Result<String>),
) -> Result<ServiceResponse, Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let reference = reference(&response);
    let carried = response.response_mut().extensions_mut().remove::<Problem>();
    let problem = carried.unwrap_or_else(|| Refused::of_status(status).details(""));
    let problem = Problem { reference, ..problem };
    tracing::info!(code = problem.code, detail = problem.detail, reference = problem.reference, "refused");
    let (content_type, body) = shape(&problem);
    let (request, old) = response.into_parts();
    let mut new = HttpResponseBuilder::new(status);
    for (name, value) in old.headers().iter().filter(|(name, _)| **name != header::CONTENT_TYPE) {
        new.append_header((name, value));
    }
    let body = body.unwrap_or_default();
    Ok(ServiceResponse::new(request, new.content_type(content_type).body(body)))
}

fn reference(response: &ServiceResponse) -> String {
    let request = response.request();
    if let Some(Reference(reference)) = request.extensions().get::<Reference>() {
        return reference.clone();
    }
    let app = request.app_data::<Data<App>>();
    app.map(|app| app.ctx(request).request.reference).unwrap_or_default()
}
