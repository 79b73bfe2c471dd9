//! Proxies that are believed when they say for whom they ask.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whom we believe. Of what a proxy passes on only the last hop is its own word: whatever stands
/// before, its client may have made up.
#[derive(Clone)]
pub struct Proxies(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies(..)")
    }
}

impl Proxies {
    /// Proxies are at the addresses of which this says so.
    pub fn new(include: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(include))
    }

    /// Nobody is believed.
    #[must_use]
    pub fn none() -> Self {
        Self::new(|_| false)
    }

    /// Whether a proxy is at this address.
    pub(crate) fn include(&self, address: IpAddr) -> bool {
        (self.0)(address)
    }

    /// Who sends a request that came from this address: whom a proxy names, else who is there.
    ///
    /// Two headers that name different people are not believed: a proxy writes one of them, and
    /// passes the other on as its client wrote it.
    pub(super) fn peer(&self, from: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.include(from) {
            return from;
        }
        let last = |name: HeaderName| {
            let value = headers.get_all(name).iter().next_back()?;
            Some(value.to_str().unwrap_or_default())
        };
        let forwarded = last(header::FORWARDED).map(forwarded_for);
        let x_forwarded = last(X_FORWARDED_FOR).map(x_forwarded_for);
        let named = match (forwarded, x_forwarded) {
            (Some(one), None) | (None, Some(one)) => one,
            (Some(one), Some(other)) if one == other => one,
            (Some(_), Some(_)) | (None, None) => None,
        };
        named.unwrap_or(from)
    }
}

/// The last hop of a `Forwarded` header (RFC 7239 §4).
fn forwarded_for(value: &str) -> Option<IpAddr> {
    let last = value.rsplit(',').next()?;
    let pairs = last.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, node) = named.next()?;
    address(node.trim().trim_matches('"'))
}

/// The last hop of an `X-Forwarded-For` header.
fn x_forwarded_for(value: &str) -> Option<IpAddr> {
    address(value.rsplit(',').next()?.trim())
}

/// An address, IPv6 in brackets or without, with a port or without (RFC 7239 §6).
fn address(node: &str) -> Option<IpAddr> {
    let bare = node.trim_start_matches('[').trim_end_matches(']');
    let with_port = || Some(node.parse::<SocketAddr>().ok()?.ip());
    let address: Option<IpAddr> = bare.parse().ok().or_else(with_port);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "127.0.0.1";

    fn peer(from: &str, headers: &[(&'static str, &'static str)]) -> String {
        let proxies = Proxies::new(|address| address.is_loopback());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.peer(from.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn proxy_is_believed_whom_it_names_last() {
        for (name, value) in [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "10.0.0.1, 203.0.113.9"),
            ("x-forwarded-for", "203.0.113.9:4711"),
            ("forwarded", "for=203.0.113.9"),
            (
                "forwarded",
                "for=10.0.0.1, proto=https;For=\"203.0.113.9:4711\"",
            ),
            (
                "forwarded",
                "for=\"[2001:db8::1]\", for=\"[::ffff:203.0.113.9]:80\"",
            ),
        ] {
            assert_eq!(peer(PROXY, &[(name, value)]), "203.0.113.9", "{value}");
        }
        let v6 = [("forwarded", "for=\"[2001:db8::1]:4711\"")];
        assert_eq!(peer(PROXY, &v6), "2001:db8::1");
    }

    #[test]
    fn stranger_speaks_for_nobody_but_herself() {
        let named = [("x-forwarded-for", "203.0.113.9")];

        assert_eq!(peer("198.51.100.1", &named), "198.51.100.1");
    }

    #[test]
    fn second_header_that_a_client_adds_is_believed_no_more_than_the_first() {
        let both = [
            ("forwarded", "for=203.0.113.9"),
            ("x-forwarded-for", "203.0.113.10"),
        ];

        assert_eq!(peer(PROXY, &both), PROXY);
    }

    #[test]
    fn proxy_that_names_nobody_asks_for_itself() {
        for (name, value) in [
            ("forwarded", "for=unknown"),
            ("forwarded", "for=_hidden;proto=https"),
            ("forwarded", "proto=https"),
            ("x-forwarded-for", ""),
            ("x-forwarded-for", "203.0.113.9, secret"),
        ] {
            assert_eq!(peer(PROXY, &[(name, value)]), PROXY, "{value}");
        }
        assert_eq!(peer(PROXY, &[]), PROXY);
    }

    #[test]
    fn header_that_came_twice_counts_as_its_last_line() {
        let twice = [
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-for", "203.0.113.9"),
        ];

        assert_eq!(peer(PROXY, &twice), "203.0.113.9");
    }
}
