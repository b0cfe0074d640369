//! The port's implementation: one method per journey, each a list of steps.

use crate::discovery::{self, stage};
use crate::guard::{Guard, OutboundPolicy, SetupError};
use crate::home::{Home, Homes};
use crate::slot::Clock;
use crate::{depart, exchange, id_token, identity, logout_token, sector, userinfo};
use async_trait::async_trait;
use hospes_idp::federation::home_idp::HomeIdp;
use hospes_idp::federation::identity::{VerifiedIdentity, VerifiedLogout};
use hospes_idp::ports::upstream::{Arrival, Departure, Upstream, UpstreamError};
use hospes_protocol::jose::CompactJwt;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

/// Home IdPs reached over OpenID Connect. Clones share connections and memory.
#[derive(Clone)]
pub struct OidcUpstream {
    guard: Guard,
    homes: Homes,
}

impl OidcUpstream {
    /// With the system's name servers and trust anchors. A process-wide rustls provider must be installed before.
    pub fn new(policy: OutboundPolicy) -> Result<Self, SetupError> {
        Ok(Self::over(Guard::new(policy)?))
    }

    /// Over a guard that others share.
    pub fn over(guard: Guard) -> Self {
        Self::with(guard, Arc::new(Instant::now))
    }

    pub(crate) fn with(guard: Guard, clock: Clock) -> Self {
        Self { guard, homes: Homes::new(clock) }
    }

    pub(crate) const fn guard(&self) -> &Guard {
        &self.guard
    }

    fn home<'a>(&self, home_idp: &'a HomeIdp) -> Result<Home<'a>, UpstreamError> {
        let issuer = discovery::issuer_url(&home_idp.issuer)?;
        let http = self.guard.for_issuer(&issuer);
        http.check(&issuer).map_err(stage("issuer"))?;
        Ok(self.homes.open(home_idp, http))
    }
}

#[async_trait]
impl Upstream for OidcUpstream {
    async fn depart(&self, home_idp: &HomeIdp, departure: &Departure) -> Result<String, UpstreamError> {
        let metadata = self.home(home_idp)?.metadata().await?;
        depart::authorization_url(&metadata, home_idp, departure)
    }

    async fn arrive(&self, home_idp: &HomeIdp, arrival: Arrival) -> Result<VerifiedIdentity, UpstreamError> {
        let refused = |what: String| UpstreamError::Refused(what);
        // RFC 9207 §2.4, before anything is sent to anybody: the code may belong to another IdP.
        if arrival.iss.as_deref().is_some_and(|iss| iss != home_idp.issuer.as_str()) {
            return Err(refused("iss parameter: differs".to_owned()));
        }
        let home = self.home(home_idp)?;
        let metadata = home.metadata().await?;
        if arrival.iss.is_none() && metadata.promises_iss_parameter() {
            return Err(refused("iss parameter: missing".to_owned()));
        }
        let tokens = exchange::redeem(&home.http, &metadata, home_idp, &arrival).await?;
        let jwt =
            CompactJwt::parse(&tokens.id_token).map_err(|error| refused(format!("id_token: {error}")))?;
        let claims = home.verify(&metadata, &jwt).await?;
        let checked = id_token::check(home_idp, &arrival, &tokens, (&jwt, &claims))
            .map_err(|error| refused(format!("id_token: {error}")))?;
        let more = if userinfo::is_needed(home_idp, &claims) {
            userinfo::fetch(&home.http, &metadata, &tokens, &checked.subject).await?
        } else {
            None
        };
        Ok(identity::assemble(home_idp, checked, &claims, more.as_ref()))
    }

    async fn verify_logout(
        &self,
        home_idp: &HomeIdp,
        token: &str,
        now: Timestamp,
    ) -> Result<VerifiedLogout, UpstreamError> {
        let refused = |error: String| UpstreamError::Refused(format!("logout_token: {error}"));
        // Before anything is fetched: what cannot be read costs nothing.
        let jwt = CompactJwt::parse(token).map_err(|error| refused(error.to_string()))?;
        let home = self.home(home_idp)?;
        let metadata = home.metadata().await?;
        let claims = home.verify(&metadata, &jwt).await?;
        logout_token::check(home_idp, (&jwt, &claims), now.as_second())
            .map_err(|error| refused(error.to_string()))
    }

    async fn sign_out_address(&self, home_idp: &HomeIdp) -> Result<Option<String>, UpstreamError> {
        let home = self.home(home_idp)?;
        Ok(home.metadata().await?.end_session_endpoint().map(Into::into))
    }

    async fn probe(&self, home_idp: &HomeIdp) -> Result<(), UpstreamError> {
        self.home(home_idp)?.probe().await
    }

    async fn sector(&self, uri: &str) -> Result<Vec<String>, UpstreamError> {
        sector::fetch(&self.guard, uri).await
    }
}
