//! An engine under a virtual clock, and phones that talk to it.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::{
    Channel, DATAGRAM_MAX, Direction, Engine, Event, Format, Hosts, Input, InputError, Law,
    Network, Order, Output, Playlist, PortId, Proof, Remote, Sound, SoundId, Sounds, StreamId,
    Target,
};

pub const FRAME: Duration = Duration::from_millis(20);

/// A prompt of three frames, whose samples are 1,000, 2,000 and 3,000.
pub const PROMPT: SoundId = SoundId(1);
/// A waiting sound of fifty frames of 8,000.
pub const WAITING: SoundId = SoundId(2);

/// A datagram that the engine sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub at: Instant,
    pub port: PortId,
    pub channel: Channel,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

impl Sent {
    pub fn rtp(&self) -> Rtp {
        Rtp::parse(&self.bytes)
    }
}

/// An RTP packet taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtp {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

impl Rtp {
    pub fn parse(bytes: &[u8]) -> Self {
        assert_eq!(bytes[0], 0x80, "a plain header");
        Self {
            marker: bytes[1] & 0x80 != 0,
            payload_type: bytes[1] & 0x7F,
            sequence: u16::from_be_bytes(bytes[2..4].try_into().unwrap()),
            timestamp: u32::from_be_bytes(bytes[4..8].try_into().unwrap()),
            ssrc: u32::from_be_bytes(bytes[8..12].try_into().unwrap()),
            payload: bytes[12..].to_vec(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x80, u8::from(self.marker) << 7 | self.payload_type];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }

    /// Thousands of its first sample.
    pub fn thousands(&self, law: Law) -> i16 {
        (f64::from(law.decode(self.payload[0])) / 1_000.0).round() as i16
    }
}

/// A phone: where it is, and the packets it sends.
#[derive(Clone, Debug)]
pub struct Phone {
    pub stream: StreamId,
    pub port: PortId,
    pub address: SocketAddr,
    pub next: Rtp,
}

impl Phone {
    /// The next packet of sound, 20 ms of one code.
    pub fn sound(&mut self, code: u8) -> Vec<u8> {
        self.packet(8, vec![code; 160], 160)
    }

    pub fn packet(&mut self, payload_type: u8, payload: Vec<u8>, step: u32) -> Vec<u8> {
        let packet = Rtp {
            payload_type,
            payload,
            ..self.next.clone()
        };
        self.next.sequence = self.next.sequence.wrapping_add(1);
        self.next.timestamp = self.next.timestamp.wrapping_add(step);
        packet.bytes()
    }
}

/// An engine, its clock, and what came out of it.
pub struct Desk {
    pub engine: Engine,
    pub now: Instant,
    pub sent: Vec<Sent>,
    pub events: Vec<Event>,
    pub outputs: Vec<Output>,
}

impl Desk {
    #[allow(clippy::disallowed_methods)]
    pub fn new() -> Self {
        let start = Instant::now();
        let mut sounds = Sounds::default();
        let steps: Vec<i16> = [1_000, 2_000, 3_000]
            .iter()
            .flat_map(|step| [*step; 160])
            .collect();
        sounds.insert(PROMPT, Sound::from_samples(&steps));
        sounds.insert(WAITING, Sound::from_samples(&[8_000; 8_000]));
        let mut desk = Self {
            engine: Engine::new(start, [11, 22]),
            now: start,
            sent: Vec::new(),
            events: Vec::new(),
            outputs: Vec::new(),
        };
        desk.order(Order::Load {
            sounds: Arc::new(sounds),
        });
        desk
    }

    pub fn order(&mut self, order: Order) {
        self.try_order(order).unwrap();
    }

    pub fn try_order(&mut self, order: Order) -> Result<(), InputError> {
        let result = self.engine.handle_input(self.now, Input::Order(order));
        self.drain();
        result
    }

    pub fn play(&mut self, phone: &Phone, playlist: Playlist) {
        self.order(Order::Play {
            stream: phone.stream,
            playlist,
        });
    }

