//! A tenant: an organization with an issuer, keys and rules of its own.

use crate::email::EmailAddress;
use crate::ids::{HomeIdpId, TenantId};
use crate::model::options::{KeepSignedIn, TenantOptions};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::model::signing_key::{KeyState, SigningKey};

/// The name of a tenant in URLs: lower-case letters, digits and inner hyphens, at most 63.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Checks the grammar.
    pub fn parse(text: &str) -> Option<Self> {
        let inner =
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let edges = !text.starts_with('-') && !text.ends_with('-');
        ((1..=63).contains(&text.len()) && inner && edges).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether something may be used. Disabling takes effect everywhere within a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// In use.
    #[default]
    Enabled,
    /// Kept, but nothing works with it.
    Disabled,
}

impl Status {
    /// Whether it may be used.
    pub fn is_enabled(self) -> bool {
        self == Self::Enabled
    }
}

/// Who may invite guests; spelled as the Graph `authorizationPolicy` spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AllowInvitesFrom {
    /// Nobody.
    None,
    /// Administrators and people with the Guest Inviter role. The default, more cautious than the model product's.
    #[default]
    AdminsAndGuestInviters,
    /// Also every member.
    AdminsGuestInvitersAndAllMembers,
    /// Also guests.
    Everyone,
}

/// Where one address signs in, ahead of its domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddressRoute {
    /// Compared by key.
    pub address: EmailAddress,
    /// A home IdP; absent for a lightweight account.
    #[serde(default)]
    pub home_idp: Option<HomeIdpId>,
}

/// Rules a tenant's administrators set. New rules get a default, so that stored tenants stay readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct TenantSettings {
    /// Who may invite.
    pub allow_invites_from: AllowInvitesFrom,
    /// Whether the API returns the redeem URL to inviters. Off, because whoever holds it could pretend to be invited.
    pub return_redeem_url: bool,
    /// Seconds an invitation can be redeemed.
    pub invitation_lifetime: u32,
    /// Where `inviteRedirectUrl` may lead beyond the start pages of clients; compared exactly.
    pub landing_urls: Vec<String>,
    /// Addresses that sign in elsewhere than their domain.
    pub address_routes: Vec<AddressRoute>,
    /// Shown when a guest reviews permissions.
    pub privacy_statement_url: Option<String>,
    /// Seconds a browser session lasts at most.
    pub session_lifetime: u32,
    /// Seconds a browser session lasts without being used.
    pub session_idle: u32,
    /// Whether people stay signed in when they close the browser.
    pub keep_signed_in: KeepSignedIn,
    /// Seconds an access token lasts.
    pub access_token_lifetime: u32,
    /// Seconds a refresh token lasts without being used.
    pub refresh_token_idle: u32,
    /// Seconds a refresh token lasts at most.
    pub refresh_token_lifetime: u32,
    /// Everything rarely changed.
    pub options: TenantOptions,
}

impl Default for TenantSettings {
    fn default() -> Self {
        const HOUR: u32 = 3600;
        const DAY: u32 = 24 * HOUR;
        Self {
            allow_invites_from: AllowInvitesFrom::default(),
            return_redeem_url: false,
            invitation_lifetime: 30 * DAY,
            landing_urls: Vec::new(),
            address_routes: Vec::new(),
            privacy_statement_url: None,
            session_lifetime: DAY,
            session_idle: 8 * HOUR,
            keep_signed_in: KeepSignedIn::Never,
            access_token_lifetime: HOUR,
            refresh_token_idle: 14 * DAY,
            refresh_token_lifetime: 90 * DAY,
            options: TenantOptions::default(),
        }
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The `tid` claim.
    pub id: TenantId,
    /// The name in URLs; part of the issuer and therefore immutable.
    pub slug: Slug,
    /// Shown to people.
    pub display_name: String,
    /// Disabled tenants answer like unknown ones.
    pub status: Status,
    /// Rules.
    pub settings: TenantSettings,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change; guards against lost updates.
    pub version: u64,
}
