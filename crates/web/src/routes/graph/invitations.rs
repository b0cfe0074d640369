//! `POST /invitations`: the invitation call of the model product, field for field.

use crate::routes::admin_api::access::{Answer, Api};
use crate::routes::admin_api::failure::{MALFORMED, Refused, Row};
use crate::site::Site;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Payload;
use hospes_idp::ids::UserId;
use hospes_idp::invitation::invite::{InviteError, InviteRequest, Invited};
use hospes_idp::invitation::record::InvitationState;
use serde::Deserialize;
use serde_json::{Value, json};

static EMAIL: Row = Row::new(422, "invalid_email_address", "The address is not accepted");
static DOMAIN: Row = Row::new(422, "domain_not_allowed", "No guests from there");
static COPY: Row = Row::new(422, "invalid_cc_recipient", "The address of the copy is not accepted");
static DESTINATION: Row = Row::new(422, "redirect_url_not_allowed", "Invitations do not lead there");
static SPONSOR: Row = Row::new(422, "invalid_sponsor", "The sponsors are not accepted");
static TEXT: Row = Row::new(422, "invalid_text", "A text is not accepted");
static MEMBER: Row = Row::new(422, "user_is_member", "The address is a member's");
static DISABLED: Row = Row::new(422, "user_is_disabled", "The guest is disabled");
static DELETED: Row = Row::new(422, "user_is_deleted", "The guest was deleted");
static TAKEN: Row = Row::new(422, "address_is_taken", "The address is somebody else's");
static HAS_ROLES: Row = Row::new(403, "user_has_roles", "The person has directory roles");

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
    /// Whose redemption is reset.
    #[serde(default)]
    invited_user: Option<Reference>,
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

pub(super) async fn invite(api: Api, payload: Payload) -> Answer {
    let inviter = api.inviter()?;
    let body: InvitationBody = api.body(payload).await.map_err(Refused::malformed)?;
    let reset = body.invited_user.as_ref().map(|reference| reference.id);
    let request = body.request().map_err(|sentence| Refused::new(&MALFORMED, sentence))?;
    let (site, sent) = (&api.site, request.clone());
    let made = match reset {
        Some(id) => api.fresh_admin()?.reset_redemption(inviter, id, request).await,
        None => site.idp().invite(&site.ctx, &site.tenant, inviter, request).await,
    };
    let made = made.map_err(refusal)?;
    let location = format!("/v1.0/invitations/{}", made.invitation.id);
    let location = site.idp().issuer(&site.tenant).join(&location);
    let body = response(site, &sent, (&made, reset.is_some()));
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(body))
}

impl InvitationBody {
    fn request(self) -> Result<InviteRequest, &'static str> {
        if self.reset_redemption != self.invited_user.is_some() {
            return Err("resetRedemption and invitedUser go together");
        }
        let names_more = self.invited_user_display_name.is_some() || !self.invited_user_sponsors.is_empty();
        if self.reset_redemption && names_more {
            return Err("a reset changes neither name nor sponsors");
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

fn response(site: &Site, sent: &InviteRequest, (invited, reset): (&Invited, bool)) -> Value {
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
        "resetRedemption": reset,
        "status": status,
        "invitedUserMessageInfo": {
            "messageLanguage": sent.language,
            "customizedMessageBody": sent.message,
            "ccRecipients": [{"emailAddress": {"name": null, "address": sent.cc}}],
        },
        "invitedUser": {"id": invited.user.id.to_string()},
    })
}

/// With codes finer than those of the administration API, for programs that know Graph's.
fn refusal(error: InviteError) -> Refused {
    let sentence = error.to_string();
    let (row, existing) = match &error {
        InviteError::Email(_) => (&EMAIL, None),
        InviteError::Domain(_) => (&DOMAIN, None),
        InviteError::Cc(_) => (&COPY, None),
        InviteError::Destination => (&DESTINATION, None),
        InviteError::Sponsor => (&SPONSOR, None),
        InviteError::Text(_) => (&TEXT, None),
        InviteError::IsMember(id) => (&MEMBER, Some(id.0)),
        InviteError::IsDisabled(id) => (&DISABLED, Some(id.0)),
        InviteError::IsDeleted(id) => (&DELETED, Some(id.0)),
        InviteError::IsTaken(id) => (&TAKEN, Some(id.0)),
        InviteError::HasRoles(id) => (&HAS_ROLES, Some(id.0)),
        InviteError::NotAllowed
        | InviteError::LastAdministrator
        | InviteError::TooMany
        | InviteError::Change(_) => return error.into(),
    };
    let refused = Refused::new(row, sentence);
    existing.into_iter().fold(refused, Refused::because_of)
}
