//! Styles, scripts and pictures, embedded in the binary. Their addresses carry the hash of their content.

use crate::plain::not_found;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../static"]
struct Static;

pub(crate) async fn file(path: Path<String>) -> HttpResponse {
    let Some(file) = Static::get(&path) else {
        return not_found();
    };
    let mime = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    HttpResponse::Ok()
        .content_type(mime)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(file.data.into_owned())
}
