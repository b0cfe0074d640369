//! Samples of a person's own account: their page, where they are signed in, which account, signing out.

use crate::samples::{Data, Pages, add, href, moment};
use hospes_web::pages::{
    AccountRow, ApplicationLink, ChooseAccount, ConfirmSignOut, Home, HomeAccount, Href, Layout, SessionRow,
    Sessions, SignedOut, Standing,
};

pub(crate) fn account(data: &Data, pages: &mut Pages) {
    home(data, pages);
    choose(data, pages);
    sessions(data, pages);
    sign_out(data, pages);
}

fn home(data: &Data, pages: &mut Pages) {
    let home = |name, home, link: Option<Href<'static>>| Home {
        layout: data.layout(),
        organization: &data.organization,
        name,
        email: &data.email,
        standing: Standing::Guest,
        home,
        account: "a",
        sign_out_action: "/t/fjord/sign-out",
        switch_action: "/t/fjord/accounts",
        applications: link.map(|href| ApplicationLink { name: &data.app, href }).into_iter().collect(),
        sessions: href("/t/fjord/sessions"),
        invite: link,
        invitations: link,
    };
    add(pages, "Home", &home(Some(data.person.as_str()), HomeAccount::Federated(&data.idp), None));
    add(pages, "Home.inviter", &home(None, HomeAccount::Lightweight, Some(href("/t/fjord/invitations"))));
}

fn choose(data: &Data, pages: &mut Pages) {
    let row = |name, email, home| AccountRow { handle: "a", name, email, home };
    let choose = |app, accounts| ChooseAccount {
        layout: data.layout(),
        app,
        accounts,
        action: "/t/fjord/account",
        sign_out_action: "/t/fjord/sign-out",
        restart_action: "/t/fjord/restart",
    };
    let theirs = row(Some(data.person.as_str()), &data.email, Some(data.idp.as_str()));
    let two = vec![theirs, row(None, &data.email, None)];
    let others = [
        row(Some("Bo"), "bo@x.example", Some("Fabrikam")),
        row(Some("Zoë Łukasiewicz-Ångström"), "zoë.łukasiewicz@fjord.example", None),
        row(None, "no.name.at.all@fjord.example", Some(&data.organization)),
    ];
    let five = two.iter().copied().chain(others).collect();
    add(pages, "ChooseAccount", &choose(Some(data.app.as_str()), two));
    add(pages, "ChooseAccount.five", &choose(Some(data.app.as_str()), five));
    add(pages, "ChooseAccount.one", &choose(None, vec![theirs]));
}

fn sessions(data: &Data, pages: &mut Pages) {
    let apps = [data.app.clone(), data.organization.clone()];
    let row = |agent, home, is_here| SessionRow {
        agent,
        home,
        apps: if is_here { &apps } else { &[] },
        began: moment(),
        used: moment(),
        is_here,
        end_action: "/t/fjord/sessions/1/end".into(),
    };
    let here = row(Some("Firefox on Windows"), Some(data.idp.as_str()), true);
    let one = Sessions {
        layout: data.layout(),
        rows: vec![here],
        end_others_action: None,
        account: "a",
        sign_out_action: "/t/fjord/logout",
        home: href("/t/fjord/home"),
    };
    add(pages, "Sessions.one", &one);
    let mut rows = one.rows;
    rows.extend([row(None, None, false), row(Some("Safari on iOS"), Some(data.idp.as_str()), false)]);
    let end_others_action = Some("/t/fjord/sessions/end-others");
    add(pages, "Sessions", &Sessions { rows, end_others_action, ..one });
}

fn sign_out(data: &Data, pages: &mut Pages) {
    let confirm = |app, has_others| ConfirmSignOut {
        layout: data.layout(),
        app,
        email: &data.email,
        account: "a",
        has_others,
        action: "/t/fjord/sign-out",
        stay: href("/t/fjord/home"),
    };
    add(pages, "ConfirmSignOut", &confirm(None, false));
    add(pages, "ConfirmSignOut.several", &confirm(Some(data.app.as_str()), true));
    let done = |left, back, home: Option<&'static str>| SignedOut {
        layout: data.layout(),
        again: None,
        left,
        sign_out_action: "/t/fjord/logout",
        back,
        home: home.map(|place| (href(place), data.idp.as_str())),
    };
    let (back, place) = (Some(href("https://app.example/after")), Some("/t/fjord/upstream/1/sign-out"));
    add(pages, "SignedOut", &done(0, None, None));
    add(pages, "SignedOut.one_of_several", &done(1, None, None));
    add(pages, "SignedOut.home", &done(0, None, place));
    let frames = [href("https://app.example/signed-out?iss=https%3A%2F%2Fid.example&sid=1")];
    let layout = Layout { frames: &frames, ..data.layout() };
    let again = Some(href("/t/fjord/home"));
    add(pages, "SignedOut.all", &SignedOut { layout, again, ..done(2, back, place) });
}
