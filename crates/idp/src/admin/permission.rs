//! Who may administer: the operator at the command line, a client with the permission, a person with the role.

use super::AdminError;
use crate::Idp;
use crate::audit::{Actor, AuditEvent, AuditKind};
use crate::ctx::Ctx;
use crate::invitation::invite::may_invite;
use crate::model::invitation::Inviter;
use crate::model::tenant::Tenant;
use crate::model::user::{Role, User};
use crate::token::Call;
use crate::token::access::authentication_of;
use hospes_protocol::ClientId;
use hospes_protocol::claims::VerifiedAccessToken;
use hospes_protocol::scope::Scopes;

/// May invite; named as the Graph permission is.
pub const INVITE: &str = "User.Invite.All";
/// May do everything in the tenant.
pub const ADMINISTER: &str = "Directory.ReadWrite.All";
/// What clients can be permitted to do for themselves, and people through clients.
pub const PERMISSIONS: [&str; 2] = [INVITE, ADMINISTER];

/// Seconds a sign-in is good for what cannot be undone or opens doors (RFC 9470).
pub const FRESH_FOR: u32 = 3600;

/// Somebody whose identity was established.
#[derive(Clone, Debug)]
pub enum Caller {
    /// At the command line of the server.
    Operator,
    /// A client acting for itself, with the scope of its token.
    Client(ClientId, Scopes),
    /// A signed-in person; through a client only within the scope of its token.
    User(Box<User>, Option<Scopes>),
}

impl Caller {
    fn may(&self, permission: &str, by_role: impl FnOnce(&User) -> bool) -> bool {
        let granted = |scope: &Scopes| scope.has(permission) || scope.has(ADMINISTER);
        match self {
            Self::Operator => true,
            Self::Client(_, scope) => granted(scope),
            // The smaller of the two rights: the person's and the token's.
            Self::User(user, scope) => scope.as_ref().is_none_or(granted) && by_role(user),
        }
    }

    /// Whether the caller is a person whose sign-in, as their token tells it, is too old for a dangerous operation. Programs
    /// that act for themselves have nobody who could sign in anew.
    pub fn must_sign_in_anew(&self, auth_time: Option<i64>, ctx: &Ctx) -> bool {
        let is_fresh = |at: i64| ctx.seconds().saturating_sub(at) <= i64::from(FRESH_FOR);
        matches!(self, Self::User(_, Some(_))) && !auth_time.is_some_and(is_fresh)
    }

    /// As an inviter, if the caller may invite.
    pub fn inviter(&self, tenant: &Tenant) -> Result<Inviter, AdminError> {
        if !self.may(INVITE, |user| may_invite(tenant, user)) {
            return Err(AdminError::Forbidden);
        }
        Ok(match self {
            Self::Operator => Inviter::Operator,
            Self::Client(client, _) => Inviter::Client(client.clone()),
            Self::User(user, _) => Inviter::User(user.id),
        })
    }

    /// In the audit trail.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Operator => Actor::Operator,
            Self::Client(client, _) => Actor::Client(client.to_string()),
            Self::User(user, _) => Actor::User(user.id.to_string()),
        }
    }
}

/// The right to administer one tenant, for one request.
pub struct Admin<'a> {
    pub(crate) idp: &'a Idp,
    pub(crate) ctx: &'a Ctx,
    pub(crate) tenant: &'a Tenant,
    pub(crate) actor: Actor,
}

impl Admin<'_> {
    pub(crate) fn event(&self, kind: AuditKind) -> AuditEvent {
        AuditEvent::new(self.ctx, self.tenant.id, kind, self.actor.clone())
    }
}

impl Idp {
    /// The handle, if the caller may administer.
    pub fn admin<'a>(
        &'a self,
        ctx: &'a Ctx,
        tenant: &'a Tenant,
        caller: &Caller,
    ) -> Result<Admin<'a>, AdminError> {
        if caller.may(ADMINISTER, |user| user.has_role(Role::Administrator) && user.status.is_enabled()) {
            Ok(Admin { idp: self, ctx, tenant, actor: caller.actor() })
        } else {
            Err(AdminError::Forbidden)
        }
    }

    /// Who a verified access token speaks for, if that is still allowed (law 3).
    pub async fn caller(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        token: &VerifiedAccessToken,
    ) -> Result<Option<Caller>, AdminError> {
        let scope = Scopes::parse(&token.scope).unwrap_or_default();
        let client = self.directory.client(tenant.id, &ClientId::new(&token.client_id)).await?;
        let Some(client) = client.filter(|client| client.status.is_enabled()) else {
            return Ok(None);
        };
        if !token.is_personal() {
            return Ok(Some(Caller::Client(client.client_id, scope)));
        }
        let private = self.private(tenant, token);
        let (Some(id), Some(authentication)) = (private.user, authentication_of(token, private)) else {
            return Ok(None);
        };
        let call = Call::new(ctx, tenant, &client);
        match self.may_still(call, id, &authentication).await? {
            Ok(user) => Ok(Some(Caller::User(Box::new(user), Some(scope)))),
            Err(_) => Ok(None),
        }
    }
}
