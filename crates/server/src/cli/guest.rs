//! `hospes guest`: people who belong somewhere else. They are made by `hospes invite`.

use super::office::{At, Office, Range, all, person};
use anyhow::Result;
use clap::{Args, Subcommand};
use hospes_idp::admin::people::UserPatch;
use hospes_idp::ports::directory::UserFilter;
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
    /// Delete a guest with everything that is theirs.
    Delete(One),
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
            let user_type = Some(UserType::Guest);
            let filter = UserFilter { user_type, state: state.map(Into::into), email: None };
            let guests: Vec<User> = all(range, async |page| admin.users(&filter, page).await).await?;
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
            office.say(&format!("Guest {} is deleted.", one.guest));
            Ok(())
        }
    }
}

async fn set_status(office: &Office, one: &One, status: Status) -> Result<()> {
    let tenant = office.tenant(&one.at.tenant).await?;
    let admin = office.admin(&tenant)?;
    let guest = person(&admin, UserType::Guest, &one.guest).await?;
    let patch = UserPatch { status: Some(status), ..UserPatch::default() };
    office.show(&User::from(admin.update_user(guest.id, patch, Some(guest.version)).await?))
}
