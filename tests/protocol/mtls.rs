//! Clients known by the certificate of their connection, and tokens bound to it (RFC 8705).

use super::dpop::Holder;
use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::client::{Credential, TestClient, client_key};
use crate::support::jwt::claims;
use crate::support::key_host::KeyHost;
use crate::support::tenant::TestTenant;
use crate::support::tokens::basic;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hospes_idp::admin::clients::ClientSettings;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_idp::options::CertificateSubject;
use hospes_protocol::client_auth::ClientAuthMethod;
use hospes_protocol::encoding::{base64url, sha256, sha256_base64url};
use hospes_protocol::token::GrantType;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::net::TcpListener;

/// A certificate with its key.
struct Identity {
    der: Vec<u8>,
    pem: String,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example")]).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "Harbor, Inc");
    params
}

impl Identity {
    fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::of(&params(name).self_signed(&key).unwrap(), &key)
    }

    fn issued(name: &str, authority: &CertifiedIssuer<'_, KeyPair>) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::of(&params(name).signed_by(&key, authority).unwrap(), &key)
    }

    fn of(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
        Self { der: certificate.der().to_vec(), pem }
    }

    fn thumbprint(&self) -> String {
        base64url(sha256(&self.der))
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server with a second listener that asks for certificates.
struct Place {
    app: TestApp,
    mtls: String,
    authority: CertifiedIssuer<'static, KeyPair>,
    _folder: tempfile::TempDir,
}

impl Place {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let authority = authority("Authority");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mtls = format!("https://localhost:{port}");
        let app = TestApp::builder()
            .setting("mtls.listen", &format!("127.0.0.1:{port}"))
            .setting("mtls.base_url", &mtls)
            .setting("mtls.certificate", &write("server.pem", own.pem()))
            .setting("mtls.private_key", &write("server.key", key.serialize_pem()))
            .setting("mtls.client_ca", &write("ca.pem", authority.pem()))
            .spawn()
            .await;
        Self { app, mtls, authority, _folder: folder }
    }

    /// A connection with this certificate.
    fn http(identity: Option<&Identity>) -> reqwest::Client {
        let builder = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true);
        match identity {
            Some(identity) => builder.identity(reqwest::Identity::from_pem(identity.pem.as_bytes()).unwrap()),
            None => builder,
        }
        .build()
        .unwrap()
    }

    async fn post(&self, client: &TestClient<'_>, path: &str, identity: Option<&Identity>) -> Answer {
        let request = Self::http(identity).post(format!("{}/t/{}{path}", self.mtls, client.slug));
        let form = format!("grant_type=client_credentials&client_id={}", client.id);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        Answer::of(request.body(form).send().await.unwrap()).await
    }

    async fn clients_with(&self, client: &TestClient<'_>, token: &str, identity: Option<&Identity>) -> u16 {
        let request = Self::http(identity).get(format!("{}/t/{}/api/clients", self.mtls, client.slug));
        request.bearer_auth(token).send().await.unwrap().status().as_u16()
    }
}

fn service(settings: &mut ClientSettings) {
    settings.grant_types = vec![GrantType::ClientCredentials];
    settings.redirect_uris = Vec::new();
    settings.permissions = ["Directory.ReadWrite.All"].into_iter().collect();
    settings.options.security.tls_client_certificate_bound_access_tokens = true;
}

