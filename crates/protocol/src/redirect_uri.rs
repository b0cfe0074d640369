//! Redirect URIs: what may be registered, and what a request may name (RFC 6749 §3.1.2, RFC 9700 §4.1, RFC 8252 §7.3).

use crate::RedirectUri;
use url::{Host, Url};

/// The longest URI accepted anywhere.
const MAX_LENGTH: usize = 2048;

/// Why a URI may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute URI as browsers read it.
    #[error("is not an absolute URI")]
    NotAbsolute,
    /// Longer than 2048 characters.
    #[error("is longer than 2048 characters")]
    TooLong,
    /// Fragments never reach the server (RFC 6749 §3.1.2).
    #[error("must not have a fragment")]
    Fragment,
    /// `user@host` confuses people and parsers.
    #[error("must not have user information")]
    UserInfo,
    /// Browsers read these differently from parsers.
    #[error("has characters that are not allowed in a URI")]
    Characters,
    /// Plain http is for loopback only; scripts and data never.
    #[error("must be https, or http on 127.0.0.1, [::1] or localhost, or a private-use scheme with a dot")]
    Scheme,
}

/// Checks a URI for registration. The text is kept as written; only its reading is judged.
pub fn parse_registered(text: &str) -> Result<RedirectUri, RedirectUriError> {
    if text.len() > MAX_LENGTH {
        return Err(RedirectUriError::TooLong);
    }
    if !text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && !b"\\\"<>^`{|}*".contains(&byte)) {
        return Err(RedirectUriError::Characters);
    }
    let url = Url::parse(text).map_err(|_| RedirectUriError::NotAbsolute)?;
    if url.fragment().is_some() {
        return Err(RedirectUriError::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') && url.has_authority() {
        return Err(RedirectUriError::UserInfo);
    }
    let allowed = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(&url),
        // RFC 8252 §7.1: a private-use scheme is a reversed domain name, so it has a dot.
        scheme => scheme.contains('.') && !url.has_authority(),
    };
    allowed.then(|| RedirectUri::new(text)).ok_or(RedirectUriError::Scheme)
}

/// Whether `requested` is `registered`: byte equality, except that a loopback IP literal may use any port
/// (RFC 8252 §7.3). `localhost` enjoys no such freedom, because it can be made to resolve elsewhere.
pub fn matches(registered: &RedirectUri, requested: &str) -> bool {
    registered.as_str() == requested || loopback_port_differs(registered.as_str(), requested)
}

fn loopback_port_differs(registered: &str, requested: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].iter().any(|origin| {
        let rest = |uri: &'_ str| -> Option<String> { uri.strip_prefix(origin).and_then(without_port) };
        matches!((rest(registered), rest(requested)), (Some(a), Some(b)) if a == b)
    })
}

/// The part after `[:port]`, if what follows the host is a well-formed port or path.
fn without_port(after_host: &str) -> Option<String> {
    let rest = match after_host.strip_prefix(':') {
        Some(port_on) => {
            let digits = port_on.bytes().take_while(u8::is_ascii_digit).count();
            port_on.get(..digits)?.parse::<u16>().ok()?;
            port_on.get(digits..)?
        }
        None => after_host,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| rest.to_owned())
}

/// Whether the host is a loopback address or the name `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration() {
        for good in [
            "https://rp.test/cb",
            "https://rp.test/cb?x=1",
            "http://127.0.0.1/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            assert!(parse_registered(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "//rp.test/cb",
            "https://rp.test/cb#f",
            "http://rp.test/cb",
            "https://u@rp.test/cb",
            "https://rp.test\\@evil.test",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/cb",
            "https://rp.test/\ncb",
            "http://127.0.0.1.evil.test/cb",
            "https://*.rp.test/cb",
            "HTTP://rp.test/cb",
            "https://rp.test@evil.test/cb",
        ] {
            assert!(parse_registered(bad).is_err(), "{bad}");
        }
        assert_eq!(
            parse_registered(&format!("https://rp.test/{}", "a".repeat(2048))),
            Err(RedirectUriError::TooLong)
        );
    }

    #[test]
    fn az_04_az_05_variants_never_match() {
        let registered = RedirectUri::new("https://rp.test/cb");
        for other in [
            "https://rp.test/cb/",
            "https://rp.test/CB",
            "https://rp.test/cb?",
            "https://rp.test/cb?a=b",
            "https://rp.test:443/cb",
            "http://rp.test/cb",
            "https://rp.test/%63b",
            "https://rp.test/./cb",
            "https://RP.test/cb",
            "https://rp.test/cb#",
            "https://rp.test/cb/../x",
            "https://rp.test/cb;/x",
            "https://rp.test@evil.test/cb",
            "https://rp.test\\@evil.test",
        ] {
            assert!(!matches(&registered, other), "{other}");
        }
        assert!(matches(&registered, "https://rp.test/cb"));
    }

    #[test]
    fn az_06_rfc8252_7_3_loopback_port_is_free_on_ip_literals_only() {
        let registered = RedirectUri::new("http://127.0.0.1/cb");
        assert!(matches(&registered, "http://127.0.0.1:51004/cb"));
        assert!(matches(&RedirectUri::new("http://[::1]:1/cb"), "http://[::1]:51004/cb"));
        for other in [
            "http://localhost:51004/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:x/cb",
            "http://127.0.0.1:51004@evil.test/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1/cb/",
            "https://127.0.0.1:51004/cb",
        ] {
            assert!(!matches(&registered, other), "{other}");
        }
    }
}
