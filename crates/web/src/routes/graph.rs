//! The invitation call of the model product, field for field, with its error shape.

use crate::routes::token::RequestToken;
use crate::site::Site;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Json, JsonConfig, ServiceConfig, post};
use actix_web::{Error, HttpRequest, HttpResponse, HttpResponseBuilder};
use hospes_idp::admin::{AdminError, Caller};
use hospes_idp::ids::UserId;
use hospes_idp::invitation::invite::{InviteError, InviteRequest, Invited};
use hospes_idp::invitation::record::{InvitationState, Inviter};
use hospes_idp::ports::ChangeError;
use hospes_idp::token::possession::TokenScheme;
use hospes_protocol::OAuthError;
use hospes_protocol::resource_metadata::ProtectedResource;
use serde::Deserialize;
use serde_json::{Value, json};

/// The largest body read, in bytes (DOS-01).
const MAX_BODY: usize = 256 * 1024;

pub(crate) fn configure(config: &mut ServiceConfig) {
    let limit = JsonConfig::default().limit(MAX_BODY);
    config.app_data(limit).service(super::only_post("/invitations").route(post().to(invite)));
}

/// Request of `POST /v1.0/invitations`. What Graph accepts and we do not do yet is refused, never ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InvitationBody {
    invited_user_email_address: String,
    invite_redirect_url: String,
    #[serde(default)]
    invited_user_display_name: Option<String>,
    #[serde(default)]
    invited_user_type: Option<String>,
    #[serde(default)]
    send_invitation_message: bool,
    #[serde(default)]
    invited_user_message_info: Option<MessageInfo>,
    #[serde(default)]
    invited_user_sponsors: Vec<Reference>,
    #[serde(default)]
    reset_redemption: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct MessageInfo {
    message_language: Option<String>,
    customized_message_body: Option<String>,
    cc_recipients: Vec<Recipient>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: RecipientAddress,
}

#[derive(Debug, Deserialize)]
struct RecipientAddress {
    #[serde(default)]
    address: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    id: UserId,
}

async fn invite(site: Site, request: HttpRequest, body: Result<Json<Value>, Error>) -> HttpResponse {
    let inviter = match authorized(&site, &request).await {
        Ok(inviter) => inviter,
        Err(response) => return response,
    };
    let invitation = match body.map_err(|error| unread(&error)).and_then(|body| parse(body.into_inner())) {
        Ok(invitation) => invitation,
        Err((status, sentence)) => return failure(&site, status, ("BadRequest", &sentence), json!({})),
    };
    match site.idp().invite(&site.ctx, &site.tenant, inviter, invitation.clone()).await {
        Ok(made) => {
            let location = format!("/v1.0/invitations/{}", made.invitation.id);
            let location = site.idp().issuer(&site.tenant).join(&location);
            let body = response(&site, &invitation, &made);
            HttpResponse::Created().insert_header((header::LOCATION, location)).json(body)
        }
        Err(error) => refusal(&site, &error),
    }
}

/// A status and a sentence for the caller's developer.
type BadBody = (StatusCode, String);

/// Too long, no JSON, or not said to be JSON.
fn unread(error: &Error) -> BadBody {
    (error.as_response_error().status_code(), error.to_string())
}

fn parse(body: Value) -> Result<InviteRequest, BadBody> {
    let bad = |sentence: String| (StatusCode::BAD_REQUEST, sentence);
    let body: InvitationBody = serde_json::from_value(body).map_err(|error| bad(error.to_string()))?;
    body.request().map_err(|sentence| bad(sentence.to_owned()))
}

async fn authorized(site: &Site, request: &HttpRequest) -> Result<Inviter, HttpResponse> {
    let token = RequestToken::of(site, request).ok_or_else(|| unauthorized(site, None))?;
    let token = site
        .idp()
        .presented_token(&site.ctx, &site.tenant, token.presented())
        .await
        .map_err(|error| unauthorized(site, Some(&error)))?;
    if token.aud != site.idp().issuer(&site.tenant).as_str() {
        return Err(unauthorized(site, None));
    }
    let caller: Option<Caller> = site
        .idp()
        .caller(&site.ctx, &site.tenant, &token)
        .await
        .map_err(|error| admin_failure(site, &error))?;
    let caller = caller.ok_or_else(|| unauthorized(site, None))?;
    caller.inviter(&site.tenant).map_err(|error| admin_failure(site, &error))
}

