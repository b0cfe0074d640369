//! Samples of the demo's pages.

use crate::samples::{Data, Pages, add, href, moment};
use hospes_web::pages::Href;
use hospes_web::pages::demo::{
    Claim, DemoPerson, Mail, MailRow, Mails, SampleAppSignedIn, SampleAppSignedOut, Tour,
};

const RAW: &str = r#"{
  "iss": "https://id.fjord.example/t/fjord",
  "tid": "0195f6a2-7b1c-7e44-9a53-5d0f2c7be001",
  "acct": 1,
  "email_verified": true
}"#;

pub(crate) fn demo(data: &Data, pages: &mut Pages) {
    app(data, pages);
    mails(data, pages);
    let person = |name, password, about| DemoPerson { name, email: &data.email, password, about };
    let tour = Tour {
        layout: data.layout(),
        organization: &data.organization,
        app: href("http://127.0.0.1:8081/"),
        mails: href("http://127.0.0.1:8082/"),
        invite: href("/t/fjord/invite"),
        discovery: href("/t/fjord/.well-known/openid-configuration"),
        people: vec![
            person("Greta Holm", Some("correct horse battery staple"), "administrator of Fjord Bank"),
            person(&data.person, Some("an owl in the attic"), "guest from Fabrikam"),
            person("Bo Berg", None, "guest without a home identity provider"),
        ],
    };
    add(pages, "Tour", &tour);
}

fn app(data: &Data, pages: &mut Pages) {
    let signed_out = SampleAppSignedOut {
        layout: data.layout(),
        app: &data.app,
        organization: &data.organization,
        sign_in: href("/app/sign-in"),
        tour: href("/tour"),
    };
    add(pages, "SampleAppSignedOut", &signed_out);
    let claims = [
        ("iss", "https://id.fjord.example/t/fjord"),
        ("tid", "0195f6a2-7b1c-7e44-9a53-5d0f2c7be001"),
        ("oid", "0195f6a2-8d90-7c0e-b1f5-6f1f44a0c7d2"),
        ("idp", "https://login.fabrikam.example"),
        ("acct", "1"),
        ("email", &data.email),
        ("email_verified", "true"),
        ("name", &data.person),
        ("amr", "[]"),
        ("custom", &data.text),
    ];
    let signed_in = SampleAppSignedIn {
        layout: data.layout(),
        app: &data.app,
        name: &data.person,
        claims: claims.map(|(name, value)| Claim { name, value }).into(),
        raw: RAW,
        sign_out_action: "/app/sign-out",
        tour: href("/tour"),
    };
    add(pages, "SampleAppSignedIn", &signed_in);
}

fn mails(data: &Data, pages: &mut Pages) {
    let row = |subject| MailRow { href: href("/mails/1"), to: &data.email, subject, at: moment() };
    let list = |mails| Mails { layout: data.layout(), mails, tour: href("/tour") };
    add(pages, "Mails", &list(vec![row("Fjord Bank invites you"), row("Your code"), row(&data.text)]));
    add(pages, "Mails.empty", &list(vec![]));
    let link = "https://id.fjord.example/t/fjord/redeem?ticket=x7Yp2kQm9ZsT4uVwA1bC3dE5fG6hJ8";
    let mail = Mail {
        layout: data.layout(),
        from: "Fjord Bank <guests@fjord.example>",
        to: &data.email,
        subject: &data.text,
        at: moment(),
        text: &format!("{}\n\nOpen your invitation:\n{link}\n\nFjord Bank\n", data.text),
        links: vec![href(link)],
        html: Href::new("/mails/1/html"),
        list: href("/mails"),
    };
    add(pages, "Mail", &mail);
}
