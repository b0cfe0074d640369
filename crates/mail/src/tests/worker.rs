//! The outbox worker against an outbox in memory and relays on this machine.

use super::directory::OutboxOnly;
use super::relay::{Protection, Relay, plain};
use super::samples::{at, bare_invitation, code, email, invitation, outbox, spoilt, vault};
use crate::{Catcher, OutboxWorker, SmtpConfig, SmtpSecurity, SmtpTransport};
use hospes_idp::audit::AuditKind;
use hospes_idp::mail::{InvitationMail, MailContent, OutboxMail};
use hospes_idp::{Ctx, Entropy};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

const SOON: Duration = Duration::from_secs(20);

struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// A running worker with a clock that stands still until it is moved.
struct Running {
    outbox: Arc<OutboxOnly>,
    clock: Arc<Mutex<Timestamp>>,
    wake: Arc<Notify>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Never looks on its own: what the tests see is what they woke it for.
    fn start(transport: SmtpTransport, now: &str, mails: Vec<OutboxMail>) -> Self {
        Self::polling_every(Duration::from_hours(1), transport, now, mails)
    }

    fn polling_every(poll: Duration, transport: SmtpTransport, now: &str, mails: Vec<OutboxMail>) -> Self {
        let outbox = Arc::new(OutboxOnly::with(mails));
        let clock = Arc::new(Mutex::new(at(now)));
        let entropy: Arc<dyn Entropy> = Arc::new(Counting(AtomicU8::new(0)));
        let read = Arc::clone(&clock);
        let make_ctx = Arc::new(move || Ctx::new(*read.lock().unwrap(), Arc::clone(&entropy), None));
        let directory: Arc<OutboxOnly> = Arc::clone(&outbox);
        let wake = Arc::new(Notify::new());
        let worker = OutboxWorker::new(directory, Arc::new(vault()), transport, make_ctx, wake.clone())
            .polling_every(poll);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(worker.run(async { drop(stopped.await) }));
        Self { outbox, clock, wake, stop, task }
    }

    fn set_clock(&self, now: Timestamp) {
        *self.clock.lock().unwrap() = now;
        self.wake.notify_one();
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(SOON, self.task).await.expect("the worker stops").unwrap();
    }
}

fn to_catcher(catcher: &Catcher) -> SmtpTransport {
    SmtpTransport::new(&plain(catcher.addr().port())).unwrap()
}

/// Refuses recipients by the part before the `@`, which is the reply code.
async fn picky() -> Relay {
    Relay::spawn(Protection::None, |line| {
        let code = line.strip_prefix("RCPT TO:<")?.split('@').next()?;
        code.parse::<u16>().ok().map(|code| format!("{code} as you wish"))
    })
    .await
}

fn reasons(outbox: &OutboxOnly) -> Vec<String> {
    let audit = outbox.state().audit;
    assert!(audit.iter().all(|event| event.kind == AuditKind::MailDead));
    audit.into_iter().filter_map(|event| event.reason).collect()
}

