//! RTCP datagrams: `cargo +nightly fuzz run rtcp ../../../sip-test-fixtures/rtcp` in `crates/media/fuzz`.

#![no_main]

use std::net::SocketAddr;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use media::{
    Direction, Engine, Format, Hosts, Input, Law, Order, PortId, Proof, Remote, StreamId, Target,
};

fuzz_target!(|datagram: &[u8]| {
    let now = Instant::now();
    let mut engine = Engine::new(now, [1, 2]);
    let address = SocketAddr::from(([192, 0, 2, 1], 4_000));
    let target = Target {
        remote: Some(Remote::at(address)),
        format: Format::of(Law::ALaw),
        direction: Direction::SendRecv,
        hosts: Hosts::default(),
        proof: Proof::Given,
    };
    let open = Order::Open {
        stream: StreamId(1),
        port: PortId(1),
        at: None,
        target,
    };
    engine
        .handle_input(now, Input::Order(open))
        .expect("a new stream");
    engine.control_packet(now, PortId(1), address, datagram);
    engine
        .handle_input(
            now,
            Input::Order(Order::Close {
                stream: StreamId(1),
            }),
        )
        .expect("an open stream");
});
