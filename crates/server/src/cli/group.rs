//! `hospes group`: groups of people and who is in them.

use super::office::{At, Office, Range, all, somebody};
use anyhow::{Context, Result};
use clap::Subcommand;
use hospes_idp::admin::Admin;
use hospes_idp::admin::groups::GroupSettings;
use hospes_idp::guest::group as domain;
use hospes_idp::ids::GroupId;
use hospes_web::api::{Group, User};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Make a group nobody is in.
    Create {
        #[command(flatten)]
        at: At,
        /// Shown to people; taken once in a tenant.
        #[arg(long)]
        name: String,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
    },
    /// List groups, oldest first.
    List {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        range: Range,
    },
    /// Show a group, by identifier or name.
    Show {
        #[command(flatten)]
        at: At,
        group: String,
    },
    /// Change what is named.
    Update {
        #[command(flatten)]
        at: At,
        group: String,
        /// Shown to people.
        #[arg(long)]
        name: Option<String>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
    },
    /// Delete a group; the people stay.
    Delete {
        #[command(flatten)]
        at: At,
        group: String,
    },
    /// List the people in a group.
    Members {
        #[command(flatten)]
        at: At,
        group: String,
        #[command(flatten)]
        range: Range,
    },
    /// Put somebody into a group, by identifier or address.
    Add {
        #[command(flatten)]
        at: At,
        group: String,
        person: String,
    },
    /// Take somebody out of a group, by identifier or address.
    Remove {
        #[command(flatten)]
        at: At,
        group: String,
        person: String,
    },
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create { at, name, description } => {
            let tenant = office.tenant(&at.tenant).await?;
            let settings = GroupSettings { display_name: name, description };
            office.show(&Group::from(office.admin(&tenant)?.create_group(settings).await?))
        }
        Verb::List { at, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let groups: Vec<Group> = all(range, async |page| admin.groups(page).await).await?;
            office.show_all(&groups, &["id", "displayName", "description"])
        }
        Verb::Show { at, group } => {
            let tenant = office.tenant(&at.tenant).await?;
            office.show(&Group::from(named(&office.admin(&tenant)?, &group).await?))
        }
        Verb::Update { at, group, name, description } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let before = named(&admin, &group).await?;
            let settings = GroupSettings {
                display_name: name.unwrap_or(before.display_name),
                description: description.or(before.description),
            };
            office.show(&Group::from(admin.update_group(before.id, settings, Some(before.version)).await?))
        }
        members => run_members(office, members).await,
    }
}

async fn run_members(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Delete { at, group } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            admin.delete_group(named(&admin, &group).await?.id, None).await?;
            office.say(&format!("Group {group} is deleted."));
        }
        Verb::Members { at, group, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let id = named(&admin, &group).await?.id;
            let people: Vec<User> = all(range, async |page| admin.group_members(id, page).await).await?;
            office.show_all(&people, &["id", "email", "displayName", "userType", "status"])?;
        }
        Verb::Add { at, group, person } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let (group, person) = (named(&admin, &group).await?, somebody(&admin, &person).await?);
            admin.add_to_group(group.id, person.id).await?;
            office.say(&format!("{} is in {}.", person.email, group.display_name));
        }
        Verb::Remove { at, group, person } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let (group, person) = (named(&admin, &group).await?, somebody(&admin, &person).await?);
            admin.remove_from_group(group.id, person.id).await.with_context(|| person.email.to_string())?;
            office.say(&format!("{} is not in {} any more.", person.email, group.display_name));
        }
        _ => {}
    }
    Ok(())
}

/// A group by identifier or name.
async fn named(admin: &Admin<'_>, named: &str) -> Result<domain::Group> {
    let found = match GroupId::parse(named) {
        Some(id) => admin.group(id).await,
        None => admin.group_named(named).await,
    };
    found.with_context(|| format!("group {named}"))
}
