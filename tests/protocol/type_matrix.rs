//! KEY-04: everything we hand out is one kind of thing, and nothing anywhere else.

use crate::support::TestApp;
use crate::support::answer::Answer;
use crate::support::browser::Browser;
use crate::support::client::{TestClient, client_key};
use crate::support::device::{Device, enter, tv};
use crate::support::tenant::TestTenant;
use hospes_protocol::token::GrantType;
use reqwest::header::COOKIE;
use std::collections::BTreeMap;

/// Kinds of things by name, each with one that is genuine and alive.
type Things = BTreeMap<&'static str, String>;

/// Where a thing can be offered.
const PLACES: [&str; 11] = [
    "code",
    "refresh token",
    "access token",
    "invitation",
    "session",
    "interaction",
    "ID token",
    "assertion",
    "client secret",
    "device code",
    "user code",
];

/// Where it is at home. One-time codes, form tokens and the browser's binding are at home in none of these places.
fn is_at_home(kind: &str, place: &str) -> bool {
    kind == place
}

struct Matrix<'a> {
    harbor: &'a TestTenant<'a>,
    wiki: TestClient<'a>,
    service: TestClient<'a>,
    keyed: TestClient<'a>,
    tv: TestClient<'a>,
    /// In the middle of a sign-in.
    halfway: Browser,
    cookie_names: BTreeMap<&'static str, String>,
}

impl Matrix<'_> {
    /// Whether the place takes it.
    async fn takes(&self, place: &str, thing: &str) -> bool {
        let app = self.harbor.app;
        let status = |answer: Answer| answer.status == 200;
        match place {
            "code" => {
                let request = self.wiki.request(&[("grant_type", "authorization_code"), ("code", thing)]);
                let request = request.set("redirect_uri", &self.wiki.redirect_uri);
                // The proof is missing: what is known as a code is used up and refused, what is not is unchanged.
                let before = app.snapshot().await;
                let refused = !status(request.set("code_verifier", &"v".repeat(43)).send().await);
                assert!(refused);
                !before.difference(&app.snapshot().await).is_empty()
            }
            "refresh token" => status(self.wiki.refresh(thing).send().await),
            "access token" => status(self.wiki.userinfo(thing).await),
            "invitation" => status(app.browser().get(&format!("/t/harbor/redeem?ticket={thing}")).await),
            "interaction" => status(self.halfway.get(&format!("/t/harbor/interaction/{thing}")).await),
            "session" => {
                let cookie = format!("{}={thing}", self.cookie_names["session"]);
                let request = app.http.get(self.harbor.url("/home")).header(COOKIE, cookie);
                let answer = Answer::of(request.send().await.unwrap()).await;
                answer.status == 200 && !answer.has("form[action$='/identify']")
            }
            "ID token" => {
                let hinted =
                    [("id_token_hint", thing), ("post_logout_redirect_uri", "https://wiki.example/bye")];
                let query = crate::support::query::Query::new(&hinted).encoded();
                let answer = app.browser().get(&format!("/t/harbor/logout?{query}")).await;
                answer.location().is_some_and(|location| location.starts_with("https://wiki.example/bye"))
            }
            "assertion" => {
                let request = self.keyed.client_credentials().set("client_assertion", thing);
                status(request.send().await)
            }
            "client secret" => {
                let header = crate::support::tokens::basic(&self.service.id, thing);
                status(self.service.client_credentials().authorization(Some(&header)).send().await)
            }
            "device code" => {
                let grant = ("grant_type", GrantType::DeviceCode.as_str());
                let answer = self.tv.request(&[grant, ("device_code", thing)]).send().await;
                answer.json()["error"] != "invalid_grant"
            }
            "user code" => {
                // Ten guesses bar a network.
                let browser = Browser::elsewhere(app);
                enter(&browser, self.harbor, thing).await.status == 200
            }
            other => panic!("{other} is no place"),
        }
    }
}

/// One of each.
async fn things(matrix: &Matrix<'_>, guest: &str) -> Things {
    let app = matrix.harbor.app;
    let hanna = matrix.harbor.member("hanna@harbor.example").await;
    let tokens = matrix.wiki.tokens_for(&hanna).await;
    let device = Device::of(&matrix.tv).await;
    let code = matrix.wiki.code_for(&app.browser(), &hanna).await.value;
    let browser = app.browser();
    matrix.wiki.code_for(&browser, &hanna).await;
    let session = browser.cookies.lock().unwrap()[&matrix.cookie_names["session"]].clone();
    let link = matrix.harbor.invite(guest).await;
    let page = matrix.wiki.authorize().open(&matrix.halfway).await;
    let interaction = page.url.rsplit('/').next().unwrap().to_owned();
    let (_, form) = crate::support::browser::form(&page, "/identify", &[]);
    let binding = matrix.halfway.cookies.lock().unwrap()[&matrix.cookie_names["binding"]].clone();
    Things::from([
        ("code", code),
        ("refresh token", tokens.refresh_token().to_owned()),
        ("access token", tokens.access_token.clone()),
        ("ID token", tokens.id_token().to_owned()),
        ("invitation", link.split_once("ticket=").unwrap().1.to_owned()),
        ("session", session),
        ("binding", binding),
        ("interaction", interaction),
        ("form token", form.get("csrf").unwrap().to_owned()),
        ("assertion", matrix.keyed.assertion(|_, _| {})),
        ("client secret", matrix.service.secret().to_owned()),
        ("device code", device.code),
        ("user code", device.user_code),
    ])
}

/// The names of the two cookies, as a browser that signed in has them.
async fn cookie_names(wiki: &TestClient<'_>, harbor: &TestTenant<'_>) -> BTreeMap<&'static str, String> {
    let browser = wiki.app.browser();
    wiki.code_for(&browser, &harbor.member("henry@harbor.example").await).await;
    let names: Vec<String> = browser.cookies.lock().unwrap().keys().cloned().collect();
    let find = |prefix: &str| names.iter().find(|name| name.starts_with(prefix)).unwrap().clone();
    BTreeMap::from([("session", find("hs_")), ("binding", find("hb_"))])
}

#[tokio::test(flavor = "multi_thread")]
async fn key_04_everything_is_one_kind_of_thing() {
    let app = TestApp::spawn().await;
    let harbor = app.tenant("harbor").await;
    let wiki = harbor.client("wiki").with(|settings| {
        settings.post_logout_redirect_uris = vec!["https://wiki.example/bye".to_owned()];
    });
    let wiki = wiki.public().await;
    let keyed = harbor.client("keyed").with(|settings| {
        settings.grant_types = vec![GrantType::ClientCredentials];
        settings.redirect_uris = Vec::new();
    });
    let matrix = Matrix {
        harbor: &harbor,
        cookie_names: cookie_names(&wiki, &harbor).await,
        wiki,
        service: harbor.client("service").service(&[]).await,
        keyed: keyed.with_key(client_key()).await,
        tv: tv(&harbor, "tv").public().await,
        halfway: app.browser(),
    };
    let things = things(&matrix, "guest@elsewhere.example").await;
    for place in PLACES {
        for (kind, thing) in things.iter().filter(|(kind, _)| !is_at_home(kind, place)) {
            assert!(!matrix.takes(place, thing).await, "{place} takes a {kind}");
        }
    }
    // And each is what it is, so that none of the above was refused for another reason.
    for place in PLACES {
        assert!(matrix.takes(place, &things[place]).await, "{place} does not take its own");
    }
}
