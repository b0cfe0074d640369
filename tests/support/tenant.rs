//! A tenant with its people, as an administrator makes and changes them.

use super::TestApp;
use super::client::NewClient;
use hospes_idp::admin::people::{NewMember, UserPatch};
use hospes_idp::admin::tenants::TenantPatch;
use hospes_idp::admin::{Admin, Caller};
use hospes_idp::ids::UserId;
use hospes_idp::tenant::{Status, Tenant, TenantSettings};
use hospes_idp::{Ctx, Idp};
use std::sync::Arc;

/// Long and odd enough to be accepted for anybody.
pub(crate) const PASSWORD: &str = "umbrella-quartz-lighthouse-42";

pub(crate) struct TestTenant<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) slug: String,
    pub(crate) id: String,
}

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// An administrator at work.
pub(crate) struct Desk {
    pub(crate) ctx: Ctx,
    pub(crate) tenant: Tenant,
    pub(crate) idp: Arc<Idp>,
}

impl Desk {
    pub(crate) async fn open(app: &TestApp, slug: &str) -> Self {
        let tenant = app.idp().tenant_for_operator(&Caller::Operator, slug).await.unwrap();
        Self { ctx: app.ctx(), tenant, idp: app.idp().clone() }
    }

    pub(crate) fn admin(&self) -> Admin<'_> {
        self.idp.admin(&self.ctx, &self.tenant, &Caller::Operator).unwrap()
    }
}

impl<'a> TestTenant<'a> {
    pub(crate) fn new(app: &'a TestApp, tenant: &Tenant) -> Self {
        Self { app, slug: tenant.slug.to_string(), id: tenant.id.to_string() }
    }

    pub(crate) async fn desk(&self) -> Desk {
        Desk::open(self.app, &self.slug).await
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/t/{}", self.app.base_url, self.slug)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    pub(crate) fn client(&'a self, id: &str) -> NewClient<'a> {
        NewClient::new(self, id)
    }

    /// Somebody who belongs to the tenant and signs in with [`PASSWORD`].
    pub(crate) async fn member(&self, email: &str) -> Person {
        let new = NewMember {
            email: email.to_owned(),
            display_name: format!("Name of {email}"),
            roles: Vec::new(),
            password: Some(PASSWORD.to_owned()),
        };
        self.app.keep_secret(PASSWORD);
        let user = self.desk().await.admin().create_member(new).await.unwrap();
        Person { id: user.id, email: email.to_owned(), password: PASSWORD.to_owned() }
    }

    pub(crate) async fn settings(&self, change: impl FnOnce(&mut TenantSettings)) {
        let desk = self.desk().await;
        let mut settings = desk.tenant.settings.clone();
        change(&mut settings);
        let patch = TenantPatch { settings: Some(settings), ..TenantPatch::default() };
        desk.admin().update_tenant(patch, None).await.unwrap();
    }

    pub(crate) async fn status(&self, status: Status) {
        let patch = TenantPatch { status: Some(status), ..TenantPatch::default() };
        self.desk().await.admin().update_tenant(patch, None).await.unwrap();
    }

    pub(crate) async fn disable_person(&self, person: &Person) {
        let patch = UserPatch { status: Some(Status::Disabled), ..UserPatch::default() };
        self.desk().await.admin().update_user(person.id, patch, None).await.unwrap();
    }

    pub(crate) async fn delete_person(&self, person: &Person) {
        self.desk().await.admin().delete_user(person.id, None).await.unwrap();
    }
}
