//! What offer and answer settled for a stream: codec, addresses, direction.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The two companding laws of ITU-T G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// A-law, RTP payload type 8 (PCMA, RFC 3551 §4.5.14).
    ALaw,
    /// µ-law, RTP payload type 0 (PCMU, RFC 3551 §4.5.14).
    MuLaw,
}

impl Law {
    /// Returns the static RTP payload type of RFC 3551 §6.
    pub const fn static_payload_type(self) -> u8 {
        match self {
            Self::ALaw => 8,
            Self::MuLaw => 0,
        }
    }

    /// Returns the code of digital silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::ALaw => 0xD5,
            Self::MuLaw => 0xFF,
        }
    }
}

/// The negotiated payloads of a stream. `ptime` is a wish (RFC 8866 §6.4) and `maxptime` is not: it may halve what we
/// send by ourselves. Packets of any length are received and relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The law of what is sent, and of what arrives under [`Format::payload_type`].
    pub law: Law,
    /// The RTP payload type of sound that is sent. Sound that arrives is understood under this number too, and under
    /// the static ones, which are those of our own descriptions.
    pub payload_type: u8,
    /// The RTP payload types of telephone-event (RFC 4733), if both sides have it.
    pub telephone_event: Option<EventTypes>,
    /// The RTP payload type under which telephone-event is heard where it was not agreed on: some
    /// phones send it all the same. Tones in the sound count as well, until it is heard.
    pub stray_event: Option<u8>,
    /// How much sound goes into a packet that we send by ourselves.
    pub packets: Packets,
}

/// How long the packets are that we send by ourselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packets {
    /// 20 ms: a frame.
    #[default]
    Whole,
    /// 10 ms, for who takes no longer ones.
    Half,
}

/// The RTP payload types of telephone-event, one for each way: each side sends by the number of the other's description
/// (RFC 3264 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTypes {
    /// What is sent carries the other side's number.
    pub send: u8,
    /// What arrives carries ours. The other side's is understood too: some phones send by their own.
    pub receive: u8,
}

impl EventTypes {
    /// Returns the same number for both ways.
    pub const fn both(payload_type: u8) -> Self {
        Self {
            send: payload_type,
            receive: payload_type,
        }
    }
}

impl Format {
    /// Returns the format of a law under its static payload type, without telephone-event.
    pub const fn of(law: Law) -> Self {
        Self {
            law,
            payload_type: law.static_payload_type(),
            telephone_event: None,
            stray_event: None,
            packets: Packets::Whole,
        }
    }

    /// Returns the same format with telephone-event under a payload type, both ways.
    #[must_use]
    pub const fn with_telephone_event(self, payload_type: u8) -> Self {
        Self {
            telephone_event: Some(EventTypes::both(payload_type)),
            ..self
        }
    }
}

/// Where the other side said it receives. Its `Debug` is redacted: it may be the address of somebody's home.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Remote {
    /// Where RTP goes.
    pub rtp: SocketAddr,
    /// Where RTCP goes: the port above, unless `a=rtcp` (RFC 3605) names another.
    pub rtcp: SocketAddr,
}

impl Remote {
    /// Returns the remote whose RTCP port is the one above its RTP port (RFC 3550 §11).
    pub fn at(rtp: SocketAddr) -> Self {
        Self {
            rtp,
            rtcp: SocketAddr::new(rtp.ip(), rtp.port().wrapping_add(1)),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote(..)")
    }
}

/// A range of addresses: the hosts of a trunk, or one host alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Returns the network of an address whose first bits count; more bits than it has are all of them.
    pub fn new(address: IpAddr, bits: u8) -> Self {
        let address = address.to_canonical();
        Self { address, bits }
    }

    /// Returns the network that is one host.
    pub fn host(address: IpAddr) -> Self {
        Self::new(address, u8::MAX)
    }

    fn contains(self, host: IpAddr) -> bool {
        let differing = match (self.address, host) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        differing >= u32::from(self.bits) || self.address == host
    }
}

/// The hosts beside the one in SDP whose packets a stream takes. No offer and no answer adds to them. Their `Debug` is
/// redacted, as that of [`Remote`].
#[derive(Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Those of a trunk, which is known by nothing but these addresses.
    Trunk(Arc<[Network]>),
    /// That of the flow of a phone, which is known by its password, and that of the flow before, if
    /// that was another one: sound may go on by the way that it went.
    Flow {
        /// Where its flow is from.
        now: IpAddr,
        /// Where it was from before; the same if it did not move.
        before: IpAddr,
    },
}

impl Default for Hosts {
    fn default() -> Self {
        Self::of_trunk([])
    }
}

impl Hosts {
    /// Returns the hosts of a trunk.
    pub fn of_trunk(networks: impl IntoIterator<Item = Network>) -> Self {
        Self::Trunk(networks.into_iter().collect())
    }

    /// Returns the host of a phone's flow.
    pub fn of_flow(host: IpAddr) -> Self {
        let host = host.to_canonical();
        Self::Flow {
            now: host,
            before: host,
        }
    }

