//! Requests of clients that cannot be read far enough to say whose they are: refused, and recorded (law 11).

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::tokens::basic;
use hospes_idp::audit::Actor;
use hospes_idp::audit::AuditKind::TokenDenied;
use hospes_protocol::encoding::url_component;

const FORM: &str = "application/x-www-form-urlencoded";
const ENDPOINTS: [&str; 5] = ["/token", "/par", "/device_authorization", "/introspect", "/revoke"];

#[tokio::test(flavor = "multi_thread")]
async fn law_11_what_cannot_be_read_is_recorded() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let service = harbor.client("service").service(&[]).await;
    let header = basic("service", service.secret());
    let secret = url_component(service.secret());
    let twice = |form: &str| format!("grant_type=client_credentials&{form}");
    let bodies: [(&str, Vec<u8>, u16); 8] = [
        ("application/json", br#"{"grant_type": "client_credentials"}"#.to_vec(), 400),
        ("multipart/form-data; boundary=x", b"--x--".to_vec(), 400),
        ("", b"grant_type=client_credentials".to_vec(), 400),
        (FORM, vec![b'a', b'=', 0xff, 0xfe], 400),
        (FORM, vec![b'a'; 65 * 1024], 413),
        (FORM, twice("client_id=service&client_id=service").into_bytes(), 400),
        (FORM, twice(&format!("client_id=service&client_secret={secret}&client_secret=x")).into_bytes(), 400),
        (FORM, twice("client_assertion=a.b.c&client_assertion=a.b.c").into_bytes(), 400),
    ];
    for path in ENDPOINTS {
        for (content_type, body, status) in &bodies {
            let request = app.http.post(harbor.url(path)).header("content-type", *content_type);
            // What the body says about the client is not said twice.
            let named = String::from_utf8_lossy(body).contains("client_secret");
            let request = if named { request } else { request.header("authorization", &header) };
            let request = request.body(body.clone());
            let attempt = app.unchanged(async { Answer::of(request.send().await.unwrap()).await });
            let answer = app.audited((TokenDenied, None), attempt).await;
            assert_eq!(answer.status, *status, "{path} {content_type}: {answer:?}");
        }
    }
    let events = app.audit().await;
    let denied = events.iter().filter(|event| event.kind == TokenDenied);
    assert!(denied.clone().all(|event| event.actor == Actor::Anonymous), "{events:#?}");
    assert_eq!(denied.count(), ENDPOINTS.len() * bodies.len());
}
