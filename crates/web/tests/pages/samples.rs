//! One or more samples of every page, made from one set of values.

use crate::{rules, samples_account, samples_demo, samples_device, samples_guest};
use askama::Template;
use hospes_web::pages::{
    Choice, ErrorPage, FormPost, Href, InvitationList, InvitationRow, InvitationState, InviteForm,
    InviteGuest, InviteOutcome, InviteProblem, InviteResult, Layout, Moment, NewPassword, NewPasswordProblem,
    NewPasswordPurpose, NotFound, SetUp, SetUpProblem, Strength, Unavailable,
};
use jiff::Timestamp;

/// Values that come from people and other systems.
pub(crate) struct Data {
    pub label: &'static str,
    pub organization: String,
    pub person: String,
    pub email: String,
    pub app: String,
    pub idp: String,
    pub text: String,
}

impl Data {
    pub(crate) fn ordinary() -> Self {
        Self {
            label: "ordinary",
            organization: "Fjord Bank".into(),
            person: "Ada Lindqvist".into(),
            email: "ada.lindqvist@fabrikam.example".into(),
            app: "Deal Room".into(),
            idp: "Fabrikam".into(),
            text: "Welcome to the project! The documents for Thursday are in the first folder.".into(),
        }
    }

    pub(crate) fn umlauts() -> Self {
        Self {
            label: "umlauts",
            organization:
                "Österreichische Donaudampfschifffahrtsgesellschaft für Güter- und Personenverkehr AG".into(),
            person: "Jürgen Müßiggang-Ćwiękała zu Łódź".into(),
            email: "jürgen.müßiggang-ćwiękała.zu.łódź@donaudampfschifffahrtsgesellschaft.example".into(),
            app: "Güterverkehrsübersicht".into(),
            idp: "Straßenbau Köln".into(),
            text: "Grüß Gott & schöne Grüße <3 – „bis bald“".into(),
        }
    }

    pub(crate) fn right_to_left() -> Self {
        Self {
            label: "rtl",
            organization: "بنك المضيق".into(),
            person: "ליאת כהן".into(),
            email: "ليلى@مثال.example".into(),
            app: "غرفة الصفقات".into(),
            idp: "פבריקם".into(),
            text: "\u{202e}evil\u{202c} مرحبا بكم في المشروع".into(),
        }
    }

    pub(crate) fn huge() -> Self {
        Self::all("huge", &"Wide ".repeat(2048))
    }

    /// One set per way of breaking out of text, attribute, title or textarea.
    pub(crate) fn nasty() -> Vec<Self> {
        [
            "<script>canary()</script>",
            "\"><img src=x onerror=\"canary()\" canary=\"",
            "'><svg onload='canary()' canary='",
            "\" autofocus onfocus=canary() canary=\"",
            "</title></textarea></option></select><canary-element>",
            "javascript:canary()",
            "{{ canary }}{% canary %}<!--canary--><![CDATA[",
            "&lt;script&gt;canary()&lt;/script&gt;&#60;script&#62;",
            "\u{feff}<script\u{b}>canary</script\t>\r\n",
            "`-canary-`${canary}</script><script>",
        ]
        .map(|value| Self::all("nasty", value))
        .into()
    }

    fn all(label: &'static str, value: &str) -> Self {
        let [organization, person, email, app, idp, text] = std::array::from_fn(|_| value.to_owned());
        Self { label, organization, person, email, app, idp, text }
    }

    pub(crate) fn layout(&self) -> Layout<'_> {
        Layout {
            organization: Some(&self.organization),
            csrf: "csrf-value",
            privacy: privacy(),
            ..Layout::default()
        }
    }
}

pub(crate) type Pages = Vec<(String, String)>;

/// Every page with one set of values, by name.
pub(crate) fn pages(data: &Data) -> Pages {
    let mut pages = Pages::new();
    samples_guest::guest(data, &mut pages);
    passwords(data, &mut pages);
    samples_account::account(data, &mut pages);
    samples_device::device(data, &mut pages);
    inviting(data, &mut pages);
    list(data, &mut pages);
    refusals(data, &mut pages);
    samples_demo::demo(data, &mut pages);
    pages
}

/// Every page with every set of values but the hostile ones that no parser takes without a murmur.
pub(crate) fn pages_of_all_data() -> Pages {
    [Data::ordinary(), Data::umlauts(), Data::right_to_left(), Data::huge()].iter().flat_map(pages).collect()
}

pub(crate) fn add(pages: &mut Pages, name: &str, page: &impl Template) {
    pages.push((name.to_owned(), page.render().unwrap()));
}

pub(crate) fn href(target: &str) -> Href<'_> {
    Href::new(target).unwrap()
}

pub(crate) fn moment() -> Moment {
    Moment::from(Timestamp::from_second(1_773_480_600).unwrap())
}

