//! The one place that mints tokens for people.

use super::Call;
use super::about::{About, Extra};
use super::groups::GROUPS;
use super::private::Private;
use super::refresh::RefreshToken;
use super::release::{Release, Wishes};
use super::target::Target;
use crate::Idp;
use crate::ctx::Ctx;
use crate::model::authentication::Authentication;
use crate::model::options::ClaimPlace;
use crate::model::user::User;
use crate::ports::sessions::Use;
use crate::ports::{Key, Kind, Rotation, Unavailable};
use crate::subject::subject_at;
use hospes_protocol::claims::{
    AccessTokenClaims, Confirmation, IdTokenClaims, SignInClaims, SubjectClaims, UserType,
};
use hospes_protocol::encoding::{base64url, half_hash};
use hospes_protocol::jose::signing::TokenType;
use hospes_protocol::jose::{Algorithm, JoseError};
use hospes_protocol::scope::{OPENID, Scopes};
use hospes_protocol::token::{GrantType, TokenResponse};
use hospes_protocol::{Nonce, OAuthError};
use jiff::Timestamp;
use std::time::Duration;

/// What a grant proved.
#[expect(clippy::struct_field_names, reason = "granted_at is what it is called everywhere")]
pub(crate) struct Granted {
    /// Names all tokens that came of one code.
    pub(crate) family: String,
    /// Of the refresh token to issue.
    pub(crate) generation: u32,
    /// For these tokens.
    pub(crate) scope: Scopes,
    /// As granted at first; narrowing once does not narrow for good (RFC 6749 §6).
    pub(crate) original_scope: Scopes,
    /// Single claims asked for.
    pub(crate) wishes: Wishes,
    /// Which resources, and which of them the access token is for.
    pub(crate) target: Target,
    /// For the first ID token.
    pub(crate) nonce: Option<Nonce>,
    /// Of the browser session.
    pub(crate) sid: String,
    /// Of the browser session.
    pub(crate) session_expiry: Timestamp,
    /// How the person signed in.
    pub(crate) authentication: Authentication,
    /// The key a refresh token of a public client is bound to (RFC 9449 §5).
    pub(crate) bound_to: Option<Confirmation>,
    /// When the code was redeemed; limits how long the family lives.
    pub(crate) granted_at: Timestamp,
}

impl Granted {
    /// What the access token may be used for: at a resource of its own, only what was granted there.
    fn access_scope(&self) -> Scopes {
        self.target.chosen.as_ref().map_or_else(|| self.scope.clone(), |at| self.scope.and(&at.scopes()))
    }
}

/// Owned texts the claims borrow.
pub(super) struct Texts {
    issuer: String,
    tid: String,
    pub(super) sub: String,
    pub(super) oid: Option<String>,
    sealed: Option<String>,
    jti: String,
    idp: String,
    amr: Vec<String>,
    roles: Vec<String>,
    user_type: UserType,
    /// For the ID token and the access token.
    extra: [Extra; 2],
}

impl Idp {
    /// Begins the family that a code or an approval stands for, at most once. `None`: it ended before, with the session
    /// it belongs to, or because the code was used a second time.
    pub(crate) async fn begin_family(
        &self,
        call: Call<'_>,
        family: &str,
    ) -> Result<Option<u32>, Unavailable> {
        let usage = Use {
            generation: 0,
            now: call.ctx.now.as_millisecond(),
            grace: 0,
            ttl: family_ttl(call.ctx, call, call.ctx.now),
        };
        let begun = self.sessions.rotate(&Key::new(call.tenant.id, Kind::Family, family), usage).await?;
        Ok((begun == Rotation::Rotated).then_some(1))
    }

    /// Mints tokens of a family that has begun.
    pub(crate) async fn issue_tokens(
        &self,
        call: Call<'_>,
        user: &User,
        granted: Granted,
    ) -> Result<TokenResponse, OAuthError> {
        let keys = self.keyring.of(call.tenant.id).await?;
        let texts = self.texts(call, user, &granted).await?;
        let failed = |cause: JoseError| OAuthError::server_error("the token cannot be signed").because(cause);
        let expires_in = call.tenant.settings.access_token_lifetime;
        let scope = granted.access_scope();
        let access = access_claims(call, (&granted, &scope), &texts, expires_in);
        let access_token = keys
            .signer(Algorithm::ES256, call.ctx.now)
            .and_then(|signer| signer.sign(TokenType::AccessToken, &access));
        let access_token = access_token.map_err(failed)?;
        let id_token = if granted.scope.has(OPENID) {
            let hash = half_hash(&access_token);
            let claims = id_claims(call, user, &granted, (&texts, &hash), expires_in);
            let signer = keys.signer(call.client.id_token_algorithm, call.ctx.now);
            let token = signer.and_then(|signer| signer.sign(TokenType::Jwt, &claims)).map_err(failed)?;
            Some(self.for_client(call, call.client.options.tokens.id_token_encryption(), token).await?)
        } else {
            None
        };
        let refreshes = call.client.grant_types.contains(&GrantType::RefreshToken);
        let refresh_token =
            refreshes.then(|| self.seal_refresh_token(call, &RefreshToken::of(call, user, &granted)));
        Ok(TokenResponse {
            access_token,
            token_type: Confirmation::token_type(call.confirmation),
            expires_in,
            refresh_token,
            id_token,
            scope,
            authorization_details: granted.target.told,
            issued_token_type: None,
        })
    }