    /// Returns the hosts of the same phone once its flow is from another host.
    #[must_use]
    pub fn moved_to(&self, host: IpAddr) -> Self {
        let to = host.to_canonical();
        match self {
            Self::Trunk(_) => Self::of_flow(to),
            Self::Flow { now, .. } if *now == to => self.clone(),
            Self::Flow { now, .. } => Self::Flow {
                now: to,
                before: *now,
            },
        }
    }

    /// Whether a host is one of these.
    pub fn contain(&self, host: IpAddr) -> bool {
        let host = host.to_canonical();
        match self {
            Self::Trunk(networks) => networks.iter().any(|network| network.contains(host)),
            Self::Flow { now, before } => *now == host || *before == host,
        }
    }

    /// Whether an address that SDP names is that of the other side, and of nobody near us: one of
    /// these hosts, or a public one that a trunk names. A private one elsewhere means something
    /// else in the network it was written in.
    pub(crate) fn vouch_for(&self, host: IpAddr) -> bool {
        self.contain(host) || (self.are_of_a_trunk() && is_public(host.to_canonical()))
    }

    pub(crate) const fn are_of_a_trunk(&self) -> bool {
        match self {
            Self::Trunk(_) => true,
            Self::Flow { .. } => false,
        }
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hosts(..)")
    }
}

/// Whether an address is routed outside of private networks (RFC 1918, 3927, 6598, 4193, 4291).
/// `sip` asks the same and is held to the same table.
fn is_public(host: IpAddr) -> bool {
    match host {
        IpAddr::V4(host) => {
            let [first, second, ..] = host.octets();
            let is_shared = first == 100 && second & 0xC0 == 64;
            !(host.is_private() || host.is_loopback() || host.is_link_local() || is_shared)
        }
        IpAddr::V6(host) => {
            !(host.is_unique_local() || host.is_unicast_link_local() || host.is_loopback())
        }
    }
}

/// Which way sound flows (RFC 3264 §5.1), seen from us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// We send, the other side only listens.
    SendOnly,
    /// We listen, the other side holds us.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl Direction {
    pub(crate) const fn sends(self) -> bool {
        match self {
            Self::SendRecv | Self::SendOnly => true,
            Self::RecvOnly | Self::Inactive => false,
        }
    }

    pub(crate) const fn receives(self) -> bool {
        match self {
            Self::SendRecv | Self::RecvOnly => true,
            Self::SendOnly | Self::Inactive => false,
        }
    }
}

/// What offer and answer settled for a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where the other side receives; none until its SDP is known, and until then nothing it sends is accepted.
    pub remote: Option<Remote>,
    /// The payloads.
    pub format: Format,
    /// Which way sound flows.
    pub direction: Direction,
    /// Who may speak beside the host of `remote`.
    pub hosts: Hosts,
    /// Whether sound may go out already.
    pub proof: Proof,
}

/// Whether the other side has shown that it is there and wants our sound. An offer alone, which
/// anybody may have forged, has nothing sent to where it points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An ACK or an answer came.
    Given,
    /// None yet: nothing is sent before the first packet from one of the leg's [`Hosts`], and what is played waits. The
    /// host that the offer names is heard, but it proves nothing.
    Awaited,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn network_is_what_its_bits_say() {
        let trunk = Hosts::of_trunk([
            Network::new(ip("192.0.2.7"), 24),
            Network::host(ip("203.0.113.1")),
            Network::new(ip("2001:db8:1::"), 48),
        ]);

        for host in [
            "192.0.2.0",
            "192.0.2.255",
            "203.0.113.1",
            "2001:db8:1:2::9",
            "::ffff:192.0.2.8",
        ] {
            assert!(trunk.contain(ip(host)), "{host}");
        }
        for host in ["192.0.3.0", "203.0.113.0", "2001:db8:2::9", "c000:0207::"] {
            assert!(!trunk.contain(ip(host)), "{host}");
        }
    }

    #[test]
    fn network_of_no_bits_is_its_whole_family() {
        let all = Hosts::of_trunk([Network::new(ip("0.0.0.0"), 0)]);

        assert!(all.contain(ip("255.255.255.255")));
        assert!(!all.contain(ip("2001:db8::1")));
        assert!(!Hosts::default().contain(ip("192.0.2.1")));
    }

    /// The same table holds for the other crate that asks this.
    #[test]
    fn private_networks_are_those_of_the_table() {
        let table = include_str!("../../sip/src/endpoint/private_networks.txt");
        let rows = table.lines().filter(|row| !row.starts_with('#'));
        let mut read = 0;
        for row in rows {
            let (told, host) = row.split_once(' ').unwrap();
            let is_private = !is_public(ip(host.trim()));
            assert_eq!(is_private, told == "private", "{row}");
            read += 1;
        }
        assert!(read > 30, "the table is cut short: {read}");
    }
}
