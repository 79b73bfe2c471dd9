//! The media threads over real sockets on loopback.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use ::media::{
    Direction, Format, Hosts, InputError, Law, Playlist, PortPair, Proof, Remote, Sound, SoundId,
    StreamId, Target,
};
use rustix::net::{SocketAddrAny, getsockname};

use super::*;

/// Loopback, but nobody else's address.
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 77, 1));
/// The host of nobody who was described.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 77, 9));
const PATIENCE: Duration = Duration::from_secs(10);

struct Desk {
    media: Media,
    events: Receiver<Event>,
    ready: Vec<PortPair>,
}

struct Phone {
    stream: StreamId,
    pair: PortPair,
    socket: UdpSocket,
}

impl Desk {
    /// Starts threads on a range of three thousand ports that no other test uses: six times as many
    /// as they want, for a telephone that listens on all addresses takes some of them.
    fn start(threads: usize, first_port: u16) -> Self {
        Self::start_at(Local::At(LOCAL), threads, first_port)
    }

    fn start_at(local: Local, threads: usize, first_port: u16) -> Self {
        let (sender, events) = bounded(10_000);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| ());
        let ports = first_port..=first_port + 2_999;
        let config = Config {
            local,
            ports,
            threads: Some(threads),
            events: sender,
            wake,
        };
        Self {
            media: Media::spawn(&config).unwrap(),
            events,
            ready: Vec::new(),
        }
    }

    /// Waits for an event; ready ports are put aside.
    fn event(&mut self) -> Event {
        loop {
            match self.events.recv_timeout(PATIENCE).unwrap() {
                Event::PortReady(pair) => self.ready.push(pair),
                Event::LastHeard { .. }
                | Event::Heard { .. }
                | Event::Digit { .. }
                | Event::Finished { .. }
                | Event::DigitsSent { .. } => {}
                event @ (Event::Closed { .. } | Event::Refused { .. }) => return event,
            }
        }
    }

    fn ready_pair(&mut self) -> PortPair {
        while self.ready.is_empty() {
            if let Event::PortReady(pair) = self.events.recv_timeout(PATIENCE).unwrap() {
                self.ready.push(pair);
            }
        }
        self.ready.remove(0)
    }

    fn order(&self, order: Order) {
        self.media.order(ThreadId(0), order).unwrap();
    }

    fn phone(&mut self, n: u64) -> Phone {
        self.phone_at(LOCAL, n)
    }

    /// A phone of this host, which sends to us there too.
    fn phone_at(&mut self, host: IpAddr, n: u64) -> Phone {
        let mut pair = self.ready_pair();
        pair.rtp.set_ip(host);
        self.opened(host, pair, None, n)
    }

    /// A phone that is told this address of ours.
    fn phone_told(&mut self, told: IpAddr, n: u64) -> Phone {
        let mut pair = self.ready_pair();
        pair.rtp.set_ip(told);
        self.opened(ELSEWHERE, pair, Some(told), n)
    }

    fn opened(&self, host: IpAddr, pair: PortPair, at: Option<IpAddr>, n: u64) -> Phone {
        let stream = StreamId(u128::from(n));
        let socket = UdpSocket::bind((host, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let remote = Some(Remote::at(socket.local_addr().unwrap()));
        let (format, direction, hosts) =
            (Format::of(Law::ALaw), Direction::SendRecv, Hosts::default());
        let target = Target {
            remote,
            format,
            direction,
            hosts,
            proof: Proof::Given,
        };
        self.order(Order::Open {
            stream,
            port: pair.id,
            at,
            target,
        });
        Phone {
            stream,
            pair,
            socket,
        }
    }

    /// Returns once everything that was ordered before is done.
    fn settle(&mut self) {
        let stream = StreamId(u128::MAX);
        self.order(Order::Ask { stream });
        assert_eq!(
            self.event(),
            Event::Refused {
                stream: Some(stream),
                error: InputError::NoStream(stream)
            }
        );
    }
}

impl Phone {
    fn send(&self, sequence: u16, code: u8) {
        let mut packet = vec![0x80, 8];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend([1, 2, 3, 4]);
        packet.extend([code; 160]);
        self.socket.send_to(&packet, self.pair.rtp).unwrap();
    }

    /// Waits for a packet: its sequence number, its first code, and where it came from.
    fn hear(&self) -> (u16, u8, SocketAddr) {
        let mut packet = [0; 1_500];
        let (length, from) = self.socket.recv_from(&mut packet).unwrap();
        assert_eq!(length, 172);
        (u16::from_be_bytes([packet[2], packet[3]]), packet[12], from)
    }
}

#[test]
fn two_phones_hear_each_other_and_no_stranger() {
    let mut desk = Desk::start(1, 5_000);
    let (a, b) = (desk.phone(1), desk.phone(2));
    desk.order(Order::Join {
        a: a.stream,
        b: b.stream,
    });
    desk.settle();
    let socket = UdpSocket::bind((ELSEWHERE, 0)).unwrap();
    let stranger = Phone {
        stream: a.stream,
        pair: a.pair,
        socket,
    };

    stranger.send(1, 0xEE);
    a.send(1, 0x11);
    b.send(1, 0x22);

    let (_, code, from) = b.hear();
    assert_eq!((code, from), (0x11, our_side_of(&b)));
    let (_, code, from) = a.hear();
    assert_eq!((code, from), (0x22, our_side_of(&a)));
}

#[test]
fn packets_of_200_ms_are_relayed() {
    const LONG_BYTES: usize = 12 + 1_600;
    let mut desk = Desk::start(1, 23_000);
    let (a, b) = (desk.phone(1), desk.phone(2));
    desk.order(Order::Join {
        a: a.stream,
        b: b.stream,
    });
    desk.settle();

    let mut packet = vec![0x80, 8, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
    packet.resize(LONG_BYTES, 0x11);
    a.socket.send_to(&packet, a.pair.rtp).unwrap();

    let mut heard = [0; 2 * LONG_BYTES];
    let (length, _) = b.socket.recv_from(&mut heard).unwrap();
    assert_eq!((length, heard[LONG_BYTES - 1]), (LONG_BYTES, 0x11));
}

/// The address that a phone hears us from: the port it sends to.
fn our_side_of(phone: &Phone) -> SocketAddr {
    phone.pair.rtp
}

#[test]
fn a_waiting_caller_hears_the_sound_and_then_the_operator() {
    let mut desk = Desk::start(1, 8_000);
    let mut sounds = Sounds::default();
    sounds.insert(SoundId(1), Sound::from_samples(&[8_000; 1_600]));
    desk.media.load(&Arc::new(sounds)).unwrap();
    let (caller, operator) = (desk.phone(1), desk.phone(2));
    desk.order(Order::Play {
        stream: caller.stream,
        playlist: Playlist::waiting(SoundId(1)),
    });

    let heard: Vec<_> = (0..5).map(|_| caller.hear()).collect();
    desk.order(Order::Join {
        a: caller.stream,
        b: operator.stream,
    });
    desk.settle();
    operator.send(1, 0x22);

    assert!(
        heard
            .windows(2)
            .all(|pair| pair[1].0 == pair[0].0.wrapping_add(1))
    );
    assert!(
        heard
            .iter()
            .all(|(_, code, _)| *code == Law::ALaw.encode(8_000))
    );
    let voice = std::iter::repeat_with(|| caller.hear().1).find(|code| *code != heard[0].1);
    assert_eq!(voice, Some(0x22));
}

#[test]
fn phones_of_both_families_hear_each_other() {
    let mut desk = Desk::start_at(Local::Everywhere, 1, 2_000);
    let old = desk.phone_at(Ipv4Addr::LOCALHOST.into(), 1);
    let new = desk.phone_at(Ipv6Addr::LOCALHOST.into(), 2);
    let (a, b) = (old.stream, new.stream);
    desk.order(Order::Join { a, b });
    desk.settle();

    for sequence in 1..3 {
        old.send(sequence, 0x11);
        new.send(sequence, 0x22);
        assert_eq!(new.hear().1, 0x11);
        assert_eq!(old.hear().1, 0x22);
    }
}

/// The addresses that a machine has in two networks.
const IN_ONE_NETWORK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 78, 1));
const IN_ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 78, 2));

