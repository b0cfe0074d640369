//! Watching what an attempt leaves behind: nothing in the stores, one entry in the audit trail, no mail, no secret.

use super::TestApp;
use super::snapshot::Snapshot;
use hospes_idp::admin::Caller;
use hospes_idp::audit::{AuditEvent, AuditKind};
use hospes_idp::ports::PageRequest;
use std::collections::HashSet;
use std::time::Duration;

/// How long mail may take to leave.
const PATIENCE: Duration = Duration::from_secs(20);

impl TestApp {
    /// Everything the stores hold, once no mail is on its way.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let settled = async {
            loop {
                self.house().flush().await.unwrap();
                let now = self.clock.now().as_millisecond();
                let snapshot = Snapshot::take(self.stores(), &self.tenant_ids().await, now).await;
                if !snapshot.has_mail_waiting() {
                    return snapshot;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, Box::pin(settled)).await.expect("mail does not leave the outbox")
    }

    /// Asserts that an attempt changes nothing and sends no mail (NSC).
    pub(crate) async fn unchanged<T>(&self, attempt: impl Future<Output = T>) -> T {
        let before = self.snapshot().await;
        let mails = self.mail.mails().len();
        let answer = Box::pin(attempt).await;
        let difference = before.difference(&self.snapshot().await);
        assert!(difference.is_empty(), "a refused attempt changed the stores:\n{}", difference.join("\n"));
        assert_eq!(self.mail.mails().len(), mails, "a refused attempt sent mail");
        answer
    }

    /// Asserts that an attempt leaves exactly one entry of this kind, with this reason.
    pub(crate) async fn audited<T>(
        &self,
        (kind, reason): (AuditKind, Option<&str>),
        attempt: impl Future<Output = T>,
    ) -> T {
        let before: HashSet<_> = self.audit().await.iter().map(|event| event.id).collect();
        let answer = Box::pin(attempt).await;
        let mut events = self.audit().await;
        events.retain(|event| !before.contains(&event.id));
        let matching: Vec<_> = events.iter().filter(|event| event.kind == kind).collect();
        assert_eq!(matching.len(), 1, "one {} is wanted, these came: {events:#?}", kind.as_str());
        if let Some(reason) = reason {
            assert_eq!(matching[0].reason.as_deref(), Some(reason), "{events:#?}");
        }
        assert!(matching[0].address.is_some(), "an entry says where the request came from: {events:#?}");
        answer
    }

    /// What an attempt answers, and how many entries of this kind it leaves. Work of our own has no address.
    pub(crate) async fn audited_many<T>(
        &self,
        kind: AuditKind,
        attempt: impl Future<Output = T>,
    ) -> (T, usize) {
        let count = async || self.audit().await.iter().filter(|event| event.kind == kind).count();
        let before = count().await;
        let answer = Box::pin(attempt).await;
        (answer, count().await - before)
    }

    /// Asserts both: a refusal as it should be.
    pub(crate) async fn refuses<T>(
        &self,
        (kind, reason): (AuditKind, &str),
        attempt: impl Future<Output = T>,
    ) -> T {
        self.audited((kind, Some(reason)), self.unchanged(attempt)).await
    }

    /// The audit trail of all tenants. Asserts that it holds no secret this test knows.
    pub(crate) async fn audit(&self) -> Vec<AuditEvent> {
        self.idp().flush().await;
        let mut events = Vec::new();
        for tenant in self.tenants().await {
            let mut after = None;
            loop {
                let page = PageRequest { after, size: 200 };
                let page = self.house().directory.list_audit(tenant, None, page).await.unwrap();
                events.extend(page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        let text = serde_json::to_string(&events).unwrap();
        for secret in self.secrets.lock().unwrap().iter() {
            assert!(!text.contains(secret.as_str()), "the audit trail holds the secret {secret}");
        }
        events
    }

    async fn tenants(&self) -> Vec<hospes_idp::ids::TenantId> {
        let page = PageRequest { after: None, size: 200 };
        let page = self.idp().tenants(&Caller::Operator, page).await.unwrap();
        page.items.iter().map(|tenant| tenant.id).collect()
    }

    async fn tenant_ids(&self) -> Vec<String> {
        self.tenants().await.iter().map(ToString::to_string).collect()
    }
}
