//! What the load knows of the servers: clients with their secrets, and people who are signed in.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::houses::Houses;
use super::http::{Connection, Response, encoded, get, post};

/// Connections of the load, each with a person of its own.
pub(super) const CONNECTIONS: usize = 16;

/// RFC 7636, appendix B.
const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered client.
pub(super) struct Client {
    id: String,
    secret: String,
    redirect_uri: String,
}

/// Everything a flow may need.
pub(super) struct World {
    pub(super) main: SocketAddr,
    /// Where the measured server tells how it is.
    pub(super) operations: SocketAddr,
    pub(super) home: SocketAddr,
    /// Its ID tokens are signed with ES256.
    pub(super) es256: Client,
    /// Its ID tokens are signed with RS256.
    pub(super) rs256: Client,
    /// Addresses of members, one for each connection.
    pub(super) members: Vec<String>,
    /// Addresses of guests, one for each connection.
    pub(super) guests: Vec<String>,
    /// `cookie` headers of signed-in members, one for each connection.
    pub(super) sessions: Vec<String>,
    /// `cookie` headers of the guests at their home IdP.
    pub(super) home_sessions: Vec<String>,
    pub(super) password: String,
}

/// A sign-in that has come to the password.
pub(super) struct PasswordPage {
    /// The form, ready to be posted.
    pub(super) request: String,
}

impl World {
    /// Signs everybody in.
    pub(super) fn enter(houses: &Houses) -> Result<Self> {
        let seed = &houses.seed;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("what bench_seed printed");
        let client = |name: &str| -> Result<Client> {
            let entry = seed.get(name).context("client")?;
            Ok(Client {
                id: name.to_owned(),
                secret: text(entry.get("secret").context("secret")?)?,
                redirect_uri: text(seed.get("redirect_uri").context("redirect_uri")?)?,
            })
        };
        let people = |name: &str| -> Result<Vec<String>> {
            let list = seed.get(name).and_then(Value::as_array).context("people")?;
            list.iter().take(CONNECTIONS).map(text).collect()
        };
        let mut world = Self {
            main: houses.main.address,
            operations: houses.main.operations,
            home: houses.home.address,
            es256: client("es256")?,
            rs256: client("rs256")?,
            members: people("members")?,
            guests: people("guests")?,
            sessions: Vec::new(),
            home_sessions: Vec::new(),
            password: text(seed.get("password").context("password")?)?,
        };
        let (mut main, mut home) = (Connection::open(world.main)?, Connection::open(world.home)?);
        for member in &world.members {
            world.sessions.push(world.sign_in(&mut main, &world.es256.authorize("bench", member))?);
        }
        for guest in &world.guests {
            world.home_sessions.push(world.sign_in(&mut home, &own_page("home", guest))?);
        }
        Ok(world)
    }

    /// Begins a sign-in of somebody with a password.
    pub(super) fn password_page(&self, connection: &mut Connection, begin: &Begin) -> Result<PasswordPage> {
        let response = connection.send(&get(&begin.path, &[]))?;
        let mut cookie = cookie_header(&response)?;
        let mut page = path_of(response.location.as_deref().context("an interaction")?).to_owned();
        let mut shown = connection.send(&get(&page, &[&cookie]))?;
        if let Some(identifier) = &begin.identifier {
            let form = [("csrf", csrf(&shown.body)?), ("email", identifier.as_str())];
            let response = connection.send(&post(&format!("{page}/identify"), &form, &[&cookie]))?;
            if !response.cookies.is_empty() {
                cookie = cookie_header(&response)?;
            }
            path_of(response.location.as_deref().context("the password page")?).clone_into(&mut page);
            shown = connection.send(&get(&page, &[&cookie]))?;
        }
        let form = [("csrf", csrf(&shown.body)?), ("password", self.password.as_str())];
        Ok(PasswordPage { request: post(&format!("{page}/password"), &form, &[&cookie]) })
    }

    fn sign_in(&self, connection: &mut Connection, begin: &Begin) -> Result<String> {
        let page = self.password_page(connection, begin)?;
        let response = connection.send(&page.request)?;
        ensure!(response.status == 303, "nobody is signed in: {} {}", response.status, response.body);
        cookie_header(&response)
    }
}

/// How a sign-in with a password begins.
pub(super) struct Begin {
    path: String,
    /// To be typed in, where the path does not say it.
    identifier: Option<String>,
}

fn own_page(tenant: &str, person: &str) -> Begin {
    Begin { path: format!("/t/{tenant}/home"), identifier: Some(person.to_owned()) }
}

impl Client {
    /// An authorization request for somebody who is not signed in.
    pub(super) fn authorize(&self, tenant: &str, person: &str) -> Begin {
        let hint = encoded(&[("login_hint", person)]);
        Begin { path: format!("{}&{hint}", self.authorize_path(tenant)), identifier: None }
    }

    /// An authorization request.
    pub(super) fn authorize_path(&self, tenant: &str) -> String {
        let query = encoded(&[
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", "openid profile email"),
            ("state", "af0ifjsldkj"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", CODE_CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        format!("/t/{tenant}/authorize?{query}")
    }

    /// A request to the token endpoint, authenticated in the form.
    pub(super) fn token_request(&self, grant: &[(&str, &str)]) -> String {
        let authentication = [("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())];
        post("/t/bench/token", &[grant, &authentication].concat(), &[])
    }

    /// Redeems the code of an answer to [`Client::authorize_path`].
    pub(super) fn redeem(&self, answer: &Response) -> Result<String> {
        let code =
            parameter(answer.location.as_deref().unwrap_or_default(), "code").context("no code came")?;
        Ok(self.token_request(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", CODE_VERIFIER),
        ]))
    }
}

impl Begin {
    /// What is asked for first.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// The cookies of an answer as a request brings them back.
pub(super) fn cookie_header(response: &Response) -> Result<String> {
    ensure!(!response.cookies.is_empty(), "no cookie came with {}", response.status);
    Ok(format!("cookie: {}", response.cookies.join("; ")))
}

/// A URL without its origin.
pub(super) fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(after_scheme..).unwrap_or_default();
    if after_scheme == 0 { url } else { rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/") }
}

/// A parameter of a URL, as it stands there.
pub(super) fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A member of a JSON answer.
pub(super) fn member(response: &Response, name: &str) -> Result<String> {
    let body: Value = serde_json::from_str(&response.body).with_context(|| response.body.clone())?;
    let Some(value) = body.get(name).and_then(Value::as_str) else {
        bail!("no {name} in {}", response.body);
    };
    Ok(value.to_owned())
}

fn csrf(page: &str) -> Result<&str> {
    let rest = page.split_once("name=\"csrf\" value=\"").context("a page without a form")?.1;
    Ok(rest.split('"').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        assert_eq!(path_of("http://127.0.0.1:1/t/a?b=c"), "/t/a?b=c");
        assert_eq!(path_of("/t/a"), "/t/a");
        assert_eq!(parameter("https://app.example/?state=s&code=c", "code"), Some("c"));
    }
}
