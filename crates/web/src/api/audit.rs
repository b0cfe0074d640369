//! Entries of the audit trail.

use super::ActorKind;
use hospes_idp::audit::{Actor, AuditEvent};
use hospes_idp::invitation::record::Inviter;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActorRef {
    /// What kind of somebody.
    pub kind: ActorKind,
    /// Of the person or client.
    pub id: Option<String>,
}

impl From<Actor> for ActorRef {
    fn from(actor: Actor) -> Self {
        let (kind, id) = match actor {
            Actor::Anonymous => (ActorKind::Anonymous, None),
            Actor::User(id) => (ActorKind::User, Some(id)),
            Actor::Client(id) => (ActorKind::Client, Some(id)),
            Actor::Operator => (ActorKind::Operator, None),
            Actor::System => (ActorKind::System, None),
        };
        Self { kind, id }
    }
}

impl From<&Inviter> for ActorRef {
    fn from(inviter: &Inviter) -> Self {
        Actor::from(inviter).into()
    }
}

/// What happened, who did it, to whom, and under which reference.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Identifier.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What; a stable name.
    pub kind: String,
    /// Who.
    pub actor: ActorRef,
    /// Whom or what it concerned.
    pub target: Option<String>,
    /// The client in play.
    pub client: Option<String>,
    /// Stable code of a refusal.
    pub reason: Option<String>,
    /// Address of the peer.
    pub address: Option<String>,
    /// The reference number people see.
    pub reference: String,
    /// Anything else.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

impl From<AuditEvent> for AuditEntry {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id.0,
            at: event.at,
            kind: event.kind.as_str().to_owned(),
            actor: event.actor.into(),
            target: event.target,
            client: event.client,
            reason: event.reason,
            address: event.address,
            reference: event.reference,
            details: event.details,
        }
    }
}
