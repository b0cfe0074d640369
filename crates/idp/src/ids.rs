//! Identifiers of the directory, each its own type; UUIDs, made from [`Ctx`](crate::Ctx) and never from ambient randomness.

use crate::ctx::Ctx;
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh identifier.
            pub fn generate(ctx: &Ctx) -> Self {
                Self(ctx.uuid())
            }

            /// Reads the canonical text form.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

uuid_newtype! {
    /// A resource tenant; the `tid` claim.
    TenantId;
    /// A directory object of a person; the `oid` claim. Immutable for life.
    UserId;
    /// A group of people; in the `groups` claim.
    GroupId;
    /// A registered home IdP.
    HomeIdpId;
    /// An invitation.
    InvitationId;
    /// An administrator's leave to register clients.
    RegistrationTokenId;
    /// A mail waiting in the outbox.
    MailId;
    /// News for a client that waits to be delivered.
    NoticeId;
    /// An entry of the audit log.
    AuditId;
}
