//! `hospes invite`: inviting guests.

use super::office::{At, Office, Range, all};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use hospes_idp::admin::AdminError;
use hospes_idp::ids::InvitationId;
use hospes_idp::invitation::invite::InviteRequest;
use hospes_idp::invitation::record::Inviter;
use hospes_idp::tenant::Tenant;
use hospes_web::api::{Invitation, InvitationState, MadeInvitation};

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Invite a guest and print the link, this once.
    Create(New),
    /// List invitations, newest first.
    List {
        #[command(flatten)]
        at: At,
        /// `pending`, `completed`, `revoked` or `superseded`.
        #[arg(long)]
        state: Option<InvitationState>,
        #[command(flatten)]
        range: Range,
    },
    /// Withdraw an invitation; its link is dead.
    Revoke(One),
    /// Mail a new link to the same guest; the old one is dead.
    Resend(One),
}

#[derive(Args, Debug)]
pub(super) struct New {
    #[command(flatten)]
    at: At,
    /// To whom.
    #[arg(long)]
    email: String,
    /// Start page of a client or landing page of the tenant; the tenant's home page if absent.
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// How the guest is called.
    #[arg(long)]
    name: Option<String>,
    /// Plain text for the mail.
    #[arg(long)]
    message: Option<String>,
    /// Language of the mail.
    #[arg(long)]
    language: Option<String>,
    /// One copy.
    #[arg(long)]
    cc: Option<String>,
    /// Send no mail: somebody else delivers the link.
    #[arg(long)]
    no_mail: bool,
}

/// Which invitation.
#[derive(Args, Debug)]
pub(super) struct One {
    #[command(flatten)]
    at: At,
    /// Its identifier.
    id: String,
}

impl One {
    fn id(&self) -> Result<InvitationId> {
        InvitationId::parse(&self.id).ok_or(AdminError::NotFound).with_context(|| self.id.clone())
    }
}

impl New {
    fn request(self, home: String) -> InviteRequest {
        InviteRequest {
            email: self.email,
            redirect_url: self.redirect_url.unwrap_or(home),
            display_name: self.name,
            send_mail: !self.no_mail,
            message: self.message,
            language: self.language,
            cc: self.cc,
            sponsors: Vec::new(),
        }
    }
}

pub(super) async fn run(office: &Office, verb: Verb) -> Result<()> {
    match verb {
        Verb::Create(new) => {
            let tenant = office.tenant(&new.at.tenant).await?;
            let request = new.request(home(office, &tenant));
            let made = office.idp().invite(&office.ctx, &tenant, Inviter::Operator, request).await?;
            office.show(&MadeInvitation::from(made))
        }
        Verb::List { at, state, range } => {
            let tenant = office.tenant(&at.tenant).await?;
            let admin = office.admin(&tenant)?;
            let state = state.map(Into::into);
            let found: Vec<Invitation> =
                all(range, async |page| admin.invitations(state, page).await).await?;
            office.show_all(&found, &["id", "email", "state", "createdAt", "expiresAt"])
        }
        Verb::Revoke(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let revoked = office.admin(&tenant)?.revoke_invitation(&Inviter::Operator, one.id()?).await;
            office.show(&Invitation::from(revoked.with_context(|| one.id.clone())?))
        }
        Verb::Resend(one) => {
            let tenant = office.tenant(&one.at.tenant).await?;
            let made = office.admin(&tenant)?.resend_invitation(Inviter::Operator, one.id()?).await;
            office.show(&MadeInvitation::from(made.with_context(|| one.id.clone())?))
        }
    }
}

fn home(office: &Office, tenant: &Tenant) -> String {
    office.idp().issuer(tenant).join("/home")
}
