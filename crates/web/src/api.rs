//! The administration API's documents: what travels between Hospes and whoever administers it, over HTTP or at the
//! command line.
//!
//! Every type here is a shape of its own. Domain values are turned into them and never serialised themselves, so a new
//! field of the domain is not published by accident, and neither secrets nor their hashes can be. What is sent to us
//! refuses members it does not know, which also refuses every immutable one (API-13, API-14).

mod audit;
mod claims;
mod client;
mod group;
mod home_idp;
mod invitation;
mod key;
mod problem;
mod registration_token;
mod session;
mod tenant;
mod user;
mod wire;

pub use audit::{ActorRef, AuditEntry};
pub use claims::{ClaimsPreview, ClaimsPreviewBody};
pub use client::{Client, ClientBody, ClientSecret, ClientWithSecret};
pub use group::{Group, GroupBody};
pub use home_idp::{HomeDomain, HomeIdp, HomeIdpBody};
pub use invitation::{Invitation, MadeInvitation, NewInvitation};
pub use key::{Key, NewKey};
pub use problem::Problem;
pub use registration_token::{MadeRegistrationToken, NewRegistrationTokenBody, RegistrationToken};
pub use session::{Session, Sessions};
pub use tenant::{AddressRoute, Settings, SettingsPatch, Tenant, TenantPatch};
pub use user::{Identity, NewMember, User, UserPatch, UserWithIdentities};
pub use wire::{
    ActorKind, AllowInvitesFrom, Attribute, AuthMethod, ConsentRule, EmailTrust, GrantType, InvitationState,
    KeyState, Role, SignatureAlgorithm, State, Status, UserType,
};

use serde::Serialize;
use utoipa::ToSchema;

/// Items of a list. `next` is the `after` of the page that follows; null on the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts.
    pub next: Option<String>,
}