pub(crate) fn privacy() -> Option<Href<'static>> {
    Href::new("https://fjord.example/privacy")
}

fn passwords(data: &Data, pages: &mut Pages) {
    let new = |purpose, skip_action, strength, problems| NewPassword {
        layout: data.layout(),
        purpose,
        email: &data.email,
        action: "/t/fjord/new-password",
        skip_action,
        strength,
        problems,
    };
    add(pages, "NewPassword", &new(NewPasswordPurpose::Create, Some("/t/fjord/skip"), None, vec![]));
    let problems = vec![NewPasswordProblem::TooShort, NewPasswordProblem::TooPersonal];
    add(pages, "NewPassword.error", &new(NewPasswordPurpose::Reset, None, Some(Strength::Weak), problems));
    let set_up = |strength, problems| SetUp {
        layout: data.layout(),
        organization: &data.organization,
        name: &data.person,
        email: &data.email,
        action: "/t/fjord/set-up",
        strength,
        problems,
    };
    add(pages, "SetUp", &set_up(None, vec![]));
    let problems = vec![
        SetUpProblem::NameMissing,
        SetUpProblem::EmailMalformed,
        SetUpProblem::Password(NewPasswordProblem::TooCommon),
    ];
    add(pages, "SetUp.error", &set_up(Some(Strength::Fair), problems));
}

fn inviting(data: &Data, pages: &mut Pages) {
    let choices =
        || vec![Choice { value: "a", label: &data.app }, Choice { value: &data.text, label: "Portal" }];
    let form = InviteForm {
        email: &data.email,
        name: &data.person,
        message: &data.text,
        destination: "a",
        language: "a",
    };
    let page = |form, problems, result| InviteGuest {
        layout: data.layout(),
        organization: &data.organization,
        account: "a",
        action: "/t/fjord/invite",
        form,
        destinations: choices(),
        languages: choices(),
        problems,
        result,
        invitations: href("/t/fjord/invitations"),
        home: href("/t/fjord/home"),
    };
    add(pages, "InviteGuest", &page(InviteForm::default(), vec![], None));
    let problems =
        vec![InviteProblem::OwnDomain, InviteProblem::MessageTooLong, InviteProblem::DestinationUnknown];
    add(pages, "InviteGuest.error", &page(form, problems, None));
    let mailed = InviteOutcome::Mailed { until: moment() };
    let link = Href::new("https://id.fjord.example/t/fjord/redeem?ticket=x7Yp2kQm9ZsT4uVwA1bC3dE5fG6hJ8");
    for (name, outcome, redeem_url) in [
        ("mailed", mailed, link),
        ("renewed", InviteOutcome::Renewed { until: moment() }, None),
        ("not_mailed", InviteOutcome::NotMailed { until: moment() }, link),
        ("already", InviteOutcome::AlreadyGuest, None),
    ] {
        let result = InviteResult { email: &data.email, outcome, redeem_url };
        add(pages, &format!("InviteGuest.{name}"), &page(InviteForm::default(), vec![], Some(result)));
    }
}

fn list(data: &Data, pages: &mut Pages) {
    let states = [
        InvitationState::Pending,
        InvitationState::Accepted,
        InvitationState::Expired,
        InvitationState::Revoked,
        InvitationState::Superseded,
    ];
    let row = |state| InvitationRow {
        email: &data.email,
        name: (state != InvitationState::Pending).then_some(&*data.person),
        destination: &data.app,
        inviter: &data.person,
        state,
        at: moment(),
    };
    let page = |rows, older| InvitationList {
        layout: data.layout(),
        rows,
        invite: href("/t/fjord/invite"),
        home: href("/t/fjord/home"),
        older,
    };
    add(pages, "InvitationList", &page(states.map(row).into(), Some(href("/t/fjord/invitations?after=x"))));
    add(pages, "InvitationList.empty", &page(vec![], None));
}

fn refusals(data: &Data, pages: &mut Pages) {
    let error = ErrorPage {
        layout: Layout { csrf: "", ..data.layout() },
        title: "This app is not open to guests",
        what: &data.text,
        why: Some(
            "Guests can use only the apps somebody has opened for them, and this one is not among them.",
        ),
        remedy: "Ask the person who invited you to open the app for you, and give them the number below.",
        code: "app_not_assigned",
        reference: "7KQ2-M9XD",
        back: Some(href("https://dealroom.fjord.example/")),
    };
    add(pages, "ErrorPage", &error);
    add(pages, "NotFound", &NotFound { layout: Layout::default() });
    add(pages, "Unavailable", &Unavailable { layout: Layout::default(), reference: "7KQ2-M9XD" });
    let form_post = FormPost {
        layout: Layout { csrf: "", ..data.layout() },
        app: &data.app,
        action: href("https://dealroom.fjord.example/callback"),
        fields: vec![("code", &data.text), ("state", rules::CANARY)],
    };
    add(pages, "FormPost", &form_post);
}
