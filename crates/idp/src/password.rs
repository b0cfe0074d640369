//! What makes a password acceptable (NIST SP 800-63B-4 §3.1.1.2): length and a blocklist, no composition rules.

pub mod hashing;

use crate::model::tenant::Tenant;
use crate::model::user::User;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::Score;

/// Fewest characters of a password that is the only factor.
pub const MIN_CHARS: usize = 15;
/// Most bytes accepted; checked before anything expensive happens.
pub const MAX_BYTES: usize = 1024;

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARS`] characters.
    TooShort,
    /// More than [`MAX_BYTES`] bytes.
    TooLong,
    /// On the blocklist, or guessed quickly: common words, repetitions, keyboard rows.
    Guessable,
    /// Contains the address, the name of the person or of the organization.
    Personal,
}

/// A password as it is hashed: Unicode NFKC, so that the same keys on another keyboard give the same bytes.
pub fn normalise(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfkc().collect())
}

/// All reasons against a new password.
pub fn weaknesses(password: &str, user: &User, tenant: &Tenant) -> Vec<Weakness> {
    if password.len() > MAX_BYTES {
        return vec![Weakness::TooLong];
    }
    let password = normalise(password);
    let lower = password.to_lowercase();
    let context = context_words(user, tenant);
    let words: Vec<&str> = context.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    if password.chars().count() < MIN_CHARS {
        found.push(Weakness::TooShort);
    }
    // Of a long phrase one personal word is fine; a password that is mostly one is not.
    if words.iter().any(|word| lower.contains(word) && word.chars().count() * 2 > lower.chars().count()) {
        found.push(Weakness::Personal);
    }
    if zxcvbn::zxcvbn(&password, &words).score() < Score::Three {
        found.push(Weakness::Guessable);
    }
    found
}

fn context_words(user: &User, tenant: &Tenant) -> Vec<String> {
    let (local, domain) = user.email.key().split_once('@').unwrap_or_default();
    let names = [&user.profile.display_name, &user.profile.given_name, &user.profile.family_name];
    let names = names.into_iter().flatten().map(String::as_str);
    [user.email.key(), local, domain, tenant.display_name.as_str(), tenant.slug.as_str(), "hospes"]
        .into_iter()
        .chain(names)
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 4)
        .collect()
}

/// How hard a password is to guess, from 0 (at once) to 4.
pub fn strength(password: &str) -> u8 {
    let shortened: String = normalise(password).chars().take(128).collect();
    zxcvbn::zxcvbn(&shortened, &[]).score().into()
}
