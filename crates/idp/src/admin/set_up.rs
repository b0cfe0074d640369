//! The first administrator: a link that works once, within an hour. There is no default password.

use super::people::NewMember;
use super::{Admin, AdminError};
use crate::Idp;
use crate::ctx::Ctx;
use crate::model::tenant::Tenant;
use crate::model::user::{Role, User};
use crate::ports::{Key, Kind, Unavailable};
use bytes::Bytes;
use std::time::Duration;

/// How long a set-up link works.
const LIFETIME: Duration = Duration::from_hours(1);

impl Admin<'_> {
    /// A fresh set-up link.
    pub async fn set_up_link(&self) -> Result<String, AdminError> {
        let token = self.ctx.token();
        let key = Key::new(self.tenant.id, Kind::SetUp, &token);
        self.idp.sessions.put_new(&key, Bytes::from_static(b"1"), LIFETIME).await?;
        Ok(self.idp.issuer(self.tenant).join(&format!("/set-up?token={token}")))
    }
}

impl Idp {
    /// Whether a set-up link still works. Reads only.
    pub async fn is_set_up_open(&self, tenant: &Tenant, token: &str) -> Result<bool, Unavailable> {
        Ok(self.sessions.get(&Key::new(tenant.id, Kind::SetUp, token)).await?.is_some())
    }

    /// Uses a set-up link up and makes the administrator. `None`: the link does not work any more. What can be wrong with
    /// the person's input is checked before the link is used up.
    pub async fn set_up(
        &self,
        ctx: &Ctx,
        tenant: &Tenant,
        token: &str,
        member: NewMember,
    ) -> Result<Option<User>, AdminError> {
        let admin = Admin { idp: self, ctx, tenant, actor: crate::audit::Actor::Anonymous };
        let key = Key::new(tenant.id, Kind::SetUp, token);
        if self.sessions.get(&key).await?.is_none() {
            return Ok(None);
        }
        let member = NewMember { roles: vec![Role::Administrator], ..member };
        admin.check_member(&member)?;
        if self.sessions.take(&key).await?.is_none() {
            return Ok(None);
        }
        admin.create_member(member).await.map(Some)
    }
}
