//! Samples of what guests see: signing in and redeeming.

use crate::samples::{Data, Pages, add, moment, privacy};
use hospes_web::pages::{
    AnotherSession, Code, CodeProblem, CodePurpose, Consent, Declined, Detail, HomeAccount, Identifier,
    IdentifierProblem, InvitationOpened, Layout, LinkProblem, LinkProblemKind, Mismatch, Password,
    PasswordProblem, ReviewPermissions, Wish,
};

pub(crate) fn guest(data: &Data, pages: &mut Pages) {
    sign_in(data, pages);
    code_and_consent(data, pages);
    invitation(data, pages);
    refusals_of_links(data, pages);
}

fn sign_in(data: &Data, pages: &mut Pages) {
    let identifier = |app, email, problem| Identifier {
        layout: data.layout(),
        app,
        action: "/t/fjord/sign-in",
        email,
        keep: Some(false),
        problem,
    };
    add(pages, "Identifier", &identifier(Some(data.app.as_str()), "", None));
    add(pages, "Identifier.error", &identifier(None, &data.email, Some(IdentifierProblem::Malformed)));
    let password = |username, problem| Password {
        layout: data.layout(),
        address: &data.email,
        username,
        action: "/t/fjord/password",
        code_action: "/t/fjord/code/send",
        reset_action: "/t/harbor/interaction/i/reset-password",
        restart_action: "/t/fjord/restart",
        keep: Some(true),
        problem,
    };
    add(pages, "Password", &password(Some(data.email.as_str()), None));
    add(pages, "Password.error", &password(None, Some(PasswordProblem::Wrong)));
}

fn code_and_consent(data: &Data, pages: &mut Pages) {
    let code = |purpose, resent, problem| Code {
        layout: data.layout(),
        purpose,
        address: &data.email,
        minutes: 10,
        action: "/t/fjord/code",
        resend_action: "/t/fjord/code/send",
        restart_action: "/t/fjord/restart",
        keep: None,
        resent,
        problem,
    };
    add(pages, "Code", &code(CodePurpose::SignIn, false, None));
    add(pages, "Code.redemption", &code(CodePurpose::Redemption, true, None));
    add(pages, "Code.error", &code(CodePurpose::SignIn, false, Some(CodeProblem::Wrong)));
    let wishes = ["openid", "profile", "email", "groups", "offline_access", &data.text].map(Wish::of_scope);
    let consent = Consent {
        layout: data.layout(),
        app: &data.app,
        email: &data.email,
        wishes: wishes.into(),
        details: Vec::new(),
        action: "/t/fjord/consent",
        restart_action: "/t/fjord/restart",
    };
    add(pages, "Consent", &consent);
    let says = vec![("Amount", data.text.as_str()), ("Currency", "EUR"), (&data.person, "yes")];
    let payment = Detail { title: "Make a payment", says };
    let short = Detail { title: &data.text, says: Vec::new() };
    let wishes = vec![Wish::of_scope("openid")];
    add(pages, "Consent.details", &Consent { wishes, details: vec![payment, short], ..consent });
}

fn invitation(data: &Data, pages: &mut Pages) {
    let opened = InvitationOpened {
        layout: data.layout(),
        organization: &data.organization,
        inviter: Some(&data.person),
        address: &data.email,
        destination: "dealroom.fjord.example",
        expires: moment(),
        action: "/t/fjord/redeem",
    };
    add(pages, "InvitationOpened", &opened);
    add(pages, "InvitationOpened.no_inviter", &InvitationOpened { inviter: None, ..opened });
    let review = |home, privacy| ReviewPermissions {
        layout: data.layout(),
        organization: &data.organization,
        home,
        name: Some(&data.person),
        email: &data.email,
        privacy,
        action: "/t/fjord/review",
    };
    add(pages, "ReviewPermissions", &review(HomeAccount::Federated(&data.idp), privacy()));
    add(pages, "ReviewPermissions.lightweight", &review(HomeAccount::Lightweight, None));
    let another = AnotherSession {
        layout: data.layout(),
        signed_in: &data.email,
        invited: &data.email,
        continue_action: "/t/fjord/continue",
        switch_action: "/t/fjord/switch",
    };
    add(pages, "AnotherSession", &another);
    add(pages, "Declined", &Declined { layout: data.layout(), organization: &data.organization });
}

fn refusals_of_links(data: &Data, pages: &mut Pages) {
    let mismatch = Mismatch {
        layout: data.layout(),
        invited: &data.email,
        signed_in: &data.email,
        action: "/t/fjord/switch",
        reference: "7KQ2-M9XD",
    };
    add(pages, "Mismatch", &mismatch);
    for kind in [
        LinkProblemKind::Expired,
        LinkProblemKind::Revoked,
        LinkProblemKind::Unknown,
        LinkProblemKind::AlreadyUsedByOther,
        LinkProblemKind::Superseded,
    ] {
        let organization = (kind != LinkProblemKind::Unknown).then_some(data.organization.as_str());
        let layout = Layout { organization, ..Layout::default() };
        add(pages, &format!("LinkProblem.{kind:?}"), &LinkProblem { layout, kind, reference: "7KQ2-M9XD" });
    }
}
