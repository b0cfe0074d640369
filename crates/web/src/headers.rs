//! Headers on every answer. Handlers that publish something cacheable say so themselves.

use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use url::Url;

/// The policy of our pages: own styles, scripts and images, nothing inline, never in a frame. `form-action` names schemes
/// rather than hosts, because browsers apply it to the redirect that follows a form, and that leads to clients and home IdPs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:";

/// For demos and tests on plain http, where clients and home IdPs are on plain http too.
const PLAIN_FORM_ACTION: &str = " http:";

/// The policy, for a page that shows these frames and no others.
pub(crate) fn policy(secure: bool, frames: &[String]) -> String {
    let plain = if secure { "" } else { PLAIN_FORM_ACTION };
    let frames: Vec<String> = frames.iter().filter_map(|frame| source(frame)).collect();
    let framing = if frames.is_empty() { String::new() } else { format!("; frame-src {}", frames.join(" ")) };
    format!("{CONTENT_SECURITY_POLICY}{plain}{framing}")
}

/// A URL as a policy names it: without query, and without what would end a name (CSP 3 §2.3.1).
fn source(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let path = url.path().replace(';', "%3B").replace(',', "%2C");
    Some(format!("{}{path}", url.origin().ascii_serialization()))
}

/// The headers; HSTS only where the outside reaches us by https.
pub fn security_headers(secure: bool) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, policy(secure, &[])))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add((header::CACHE_CONTROL, "no-store"));
    if secure {
        headers.add((header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"))
    } else {
        headers
    }
}
