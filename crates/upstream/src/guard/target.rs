//! What can be said about a URL before anything is resolved: scheme, host literal, port, and nothing hidden in it.
//!
//! The `url` crate has already brought odd spellings of a host to one form; nothing here reads text a second time.

use super::{FetchError, OutboundPolicy, address};
use std::net::IpAddr;
use url::{Host, Url};

/// Names that mean this machine without asking anybody (RFC 6761 §6.3).
pub(crate) fn is_loopback_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Allows `https` to global hosts on port 443 or `own_port`, and where the policy says so, loopback without conditions.
pub(crate) fn check(policy: OutboundPolicy, url: &Url, own_port: u16) -> Result<(), FetchError> {
    let (loopback, global) = match url.host().ok_or(FetchError::Blocked)? {
        Host::Ipv4(ip) => (ip.is_loopback(), address::is_global(IpAddr::V4(ip))),
        Host::Ipv6(ip) => (ip.is_loopback(), address::is_global(IpAddr::V6(ip))),
        // A trailing dot is a second spelling of the same name.
        Host::Domain(name) => (is_loopback_name(name), !name.ends_with('.')),
    };
    let allowed = if loopback {
        policy.allow_loopback && matches!(url.scheme(), "http" | "https")
    } else {
        let port = url.port_or_known_default();
        global && url.scheme() == "https" && (port == Some(443) || port == Some(own_port))
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if allowed && plain { Ok(()) } else { Err(FetchError::Blocked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTION: OutboundPolicy = OutboundPolicy { allow_loopback: false };
    const DEMO: OutboundPolicy = OutboundPolicy { allow_loopback: true };

    fn allowed(policy: OutboundPolicy, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| check(policy, &url, 8443).is_ok())
    }

    #[test]
    fn ssrf_01_every_spelling_of_loopback() {
        for host in [
            "127.0.0.1",
            "localhost",
            "LOCALHOST",
            "a.localhost",
            "[::1]",
            "0.0.0.0",
            "127.1",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "0x7f000001",
            "127.0.0.1.",
            "localhost.",
            "①②⑦.0.0.1",
            "ｌocalhost",
            "%31%32%37.0.0.1",
            "0",
            "[::]",
        ] {
            for scheme in ["http", "https"] {
                assert!(!allowed(PRODUCTION, &format!("{scheme}://{host}/")), "{host}");
            }
        }
    }

    #[test]
    fn ssrf_02_to_04_literals_that_are_not_global() {
        for host in [
            "169.254.169.254",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "10.0.0.1",
            "192.168.0.1",
            "172.16.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "[fe80::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "2852039166",
            "0xa9.0xfe.0xa9.0xfe",
        ] {
            for policy in [PRODUCTION, DEMO] {
                assert!(!allowed(policy, &format!("https://{host}/")), "{host}");
            }
        }
    }

    #[test]
    fn ssrf_08_schemes_and_ports() {
        for url in [
            "file:///etc/passwd",
            "gopher://idp.example/",
            "ftp://idp.example/",
            "data:,x",
            "unix:/run/x",
            "http://idp.example/",
            "https://idp.example:22/",
            "https://idp.example:6379/",
            "http://idp.example:8443/",
            "https://8.8.8.8:25/",
        ] {
            for policy in [PRODUCTION, DEMO] {
                assert!(!allowed(policy, url), "{url}");
            }
        }
        for url in [
            "https://idp.example/",
            "https://idp.example:443/",
            "https://idp.example:8443/",
            "https://8.8.8.8/",
        ] {
            assert!(allowed(PRODUCTION, url), "{url}");
        }
        for url in ["http://127.0.0.1:1/", "http://localhost:1/", "https://[::1]:1/", "http://a.localhost/"] {
            assert!(allowed(DEMO, url), "{url}");
        }
    }

    #[test]
    fn ssrf_09_user_info_fragments_and_dots() {
        for url in [
            "https://user@idp.example/",
            "https://user:pass@idp.example/",
            "https://:p@idp.example/",
            "https://idp.example./",
            "https://idp.example/#a",
            "https://idp.example\\@10.0.0.1:22/",
        ] {
            assert!(url.contains('\\') || !allowed(PRODUCTION, url), "{url}");
        }
        let backslash = Url::parse("https://idp.example\\@10.0.0.1:22/").unwrap();
        assert_eq!(backslash.host_str(), Some("idp.example"), "normalised once, then used as it is");
        let broken = Url::parse("https://idp.exa\r\nmple/").unwrap();
        assert_eq!(broken.host_str(), Some("idp.example"), "line breaks do not survive parsing");
    }
}
