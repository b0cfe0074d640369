//! How domain values stand in rows: the words of state columns and the JSON of `body`.

use hospes_idp::guest::user::ExternalUserState;
use hospes_idp::invitation::record::InvitationState;
use hospes_idp::ports::Unavailable;
use hospes_idp::registration::record::RegistrationToken;
use hospes_idp::tenant::Status;
use hospes_protocol::claims::UserType;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads a body. One that this version cannot read is an answer the store cannot give, never a panic or an absence.
pub(super) fn decode<T: DeserializeOwned>(body: &str) -> Result<T, Unavailable> {
    serde_json::from_str(body).map_err(|error| {
        let kind = std::any::type_name::<T>();
        // The body may hold personal data; the error names only the place.
        tracing::error!(kind, %error, "a stored value cannot be read");
        Unavailable(format!("a stored {kind} cannot be read: {error}"))
    })
}

pub(super) fn user_type(user_type: UserType) -> &'static str {
    match user_type {
        UserType::Guest => "guest",
        UserType::Member => "member",
    }
}

pub(super) fn user_state(state: ExternalUserState) -> &'static str {
    match state {
        ExternalUserState::PendingAcceptance => "pending",
        ExternalUserState::Accepted => "accepted",
    }
}

pub(super) fn user_status(status: Status) -> &'static str {
    match status {
        Status::Enabled => "enabled",
        Status::Disabled => "disabled",
    }
}

pub(super) fn invitation_state(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Pending => "pending",
        InvitationState::Completed => "completed",
        InvitationState::Revoked => "revoked",
        InvitationState::Superseded => "superseded",
    }
}

/// A registration token with the column that counts.
#[derive(Deserialize)]
pub(super) struct Counted {
    clients: u32,
    token: RegistrationToken,
}

impl From<Counted> for RegistrationToken {
    fn from(counted: Counted) -> Self {
        Self { clients: counted.clients, ..counted.token }
    }
}
