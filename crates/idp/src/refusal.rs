//! Every reason somebody is refused: a stable code, what happened, what to do, and who can fix it. One table.

use hospes_protocol::ErrorCode;

/// What a person reads about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Stable, for support and logs.
    pub code: &'static str,
    /// HTTP status of a page that shows it.
    pub status: u16,
    /// What a client is told, where the refusal travels to one.
    pub oauth: ErrorCode,
    /// Headline.
    pub title: &'static str,
    /// What happened and why.
    pub what: &'static str,
    /// What to do and who can help.
    pub remedy: &'static str,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $oauth:ident, $title:literal, $what:literal, $remedy:literal;)*) => {
        /// Why somebody was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal { $($(#[$doc])* $variant,)* }

        impl Refusal {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Refusal] = &[$(Refusal::$variant,)*];

            /// The row of the table.
            pub const fn explanation(self) -> Explanation {
                match self {
                    $(Refusal::$variant => Explanation {
                        code: $code, status: $status, oauth: ErrorCode::$oauth, title: $title, what: $what, remedy: $remedy,
                    },)*
                }
            }

            /// The stable code.
            pub const fn code(self) -> &'static str {
                self.explanation().code
            }
        }
    };
}

refusals! {
    /// The sign-in took too long, or its cookie is gone.
    InteractionExpired = "interaction_expired", 400, InvalidRequest, "This sign-in is no longer open",
        "It took longer than its time allows, was finished in another tab, or belongs to another browser.",
        "Go back to the application and start again.";
    /// A form without its own token.
    FormRejected = "form_rejected", 403, InvalidRequest, "That form could not be accepted",
        "It did not come from the page we showed to this browser, or cookies are blocked.",
        "Allow cookies for this site, go back to the application and start again.";
    /// The identifier of the client is unknown here.
    UnknownClient = "invalid_client", 400, InvalidClient, "This application is not known here",
        "The application that sent you is not registered with this organization, or not any more.",
        "Tell the people who run the application. They need the reference number below.";
    /// The redirect URI is not registered.
    RedirectUri = "invalid_redirect_uri", 400, InvalidRequest, "This application sent an address we do not know",
        "The address to return to is missing or not registered for this application, so we will not send you there.",
        "Tell the people who run the application. They need the reference number below.";
    /// The pushed request is unknown, expired, used or another client's.
    PushedRequest = "invalid_request_uri", 400, InvalidRequestUri, "This sign-in was finished or waited too long",
        "The application prepared this sign-in beforehand. It was used already, is too old or belongs to another application.",
        "Go back to the application and start again.";
    /// A request the client signed cannot be read or believed.
    RequestObject = "invalid_request_object", 400, InvalidRequestObject, "The application sent a request that cannot be accepted",
        "The request is not signed as this application signs, or is too old.",
        "Go back to the application and start again. If that does not help, tell the people who run it the reference number below.";
    /// The request is malformed before anything can be trusted.
    BadRequest = "invalid_request", 400, InvalidRequest, "That request could not be read",
        "Something in the link or form is missing, repeated or malformed.",
        "Go back to the application and start again.";
    /// The client is switched off.
    ClientDisabled = "client_disabled", 400, UnauthorizedClient, "This application is switched off",
        "The organization has disabled this application.",
        "Ask the organization whether it should be available.";
    /// The tenant is switched off.
    TenantDisabled = "tenant_disabled", 404, AccessDenied, "Nothing here",
        "There is nothing at this address.", "Check the link.";
    /// The person is switched off.
    UserDisabled = "user_disabled", 403, AccessDenied, "Your access is switched off",
        "The organization has disabled your guest access.",
        "Ask the person who invited you.";
    /// The person has not redeemed.
    NotRedeemed = "not_redeemed", 403, AccessDenied, "Your invitation has not been accepted yet",
        "You were invited, but the invitation still waits to be accepted.",
        "Open the link in your invitation mail.";
    /// Nobody invited the person.
    NotInvited = "not_invited", 403, AccessDenied, "You are not a guest of this organization yet",
        "You signed in successfully at your own organization, but nobody here has invited you.",
        "Ask the person you work with to invite you.";
    /// The tenant takes no guests from the person's domain.
    DomainNotAllowed = "domain_not_allowed", 403, AccessDenied, "Guests from your organization are not accepted",
        "The organization does not take guests with addresses of your domain, or not any more.",
        "Ask the person who invited you.";
    /// The home IdP is switched off.
    HomeIdpDisabled = "home_idp_disabled", 403, AccessDenied, "Signing in through your organization is switched off",
        "This organization currently does not accept sign-ins through your home organization.",
        "Ask the person who invited you.";
    /// The home IdP is gone from the configuration.
    HomeIdpRemoved = "home_idp_removed", 403, AccessDenied, "Signing in through your organization has ended",
        "This organization no longer accepts sign-ins through your home organization.",
        "Ask the person who invited you to renew your invitation.";
    /// The home IdP does not answer.
    HomeIdpUnreachable = "home_idp_unreachable", 502, TemporarilyUnavailable, "Your organization does not answer",
        "The sign-in service of your home organization could not be reached or did not answer properly.",
        "Try again in a few minutes. If it stays like this, tell your own IT department.";
    /// What the home IdP sent does not verify.
    HomeIdpRefused = "home_idp_refused", 400, AccessDenied, "Your organization's answer was not accepted",
        "What the sign-in service of your home organization sent could not be verified.",
        "Start again from the application. If it happens again, the reference number helps the organization to find out why.";
    /// The home IdP said no.
    HomeIdpDenied = "home_idp_denied", 400, AccessDenied, "Your organization did not sign you in",
        "The sign-in at your home organization was cancelled or refused there.",
        "Start again from the application, or ask your own IT department.";
    /// A callback without the browser that began, or a second time.
    NoTransaction = "no_transaction", 400, AccessDenied, "This sign-in does not belong here",
        "The answer of your home organization does not fit a sign-in that this browser began, or it came twice.",
        "Start again from the application.";
    /// The signed-in identity belongs to another guest than the invited one.
    IdentityTaken = "identity_already_linked", 409, AccessDenied, "You are already a guest under another address",
        "The account you signed in with is already connected to another guest of this organization.",
        "Use the applications with that access, or ask the person who invited you.";
    /// The subject at home changed for an address that is already a guest.
    SubjectChanged = "home_subject_changed", 403, AccessDenied, "Your account is not the one we know",
        "The address is known here, but it was connected to a different account at your home organization.",
        "Ask the person who invited you to reset your redemption.";
    /// Somebody else was expected.
    OtherSubject = "other_subject", 403, LoginRequired, "Somebody else was expected",
        "The application asked for a particular person, and you signed in as another.",
        "Start again from the application and sign in with the account it names.";
    /// An essential `acr` cannot be met.
    UnmetAcr = "unmet_authentication_requirements", 403, UnmetAuthenticationRequirements, "A stronger sign-in is needed",
        "The application asks for a way of signing in that is not available here.",
        "Tell the people who run the application.";
    /// Permissions were declined.
    Declined = "permissions_declined", 403, AccessDenied, "You declined",
        "Nothing was shared and no account was made. The invitation stays valid.",
        "Open the link in your invitation mail again if you change your mind.";
    /// Consent was declined.
    ConsentDeclined = "consent_declined", 403, AccessDenied, "You declined",
        "The application was not given access.", "Start again from the application if you change your mind.";
    /// A device was declined.
    DeviceDeclined = "device_declined", 403, AccessDenied, "You declined",
        "The device was not given access.", "Start again on the device if you change your mind.";
    /// The request of a device is too old or was answered.
    DeviceGone = "device_request_gone", 410, InvalidRequest, "The code does not work any more",
        "It was used, or it waited too long.", "Start again on the device: it will show a new code.";
    /// Too many attempts.
    TooMany = "too_many_attempts", 429, AccessDenied, "Too many attempts",
        "There were too many attempts in a short time.", "Wait ten minutes, then start again.";
    /// The invitation is not there.
    InvitationUnknown = "invitation_unknown", 404, AccessDenied, "This link does not work",
        "There is no invitation behind this link. It may be incomplete or mistyped.",
        "Copy the whole link from the mail, or ask the person who invited you for a new one.";
    /// The invitation is too old.
    InvitationExpired = "invitation_expired", 410, AccessDenied, "This invitation has expired",
        "It was not accepted in time.", "Ask the person who invited you for a new one.";
    /// The invitation was withdrawn.
    InvitationRevoked = "invitation_revoked", 410, AccessDenied, "This invitation was withdrawn",
        "The organization has withdrawn it.", "Ask the person who invited you if that is a surprise.";
    /// The invitation was replaced.
    InvitationSuperseded = "invitation_superseded", 410, AccessDenied, "There is a newer invitation",
        "A newer invitation was sent to you, and this link stopped working.",
        "Use the link in the newest invitation mail.";
    /// The invitation belongs to somebody else.
    WrongIdentity = "wrong_identity", 403, AccessDenied, "This invitation is for somebody else",
        "The address of the account you signed in with is not the invited one. The invitation stays valid.",
        "Sign in with the invited address, or ask the person who invited you to invite this one.";
    /// Where the invitation leads is no longer allowed.
    Destination = "destination_not_allowed", 400, InvalidRequest, "The destination is no longer available",
        "The application this invitation leads to is no longer registered.",
        "Ask the person who invited you.";
    /// A set-up link that does not work.
    SetUpLink = "set_up_link", 410, AccessDenied, "This set-up link does not work any more",
        "It was used, or it is older than an hour.",
        "Make a new one on the server with: hospes tenant set-up.";
    /// Signed in, but without the right.
    NotAllowed = "not_allowed", 403, AccessDenied, "You may not do this",
        "Your account here does not have the right to do this.", "Ask an administrator of the organization.";
    /// A store is away.
    Unavailable = "temporarily_unavailable", 503, TemporarilyUnavailable, "One moment, please",
        "Something we depend on does not answer right now.", "Try again in a minute.";
    /// Our own mistake.
    Internal = "server_error", 500, ServerError, "Something went wrong on our side",
        "The request could not be completed.", "Try again. If it happens again, report the reference number.";
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_every_row_says_what_to_do() {
        let codes: HashSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            let row = refusal.explanation();
            assert!(row.remedy.ends_with('.') && row.what.ends_with('.') && row.status >= 400, "{refusal}");
        }
    }
}
