//! The network of an address: what one household, one firm or one rented machine has at least.

use std::net::IpAddr;

/// The first 24 bits of an IPv4 address, or the first 56 of an IPv6 address; IPv4 within IPv6 is IPv4.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::from((v4.to_bits() & (u32::MAX << 8)).to_be_bytes()),
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & (u128::MAX << 72)).to_be_bytes()),
    }
}
