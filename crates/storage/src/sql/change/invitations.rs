//! Rows that change when somebody is invited, when an invitation ends, and when a guest is admitted.

use super::people::{belongs, insert_user, put_local_account, update_user};
use super::{args, body, insert, write};
use crate::sql::row::{decode, invitation_state};
use crate::sql::statement::Writing;
use hospes_idp::guest::user::{FederatedIdentity, User};
use hospes_idp::ids::{InvitationId, TenantId};
use hospes_idp::invitation::record::{Invitation, InvitationState};
use hospes_idp::ports::directory::{Admission, Binding, Invitee};
use hospes_idp::ports::{ChangeError, Unavailable};
use jiff::Timestamp;

/// Adds the invitation and, if new, the person. What was pending for the person is superseded at `at`.
pub(super) async fn invite(
    tx: &mut Writing,
    (user, invitee): (&User, Invitee),
    invitation: &Invitation,
    at: Timestamp,
) -> Result<(), ChangeError> {
    belongs(user, invitation.tenant, invitation.user)?;
    match invitee {
        Invitee::New => insert_user(tx, user, None).await?,
        Invitee::Known => supersede_pending(tx, user, at).await?,
        Invitee::Reset => {
            supersede(tx, user, at).await?;
            update_user(tx, user.clone()).await?;
            unbind(tx, user).await?;
        }
    }
    let sql =
        "INSERT INTO invitations (tenant, id, user_id, secret, state, body) VALUES ($1, $2, $3, $4, $5, $6)";
    let row = args![
        invitation.tenant,
        invitation.id,
        invitation.user,
        invitation.secret,
        invitation_state(invitation.state),
        body(invitation)?,
    ];
    insert(tx, sql, row, "invitation").await
}

/// Ends every link there is: those that were redeemed lead back to what is no more.
async fn supersede(tx: &mut Writing, user: &User, at: Timestamp) -> Result<(), ChangeError> {
    supersede_pending(tx, user, at).await?;
    let sql = "SELECT body FROM invitations WHERE tenant = $1 AND user_id = $2 AND state = 'completed'";
    let completed = tx.read(sql, args![user.tenant, user.id]).await;
    for text in completed.map_err(Unavailable::because)? {
        let invitation: Invitation = decode(&text)?;
        let state = InvitationState::Superseded;
        let sql = "UPDATE invitations SET state = $1, body = $2 WHERE tenant = $3 AND id = $4";
        let ended = Invitation { state, closed_at: Some(at), ..invitation };
        let row = args![invitation_state(state), body(&ended)?, ended.tenant, ended.id];
        write(tx, sql, row, "invitation").await?;
    }
    Ok(())
}

/// Takes everything away the person could sign in with.
async fn unbind(tx: &mut Writing, user: &User) -> Result<(), ChangeError> {
    for sql in [
        "DELETE FROM federated_identities WHERE tenant = $1 AND user_id = $2",
        "DELETE FROM local_accounts WHERE tenant = $1 AND user_id = $2",
    ] {
        write(tx, sql, args![user.tenant, user.id], "identity").await?;
    }
    Ok(())
}

async fn supersede_pending(tx: &mut Writing, user: &User, at: Timestamp) -> Result<(), ChangeError> {
    // Holds the person's row until the end, so that of two invitations at once the later supersedes the earlier.
    let sql = "UPDATE users SET version = version WHERE tenant = $1 AND id = $2";
    if write(tx, sql, args![user.tenant, user.id], "email").await? == 0 {
        return Err(ChangeError::NotFound);
    }
    let sql = "SELECT body FROM invitations WHERE tenant = $1 AND user_id = $2 AND state = 'pending'";
    let pending = tx.read(sql, args![user.tenant, user.id]).await;
    for text in pending.map_err(Unavailable::because)? {
        end(tx, decode(&text)?, InvitationState::Superseded, at).await?;
    }
    Ok(())
}

pub(super) async fn revoke(
    tx: &mut Writing,
    (tenant, id): (TenantId, InvitationId),
    at: Timestamp,
) -> Result<(), ChangeError> {
    let invitation = find(tx, tenant, id).await?;
    end(tx, invitation, InvitationState::Revoked, at).await
}

/// Binds a person to an identity or account and uses up the invitation, if all of it is as it was when it was decided.
pub(super) async fn admit(tx: &mut Writing, admission: Admission, at: Timestamp) -> Result<(), ChangeError> {
    let user = admission.user;
    update_user(tx, user.clone()).await?;
    match &admission.binding {
        Binding::Federated(identity) => {
            belongs(&user, identity.tenant, identity.user)?;
            link(tx, identity).await?;
        }
        Binding::Local(account) => {
            belongs(&user, account.tenant, account.user)?;
            put_local_account(tx, account).await?;
        }
    }
    let Some(id) = admission.invitation else {
        return Ok(());
    };
    let invitation = find(tx, user.tenant, id).await?;
    belongs(&user, invitation.tenant, invitation.user)?;
    end(tx, invitation, InvitationState::Completed, at).await
}

/// Links an identity to the person it names, unless it is linked to another.
async fn link(tx: &mut Writing, identity: &FederatedIdentity) -> Result<(), ChangeError> {
    let sql = "INSERT INTO federated_identities (tenant, home_idp, issuer, subject, user_id, body)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant, home_idp, issuer, subject) DO UPDATE SET body = excluded.body
         WHERE federated_identities.user_id = excluded.user_id";
    let row = args![
        identity.tenant,
        identity.home_idp,
        identity.issuer.as_str(),
        identity.subject.as_str(),
        identity.user,
        body(identity)?,
    ];
    match write(tx, sql, row, "identity").await? {
        0 => Err(ChangeError::Conflict("identity")),
        _ => Ok(()),
    }
}

async fn find(tx: &mut Writing, tenant: TenantId, id: InvitationId) -> Result<Invitation, ChangeError> {
    let sql = "SELECT body FROM invitations WHERE tenant = $1 AND id = $2";
    let found = tx.read(sql, args![tenant, id]).await.map_err(Unavailable::because)?;
    Ok(decode(found.first().ok_or(ChangeError::NotFound)?)?)
}

/// Ends a pending invitation; one that ended already is stale.
async fn end(
    tx: &mut Writing,
    mut invitation: Invitation,
    state: InvitationState,
    at: Timestamp,
) -> Result<(), ChangeError> {
    invitation.state = state;
    invitation.closed_at = Some(at);
    let sql =
        "UPDATE invitations SET state = $1, body = $2 WHERE tenant = $3 AND id = $4 AND state = 'pending'";
    let row = args![invitation_state(state), body(&invitation)?, invitation.tenant, invitation.id];
    match write(tx, sql, row, "invitation").await? {
        0 => Err(ChangeError::Stale),
        _ => Ok(()),
    }
}