#[test]
fn each_phone_is_spoken_to_from_the_address_that_it_was_told() {
    for local in [Local::At(Ipv4Addr::UNSPECIFIED.into()), Local::Everywhere] {
        let mut desk = Desk::start_at(local, 1, 20_000);
        let (one, other) = (
            desk.phone_told(IN_ONE_NETWORK, 1),
            desk.phone_told(IN_ANOTHER, 2),
        );
        let (a, b) = (one.stream, other.stream);
        desk.order(Order::Join { a, b });
        desk.settle();

        // The second time the socket is connected.
        for sequence in 1..3 {
            one.send(sequence, 0x11);
            other.send(sequence, 0x22);
            let (_, code, from) = other.hear();
            assert_eq!((code, from), (0x11, our_side_of(&other)));
            let (_, code, from) = one.hear();
            assert_eq!((code, from), (0x22, our_side_of(&one)));
        }
    }
}

#[test]
fn a_port_that_stood_at_an_address_hears_elsewhere_at_its_next_call() {
    let everywhere = Local::At(Ipv4Addr::UNSPECIFIED.into());
    let range = 26_000..=26_001;
    let now = Instant::now();
    let mut ports = Ports::new(ThreadId(0), everywhere, &range, 0, 1).unwrap();
    let mut pair = None;
    ports.tend(now, |ready| pair = Some(ready));
    let pair = pair.unwrap();
    let addresses = [Some(IN_ONE_NETWORK), Some(IN_ANOTHER), None];

    let stands = addresses.map(|at| {
        let taken = ports.take(pair.id, at).unwrap();
        getsockname(&taken.rtp).unwrap()
    });

    let port = pair.rtp.port();
    let expected = addresses.map(|at| {
        let at = at.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        SocketAddrAny::from(SocketAddr::new(at, port))
    });
    assert_eq!(stands, expected);
    assert!(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_err());
}