    pub(super) async fn texts(
        &self,
        call: Call<'_>,
        user: &User,
        granted: &Granted,
    ) -> Result<Texts, Unavailable> {
        let issuer = self.issuer(call.tenant).to_string();
        let authentication = &granted.authentication;
        let jti = format!("{}.{}", granted.family, base64url(call.ctx.bytes::<8>()));
        let private = Private::to_keep(call, user, granted);
        let (scope, registered) = (&granted.scope, &call.client.scope);
        let groups = self.groups_to_tell(call, user, (scope, &granted.wishes.id_token)).await?;
        let about = About::new(call, user, authentication, (&issuer, groups));
        let at_resource = granted.access_scope();
        let places: [(_, &[String], &Scopes); 2] = [
            (ClaimPlace::IdToken, &granted.wishes.id_token, scope),
            (ClaimPlace::AccessToken, &[], &at_resource),
        ];
        let extra = places.map(|(place, wishes, scope)| {
            let release = Release { scope, registered, wishes, extra: &Extra::new() };
            about.extra(place, (&issuer, release.has(GROUPS)))
        });
        let idp = about.issuer.to_owned();
        Ok(Texts {
            issuer,
            tid: call.tenant.id.to_string(),
            sub: subject_at(&self.vault, call.client, user.id),
            oid: private.user.is_none().then(|| user.id.to_string()),
            sealed: self.seal_private(call.tenant, &jti, &private),
            jti,
            idp,
            amr: authentication.amr(),
            roles: role_names(user),
            user_type: user.user_type,
            extra,
        })
    }
}

pub(crate) fn role_names(user: &User) -> Vec<String> {
    user.roles.iter().map(|role| role.as_str().to_owned()).collect()
}

pub(super) fn access_claims<'a>(
    call: Call<'a>,
    (granted, scope): (&'a Granted, &'a Scopes),
    texts: &'a Texts,
    expires_in: u32,
) -> AccessTokenClaims<'a> {
    let [_, extra] = &texts.extra;
    let resource = granted.target.chosen.as_ref().map(|chosen| chosen.resource.as_str());
    AccessTokenClaims {
        iss: &texts.issuer,
        aud: resource.or(call.client.audience.as_deref()).unwrap_or(&texts.issuer),
        client_id: call.client.client_id.as_str(),
        exp: call.ctx.seconds() + i64::from(expires_in),
        iat: call.ctx.seconds(),
        jti: &texts.jti,
        home_idp: granted.authentication.home_idp().map(|id| id.to_string()),
        scope,
        cnf: call.confirmation,
        sealed: texts.sealed.clone(),
        authorization_details: &granted.target.told,
        subject: subject_claims(texts),
        sign_in: sign_in_claims(texts, granted),
        extra,
    }
}

pub(super) fn id_claims<'a>(
    call: Call<'a>,
    user: &'a User,
    granted: &'a Granted,
    (texts, at_hash): (&'a Texts, &'a str),
    expires_in: u32,
) -> IdTokenClaims<'a> {
    let client = call.client.client_id.as_str();
    let [extra, _] = &texts.extra;
    let (registered, wishes) = (&call.client.scope, granted.wishes.id_token.as_slice());
    let release = Release { scope: &granted.scope, registered, wishes, extra };
    IdTokenClaims {
        iss: &texts.issuer,
        aud: client,
        azp: client,
        exp: call.ctx.seconds() + i64::from(expires_in),
        iat: call.ctx.seconds(),
        nonce: granted.nonce.as_ref().map(Nonce::as_str),
        at_hash,
        session_expiry: granted.session_expiry.as_second(),
        subject: subject_claims(texts),
        sign_in: sign_in_claims(texts, granted),
        profile: release.profile(user),
        extra,
    }
}

fn subject_claims(texts: &Texts) -> SubjectClaims<'_> {
    SubjectClaims {
        sub: &texts.sub,
        tid: &texts.tid,
        oid: texts.oid.as_deref(),
        acct: texts.user_type.acct(),
        user_type: texts.user_type,
        roles: &texts.roles,
    }
}

fn sign_in_claims<'a>(texts: &'a Texts, granted: &'a Granted) -> SignInClaims<'a> {
    SignInClaims {
        auth_time: granted.authentication.at.as_second(),
        acr: granted.authentication.acr(),
        amr: &texts.amr,
        idp: &texts.idp,
        sid: &granted.sid,
    }
}

/// Until it idles out or reaches its absolute end, and never shorter than the access token that was issued with it.
pub(crate) fn family_ttl(ctx: &Ctx, call: Call<'_>, granted_at: Timestamp) -> Duration {
    let settings = &call.tenant.settings;
    let access = i64::from(settings.access_token_lifetime);
    let age = ctx.seconds() - granted_at.as_second();
    let left = i64::from(settings.refresh_token_lifetime) - age;
    let refreshes = call.client.grant_types.contains(&GrantType::RefreshToken);
    // A token that does not change with its use cannot show that it is used.
    let rotates = call.client.options.security.rotates_refresh_tokens();
    let refresh = if rotates { left.min(i64::from(settings.refresh_token_idle)) } else { left };
    let seconds = if refreshes { refresh.max(access) } else { access };
    Duration::from_secs(u64::try_from(seconds).unwrap_or(1).max(1))
}
