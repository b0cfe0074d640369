//! Searching people: a store answers what the condition means, in the order asked for, whatever the pages; and who was
//! deleted is nowhere else.

use super::groups::group;
use super::guests::admit;
use super::{Store, all, is_conflict, make, new_tenant, refused};
use crate::backend::on_every_directory;
use crate::fixture::{account, email, guest, home_idp, identity, member};
use hospes_idp::guest::group::Membership;
use hospes_idp::guest::user::{ExternalUserState, Profile, User};
use hospes_idp::ports::directory::Binding;
use hospes_idp::ports::user_query::{Condition, TextField, TextMatch, TimeField, TimeMatch, UserOrder};
use hospes_idp::ports::{Change, PageRequest, UserQuery};
use hospes_idp::tenant::{Status, Tenant};
use hospes_protocol::claims::UserType;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

on_every_directory! {
    a_store_answers_what_a_condition_means
    who_is_deleted_is_nobody_until_restored
}

const NAMES: [&str; 8] = ["", "Ada", "ada", "Ädä", "100%", "a_b", r"a\b", "Zoë O'Neill"];
const TEXTS: [&str; 12] =
    ["", "a", "A", "ä", "%", "_", r"\", "'", "ada", "Zoë o'neill", "@fjord.example", "p1"];

fn people(tenant: &Tenant) -> Vec<User> {
    let mut people = Vec::new();
    for (number, name) in (0_i64..).zip(NAMES.iter().cycle().take(24)) {
        let address = format!("P{number}@{}.example", if number % 3 == 0 { "fjord" } else { "bay" });
        let mut user = if number % 4 == 0 { member(tenant, &address) } else { guest(tenant, &address) };
        let display_name = (number != 5 && !name.is_empty()).then(|| (*name).to_owned());
        user.profile = Profile { display_name, ..user.profile };
        if number % 5 == 0 {
            user.status = Status::Disabled;
        }
        if user.user_type == UserType::Guest && number % 2 == 0 {
            user.external_user_state = Some(ExternalUserState::Accepted);
            user.external_user_state_changed_at = Some(user.created_at + SignedDuration::from_secs(number));
        }
        people.push(user);
    }
    people
}

fn conditions(people: &[User]) -> impl Strategy<Value = Condition> + use<> {
    let times: Vec<Timestamp> = people
        .iter()
        .flat_map(|user| [Some(user.created_at), user.external_user_state_changed_at])
        .flatten()
        .collect();
    let ids: Vec<_> = people.iter().map(|user| user.id).collect();
    let pending = ExternalUserState::PendingAcceptance;
    let text = (
        prop::sample::select(vec![TextField::DisplayName, TextField::Email]),
        prop::sample::select(vec![
            TextMatch::Equals,
            TextMatch::StartsWith,
            TextMatch::EndsWith,
            TextMatch::Contains,
        ]),
        prop::sample::select(TEXTS.to_vec()),
    );
    let time = (
        prop::sample::select(vec![TimeField::Created, TimeField::StateChanged, TimeField::Deleted]),
        prop::sample::select(vec![
            TimeMatch::Before,
            TimeMatch::AtOrBefore,
            TimeMatch::After,
            TimeMatch::AtOrAfter,
        ]),
        prop::sample::select(times),
    );
    let leaf = prop_oneof![
        1 => prop::sample::select(ids).prop_map(Condition::Id),
        1 => prop::sample::select(vec![UserType::Guest, UserType::Member]).prop_map(Condition::Type),
        1 => prop::sample::select(vec![None, Some(pending), Some(ExternalUserState::Accepted)]).prop_map(Condition::State),
        1 => prop::sample::select(vec![Status::Enabled, Status::Disabled]).prop_map(Condition::Status),
        4 => text.prop_map(|(field, how, text)| Condition::Text(field, how, text.to_owned())),
        3 => time.prop_map(|(field, how, time)| Condition::Time(field, how, time)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

async fn a_store_answers_what_a_condition_means(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let people = people(&tenant);
    for user in &people {
        make(&directory, tenant.id, Change::InsertUser(user.clone(), None)).await;
    }
    let orders = prop::sample::select(vec![UserOrder::Created, UserOrder::DisplayName, UserOrder::Email]);
    let queries = (conditions(&people), orders, any::<bool>());
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let (condition, order, descending) = queries.new_tree(&mut runner).unwrap().current();
        let query = UserQuery { condition, order, descending, deleted: false };
        let mut expected: Vec<_> = people.iter().filter(|user| query.condition.holds_for(user)).collect();
        expected.sort_by_key(|user| (query.key(user), user.id.to_string()));
        if descending {
            expected.reverse();
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = directory.list_users(tenant.id, &query, PageRequest { after, size: 7 }).await.unwrap();
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let names = |users: &[&User]| users.iter().map(|user| user.email.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&found.iter().collect::<Vec<_>>()), names(&expected), "{query:?}");
    }
}

async fn who_is_deleted_is_nobody_until_restored(directory: Store) {
    let tenant = new_tenant(&directory).await;
    let ada = guest(&tenant, "ada@fjord.example");
    make(&directory, tenant.id, Change::InsertUser(ada.clone(), Some(account(&ada)))).await;
    let home = home_idp(&tenant, &[]);
    make(&directory, tenant.id, Change::InsertHomeIdp(home.clone())).await;
    let friends = group(&tenant, "Friends");
    make(&directory, tenant.id, Change::InsertGroup(friends.clone())).await;
    let membership = Membership { tenant: tenant.id, group: friends.id, user: ada.id };
    make(&directory, tenant.id, Change::AddMember(membership)).await;
    let link = identity(&ada, &home, "ada");
    make(&directory, tenant.id, admit(&ada, Binding::Federated(link.clone()), None)).await;
    let ada = directory.user(tenant.id, ada.id).await.unwrap().unwrap();
    let is_there = async || {
        let by_identity =
            directory.user_by_identity(tenant.id, home.id, &link.issuer, &link.subject).await.unwrap();
        let found = [
            directory.user(tenant.id, ada.id).await.unwrap().is_some(),
            directory.user_by_email(tenant.id, &ada.email).await.unwrap().is_some(),
            by_identity.is_some(),
            !directory.list_users(tenant.id, &UserQuery::default(), all()).await.unwrap().items.is_empty(),
            !directory.list_group_members(tenant.id, friends.id, all()).await.unwrap().items.is_empty(),
        ];
        assert!(found.iter().all(|here| *here == found[0]), "{found:?}");
        found[0]
    };
    assert!(is_there().await);
    let gone = User { deleted_at: Some(ada.created_at), ..ada.clone() };
    make(&directory, tenant.id, Change::UpdateUser(gone.clone())).await;
    assert!(!is_there().await);
    let deleted =
        directory.list_users(tenant.id, &UserQuery::default().deleted(), all()).await.unwrap().items;
    assert_eq!(deleted, [User { version: gone.version + 1, ..gone }]);
    // The address stays taken, so that restoring always works.
    let other = User { email: email("ADA@fjord.example"), ..guest(&tenant, "x@fjord.example") };
    assert!(is_conflict(&refused(&directory, tenant.id, Change::InsertUser(other, None)).await, "email"));
    make(&directory, tenant.id, Change::UpdateUser(User { deleted_at: None, ..deleted[0].clone() })).await;
    assert!(is_there().await);
}