#[test]
fn a_port_stays_where_it_is_when_the_address_is_not_ours() {
    let everywhere = Local::At(Ipv4Addr::UNSPECIFIED.into());
    let mut ports = Ports::new(ThreadId(0), everywhere, &(26_002..=26_003), 0, 1).unwrap();
    let mut pair = None;
    ports.tend(Instant::now(), |ready| pair = Some(ready));
    let nobodys = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

    let taken = ports.take(pair.unwrap().id, Some(nobodys)).unwrap();

    assert!(taken.address.ip().is_unspecified());
}

#[test]
fn a_closed_stream_gives_its_port_back_and_the_next_one_is_fresh() {
    let mut desk = Desk::start(1, 11_000);
    let phone = desk.phone(1);

    desk.order(Order::Close {
        stream: phone.stream,
    });

    let Event::Closed { stream, stats } = desk.event() else {
        panic!("no end was told")
    };
    assert_eq!((stream, stats.sent, stats.received), (phone.stream, 0, 0));
    let taken: Vec<_> = (0..20).map(|_| desk.ready_pair().rtp).collect();
    assert!(!taken.contains(&phone.pair.rtp), "it cools down");
}

#[test]
fn datagrams_from_before_the_call_are_thrown_away() {
    let mut desk = Desk::start(1, 14_000);
    let early = UdpSocket::bind((LOCAL, 0)).unwrap();
    let pair = desk.ready_pair();
    let phone = Phone {
        stream: StreamId(1),
        pair,
        socket: early,
    };
    phone.send(1, 0x11);
    let remote = Some(Remote::at(phone.socket.local_addr().unwrap()));
    let (format, direction, hosts) = (Format::of(Law::ALaw), Direction::SendRecv, Hosts::default());
    let target = Target {
        remote,
        format,
        direction,
        hosts,
        proof: Proof::Given,
    };

    desk.order(Order::Open {
        stream: phone.stream,
        port: pair.id,
        at: None,
        target,
    });
    desk.settle();
    desk.order(Order::Close {
        stream: phone.stream,
    });

    let Event::Closed { stats, .. } = desk.event() else {
        panic!("no end was told")
    };
    assert_eq!(stats.received, 0);
}

#[test]
fn threads_share_no_port() {
    let mut desk = Desk::start(2, 17_000);
    let pairs: Vec<_> = (0..ports::PORTS_READY * 2)
        .map(|_| desk.ready_pair())
        .collect();
    let of = |thread| {
        pairs
            .iter()
            .filter(move |pair| pair.thread == ThreadId(thread))
    };

    assert_eq!(
        (of(0).count(), of(1).count()),
        (ports::PORTS_READY, ports::PORTS_READY)
    );
    let mut addresses: Vec<_> = pairs.iter().map(|pair| pair.rtp).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), pairs.len());
}

#[test]
fn a_full_queue_gives_the_order_back() {
    let (orders, _receiver) = bounded(1);
    let shared = Arc::new(Shared::new().unwrap());
    let media = Media {
        threads: vec![Handle {
            orders,
            shared,
            thread: None,
        }],
    };
    let close = || Order::Close {
        stream: StreamId(1),
    };

    assert!(media.order(ThreadId(0), close()).is_ok());
    let full = media.order(ThreadId(0), close()).unwrap_err();

    assert_eq!(full.thread, ThreadId(0));
    assert!(matches!(
        *full.order,
        Order::Close {
            stream: StreamId(1)
        }
    ));
    assert!(media.order(ThreadId(7), close()).is_err(), "no such thread");
}
