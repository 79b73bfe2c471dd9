//! Hosts and ports as they stand in URIs and in Via.

use crate::token::{decimal, is_host};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host name: up to 255 letters, digits, `-`, `.` and, as phones write it, `_`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HostName<'a>(&'a [u8]);

impl<'a> HostName<'a> {
    /// Checks the bytes; none when they may not stand in a name.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let sound = matches!(bytes.len(), 1..=255) && bytes.iter().all(|&byte| is_host(byte));
        sound.then_some(Self(bytes))
    }

    /// The name as it stands.
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

/// A host: a name or an address (RFC 3261 §25.1, with the IPv6 grammar of RFC 5954).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A domain name.
    Name(HostName<'a>),
    /// An address; IPv6 stands in brackets on the wire.
    Address(IpAddr),
}

impl<'a> Host<'a> {
    /// Reads a host that fills the slice.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if let Some(inside) = bytes.strip_prefix(b"[") {
            return parse_ipv6(inside.strip_suffix(b"]")?)
                .map(|address| Self::Address(address.into()));
        }
        let name = HostName::new(bytes)?;
        Some(parse_ipv4(bytes).map_or(Self::Name(name), |address| Self::Address(address.into())))
    }

    /// The address, if it is one.
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address),
            Self::Name(_) => None,
        }
    }

    /// Compares names without regard to case and addresses by value.
    pub fn equivalent(self, other: Host<'_>) -> bool {
        match (self, other) {
            (Self::Name(one), Host::Name(two)) => one.0.eq_ignore_ascii_case(two.0),
            (Self::Address(one), Host::Address(two)) => one == two,
            (Self::Name(_), Host::Address(_)) | (Self::Address(_), Host::Name(_)) => false,
        }
    }

    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Name(name) => out.extend_from_slice(name.0),
            Self::Address(IpAddr::V4(address)) => {
                out.extend_from_slice(address.to_string().as_bytes())
            }
            Self::Address(IpAddr::V6(address)) => {
                out.extend_from_slice(format!("[{address}]").as_bytes())
            }
        }
    }
}

/// Reads four decimal numbers without leading zeros.
fn parse_ipv4(bytes: &[u8]) -> Option<Ipv4Addr> {
    if !bytes.last()?.is_ascii_digit() {
        return None;
    }
    let mut octets = [0_u8; 4];
    let (mut at, mut digits) = (0, 0);
    for &byte in bytes {
        if byte == b'.' {
            at += 1;
            digits = 0;
            continue;
        }
        let octet = octets
            .get_mut(at)
            .filter(|octet| byte.is_ascii_digit() && (digits == 0 || **octet != 0))?;
        *octet = octet.checked_mul(10)?.checked_add(byte - b'0')?;
        digits += 1;
    }
    let dots_have_digits = bytes[0] != b'.' && !bytes.windows(2).any(|pair| pair == b"..");
    (at == 3 && dots_have_digits).then(|| octets.into())
}

/// Reads an IPv6 address without brackets. Three colons before an IPv4 part are read as two: the grammar of RFC 3261
/// generates them (RFC 5118 §4.10).
pub(crate) fn parse_ipv6(bytes: &[u8]) -> Option<Ipv6Addr> {
    let text = str::from_utf8(bytes).ok()?;
    text.parse().ok().or_else(|| {
        let (before, after) = text.split_once(":::")?;
        after.parse::<Ipv4Addr>().ok()?;
        format!("{before}::{after}").parse().ok()
    })
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name(_) => "Host::Name(..)",
            Self::Address(_) => "Host::Address(..)",
        })
    }
}

/// Reads a port that fills the slice.
pub(crate) fn parse_port(bytes: &[u8]) -> Option<u16> {
    decimal(bytes).and_then(|port| u16::try_from(port).ok())
}

/// Splits `host[:port]` behind the host; the colon stays with the port.
pub(crate) fn split_port(bytes: &[u8]) -> (&[u8], &[u8]) {
    let from = if bytes.first() == Some(&b'[') {
        memchr::memchr(b']', bytes).unwrap_or(0)
    } else {
        0
    };
    let colon = memchr::memchr(b':', &bytes[from..]).map_or(bytes.len(), |at| from + at);
    bytes.split_at(colon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_read_as_the_standard_library_reads_it() {
        for text in [
            "192.0.2.1",
            "0.0.0.0",
            "255.255.255.255",
            "256.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1.2.3.4.",
            "1..3.4",
            "a.1",
        ] {
            assert_eq!(parse_ipv4(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn hosts_are_names_and_addresses() {
        assert_eq!(
            Host::parse(b"[2001:db8::1]"),
            Some(Host::Address("2001:db8::1".parse().unwrap()))
        );
        assert!(matches!(
            Host::parse(b"my_host.example."),
            Some(Host::Name(_))
        ));
        for bad in [
            &b""[..],
            b"2001:db8::1",
            b"[2001:db8::1",
            b"[1.2.3.4]",
            b"a b",
            b"a\0",
        ] {
            assert_eq!(Host::parse(bad), None);
        }
    }
}
