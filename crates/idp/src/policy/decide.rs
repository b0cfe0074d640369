//! "Is this still allowed?", answered by one pure function (laws 3 and 4).
//!
//! It runs at every grant, callback, refresh, silent sign-in and userinfo call. The first rule that objects decides.

use crate::model::authentication::{Authentication, Method};
use crate::model::client::Client;
use crate::model::home_idp::HomeIdp;
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::refusal::Refusal;
use hospes_protocol::claims::UserType;

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Whose house it is.
    pub tenant: &'a Tenant,
    /// The application, where one is involved.
    pub client: Option<&'a Client>,
    /// The person.
    pub user: &'a User,
    /// How they signed in.
    pub authentication: &'a Authentication,
    /// The home IdP they came through, as configured now; `None` if it is gone or was not needed.
    pub home_idp: Option<&'a HomeIdp>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Permit,
    /// Stop, for this reason.
    Deny(Refusal),
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let rules =
        [tenant_enabled, client_enabled, user_enabled, user_redeemed, domain_welcome, home_idp_trusted];
    rules.into_iter().find_map(|rule| rule(facts)).map_or(Decision::Permit, Decision::Deny)
}

fn tenant_enabled(facts: &Facts<'_>) -> Option<Refusal> {
    (!facts.tenant.status.is_enabled()).then_some(Refusal::TenantDisabled)
}

fn client_enabled(facts: &Facts<'_>) -> Option<Refusal> {
    facts.client.filter(|client| !client.status.is_enabled()).map(|_| Refusal::ClientDisabled)
}

fn user_enabled(facts: &Facts<'_>) -> Option<Refusal> {
    (!facts.user.status.is_enabled()).then_some(Refusal::UserDisabled)
}

fn user_redeemed(facts: &Facts<'_>) -> Option<Refusal> {
    facts.user.is_pending().then_some(Refusal::NotRedeemed)
}

fn domain_welcome(facts: &Facts<'_>) -> Option<Refusal> {
    let rules = &facts.tenant.settings.options.invitations.domains;
    let is_held_to_them = rules.at_sign_in && facts.user.user_type == UserType::Guest;
    (is_held_to_them && !rules.welcome(&facts.user.email.domain())).then_some(Refusal::DomainNotAllowed)
}

fn home_idp_trusted(facts: &Facts<'_>) -> Option<Refusal> {
    match (&facts.authentication.method, facts.home_idp) {
        (Method::Password | Method::EmailCode, _) => None,
        (Method::Home { .. }, None) => Some(Refusal::HomeIdpRemoved),
        (Method::Home { home_idp, issuer, .. }, Some(now))
            if now.id != *home_idp || now.issuer.as_str() != issuer =>
        {
            Some(Refusal::HomeIdpRemoved)
        }
        (Method::Home { .. }, Some(now)) => (!now.status.is_enabled()).then_some(Refusal::HomeIdpDisabled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at_home, by_password, client, guest, home_idp, pending, tenant};
    use crate::model::tenant::Status;
    use hospes_protocol::Issuer;

    /// One row per thing that may have ended since.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn law_3_whatever_ended_ends_access() {
        let (open_tenant, open_client, known, home) =
            (tenant(), client(), guest(1, "a@fjord.example"), home_idp());
        let closed_tenant = Tenant { status: Status::Disabled, ..tenant() };
        let closed_client = Client { status: Status::Disabled, ..client() };
        let disabled = User { status: Status::Disabled, ..known.clone() };
        let waiting = pending(1, "a@fjord.example");
        let closed_home = HomeIdp { status: Status::Disabled, ..home_idp() };
        let moved_home = HomeIdp { issuer: Issuer::new("https://fjord.test/"), ..home_idp() };
        let rows = [
            ("all well, home", &open_tenant, &open_client, &known, at_home(), Some(&home), None),
            ("all well, local", &open_tenant, &open_client, &known, by_password(), None, None),
            (
                "tenant",
                &closed_tenant,
                &open_client,
                &known,
                by_password(),
                None,
                Some(Refusal::TenantDisabled),
            ),
            (
                "client",
                &open_tenant,
                &closed_client,
                &known,
                by_password(),
                None,
                Some(Refusal::ClientDisabled),
            ),
            ("user", &open_tenant, &open_client, &disabled, by_password(), None, Some(Refusal::UserDisabled)),
            (
                "pending",
                &open_tenant,
                &open_client,
                &waiting,
                at_home(),
                Some(&home),
                Some(Refusal::NotRedeemed),
            ),
            (
                "home disabled",
                &open_tenant,
                &open_client,
                &known,
                at_home(),
                Some(&closed_home),
                Some(Refusal::HomeIdpDisabled),
            ),
            ("home gone", &open_tenant, &open_client, &known, at_home(), None, Some(Refusal::HomeIdpRemoved)),
            (
                "issuer changed",
                &open_tenant,
                &open_client,
                &known,
                at_home(),
                Some(&moved_home),
                Some(Refusal::HomeIdpRemoved),
            ),
        ];
        for (name, tenant, client, user, authentication, home_idp, refusal) in rows {
            let facts =
                Facts { tenant, client: Some(client), user, authentication: &authentication, home_idp };
            assert_eq!(decide(&facts), refusal.map_or(Decision::Permit, Decision::Deny), "{name}");
        }
    }
}
