//! Comparison of URIs (RFC 3261 §19.1.4). It is not transitive, hence no `PartialEq`.

use super::{UriRef, unescape};
use crate::header::{Param, Params};

/// Parameters that match only when both URIs have them.
const SIGNIFICANT: [&[u8]; 6] = [b"user", b"ttl", b"method", b"maddr", b"transport", b"lr"];

impl UriRef<'_> {
    /// Tells whether both URIs address the same resource (RFC 3261 §19.1.4). Other schemes are compared by bytes, the
    /// scheme itself without regard to case.
    pub fn equivalent(&self, other: &UriRef<'_>) -> bool {
        if self.scheme() != other.scheme() {
            return false;
        }
        let (Some(host), Some(other_host)) = (self.host(), other.host()) else {
            let (one, two) = (scheme_of(self), scheme_of(other));
            return one.eq_ignore_ascii_case(two) && self.rest() == other.rest();
        };
        let users = match (self.userinfo(), other.userinfo()) {
            (Some(one), Some(two)) => unescape(one).eq(unescape(two)),
            (one, two) => one.is_none() && two.is_none(),
        };
        users
            && host.equivalent(other_host)
            && self.port() == other.port()
            && params_match(self.params(), other.params())
            && params_match(other.params(), self.params())
            && headers_match(self.headers(), other.headers())
    }
}

fn scheme_of<'a>(uri: &UriRef<'a>) -> &'a [u8] {
    let raw = uri.bytes();
    &raw[..raw.len() - uri.rest().len()]
}

fn params_match(one: Params<'_>, two: Params<'_>) -> bool {
    one.iter().all(|param| match two.find(param.name) {
        Some(other) => values_match(param, other),
        None => !SIGNIFICANT
            .iter()
            .any(|name| param.name.eq_ignore_ascii_case(name)),
    })
}

fn values_match(one: Param<'_>, two: Param<'_>) -> bool {
    let plain = |value: u8| value.to_ascii_lowercase();
    match (one.value, two.value) {
        (Some(one), Some(two)) => unescape(one).map(plain).eq(unescape(two).map(plain)),
        (one, two) => one.is_none() && two.is_none(),
    }
}

/// Headers must be the same ones, in any order; their values are compared by bytes without escapes.
fn headers_match(one: &[u8], two: &[u8]) -> bool {
    let mut rest: Vec<&[u8]> = split_headers(two).collect();
    let all_found = split_headers(one).all(|header| {
        let same = |other: &&[u8]| unescape(header).eq(unescape(other));
        rest.iter()
            .position(same)
            .map(|at| rest.swap_remove(at))
            .is_some()
    });
    all_found && rest.is_empty()
}

fn split_headers(headers: &[u8]) -> impl Iterator<Item = &[u8]> {
    headers
        .split(|&byte| byte == b'&')
        .filter(|header| !header.is_empty())
}
