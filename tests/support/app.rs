//! A running house of one test. It opens what `hospes serve` opens, listens on a free port, and stops when dropped.

use super::browser::Browser;
use super::clock::TestClock;
use super::stores::{OpenStores, Stores};
use super::tenant::TestTenant;
use hospes_idp::admin::Caller;
use hospes_idp::admin::tenants::NewTenant;
use hospes_idp::tenant::TenantSettings;
use hospes_idp::{Ctx, Idp};
use hospes_mail::Catcher;
use hospes_server::config::{Config, Sources};
use hospes_server::serve::{bind, run_http, until};
use hospes_server::wiring::House;
use hospes_storage::SqlDirectory;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running house.
pub(crate) struct TestApp {
    pub(crate) base_url: String,
    pub(crate) clock: TestClock,
    pub(crate) mail: Catcher,
    pub(crate) http: reqwest::Client,
    /// Values that must never be seen in the audit trail.
    pub(crate) secrets: Arc<Mutex<Vec<String>>>,
    running: Option<Running>,
}

struct Running {
    house: House,
    stores: OpenStores,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Knobs.
pub(crate) struct Builder {
    stores: Stores,
    settings: Vec<(String, String)>,
}

impl Builder {
    pub(crate) const fn stores(mut self, stores: Stores) -> Self {
        self.stores = stores;
        self
    }

    /// A setting of the configuration file, by its path.
    pub(crate) fn setting(mut self, path: &str, value: &str) -> Self {
        let variable = format!("HOSPES__{}", path.to_uppercase().replace('.', "__"));
        self.settings.push((variable, value.to_owned()));
        self
    }

    pub(crate) async fn spawn(mut self) -> TestApp {
        let stores = OpenStores::open(self.stores).await;
        let mail = Catcher::bind(0).await.unwrap();
        let listener = bind("the test", SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let base_url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let keys = stores.folder.path().join("keys").display().to_string();
        let own = std::mem::take(&mut self.settings);
        let mut app = self
            .setting("base_url", &base_url)
            .setting("directory.url", &stores.directory_url)
            .setting("sessions.url", &stores.sessions_url)
            .setting("keys.dir", &keys)
            .setting("smtp.url", &format!("smtp://{}", mail.addr()))
            .setting("smtp.from", "Hospes <hospes@id.example>")
            .setting("outbound.allow_loopback", "true")
            .setting("workers", "2");
        // What the test wants comes last and wins.
        app.settings.extend(own);
        let config = Config::load(&Sources { file: None, environment: app.settings }).unwrap();
        let clock = TestClock::default();
        let time = clock.clone();
        let house = House::open_at(&config, Arc::new(move || time.now())).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let worker = house.outbox_worker(&config).unwrap().unwrap();
        let served = house.app.clone();
        let tasks = vec![
            tokio::spawn(worker.run(until(stopped.clone()))),
            tokio::spawn(house.courier(until(stopped.clone()))),
            tokio::spawn(async move { run_http(&config, served, listener, until(stopped)).await.unwrap() }),
        ];
        TestApp {
            base_url,
            clock,
            mail,
            http: client(None),
            secrets: Arc::default(),
            running: Some(Running { house, stores, stop, tasks }),
        }
    }
}

/// A client that follows no redirect and keeps no connection, so that the house can stop at once.
pub(super) fn client(address: Option<IpAddr>) -> reqwest::Client {
    reqwest::Client::builder()
        .local_address(address)
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .unwrap()
}

impl TestApp {
    /// With embedded stores.
    pub(crate) async fn spawn() -> Self {
        Self::builder().spawn().await
    }

    /// With these stores.
    pub(crate) async fn on(stores: Stores) -> Self {
        Self::builder().stores(stores).spawn().await
    }

    pub(crate) const fn builder() -> Builder {
        Builder { stores: Stores::Embedded, settings: Vec::new() }
    }

    /// A new tenant, called as its slug.
    pub(crate) async fn tenant(&self, slug: &str) -> TestTenant<'_> {
        let new = NewTenant {
            slug: slug.to_owned(),
            display_name: format!("Organization {slug}"),
            settings: TenantSettings::default(),
        };
        let tenant = self.idp().create_tenant(&self.ctx(), &Caller::Operator, new).await.unwrap();
        TestTenant::new(self, &tenant)
    }

    /// A browser nobody used before.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self)
    }

    pub(crate) fn idp(&self) -> &Arc<Idp> {
        &self.house().app.idp
    }

    pub(crate) fn ctx(&self) -> Ctx {
        (self.house().app.make_ctx)(None)
    }

    pub(crate) fn house(&self) -> &House {
        &self.running.as_ref().unwrap().house
    }

    /// The same directory without this node's memory, as another node has it.
    pub(crate) async fn second_directory(&self) -> SqlDirectory {
        SqlDirectory::open(&self.stores().directory_url).await.unwrap()
    }

    pub(crate) fn stores(&self) -> &OpenStores {
        &self.running.as_ref().unwrap().stores
    }

    /// Notes a value that must never be seen in the audit trail, and returns it.
    pub(crate) fn keep_secret(&self, value: &str) -> String {
        self.secrets.lock().unwrap().push(value.to_owned());
        value.to_owned()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        let stop = async {
            let _ = running.stop.send(true);
            for task in running.tasks {
                let _ = task.await;
            }
            running.house.close().await;
            running.stores.close().await;
        };
        tokio::task::block_in_place(|| Handle::current().block_on(stop));
    }
}
