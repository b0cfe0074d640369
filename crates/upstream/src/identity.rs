//! From verified claims to a [`VerifiedIdentity`]: mapping, and cleaning of what people will be shown.

use crate::id_token::Checked;
use crate::userinfo::source;
use hospes_idp::email::EmailAddress;
use hospes_idp::federation::home_idp::{HomeIdp, ProfileAttribute};
use hospes_idp::federation::identity::{EmailVerified, VerifiedIdentity};
use hospes_idp::guest::user::Profile;
use hospes_protocol::jose::Claims;
use hospes_protocol::jose::check::text;
use serde_json::Value;

/// The longest name kept, in characters.
const MAX_NAME: usize = 256;
/// The longest `acr` or `amr` value believed, in bytes, and how many of the latter.
const MAX_METHOD: usize = 256;
const MAX_METHODS: usize = 32;

/// Puts the identity together. For each attribute the ID token goes before userinfo.
pub(crate) fn assemble(
    home_idp: &HomeIdp,
    checked: Checked,
    id_token: &Claims,
    userinfo: Option<&Claims>,
) -> VerifiedIdentity {
    let payloads: Vec<&Claims> = std::iter::once(id_token).chain(userinfo).collect();
    let value = |attribute| {
        let claim = source(home_idp, attribute);
        payloads.iter().find_map(|claims| clean(text(claims, claim)?))
    };
    let (email, email_verified) = payloads
        .iter()
        .find_map(|claims| mailbox(claims, source(home_idp, ProfileAttribute::Email)))
        .map_or((None, EmailVerified::Absent), |(email, verified)| (Some(email), verified));
    VerifiedIdentity {
        home_idp: home_idp.id,
        issuer: home_idp.issuer.clone(),
        subject: checked.subject,
        email,
        email_verified,
        profile: Profile {
            display_name: value(ProfileAttribute::Name),
            given_name: value(ProfileAttribute::GivenName),
            family_name: value(ProfileAttribute::FamilyName),
            preferred_username: value(ProfileAttribute::PreferredUsername),
            preferred_language: value(ProfileAttribute::Locale).and_then(|locale| language_tag(&locale)),
        },
        sid: text(id_token, "sid").filter(|sid| is_method(sid)).map(str::to_owned),
        session_expiry: checked.session_expiry,
        auth_time: checked.auth_time,
        acr: text(id_token, "acr").filter(|acr| is_method(acr)).map(str::to_owned),
        amr: methods(id_token),
    }
}

/// An address and what the same payload says about it. Where another claim than `email` holds the address, a `true` is
/// not about it if there is an `email` that differs.
fn mailbox(claims: &Claims, claim: &str) -> Option<(EmailAddress, EmailVerified)> {
    let stated = text(claims, claim)?;
    let address = EmailAddress::parse(stated).ok()?;
    let about_another = claims.get("email").is_some_and(|email| email != stated);
    let verified = match claims.get("email_verified") {
        Some(Value::Bool(true)) if !about_another => EmailVerified::True,
        Some(Value::Bool(false)) => EmailVerified::False,
        _ => EmailVerified::Absent,
    };
    Some((address, verified))
}

/// `amr` as an array of strings (OIDC Core §2); anything else counts as absent (UP-35).
fn methods(claims: &Claims) -> Vec<String> {
    let method = |value: &Value| value.as_str().filter(|method| is_method(method)).map(str::to_owned);
    let listed = claims.get("amr").and_then(Value::as_array);
    listed
        .filter(|methods| methods.len() <= MAX_METHODS)
        .and_then(|methods| methods.iter().map(method).collect())
        .unwrap_or_default()
}

fn is_method(text: &str) -> bool {
    (1..=MAX_METHOD).contains(&text.len()) && !text.contains(char::is_control)
}

/// Text as it may be shown: no control characters, nothing invisible, nothing that reorders, at most 256 characters.
fn clean(text: &str) -> Option<String> {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).take(MAX_NAME).collect();
    let trimmed = visible.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            // Zero width, and marks of direction.
            | '\u{200b}'..='\u{200f}'
            // Line and paragraph separators, embeddings and overrides.
            | '\u{2028}'..='\u{202e}'
            // Word joiner, invisible operators, isolates.
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Tags.
            | '\u{e0000}'..='\u{e007f}')
}

/// The shape of a BCP 47 tag; `de_DE` is a habit of some home IdPs.
fn language_tag(text: &str) -> Option<String> {
    let tag = text.replace('_', "-");
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (tag.len() <= 35 && tag.split('-').all(subtag)).then_some(tag)
}
