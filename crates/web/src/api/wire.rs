//! The closed lists of words of the API. Each mirrors a domain type by an exhaustive match, so neither can grow alone.

use hospes_idp::client as domain_client;
use hospes_idp::federation::home_idp as domain_home;
use hospes_idp::guest::user as domain_user;
use hospes_idp::invitation::record as domain_invitation;
use hospes_idp::tenant as domain_tenant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! wire {
    ($($(#[$doc:meta])* $name:ident = $domain:path, $case:literal { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = $case)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                use $domain as Domain;
                match value { $(Domain::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                use $domain as Domain;
                match value { $($name::$variant => Domain::$variant),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let read = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
                Self::deserialize(read).map_err(|error| error.to_string())
            }
        }
    )+};
}

wire! {
    /// Whether something may be used.
    Status = domain_tenant::Status, "camelCase" {
        /// In use.
        Enabled,
        /// Kept, but nothing works with it.
        Disabled,
    }
    /// Who may invite guests.
    AllowInvitesFrom = domain_tenant::AllowInvitesFrom, "camelCase" {
        /// Nobody.
        None,
        /// Administrators and people with the Guest Inviter role.
        AdminsAndGuestInviters,
        /// Also every member.
        AdminsGuestInvitersAndAllMembers,
        /// Also guests.
        Everyone,
    }
    /// How a client authenticates (RFC 7591).
    AuthMethod = hospes_protocol::client_auth::ClientAuthMethod, "snake_case" {
        /// A public client.
        None,
        /// Secret in the Authorization header.
        ClientSecretBasic,
        /// Secret in the form.
        ClientSecretPost,
        /// Signed assertion.
        PrivateKeyJwt,
        /// Assertion made with the secret, where the tenant allows that.
        ClientSecretJwt,
        /// Certificate of a trusted authority.
        TlsClientAuth,
        /// Certificate that was registered.
        SelfSignedTlsClientAuth,
    }
    /// What a client may ask the token endpoint for.
    GrantType = hospes_protocol::token::GrantType, "snake_case" {
        /// RFC 6749 §4.1.
        AuthorizationCode,
        /// RFC 6749 §6.
        RefreshToken,
        /// RFC 6749 §4.4.
        ClientCredentials,
        /// RFC 8628.
        DeviceCode,
        /// RFC 8693.
        TokenExchange,
    }
    /// Whether people are asked before a client gets their data.
    ConsentRule = domain_client::ConsentRule, "camelCase" {
        /// The organization's own application.
        Preauthorized,
        /// Each person is asked once per scope.
        Ask,
    }
    /// Signature algorithms.
    SignatureAlgorithm = hospes_protocol::jose::Algorithm, "PascalCase" {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        RS256,
        /// RSASSA-PSS with SHA-256.
        PS256,
        /// ECDSA on P-256.
        ES256,
        /// Ed25519.
        EdDSA,
    }
    /// What a signing key is for.
    KeyState = domain_tenant::KeyState, "camelCase" {
        /// Published, so that everybody knows it before it signs.
        Upcoming,
        /// Signs.
        Signing,
        /// Verifies what it signed, until the last of it has expired.
        Verifying,
    }
    /// When an address a home IdP asserts counts as verified.
    EmailTrust = domain_home::EmailTrust, "camelCase" {
        /// Only the boolean true.
        VerifiedOnly,
        /// Also when the claim is absent.
        VerifiedOrAbsent,
        /// Never: a code is always sent.
        Never,
    }
    /// Attributes a home IdP may fill.
    Attribute = domain_home::ProfileAttribute, "camelCase" {
        /// E-mail address.
        Email,
        /// Full name.
        Name,
        /// Given name.
        GivenName,
        /// Family name.
        FamilyName,
        /// Login name at home.
        PreferredUsername,
        /// Language.
        Locale,
    }
    /// What somebody is in the tenant.
    UserType = hospes_protocol::claims::UserType, "PascalCase" {
        /// Belongs to the tenant.
        Member,
        /// Belongs somewhere else.
        Guest,
    }
    /// Whether an invited person has redeemed.
    State = domain_user::ExternalUserState, "PascalCase" {
        /// Invited, not yet redeemed.
        PendingAcceptance,
        /// Redeemed.
        Accepted,
    }
    /// Directory roles.
    Role = domain_user::Role, "PascalCase" {
        /// May do everything in the tenant.
        Administrator,
        /// May invite guests.
        GuestInviter,
    }
    /// Where an invitation stands.
    InvitationState = domain_invitation::InvitationState, "camelCase" {
        /// Can be redeemed until it expires.
        Pending,
        /// Redeemed.
        Completed,
        /// Withdrawn.
        Revoked,
        /// Replaced by a newer one.
        Superseded,
    }
}

/// What kind of somebody did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// Nobody known.
    Anonymous,
    /// A person.
    User,
    /// A client acting for itself.
    Client,
    /// The operator at the command line.
    Operator,
    /// Hospes itself.
    System,
}