impl InvitationBody {
    fn request(self) -> Result<InviteRequest, &'static str> {
        if self.reset_redemption {
            return Err("resetRedemption is not available yet");
        }
        if self.invited_user_type.as_deref().is_some_and(|kind| kind != "Guest") {
            return Err("invitedUserType must be Guest");
        }
        let info = self.invited_user_message_info.unwrap_or_default();
        let mut copies =
            info.cc_recipients.into_iter().filter_map(|recipient| recipient.email_address.address);
        let cc = copies.next();
        if copies.next().is_some() {
            return Err("ccRecipients may name one recipient");
        }
        Ok(InviteRequest {
            email: self.invited_user_email_address,
            redirect_url: self.invite_redirect_url,
            display_name: self.invited_user_display_name,
            send_mail: self.send_invitation_message,
            message: info.customized_message_body,
            language: info.message_language,
            cc,
            sponsors: self.invited_user_sponsors.into_iter().map(|reference| reference.id).collect(),
        })
    }
}

fn response(site: &Site, sent: &InviteRequest, invited: &Invited) -> Value {
    let status = match invited.invitation.state {
        InvitationState::Pending => "PendingAcceptance",
        InvitationState::Completed => "Completed",
        InvitationState::Revoked | InvitationState::Superseded => "Error",
    };
    json!({
        "@odata.context": site.idp().issuer(&site.tenant).join("/v1.0/$metadata#invitations/$entity"),
        "id": invited.invitation.id.to_string(),
        "inviteRedeemUrl": invited.redeem_url,
        "invitedUserDisplayName": invited.user.profile.display_name,
        "invitedUserEmailAddress": invited.invitation.email,
        "invitedUserType": invited.user.user_type,
        "inviteRedirectUrl": invited.invitation.redirect_url,
        "sendInvitationMessage": sent.send_mail,
        "resetRedemption": false,
        "status": status,
        "invitedUserMessageInfo": {
            "messageLanguage": sent.language,
            "customizedMessageBody": sent.message,
            "ccRecipients": [{"emailAddress": {"name": null, "address": sent.cc}}],
        },
        "invitedUser": {"id": invited.user.id.to_string()},
    })
}

fn refusal(site: &Site, error: &InviteError) -> HttpResponse {
    let sentence = error.to_string();
    let (status, code, extra) = match error {
        InviteError::NotAllowed => (StatusCode::FORBIDDEN, "Authorization_RequestDenied", json!({})),
        InviteError::Email(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_email_address", json!({})),
        InviteError::Cc(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_cc_recipient", json!({})),
        InviteError::Destination => (StatusCode::UNPROCESSABLE_ENTITY, "redirect_url_not_allowed", json!({})),
        InviteError::Sponsor => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_sponsor", json!({})),
        InviteError::Text(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_text", json!({})),
        InviteError::IsMember(id) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "user_is_member", json!({"existingUserId": id.to_string()}))
        }
        InviteError::IsDisabled(id) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "user_is_disabled", json!({"existingUserId": id.to_string()}))
        }
        InviteError::TooMany => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", json!({})),
        InviteError::Change(ChangeError::Unavailable(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", json!({}))
        }
        InviteError::Change(_) => (StatusCode::CONFLICT, "Conflict", json!({})),
    };
    failure(site, status, (code, &sentence), extra)
}

/// Graph's error shape, with our stable code in `error.code` and machine-readable additions in `innerError`.
fn failure(site: &Site, status: StatusCode, (code, message): (&str, &str), mut inner: Value) -> HttpResponse {
    if let Some(inner) = inner.as_object_mut() {
        inner.insert("date".to_owned(), json!(site.ctx.now.to_string()));
        inner.insert("request-id".to_owned(), json!(site.ctx.request.reference));
    }
    let mut response = HttpResponseBuilder::new(status);
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.insert_header((header::RETRY_AFTER, "3600"));
    }
    response.json(json!({"error": {"code": code, "message": message, "innerError": inner}}))
}

fn unauthorized(site: &Site, error: Option<&OAuthError>) -> HttpResponse {
    if error.is_some_and(|error| error.code.status() >= 500) {
        return failure(
            site,
            StatusCode::SERVICE_UNAVAILABLE,
            ("ServiceUnavailable", "a store does not answer"),
            json!({}),
        );
    }
    let sentence = "the access token is missing, invalid or for another audience";
    let mut response =
        failure(site, StatusCode::UNAUTHORIZED, ("InvalidAuthenticationToken", sentence), json!({}));
    let challenge = site.challenge(ProtectedResource::Graph, TokenScheme::Bearer, None);
    if let Ok(challenge) = header::HeaderValue::try_from(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn admin_failure(site: &Site, error: &AdminError) -> HttpResponse {
    match error {
        AdminError::Unavailable(_) => failure(
            site,
            StatusCode::SERVICE_UNAVAILABLE,
            ("ServiceUnavailable", "a store does not answer"),
            json!({}),
        ),
        _ => failure(
            site,
            StatusCode::FORBIDDEN,
            ("Authorization_RequestDenied", "the caller may not invite guests into this tenant"),
            json!({}),
        ),
    }
}
