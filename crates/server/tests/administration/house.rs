//! A house in a temporary directory with two tenants, and a client that asks it.

use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{self, TestRequest};
use actix_web::web::Data;
use hospes_idp::Ctx;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::admin::tenants::NewTenant;
use hospes_idp::admin::{Admin, Caller};
use hospes_idp::ports::{PageRequest, UserQuery};
use hospes_idp::tenant::{Tenant, TenantSettings};
use hospes_protocol::token::GrantType;
use hospes_server::config::{Config, Sources};
use hospes_server::wiring::House;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub(crate) const ADMINISTER: &str = "Directory.ReadWrite.All";
pub(crate) const INVITE: &str = "User.Invite.All";

pub(crate) struct TestHouse {
    pub(crate) house: House,
    pub(crate) config: Config,
    pub(crate) tenant: Tenant,
    pub(crate) other: Tenant,
    environment: Vec<(String, String)>,
    seconds_ahead: Arc<AtomicI64>,
    directory: tempfile::TempDir,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// A problem of this kind, in full dress.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), &self.body["code"]), (status, &json!(code)), "{}", self.body);
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        assert_eq!(self.body["type"], format!("urn:hospes:problem:{code}"));
        assert_eq!(self.body["status"], status);
        assert!(!self.body["title"].as_str().unwrap().is_empty());
        assert!(!self.body["detail"].as_str().unwrap().is_empty());
        assert!(self.body["reference"].as_str().unwrap().starts_with("H-"), "{}", self.body);
        assert!(self.body["problems"].is_array());
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

impl TestHouse {
    pub(crate) async fn open() -> Self {
        Self::open_at("https://id.example").await
    }

    pub(crate) async fn open_at(base_url: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        let set = |name: &str, value: String| (format!("HOSPES__{name}"), value);
        let environment = vec![
            set("BASE_URL", base_url.to_owned()),
            set("DIRECTORY__URL", format!("sqlite://{}", at("directory.db"))),
            set("SESSIONS__URL", format!("file:{}", at("sessions.redb"))),
            set("KEYS__DIR", at("keys")),
            set("OUTBOUND__ALLOW_LOOPBACK", "true".to_owned()),
            set("WORKERS", "1".to_owned()),
        ];
        let config = Config::load(&Sources { file: None, environment: environment.clone() }).unwrap();
        let seconds_ahead = Arc::new(AtomicI64::new(0));
        let ahead = seconds_ahead.clone();
        let clock = Arc::new(move || {
            let ahead = SignedDuration::from_secs(ahead.load(Ordering::SeqCst));
            Timestamp::from_second(1_800_000_000).unwrap() + ahead
        });
        let house = House::open_at(&config, clock).await.unwrap();
        let ctx = (house.app.make_ctx)(None);
        let tenant = make_tenant(&house, &ctx, "harbor").await;
        let other = make_tenant(&house, &ctx, "fjord").await;
        Self { house, config, tenant, other, environment, seconds_ahead, directory }
    }

    /// A file in the directory commands run in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.seconds_ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn ctx(&self) -> Ctx {
        (self.house.app.make_ctx)(None)
    }

    /// A client of the tenant that may do this for itself, and its token.
    pub(crate) async fn token(&self, tenant: &Tenant, permission: &str) -> String {
        self.token_with(tenant, permission, ClientSettings::default()).await.1
    }

    /// As [`Self::token`], with other settings; also the client's identifier.
    pub(crate) async fn token_with(
        &self,
        tenant: &Tenant,
        permission: &str,
        settings: ClientSettings,
    ) -> (String, String) {
        let ctx = self.ctx();
        let settings = ClientSettings {
            display_name: "Automation".to_owned(),
            grant_types: vec![GrantType::ClientCredentials],
            permissions: [permission].into_iter().collect(),
            ..settings
        };
        let admin = self.house.app.idp.admin(&ctx, tenant, &Caller::Operator).unwrap();
        let (client, secret) = admin.create_client(None, settings).await.unwrap();
        let id = client.client_id.to_string();
        let form = [("grant_type", "client_credentials")];
        let request = TestRequest::post()
            .uri(&format!("/t/{}/token", tenant.slug))
            .insert_header((header::AUTHORIZATION, basic(&id, secret.unwrap().reveal())))
            .set_form(form);
        let body = self.send(request).await.is(200);
        (id, body["access_token"].as_str().unwrap().to_owned())
    }

    /// Asks the API of the first tenant.
    pub(crate) async fn call(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.send(self.request(token, method, path, body)).await
    }

    pub(crate) fn request(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> TestRequest {
        let request = TestRequest::with_uri(&format!("/t/{}/api{path}", self.tenant.slug))
            .method(method)
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        match body {
            Some(body) => request.set_json(body),
            None => request,
        }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.call(token, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Reply {
        self.call(token, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, token: &str, path: &str, body: Value) -> Reply {
        self.call(token, Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn send(&self, request: TestRequest) -> Reply {
        let app = actix_web::App::new().app_data(Data::new(self.house.app.clone()));
        let service = test::init_service(app.configure(hospes_web::configure)).await;
        let response = test::call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await;
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Reply { status, headers, body }
    }

    /// Runs the command line beside this house, on the same stores.
    pub(crate) async fn command(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hospes"));
        command.args(line.split_whitespace()).env_clear().envs(self.environment.clone());
        command.current_dir(self.directory.path());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Everything administrators can change, as text.
    pub(crate) async fn snapshot(&self) -> String {
        let mut text = String::new();
        for tenant in [&self.tenant, &self.other] {
            let ctx = self.ctx();
            let tenant = self.house.directory.tenant(tenant.id).await.unwrap().unwrap();
            let admin: Admin<'_> = self.house.app.idp.admin(&ctx, &tenant, &Caller::Operator).unwrap();
            let all = || PageRequest { after: None, size: 1000 };
            let parts = [
                format!("{tenant:?}"),
                format!("{:?}", admin.signing_keys().await.unwrap()),
                format!("{:?}", admin.clients(all()).await.unwrap()),
                format!("{:?}", admin.home_idps(all()).await.unwrap()),
                format!("{:?}", admin.users(&UserQuery::default(), all()).await.unwrap()),
                format!("{:?}", admin.invitations(None, all()).await.unwrap()),
            ];
            text += &parts.join("\n");
        }
        text
    }
}

async fn make_tenant(house: &House, ctx: &Ctx, slug: &str) -> Tenant {
    let new = NewTenant {
        slug: slug.to_owned(),
        display_name: slug.to_owned(),
        settings: TenantSettings::default(),
    };
    house.app.idp.create_tenant(ctx, &Caller::Operator, new).await.unwrap()
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", base64(format!("{id}:{secret}").as_bytes()))
}

/// RFC 4648 §4, from its URL-safe sibling.
fn base64(bytes: &[u8]) -> String {
    let text = hospes_protocol::encoding::base64url(bytes).replace('-', "+").replace('_', "/");
    format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
}
