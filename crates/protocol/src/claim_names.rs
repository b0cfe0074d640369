//! Names of claims: which scope covers one, and which only this server may set.

/// The scope that covers a claim about a person (OIDC Core §5.4); `None` for claims no scope stands for.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    match claim {
        "email" | "email_verified" => Some("email"),
        "name" | "given_name" | "family_name" | "preferred_username" | "locale" => Some("profile"),
        "groups" => Some("groups"),
        _ => None,
    }
}

/// Claims that say who a token is from, for and about, how it may be used, and what is vouched for. No mapping sets them.
const RESERVED: [&str; 46] = [
    "_claim_names",
    "_claim_sources",
    "acct",
    "acr",
    "act",
    "active",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "authorization_details",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "email",
    "email_verified",
    "events",
    "exp",
    "home_idp",
    "iat",
    "idp",
    "iss",
    "jti",
    "jwks",
    "may_act",
    "nbf",
    "nonce",
    "oid",
    "roles",
    "s_hash",
    "scope",
    "sealed",
    "session_expiry",
    "sid",
    "sub",
    "sub_id",
    "sub_jwk",
    "tid",
    "token_introspection",
    "token_type",
    "toe",
    "txn",
    "user_type",
    "username",
    "verified_claims",
];

/// Whether only this server may set the claim.
pub fn is_reserved(claim: &str) -> bool {
    RESERVED.contains(&claim)
}
