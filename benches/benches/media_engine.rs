//! What the media engine itself costs, without the kernel: `cargo bench -p benches --bench media_engine`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use media::{
    DATAGRAM_MAX, Direction, Engine, Format, Hosts, Input, Law, Order, Playlist, PortId, Proof,
    Remote, Sound, SoundId, Sounds, StreamId, Target,
};

const CALLERS: u16 = 2_000;

fn address(n: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 10_000 + n))
}

fn engine(streams: u16, format: Format) -> (Engine, Instant) {
    let now = Instant::now();
    let mut engine = Engine::new(now, [1, 2]);
    for n in 0..streams {
        let remote = Some(Remote::at(address(n)));
        let target = Target {
            remote,
            format,
            direction: Direction::SendRecv,
            hosts: Hosts::default(),
            proof: Proof::Given,
        };
        order(
            &mut engine,
            now,
            Order::Open {
                stream: StreamId(u128::from(n)),
                port: PortId(n),
                at: None,
                target,
            },
        );
    }
    (engine, now)
}

fn order(engine: &mut Engine, now: Instant, order: Order) {
    engine.handle_input(now, Input::Order(order)).unwrap();
    while engine.poll_output().is_some() {}
}

fn packet(sequence: u16, codes: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend([1, 2, 3, 4]);
    packet.extend(codes);
    packet
}

/// One packet of a bridge, law translated.
fn relay(criterion: &mut Criterion) {
    let (mut engine, now) = engine(2, Format::of(Law::ALaw).with_telephone_event(101));
    let remote = Some(Remote::at(address(1)));
    let (format, direction, hosts) = (
        Format::of(Law::MuLaw),
        Direction::SendRecv,
        Hosts::default(),
    );
    let target = Target {
        remote,
        format,
        direction,
        hosts,
        proof: Proof::Given,
    };
    order(
        &mut engine,
        now,
        Order::Retarget {
            stream: StreamId(1),
            target,
        },
    );
    order(
        &mut engine,
        now,
        Order::Join {
            a: StreamId(0),
            b: StreamId(1),
        },
    );
    let mut sequence = 0_u16;
    criterion.bench_function("relay a packet, A-law to u-law", |bencher| {
        bencher.iter(|| {
            sequence = sequence.wrapping_add(1);
            let mut datagram = packet(sequence, &[0x2A; 160]);
            black_box(engine.packet(now, PortId(0), address(0), &mut datagram))
        });
    });
}

/// One packet of a waiting caller, searched for tones: a voice, and silence.
fn detect(criterion: &mut Criterion) {
    let sample = |n: u32| {
        (1..10)
            .map(|h| (f64::from(n * h) * 0.11).sin() * 2_000.0)
            .sum::<f64>()
    };
    let voice: Vec<u8> = (0..160)
        .map(|n| Law::ALaw.encode(sample(n) as i16))
        .collect();
    for (name, codes) in [
        ("voice", voice),
        ("silence", vec![Law::ALaw.silence(); 160]),
    ] {
        let (mut engine, now) = engine(1, Format::of(Law::ALaw));
        let mut sequence = 0_u16;
        criterion.bench_function(
            &format!("hear a packet of {name}, looking for keys"),
            |bencher| {
                bencher.iter(|| {
                    sequence = sequence.wrapping_add(1);
                    let mut datagram = packet(sequence, &codes);
                    black_box(engine.packet(now, PortId(0), address(0), &mut datagram))
                });
            },
        );
    }
}

/// One millisecond of the wheel: a hundred frames for two thousand callers.
fn play(criterion: &mut Criterion) {
    let (mut engine, mut now) = engine(CALLERS, Format::of(Law::ALaw));
    let mut sounds = Sounds::default();
    sounds.insert(SoundId(1), Sound::from_samples(&[1_000; 80_000]));
    order(
        &mut engine,
        now,
        Order::Load {
            sounds: Arc::new(sounds),
        },
    );
    for n in 0..CALLERS {
        let playlist = Playlist::waiting(SoundId(1));
        order(
            &mut engine,
            now,
            Order::Play {
                stream: StreamId(u128::from(n)),
                playlist,
            },
        );
    }
    let mut buffer = [0; DATAGRAM_MAX];
    criterion.bench_function("play a hundred frames", |bencher| {
        bencher.iter(|| {
            now += Duration::from_millis(1);
            engine.handle_input(now, Input::Timeout).unwrap();
            while let Some(transmit) = engine.transmit(now, &mut buffer) {
                black_box(transmit);
            }
        });
    });
}

criterion_group!(benches, relay, detect, play);
criterion_main!(benches);
