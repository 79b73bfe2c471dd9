//! The peers around the exchange, and what they send.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use sip::digest::Ha1;
use sip::{EndpointConfig, Protocol, User};

use crate::carrier;
use crate::centre::{Centre, PASSWORD, TRUNK_USER};
use crate::network::Datagram;
use crate::peer::{self, Behind, Peer};
use crate::world::World;

const SIP_PORT: u16 = 5060;

impl World {
    pub(super) fn settle_peers(&mut self) {
        let trunk = BTreeMap::from([(
            User(TRUNK_USER.to_owned()),
            Ha1::new(TRUNK_USER.as_bytes(), b"trunk", PASSWORD.as_bytes()),
        )]);
        let mut config = peer::settings(Centre::trunk(), Protocol::Udp);
        config.accounts = trunk;
        if let Some(grants) = self.centre.carrier.grants() {
            config.registration = grants;
        }
        self.add_peer("trunk", Centre::trunk(), config);
        self.peers[0].tell_keys(self.centre.carrier.keys);
        let seconds = self.centre.second_phones.clone();
        let names = self.centre.operators.clone();
        let all = names
            .into_iter()
            .chain(seconds.iter().map(|(name, _)| *name));
        for (n, name) in (1..).zip(all) {
            self.add_phone(n, name);
        }
    }

    fn add_phone(&mut self, n: u8, name: &str) {
        let habits = self.centre.habits_of(name);
        let (inside, outside) = match habits.behind {
            Behind::Nothing => ([10, 0, n, 2], [10, 0, n, 2]),
            Behind::NatInTheHouse => ([192, 168, n, 2], [10, 1, n, 2]),
            Behind::Nat | Behind::NatThatItKnows => ([192, 168, n, 2], [100, 64, n, 2]),
        };
        if habits.behind != Behind::Nothing {
            self.network.put_behind_nat(inside.into(), outside.into());
        }
        let named = match habits.behind {
            Behind::Nothing | Behind::Nat | Behind::NatInTheHouse => inside,
            Behind::NatThatItKnows => outside,
        };
        let config = peer::settings((named, SIP_PORT).into(), habits.protocol);
        self.add_peer(name, (inside, SIP_PORT).into(), config);
        if let Some(phone) = self.peers.last_mut() {
            phone.set_habits(habits, named.into());
        }
    }

    fn add_peer(&mut self, name: &str, address: SocketAddr, config: EndpointConfig) {
        let place = self.peers.len();
        let seed = self.chance.seed();
        self.peers
            .push(Peer::new(self.now, (name, place), address, seed, config));
        self.places.insert(address, place);
    }

    /// Sends what a peer has to say.
    pub(super) fn flush_peer(&mut self, place: usize) {
        while self.peers[place].has_messages() {
            let from = self.peers[place].address;
            if let Some((target, bytes)) = self.peers[place].poll_message() {
                if target.protocol() == Protocol::Tcp {
                    self.stream_from(place, target, bytes);
                    continue;
                }
                let (to, bytes) = (Centre::exchange(), self.on_its_way(from, bytes));
                let bytes = if from == Centre::trunk() {
                    self.centre.carrier.carries(bytes)
                } else {
                    bytes
                };
                self.network.send(self.now, Datagram { from, to, bytes });
            }
        }
        while self.peers[place].has_said() {
            if let Some(datagram) = self.peers[place].poll_said() {
                self.network.send(self.now, datagram);
            }
        }
    }

    /// A message as its way between the exchange and a peer changes it.
    pub(super) fn on_its_way(&self, peer: SocketAddr, bytes: Bytes) -> Bytes {
        if self.centre.registers && peer == Centre::trunk() {
            carrier::through_proxy(bytes)
        } else {
            bytes
        }
    }

    /// A phone starts again: it registers from another port, and knows nothing of its calls.
    #[track_caller]
    pub fn start_again(&mut self, phone: &str) {
        self.lose_connections(phone);
        let place = self.place(phone);
        let seed = self.chance.seed();
        let before = self.peers[place].address;
        let address = SocketAddr::new(before.ip(), before.port() + 2);
        self.places.remove(&before);
        self.places.insert(address, place);
        self.peers[place].start_again(self.now, address, seed);
    }

    /// The peer that an address of sound belongs to.
    pub(super) fn owner_of(&self, sound: SocketAddr) -> Option<usize> {
        self.peers
            .iter()
            .position(|peer| peer.address.ip() == sound.ip())
    }
}
