//! `hospes member`: people of the organization itself.

use super::office::{At, Office, Range, all, read_secret};
use anyhow::Result;
use clap::Subcommand;
use hospes_idp::ports::UserQuery;
use hospes_protocol::claims::UserType;
use hospes_web::api::{NewMember, Role, User};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Make a member with a lightweight account.
    Create {
        #[command(flatten)]
        at: At,
        /// Their address; counts as verified.
        #[arg(long)]
        email: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// `Administrator` or `GuestInviter`; several are allowed.
        #[arg(long)]
        role: Vec<Role>,
        /// A file with a first password; - for standard input. Without it they sign in with codes by mail.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List members, oldest first.
    List {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        range: Range,
    },
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { at, email, name, role, password_file } => {
            let password = password_file.as_deref().map(read_secret).transpose()?;
            let member = NewMember { email, display_name: name, roles: role, password };
            let tenant = office.tenant(&at.tenant).await?;
            let user = office.admin(&tenant)?.create_member(member.into()).await?;
            office.show(&User::from(user))
        }
        Verb::List { at, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let members = UserQuery::of_type(UserType::Member);
            let members: Vec<User> = all(range, async |page| admin.users(&members, page).await).await?;
            office.show_all(&members, &["id", "email", "displayName", "roles", "status"])
        }
    }
}
