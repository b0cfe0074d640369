//! Name resolution that hands out checked addresses only. The HTTP client connects to exactly what it is given here, so
//! a second answer of the name (rebinding) is never looked at.

use super::target::is_loopback_name;
use super::{OutboundPolicy, SetupError, address};
use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Where addresses of a name come from; the tests put their own answers here.
#[async_trait]
pub(crate) trait Lookup: Send + Sync {
    /// All IPv4 and IPv6 addresses of a name, or why there are none.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, String>;
}

/// Why a name gives no addresses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("the name has an address that is not allowed")]
    NotAllowed,
    #[error("the name does not resolve: {0}")]
    Failed(String),
}

/// The system's name servers.
pub(crate) struct SystemLookup(TokioResolver);

impl SystemLookup {
    pub(crate) fn new() -> Result<Self, SetupError> {
        let dns = |cause: hickory_resolver::net::NetError| SetupError::Dns(cause.to_string());
        let mut builder = TokioResolver::builder_tokio().map_err(dns)?;
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        builder.build().map(Self).map_err(dns)
    }
}

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        // Fully qualified, so that a search domain cannot turn a name into an internal one.
        let answer = self.0.lookup_ip(format!("{name}.")).await;
        answer.map(|found| found.iter().collect()).map_err(|cause| cause.to_string())
    }
}

/// Resolves, then checks every answer.
#[derive(Clone)]
pub(crate) struct CheckedResolver {
    pub(crate) policy: OutboundPolicy,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl CheckedResolver {
    /// Addresses that may be connected to. One that is not global spoils the whole answer.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        if is_loopback_name(name) {
            return if self.policy.allow_loopback {
                Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
            } else {
                Err(ResolveError::NotAllowed)
            };
        }
        let addresses = self.lookup.addresses(name).await.map_err(ResolveError::Failed)?;
        if addresses.is_empty() {
            return Err(ResolveError::Failed("no addresses".to_owned()));
        }
        if addresses.iter().copied().all(address::is_global) {
            Ok(addresses)
        } else {
            Err(ResolveError::NotAllowed)
        }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str()).await?;
            // Port 0 stands for the port of the URL.
            let sockets = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}
