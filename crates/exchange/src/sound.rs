//! The streams of legs: opened, changed, played to and closed on the media thread that has their port.

use std::net::{IpAddr, SocketAddr};

use dispatch::{LegId, NodeId};
use media::{Hosts, Network, Order, PortPair, StreamId};
use sip::Target;

use crate::engine::Exchange;
use crate::presses::Presses;
use crate::session::Session;
use crate::trunks::{TrunkId, TrunkState};

/// The media half of a leg; its stream is open on the media thread.
#[derive(Debug)]
pub(crate) struct Sound {
    /// The port pair it took.
    pub(crate) port: PortPair,
    /// What offer and answer settled, and our side of it.
    pub(crate) session: Session,
    /// Its keys, where one way alone has told them so far.
    pub(crate) presses: Presses,
}

/// Where a leg receives its sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    port: PortPair,
    /// What its peer is told in our session description.
    pub(crate) told: SocketAddr,
    /// The address of ours that it comes to and that ours comes from; none where no route to the peer is known.
    local: Option<IpAddr>,
}

/// The stream of a leg, which carries all of the leg's id: a leg that is found again after a crash
/// never meets a new one.
pub(crate) const fn stream(leg: LegId) -> StreamId {
    let LegId { node, start, n } = leg;
    StreamId((node.0 as u128) << 64 | (start as u128) << 32 | n as u128)
}

/// The leg of a stream.
#[allow(
    clippy::cast_possible_truncation,
    reason = "each part is cut out of the whole"
)]
pub(crate) const fn leg(StreamId(id): StreamId) -> LegId {
    LegId {
        node: NodeId((id >> 64) as u16),
        start: (id >> 32) as u32,
        n: id as u32,
    }
}

/// Who may speak on the leg of a registered phone, beside the host that it describes: whoever its flow comes from.
pub(crate) fn hosts_of_phone(flow: SocketAddr) -> Hosts {
    Hosts::of_flow(flow.ip())
}

impl Exchange {
    /// Who may speak on a leg by a trunk, beside the host that its peer describes: the trunk,
    /// wherever its messages come from and go to.
    pub(crate) fn hosts_of_trunk(&self, trunk: TrunkId, peer: SocketAddr) -> Hosts {
        let state = self.trunks.get(trunk);
        let networks = state.into_iter().flat_map(TrunkState::hosts);
        Hosts::of_trunk(networks.chain([Network::host(peer.ip())]))
    }

    /// Where a leg of this peer's is to receive its sound: at an address that the peer reaches, and that what we send
    /// comes from.
    pub(crate) fn seat(&self, port: PortPair, peer: &Target) -> Seat {
        let own = self.sip.own_addresses();
        let configured = self.settings.node.sound_address;
        let of_listener = self.listener(peer.listener());
        let of_listener = of_listener.map_or(port.rtp.ip(), |listener| listener.local.ip());
        let bound = configured.unwrap_or_else(|| own.heard_at(peer, of_listener));
        let host = peer.remote().ip();
        Seat {
            port,
            told: SocketAddr::new(own.told(bound, host), port.rtp.port()),
            local: own.local(bound, host),
        }
    }

    /// Opens a leg's stream.
    pub(crate) fn opened(&mut self, leg: LegId, seat: Seat, session: Session) -> Sound {
        let (stream, target) = (stream(leg), session.target());
        let port = seat.port;
        self.order(
            port.thread,
            Order::Open {
                stream,
                port: port.id,
                at: seat.local,
                target,
            },
        );
        Sound {
            port,
            session,
            presses: Presses::default(),
        }
    }

    /// Tells the media thread what was settled anew.
    pub(crate) fn settle_sound(&mut self, leg: LegId) {
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        let (thread, target) = (sound.port.thread, sound.session.target());
        self.order(
            thread,
            Order::Retarget {
                stream: stream(leg),
                target,
            },
        );
    }

    /// Ends a leg's stream, which gives its port back.
    pub(crate) fn close_sound(&mut self, leg: LegId, sound: &Sound) {
        self.order(
            sound.port.thread,
            Order::Close {
                stream: stream(leg),
            },
        );
    }

    pub(crate) fn sound_mut(&mut self, leg: LegId) -> Option<&mut Sound> {
        if let Some(caller) = self.callers.get_mut(&leg) {
            return Some(&mut caller.sound);
        }
        if let Some(called) = self.called.get_mut(&leg) {
            return Some(&mut called.sound);
        }
        self.stars.get_mut(&leg).map(|star| &mut star.sound)
    }

    pub(crate) fn play(&mut self, leg: LegId, playlist: media::Playlist) {
        if let Some(sound) = self.sound_mut(leg) {
            let thread = sound.port.thread;
            self.order(
                thread,
                Order::Play {
                    stream: stream(leg),
                    playlist,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stream_carries_all_of_its_legs_id(node: u16, start: u32, n: u32) {
            let node = NodeId(node);
            let its = LegId { node, start, n };

            prop_assert_eq!(leg(stream(its)), its);
        }
    }
}
