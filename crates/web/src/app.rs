//! What every handler shares.

use crate::agent::agent;
use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest};
use hospes_idp::{Ctx, Idp};
use std::net::IpAddr;
use std::sync::Arc;

/// Makes the context of a request: the one place where time and randomness enter.
pub type MakeCtx = Arc<dyn Fn(Option<IpAddr>) -> Ctx + Send + Sync>;

/// The reference number of a request, where one was made: what error pages show and the audit trail keeps.
#[derive(Clone, Debug)]
pub struct Reference(pub String);

/// The facade and what HTTP adds to it.
#[derive(Clone)]
pub struct App {
    /// The product.
    pub idp: Arc<Idp>,
    /// Time and randomness.
    pub make_ctx: MakeCtx,
    /// Proxies whose `X-Forwarded-For` is believed; none by default.
    pub trusted_proxies: Arc<[IpAddr]>,
}

impl App {
    /// Whether the outside reaches us by https, so that cookies can be `Secure` and carry the `__Host-` prefix.
    pub fn is_secure(&self) -> bool {
        self.idp.base_url().starts_with("https://")
    }

    /// The context of a request; its reference goes with the request, for the log.
    pub(crate) fn ctx(&self, request: &HttpRequest) -> Ctx {
        let mut ctx = (self.make_ctx)(self.client_address(request));
        ctx.request.agent = agent(request);
        request.extensions_mut().insert(Reference(ctx.request.reference.clone()));
        ctx
    }

    /// The peer, unless the peer is a trusted proxy: then the right-most address that no trusted proxy has.
    fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip();
        if !self.trusted_proxies.contains(&peer) {
            return Some(peer);
        }
        let forwarded =
            request.headers().get_all(header::X_FORWARDED_FOR).filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        let parsed = hops.iter().rev().map(|hop| hop.parse::<IpAddr>());
        let client =
            parsed.take_while(Result::is_ok).flatten().find(|hop| !self.trusted_proxies.contains(hop));
        Some(client.unwrap_or(peer))
    }
}
