//! The tenant and its rules.

use super::{AllowInvitesFrom, Status};
use hospes_idp::email::EmailAddress;
use hospes_idp::ids::HomeIdpId;
use hospes_idp::options::{KeepSignedIn, TenantOptions};
use hospes_idp::tenant::{self as domain, TenantSettings};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// The `tid` claim.
    pub id: Uuid,
    /// In URLs.
    pub slug: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// Shown to people.
    pub display_name: String,
    /// On or off; only the operator changes it.
    pub status: Status,
    /// Rules.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with each change; the `ETag` in quotes.
    pub version: u64,
}

impl Tenant {
    /// A tenant with its issuer.
    pub fn of(tenant: domain::Tenant, issuer: String) -> Self {
        Self {
            id: tenant.id.0,
            slug: tenant.slug.to_string(),
            issuer,
            display_name: tenant.display_name,
            status: tenant.status.into(),
            settings: tenant.settings.into(),
            created_at: tenant.created_at,
            version: tenant.version,
        }
    }
}

/// Rules of a tenant. Lifetimes are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Who may invite.
    pub allow_invites_from: AllowInvitesFrom,
    /// Whether inviters are told the redeem URL. Whoever holds it could pretend to be invited.
    pub return_redeem_url: bool,
    /// How long an invitation can be redeemed.
    pub invitation_lifetime: u32,
    /// Where invitations may lead beyond the start pages of clients.
    pub landing_urls: Vec<String>,
    /// Addresses that sign in elsewhere than their domain.
    pub address_routes: Vec<AddressRoute>,
    /// Shown when a guest reviews permissions.
    pub privacy_statement_url: Option<String>,
    /// How long a browser session lasts at most.
    pub session_lifetime: u32,
    /// How long a browser session lasts without being used.
    pub session_idle: u32,
    /// Whether people stay signed in when they close the browser.
    pub keep_signed_in: KeepSignedIn,
    /// How long an access token lasts.
    pub access_token_lifetime: u32,
    /// How long a refresh token lasts without being used.
    pub refresh_token_idle: u32,
    /// How long a refresh token lasts at most.
    pub refresh_token_lifetime: u32,
    /// Everything rarely changed, in groups.
    pub options: TenantOptions,
}

impl From<TenantSettings> for Settings {
    fn from(settings: TenantSettings) -> Self {
        Self {
            allow_invites_from: settings.allow_invites_from.into(),
            return_redeem_url: settings.return_redeem_url,
            invitation_lifetime: settings.invitation_lifetime,
            landing_urls: settings.landing_urls,
            address_routes: settings.address_routes.into_iter().map(AddressRoute::from).collect(),
            privacy_statement_url: settings.privacy_statement_url,
            session_lifetime: settings.session_lifetime,
            session_idle: settings.session_idle,
            keep_signed_in: settings.keep_signed_in,
            access_token_lifetime: settings.access_token_lifetime,
            refresh_token_idle: settings.refresh_token_idle,
            refresh_token_lifetime: settings.refresh_token_lifetime,
            options: settings.options,
        }
    }
}

/// Where one address signs in, ahead of its domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressRoute {
    /// The address.
    pub address: String,
    /// A home IdP; null for a lightweight account.
    #[serde(default)]
    pub home_idp: Option<Uuid>,
}

impl From<domain::AddressRoute> for AddressRoute {
    fn from(route: domain::AddressRoute) -> Self {
        Self { address: route.address.to_string(), home_idp: route.home_idp.map(|id| id.0) }
    }
}

impl AddressRoute {
    fn into_domain(self) -> Result<domain::AddressRoute, String> {
        let address = EmailAddress::parse(&self.address)
            .map_err(|error| format!("addressRoutes: {:?} {error}", self.address))?;
        Ok(domain::AddressRoute { address, home_idp: self.home_idp.map(HomeIdpId) })
    }
}

/// What changes; absent members stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantPatch {
    /// Shown to people.
    pub display_name: Option<String>,
    /// Rules.
    pub settings: Option<SettingsPatch>,
}

/// Rules that change; absent members stay. Lifetimes are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SettingsPatch {
    /// Who may invite.
    pub allow_invites_from: Option<AllowInvitesFrom>,
    /// Whether inviters are told the redeem URL.
    pub return_redeem_url: Option<bool>,
    /// How long an invitation can be redeemed.
    pub invitation_lifetime: Option<u32>,
    /// Where invitations may lead beyond the start pages of clients.
    pub landing_urls: Option<Vec<String>>,
    /// Addresses that sign in elsewhere than their domain.
    pub address_routes: Option<Vec<AddressRoute>>,
    /// Shown when a guest reviews permissions; null removes it.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub privacy_statement_url: Option<Option<String>>,
    /// How long a browser session lasts at most.
    pub session_lifetime: Option<u32>,
    /// How long a browser session lasts without being used.
    pub session_idle: Option<u32>,
    /// Whether people stay signed in when they close the browser; `true` and `false` mean `always` and `never`.
    pub keep_signed_in: Option<KeepSignedIn>,
    /// How long an access token lasts.
    pub access_token_lifetime: Option<u32>,
    /// How long a refresh token lasts without being used.
    pub refresh_token_idle: Option<u32>,
    /// How long a refresh token lasts at most.
    pub refresh_token_lifetime: Option<u32>,
    /// Everything rarely changed, replaced as a whole.
    pub options: Option<TenantOptions>,
}

/// Tells null from absent: what is there is given, whatever it is.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl SettingsPatch {
    /// The rules after the change, or everything that cannot be read.
    pub fn apply(self, settings: TenantSettings) -> Result<TenantSettings, Vec<String>> {
        let address_routes = match self.address_routes {
            None => settings.address_routes,
            Some(routes) => {
                let routes: Result<_, _> = routes.into_iter().map(AddressRoute::into_domain).collect();
                routes.map_err(|problem| vec![problem])?
            }
        };
        Ok(TenantSettings {
            allow_invites_from: self.allow_invites_from.map_or(settings.allow_invites_from, Into::into),
            return_redeem_url: self.return_redeem_url.unwrap_or(settings.return_redeem_url),
            invitation_lifetime: self.invitation_lifetime.unwrap_or(settings.invitation_lifetime),
            landing_urls: self.landing_urls.unwrap_or(settings.landing_urls),
            address_routes,
            privacy_statement_url: self.privacy_statement_url.unwrap_or(settings.privacy_statement_url),
            session_lifetime: self.session_lifetime.unwrap_or(settings.session_lifetime),
            session_idle: self.session_idle.unwrap_or(settings.session_idle),
            keep_signed_in: self.keep_signed_in.unwrap_or(settings.keep_signed_in),
            access_token_lifetime: self.access_token_lifetime.unwrap_or(settings.access_token_lifetime),
            refresh_token_idle: self.refresh_token_idle.unwrap_or(settings.refresh_token_idle),
            refresh_token_lifetime: self.refresh_token_lifetime.unwrap_or(settings.refresh_token_lifetime),
            options: self.options.unwrap_or(settings.options),
        })
    }
}