    pub fn join(&mut self, a: &Phone, b: &Phone) {
        self.order(Order::Join {
            a: a.stream,
            b: b.stream,
        });
    }

    /// Opens stream and port `n` for a phone at `192.0.2.n`.
    pub fn phone(&mut self, n: u16, format: Format) -> Phone {
        self.phone_with(n, format, Direction::SendRecv, Hosts::default())
    }

    pub fn phone_with(
        &mut self,
        n: u16,
        format: Format,
        direction: Direction,
        hosts: Hosts,
    ) -> Phone {
        let target = Target {
            remote: Some(Remote::at(address_of(n))),
            format,
            direction,
            hosts,
            proof: Proof::Given,
        };
        self.phone_of(n, target)
    }

    /// Opens stream and port `n` as they were settled.
    pub fn phone_of(&mut self, n: u16, target: Target) -> Phone {
        let address = address_of(n);
        let (stream, port) = (StreamId(u128::from(n)), PortId(n));
        self.order(Order::Open {
            stream,
            port,
            at: None,
            target,
        });
        let next = Rtp {
            marker: false,
            payload_type: 8,
            sequence: 65_000_u16.wrapping_add(n),
            timestamp: 4_294_960_000,
            ssrc: 0x1000 + u32::from(n),
            payload: Vec::new(),
        };
        Phone {
            stream,
            port,
            address,
            next,
        }
    }

    /// Gives the engine a datagram of a phone, and returns what it relays.
    pub fn hear(&mut self, phone: &Phone, bytes: &[u8]) -> Option<Sent> {
        self.hear_from(phone.port, phone.address, bytes)
    }

    pub fn hear_from(&mut self, port: PortId, from: SocketAddr, bytes: &[u8]) -> Option<Sent> {
        let mut datagram = bytes.to_vec();
        let forward = self.engine.packet(self.now, port, from, &mut datagram);
        self.drain();
        forward.map(|forward| Sent {
            at: self.now,
            port: forward.port,
            channel: Channel::Rtp,
            to: forward.to,
            bytes: datagram[forward.bytes].to_vec(),
        })
    }

    /// Lets time pass, waking the engine when it asks for it.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.timeout();
        }
        self.now = until;
    }

    pub fn timeout(&mut self) {
        self.engine.handle_input(self.now, Input::Timeout).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        let mut buffer = [0; DATAGRAM_MAX];
        while let Some(transmit) = self.engine.transmit(self.now, &mut buffer) {
            self.sent.push(Sent {
                at: self.now,
                port: transmit.port,
                channel: transmit.channel,
                to: transmit.to,
                bytes: buffer[..transmit.length].to_vec(),
            });
        }
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Watch { .. }
                | Output::Connect { .. }
                | Output::Disconnect { .. }
                | Output::Free { .. } => {
                    self.outputs.push(output);
                }
            }
        }
    }

    /// Takes the RTP packets that were sent to a phone.
    pub fn rtp_to(&mut self, phone: &Phone) -> Vec<Rtp> {
        let sent = std::mem::take(&mut self.sent);
        let (to, rest): (Vec<_>, Vec<_>) = sent
            .into_iter()
            .partition(|sent| sent.port == phone.port && sent.channel == Channel::Rtp);
        self.sent = rest;
        to.iter().map(Sent::rtp).collect()
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

/// Where phone `n` is.
pub fn address_of(n: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n as u8], 4_000 + n * 2))
}

/// The host of a phone's flow.
pub fn flow(text: &str) -> Hosts {
    Hosts::of_flow(text.parse().unwrap())
}

/// A trunk that is one host.
pub fn trunk(text: &str) -> Hosts {
    Hosts::of_trunk([Network::host(text.parse().unwrap())])
}

pub fn alaw() -> Format {
    Format::of(Law::ALaw)
}

pub fn alaw_with_events() -> Format {
    alaw().with_telephone_event(101)
}