#[tokio::test]
async fn mails_arrive_and_leave_the_outbox() {
    let catcher = Catcher::bind(0).await.unwrap();
    let mails = (1..=20).map(|n| outbox(n, &format!("guest{n}@partner.example"), &code())).collect();
    let running = Running::start(to_catcher(&catcher), "2026-11-22T09:00:01Z", mails);
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert_eq!(catcher.mails().len(), 20);
    let caught = catcher.wait_for(|mail| mail.to == ["guest7@partner.example"], SOON).await.unwrap();
    assert!(caught.text.as_ref().unwrap().contains("1234 5678"));
    assert!(caught.html.as_ref().unwrap().contains("1234 5678"));
    assert_eq!(caught.subject, "Your code for Fjord Labs");
    assert!(reasons(&running.outbox).is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_woken_worker_sends_at_once() {
    let catcher = Catcher::bind(0).await.unwrap();
    let running = Running::start(to_catcher(&catcher), "2026-11-22T09:00:01Z", vec![]);
    running.outbox.change(|state| state.waiting.push(outbox(1, "a@x.example", &code())));
    running.wake.notify_one();
    assert!(catcher.wait_for(|_| true, SOON).await.is_some());
    running.stop().await;
}

#[tokio::test]
async fn a_worker_nobody_wakes_looks_by_itself() {
    let catcher = Catcher::bind(0).await.unwrap();
    let poll = Duration::from_millis(1);
    let running = Running::polling_every(poll, to_catcher(&catcher), "2026-11-22T09:00:01Z", vec![]);
    running.outbox.change(|state| state.waiting.push(outbox(1, "a@x.example", &code())));
    assert!(catcher.wait_for(|_| true, SOON).await.is_some());
    running.stop().await;
}

#[tokio::test]
async fn an_invitation_and_its_copy_are_two_deliveries() {
    let catcher = Catcher::bind(0).await.unwrap();
    let content =
        MailContent::Invitation(InvitationMail { cc: Some(email("boss@fjord.example")), ..invitation() });
    let running = Running::start(
        to_catcher(&catcher),
        "2026-11-22T09:00:01Z",
        vec![outbox(1, "a@x.example", &content)],
    );
    running.outbox.until(|state| state.waiting.is_empty()).await;
    let recipients: Vec<_> = catcher.mails().iter().map(|mail| mail.to.clone()).collect();
    assert_eq!(recipients, [["boss@fjord.example"], ["a@x.example"]]);
    running.stop().await;
}

#[tokio::test]
async fn a_refused_copy_does_not_cost_the_invitation() {
    let relay = picky().await;
    let content =
        MailContent::Invitation(InvitationMail { cc: Some(email("550@fjord.example")), ..bare_invitation() });
    let running =
        Running::start(relay.transport(), "2026-11-22T09:00:01Z", vec![outbox(1, "a@x.example", &content)]);
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert!(reasons(&running.outbox).is_empty());
    assert!(relay.heard().contains(&"RCPT TO:<550@fjord.example>".to_owned()));
    running.stop().await;
}

#[tokio::test]
async fn mail_03_a_relay_without_starttls_is_tried_again_later() {
    let relay = Relay::spawn(Protection::None, |_| None).await;
    let transport =
        SmtpTransport::new(&SmtpConfig { security: SmtpSecurity::StartTls, ..plain(relay.port) }).unwrap();
    let mails = vec![outbox(1, "a@x.example", &code())];
    let running = Running::start(transport, "2026-11-22T09:00:01Z", mails);
    running.outbox.until(|state| state.waiting.iter().any(|mail| mail.attempts == 1)).await;
    assert!(!relay.heard().iter().any(|line| line.starts_with("MAIL")));
    assert!(reasons(&running.outbox).is_empty());
    running.stop().await;
}

#[tokio::test]
async fn mail_04_refused_for_now_is_tried_again_with_doubling_waits() {
    let relay = picky().await;
    let start = at("2026-11-22T09:00:00Z");
    let mail = OutboxMail {
        worthless_at: start + SignedDuration::from_hours(24 * 30),
        ..outbox(1, "450@x.example", &code())
    };
    let running = Running::start(relay.transport(), "2026-11-22T09:00:00Z", vec![mail]);
    let mut waits = Vec::new();
    let mut now = start;
    let mut attempts = 0;
    while reasons(&running.outbox).is_empty() {
        attempts += 1;
        let state = running
            .outbox
            .until(|state| state.waiting.first().is_none_or(|mail| mail.attempts == attempts))
            .await;
        let Some(mail) = state.waiting.first() else { break };
        waits.push(mail.due_at.duration_since(now).as_secs());
        now = mail.due_at;
        running.set_clock(now);
    }
    assert_eq!(waits[..10], [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
    assert!(waits[10..].iter().all(|wait| *wait == 3600));
    let total: i64 = waits.iter().sum();
    assert!((23 * 3600..=24 * 3600).contains(&total), "{total} s");
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert_eq!(reasons(&running.outbox), ["mail.deferred"]);
    running.stop().await;
}

#[tokio::test]
async fn mail_04_refused_for_good_is_a_dead_letter() {
    let relay = picky().await;
    let running =
        Running::start(relay.transport(), "2026-11-22T09:00:01Z", vec![outbox(1, "550@x.example", &code())]);
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert_eq!(reasons(&running.outbox), ["mail.rejected"]);
    let event = &running.outbox.state().audit[0];
    assert_eq!(event.target.as_deref(), Some("5***@x.example"));
    assert!(!serde_json::to_string(event).unwrap().contains("1234"));
    running.stop().await;
}

#[tokio::test]
async fn mail_04_a_complaint_about_us_is_no_verdict_on_the_mail() {
    for code_of_relay in [421, 530, 535] {
        let relay = picky().await;
        let mail = outbox(1, &format!("{code_of_relay}@x.example"), &code());
        let running = Running::start(relay.transport(), "2026-11-22T09:00:01Z", vec![mail]);
        running.outbox.until(|state| state.waiting.iter().any(|mail| mail.attempts == 1)).await;
        assert!(reasons(&running.outbox).is_empty());
        running.stop().await;
    }
}

#[tokio::test]
async fn mail_04_poison_does_not_stop_the_queue() {
    let catcher = Catcher::bind(0).await.unwrap();
    let broken_link =
        MailContent::Invitation(InvitationMail { link: "javascript:alert(1)".into(), ..invitation() });
    let moved = OutboxMail {
        content: outbox(99, "a@x.example", &code()).content,
        ..outbox(2, "a@x.example", &code())
    };
    let mut mails =
        vec![spoilt(outbox(1, "a@x.example", &code())), moved, outbox(3, "a@x.example", &broken_link)];
    mails.extend((4..=14).map(|n| spoilt(outbox(n, "a@x.example", &code()))));
    mails.push(outbox(15, "last@x.example", &code()));
    let running = Running::start(to_catcher(&catcher), "2026-11-22T09:00:01Z", mails);
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert_eq!(catcher.mails().len(), 1);
    assert_eq!(catcher.mails()[0].to, ["last@x.example"]);
    assert_eq!(reasons(&running.outbox), ["mail.unusable"; 14]);
    running.stop().await;
}

#[tokio::test]
async fn mail_05_a_code_that_no_longer_works_is_not_sent() {
    let catcher = Catcher::bind(0).await.unwrap();
    let fresh = OutboxMail { worthless_at: at("2026-11-22T09:10:01Z"), ..outbox(2, "b@x.example", &code()) };
    let mails = vec![outbox(1, "a@x.example", &code()), fresh];
    let running = Running::start(to_catcher(&catcher), "2026-11-22T09:10:00Z", mails);
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert_eq!(catcher.mails().iter().map(|mail| mail.to.concat()).collect::<Vec<_>>(), ["b@x.example"]);
    assert_eq!(reasons(&running.outbox), ["mail.too_late"]);
    running.stop().await;
}

#[tokio::test]
async fn mail_05_a_relay_that_is_away_costs_nothing_but_time() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let transport = SmtpTransport::new(&plain(port)).unwrap();
    let running = Running::start(transport, "2026-11-22T09:00:00Z", vec![outbox(1, "a@x.example", &code())]);
    let state = running.outbox.until(|state| state.waiting.iter().any(|mail| mail.attempts == 1)).await;
    assert_eq!(state.waiting[0].due_at, at("2026-11-22T09:00:10Z"));
    running.set_clock(at("2026-11-22T11:00:00Z"));
    running.outbox.until(|state| state.waiting.is_empty()).await;
    assert_eq!(reasons(&running.outbox), ["mail.too_late"]);
    running.stop().await;
}

#[tokio::test]
async fn mail_06_a_crash_after_sending_gives_one_copy_of_the_same_mail() {
    let catcher = Catcher::bind(0).await.unwrap();
    let running = Running::start(to_catcher(&catcher), "2026-11-22T09:00:00Z", vec![]);
    running.outbox.change(|state| {
        state.forgetful = true;
        state.waiting.push(outbox(1, "a@x.example", &code()));
    });
    running.wake.notify_one();
    running.outbox.until(|state| !state.forgetful).await;
    assert_eq!(running.outbox.state().waiting.len(), 1, "the lease hides it, nothing is lost");
    running.set_clock(at("2026-11-22T09:01:29Z"));
    running.set_clock(at("2026-11-22T09:01:30Z"));
    running.outbox.until(|state| state.waiting.is_empty()).await;
    let mails = catcher.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].raw, mails[1].raw);
    running.stop().await;
}

#[tokio::test]
async fn an_outbox_that_cannot_be_read_is_read_again() {
    let catcher = Catcher::bind(0).await.unwrap();
    let running = Running::start(to_catcher(&catcher), "2026-11-22T09:00:00Z", vec![]);
    running.outbox.change(|state| {
        state.down = true;
        state.waiting.push(outbox(1, "a@x.example", &code()));
    });
    running.wake.notify_one();
    tokio::task::yield_now().await;
    running.outbox.change(|state| state.down = false);
    running.wake.notify_one();
    running.outbox.until(|state| state.waiting.is_empty()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stopping_finishes_what_is_under_way() {
    let (reached, under_way) = oneshot::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(Some((reached, released)));
    let relay = Relay::spawn(Protection::None, move |line| {
        if line == "DATA" {
            let (reached, released) = gate.lock().unwrap().take()?;
            reached.send(()).unwrap();
            released.recv().unwrap();
        }
        None
    })
    .await;
    let mails = vec![outbox(1, "a@x.example", &code())];
    let running = Running::start(relay.transport(), "2026-11-22T09:00:01Z", mails);
    under_way.await.unwrap();
    running.stop.send(()).unwrap();
    release.send(()).unwrap();
    tokio::time::timeout(SOON, running.task).await.unwrap().unwrap();
    assert!(running.outbox.state().waiting.is_empty());
}
