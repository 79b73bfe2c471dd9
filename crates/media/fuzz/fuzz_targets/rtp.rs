//! RTP datagrams on a bridged stream: `cargo +nightly fuzz run rtp ../../../sip-test-fixtures/rtp`
//! in `crates/media/fuzz`.
//!
//! An input is taken as one datagram, and then as a row of them, each after its length in two bytes.

#![no_main]

use std::net::SocketAddr;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use media::{
    Direction, Engine, Format, Hosts, Input, Law, Network, Order, PortId, Proof, Remote, StreamId, Target,
};

fuzz_target!(|input: &[u8]| {
    let now = Instant::now();
    let mut engine = Engine::new(now, [1, 2]);
    for n in [1, 2] {
        let format = Format::of(Law::ALaw);
        let format = if n == 1 {
            format.with_telephone_event(101)
        } else {
            format
        };
        let remote = Some(Remote::at(address(n)));
        let target = Target {
            remote,
            format,
            direction: Direction::SendRecv,
            hosts: Hosts::of_trunk([Network::new(address(1).ip(), 24)]),
            proof: Proof::Given,
        };
        let open = Order::Open {
            stream: StreamId(u128::from(n)),
            port: PortId(n),
            at: None,
            target,
        };
        engine
            .handle_input(now, Input::Order(open))
            .expect("a new stream");
    }
    let join = Order::Join {
        a: StreamId(1),
        b: StreamId(2),
    };
    engine
        .handle_input(now, Input::Order(join))
        .expect("two streams");
    hear(&mut engine, now, input);
    let mut rest = input;
    while let Some((length, after)) = rest.split_first_chunk() {
        let (datagram, after) =
            after.split_at(usize::from(u16::from_be_bytes(*length)).min(after.len()));
        rest = after;
        hear(&mut engine, now, datagram);
    }
});

fn hear(engine: &mut Engine, now: Instant, datagram: &[u8]) {
    for n in [1, 2] {
        let mut datagram = datagram.to_vec();
        if let Some(forward) = engine.packet(now, PortId(n), address(n), &mut datagram) {
            assert_eq!(datagram[forward.bytes][0], 0x80);
        }
    }
    while engine.poll_output().is_some() {}
}

fn address(n: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4_000 + n))
}