async fn by_authority<'a>(harbor: &'a TestTenant<'a>, subject: CertificateSubject) -> TestClient<'a> {
    let new = harbor.client("service").with(service).with(|settings| {
        settings.options.security.tls_client_auth = Some(subject);
    });
    new.with_method(ClientAuthMethod::TlsClientAuth).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8705_2_1_a_certificate_of_a_trusted_authority() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    let subject = CertificateSubject::SubjectDn("O=Harbor\\, Inc,CN=wiki".into());
    let client = by_authority(&harbor, subject).await;
    let wiki = Identity::issued("wiki", &place.authority);
    let tokens = place.post(&client, "/token", Some(&wiki)).await.tokens();
    assert_eq!(tokens.token_type, "Bearer");
    assert_eq!(claims(&tokens.access_token)["cnf"], json!({"x5t#S256": wiki.thumbprint()}));
    // The token is worth nothing on another connection.
    let other = Identity::issued("other", &place.authority);
    assert_eq!(place.clients_with(&client, &tokens.access_token, Some(&wiki)).await, 200);
    for identity in [None, Some(&other)] {
        assert_eq!(place.clients_with(&client, &tokens.access_token, identity).await, 401);
    }
    let plain =
        place.app.http.get(format!("{}/api/clients", client.issuer)).bearer_auth(&tokens.access_token);
    assert_eq!(plain.send().await.unwrap().status().as_u16(), 401);
    // Nor is a certificate of somebody else, or of an authority nobody trusts.
    let untrusted = Identity::issued("wiki", &authority("Stranger"));
    for identity in [None, Some(&other), Some(&untrusted), Some(&Identity::self_signed("wiki"))] {
        let answer = place.app.unchanged(place.post(&client, "/token", identity)).await;
        answer.is_error(401, "invalid_client");
    }
    client
        .update(|settings| {
            settings.options.security.tls_client_auth =
                Some(CertificateSubject::SanDns("other.example".into()));
        })
        .await;
    place.post(&client, "/token", Some(&other)).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8705_2_2_a_certificate_that_was_registered() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    let own = Identity::self_signed("wiki");
    let mut set = client_key().public_set();
    set["keys"][0]["x5c"] = json!([STANDARD.encode(&own.der)]);
    let new = harbor.client("service").with(service).with(|settings| settings.jwks = Some(set));
    let client = new.with_method(ClientAuthMethod::SelfSignedTlsClientAuth).await;
    let tokens = place.post(&client, "/token", Some(&own)).await.tokens();
    assert_eq!(claims(&tokens.access_token)["cnf"], json!({"x5t#S256": own.thumbprint()}));
    for identity in [None, Some(&Identity::self_signed("wiki"))] {
        let answer = place.app.unchanged(place.post(&client, "/token", identity)).await;
        answer.is_error(401, "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8705_2_2_2_certificates_are_also_registered_at_a_url() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    let (own, next) = (Identity::self_signed("wiki"), Identity::self_signed("wiki"));
    let with = |identity: &Identity| {
        let mut key = client_key();
        key.pair.public.insert("x5c".to_owned(), json!([STANDARD.encode(&identity.der)]));
        key
    };
    let host = KeyHost::start(&[&client_key(), &with(&own)]).await;
    let new = harbor.client("service").with(service);
    let new = new.with(|settings| settings.options.tokens.jwks_uri = Some(host.url.clone()));
    let client = new.with_method(ClientAuthMethod::SelfSignedTlsClientAuth).await;
    let tokens = place.post(&client, "/token", Some(&own)).await.tokens();
    assert_eq!(claims(&tokens.access_token)["cnf"], json!({"x5t#S256": own.thumbprint()}));
    assert_eq!(host.asked(), 1);
    // A certificate that is not there may have come since; asked for once a minute (CA-14).
    host.publishes(&[&with(&next)]);
    place.post(&client, "/token", Some(&next)).await.tokens();
    for identity in [None, Some(&own), Some(&Identity::self_signed("wiki"))] {
        let attempt = place.app.unchanged(place.post(&client, "/token", identity));
        place.app.audited((TokenDenied, None), attempt).await.is_error(401, "invalid_client");
    }
    assert_eq!(host.asked(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_4_3_a_proof_names_the_address_it_was_sent_to() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    let service = harbor.client("service").service(&["Directory.ReadWrite.All"]).await;
    let holder = Holder::new(&place.app);
    let (usual, alias) = (service.issuer.clone(), format!("{}/t/harbor", place.mtls));
    let header = basic("service", service.secret());
    let post = async |at: &str, named: &str| {
        let proof = holder.proof(("POST", &format!("{named}/token")), &json!({}));
        let request = Place::http(None).post(format!("{at}/token")).header("DPoP", proof);
        let request = request.header("authorization", &header).form(&[("grant_type", "client_credentials")]);
        Answer::of(request.send().await.unwrap()).await
    };
    let tokens = post(&alias, &alias).await.tokens();
    assert_eq!(tokens.token_type, "DPoP");
    post(&usual, &usual).await.tokens();
    for (at, named) in [(&alias, &usual), (&usual, &alias)] {
        let attempt = place.app.unchanged(post(at, named));
        place.app.audited((TokenDenied, None), attempt).await.is_error(400, "invalid_dpop_proof");
    }
    // And at what takes the token.
    let token = &tokens.access_token;
    let list = async |at: &str, named: &str| {
        let proof =
            holder.proof(("GET", &format!("{named}/api/clients")), &json!({"ath": sha256_base64url(token)}));
        let request = Place::http(None).get(format!("{at}/api/clients")).header("DPoP", proof);
        request.header("authorization", format!("DPoP {token}")).send().await.unwrap().status().as_u16()
    };
    let answers = [list(&alias, &alias).await, list(&usual, &usual).await];
    assert_eq!(answers, [200, 200]);
    let answers = [list(&alias, &usual).await, list(&usual, &alias).await];
    assert_eq!(answers, [401, 401]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8705_2_1_2_a_client_registers_itself_for_its_certificate() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    harbor.open_registration().await;
    let service = vec![GrantType::ClientCredentials];
    let leave = harbor.leave(|new| new.ceiling.grant_types = service).await;
    let body = json!({
        "client_name": "Wiki", "grant_types": ["client_credentials"], "tls_client_auth_san_dns": "wiki.example",
        "token_endpoint_auth_method": "tls_client_auth", "tls_client_certificate_bound_access_tokens": true,
    });
    let robot = harbor.registered(&leave, &body).await;
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&robot.answer[name], value, "{name}");
    }
    assert_eq!(robot.answer.get("client_secret"), None);
    let wiki = Identity::issued("wiki", &place.authority);
    let (slug, issuer) = (harbor.slug.clone(), harbor.issuer());
    let (id, redirect_uri) = (robot.id.clone(), String::new());
    let client = TestClient { app: &place.app, slug, issuer, id, redirect_uri, credential: Credential::None };
    let tokens = place.post(&client, "/token", Some(&wiki)).await.tokens();
    assert_eq!(claims(&tokens.access_token)["cnf"], json!({"x5t#S256": wiki.thumbprint()}));
    let stranger = Identity::issued("stranger", &place.authority);
    place.app.unchanged(place.post(&client, "/token", Some(&stranger))).await.is_error(401, "invalid_client");
    for other in [json!({}), json!({"tls_client_auth_san_dns": ""}), json!({"tls_client_auth_san_ip": "x"})] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove("tls_client_auth_san_dns");
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        let answer = place.app.unchanged(harbor.register(Some(&leave), &body)).await;
        answer.is_error(400, "invalid_client_metadata");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_12_a_certificate_in_a_header_is_no_certificate() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    let client = by_authority(&harbor, CertificateSubject::SanDns("wiki.example".into())).await;
    let wiki = Identity::issued("wiki", &place.authority);
    for name in ["Client-Cert", "X-SSL-Client-Cert", "X-Client-Cert", "X-Forwarded-Client-Cert"] {
        let form = format!("grant_type=client_credentials&client_id={}", client.id);
        let request = place.app.http.post(format!("{}/token", client.issuer)).body(form);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header(name, format!(":{}:", STANDARD.encode(&wiki.der)));
        let attempt = async { Answer::of(request.send().await.unwrap()).await };
        place.app.unchanged(attempt).await.is_error(401, "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8705_5_the_other_addresses_are_named_where_there_are_some() {
    let document = async |app: &TestApp| -> Value {
        let harbor = app.tenant("harbor").await;
        let url = format!("{}/.well-known/openid-configuration", harbor.issuer());
        app.http.get(url).send().await.unwrap().json().await.unwrap()
    };
    let place = Place::open().await;
    let with = document(&place.app).await;
    assert_eq!(with["mtls_endpoint_aliases"]["token_endpoint"], format!("{}/t/harbor/token", place.mtls));
    assert_eq!(with["tls_client_certificate_bound_access_tokens"], true);
    let methods = |document: &Value| document["token_endpoint_auth_methods_supported"].to_string();
    assert!(methods(&with).contains("tls_client_auth"));
    let without = document(&TestApp::spawn().await).await;
    assert_eq!(without.get("mtls_endpoint_aliases"), None);
    assert!(!methods(&without).contains("tls_client_auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_5_2_a_certificate_is_no_dpop_proof() {
    let place = Place::open().await;
    let harbor = place.app.tenant("harbor").await;
    let client = by_authority(&harbor, CertificateSubject::SanDns("wiki.example".into())).await;
    let wiki = Identity::issued("wiki", &place.authority);
    client.update(|settings| settings.options.security.dpop_bound_access_tokens = true).await;
    let answer = place.app.unchanged(place.post(&client, "/token", Some(&wiki))).await;
    answer.is_error(400, "invalid_dpop_proof");
}
