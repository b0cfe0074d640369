//! `hospes guest`: people who belong somewhere else. They are made by `hospes invite`.

use super::office::{At, Office, Range, all, person};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use hospes_idp::admin::people::UserPatch;
use hospes_idp::admin::{Admin, AdminError};
use hospes_idp::email::EmailAddress;
use hospes_idp::ids::UserId;
use hospes_idp::ports::user_query::Condition;
use hospes_idp::ports::{PageRequest, UserQuery};
use hospes_idp::tenant::Status;
use hospes_protocol::claims::UserType;
use hospes_web::api::{State, User, UserWithIdentities};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// List guests, oldest first.
    List {
        #[command(flatten)]
        at: At,
        /// `PendingAcceptance` or `Accepted`.
        #[arg(long)]
        state: Option<State>,
        #[command(flatten)]
        range: Range,
    },
    /// Show a guest and where they sign in.
    Show(One),
    /// End a guest's sessions and tokens and refuse them everywhere.
    Disable(One),
    /// Let a disabled guest in again.
    Enable(One),
    /// Delete a guest. They can be restored for 30 days.
    Delete(One),
    /// List guests who were deleted and can be restored, the first to go for good first.
    Deleted {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        range: Range,
    },
    /// Make a guest who was deleted what they were.
    Restore(One),
    /// Remove a guest who was deleted for good, with everything that is theirs.
    Purge(One),
}

/// Which guest.
#[derive(Args, Debug)]
pub(super) struct One {
    #[command(flatten)]
    at: At,
    /// Identifier or address.
    guest: String,
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::List { at, state, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let mut query = UserQuery::of_type(UserType::Guest);
            if let Some(state) = state {
                query = query.and(Condition::State(Some(state.into())));
            }
            let guests: Vec<User> = all(range, async |page| admin.users(&query, page).await).await?;
            office.show_all(&guests, &["id", "email", "displayName", "state", "status"])
        }
        Verb::Show(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let guest = person(&admin, UserType::Guest, &one.guest).await?;
            let ways_in = admin.ways_in(guest.id).await?;
            office.show(&UserWithIdentities::of(guest, ways_in))
        }
        Verb::Disable(one) => set_status(office, &one, Status::Disabled).await,
        Verb::Enable(one) => set_status(office, &one, Status::Enabled).await,
        Verb::Delete(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let guest = person(&admin, UserType::Guest, &one.guest).await?;
            admin.delete_user(guest.id, Some(guest.version)).await?;
            office.say(&format!("Guest {} is deleted and can be restored for 30 days.", one.guest));
            Ok(())
        }
        Verb::Deleted { at, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let query = UserQuery::of_type(UserType::Guest).deleted();
            let guests: Vec<User> = all(range, async |page| admin.users(&query, page).await).await?;
            office.show_all(&guests, &["id", "email", "displayName", "deletedAt"])
        }
        Verb::Restore(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let guest = deleted(&admin, &one.guest).await?;
            office.show(&User::from(admin.restore_user(guest).await?))
        }
        Verb::Purge(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let admin = office.admin(&tenant)?;
            admin.purge_user(deleted(&admin, &one.guest).await?).await?;
            office.say(&format!("Guest {} is gone for good.", one.guest));
            Ok(())
        }
    }
}

/// A guest who was deleted, by identifier or address.
async fn deleted(admin: &Admin<'_>, named: &str) -> Result<UserId> {
    let wanted = match (UserId::parse(named), EmailAddress::parse(named)) {
        (Some(id), _) => Condition::Id(id),
        (None, Ok(email)) => Condition::email(&email),
        (None, Err(_)) => return Err(AdminError::NotFound).with_context(|| named.to_owned()),
    };
    let query = UserQuery::of_type(UserType::Guest).and(wanted).deleted();
    let found = admin.users(&query, PageRequest { after: None, size: 1 }).await?.items.pop();
    found.map(|guest| guest.id).ok_or(AdminError::NotFound).with_context(|| named.to_owned())
}

async fn set_status(office: &Office, one: &One, status: Status) -> Result<()> {
    let tenant = office.tenant(&one.at.tenant).await?;
    let admin = office.admin(&tenant)?;
    let guest = person(&admin, UserType::Guest, &one.guest).await?;
    let patch = UserPatch { status: Some(status), ..UserPatch::default() };
    office.show(&User::from(admin.update_user(guest.id, patch, Some(guest.version)).await?))
}
