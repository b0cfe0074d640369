//! Request objects that a client publishes (RFC 9101 §5.2, OIDC Core §6.2), where the tenant tolerates that. Pushed requests
//! do the same without a call to anybody; this is for clients that cannot push.

use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::model::client::Client;
use crate::model::tenant::Tenant;
use crate::ports::{CallbackError, Key, Kind};
use hospes_protocol::encoding::sha256_base64url;
use hospes_protocol::params::Params;
use hospes_protocol::{ErrorCode, OAuthError};
use std::time::Duration;

/// Objects of one client that one network can make us read within a minute: anybody can send a browser here.
const PER_MINUTE: u64 = 60;

fn refused(cause: impl std::fmt::Display) -> OAuthError {
    let sentence = "the request object cannot be read at request_uri";
    OAuthError::new(ErrorCode::InvalidRequestUri, sentence).because(cause)
}

impl Idp {
    /// The object a request names by its URL. `None` where it names none, or this client cannot: which of both it is, the
    /// checks of the request say.
    pub(super) async fn published_object(
        &self,
        (ctx, tenant): (&Ctx, &Tenant),
        client: &Client,
        params: &Params,
    ) -> Result<Option<String>, OAuthError> {
        let takes = tenant.settings.options.security.allow_request_uris && !client.must_push();
        let Some(uri) = params.once("request_uri")?.filter(|_| takes) else {
            return Ok(None);
        };
        if params.once("request")?.is_some() {
            return Err(OAuthError::invalid_request("request and request_uri exclude each other"));
        }
        if !client.options.security.request_uris.iter().any(|registered| registered == uri) {
            return Err(refused("not registered"));
        }
        let whose = format!("published\0{}\0{}", client.client_id, ctx.request.network());
        let counter = Key::new(tenant.id, Kind::Counter, whose);
        if self.sessions.increment(&counter, Duration::from_mins(1)).await? > PER_MINUTE {
            return Err(OAuthError::new(
                ErrorCode::TemporarilyUnavailable,
                "too many requests, wait a minute",
            ));
        }
        match self.callbacks.request_object(uri).await {
            Ok(object) if is_what_it_says(uri, &object) => Ok(Some(object.trim().to_owned())),
            Ok(_) => Err(refused("the fragment is the hash of something else")),
            Err(error) => {
                if error == CallbackError::Blocked {
                    let event = AuditEvent::new(ctx, tenant.id, AuditKind::SsrfBlocked, Actor::Anonymous);
                    self.audit.record(event.client(&client.client_id).reason(error.reason())).await;
                }
                Err(refused(error))
            }
        }
    }
}

/// OIDC Core §6.2: a fragment is the hash of what is found.
fn is_what_it_says(uri: &str, object: &str) -> bool {
    uri.split_once('#').is_none_or(|(_, hash)| hash == sha256_base64url(object))
}
