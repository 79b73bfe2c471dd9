//! The INVITE client transaction keeps the times of RFC 3261 §17.1.1 and RFC 6026 §7.2.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, peer, peer_tcp, response};
use sip::{Command, Event, Failure, Target};

fn times(sent: &[common::Sent]) -> Vec<u128> {
    sent.iter().map(|sent| sent.at.as_millis()).collect()
}

#[test]
fn timer_a_doubles_and_timer_b_gives_up_after_32_s() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call_over(Target::Flow(peer()));

    bench.seconds(31);
    let again = bench.sent();
    assert!(bench.events().is_empty());
    bench.seconds(2);

    assert_eq!(times(&again), [500, 1_500, 3_500, 7_500, 15_500]);
    assert!(again.iter().all(|sent| sent.text == invite.text));
    assert!(matches!(
        bench.event(),
        Event::Failed {
            reason: Failure::Timeout,
            ..
        }
    ));
    assert_eq!(times(&bench.sent()), [31_500]);
    bench.assert_empty();
}

#[test]
fn timer_a_is_not_set_over_a_stream() {
    let mut bench = Bench::default();
    bench.call_over(Target::Flow(peer_tcp()));

    bench.seconds(31);
    assert!(bench.sent().is_empty());
    bench.seconds(1);

    assert!(matches!(
        bench.event(),
        Event::Failed {
            reason: Failure::Timeout,
            ..
        }
    ));
    bench.assert_empty();
}

#[test]
fn a_provisional_response_stops_timers_a_and_b() {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call();

    bench.receive(&response(&invite.text, "100 Trying", "", ""));
    assert!(matches!(bench.events()[..], [Event::Trying { dialog: of }] if of == dialog));
    bench.seconds(100);

    assert!(bench.sent().is_empty());
    assert!(bench.events().is_empty());
}

#[test]
fn timer_c_ends_a_call_that_rings_for_ever() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();

    bench.receive(&response(&invite.text, "180 Ringing", "callee", ""));
    bench.seconds(150);
    bench.receive(&response(&invite.text, "180 Ringing", "callee", ""));
    bench.events();
    bench.seconds(199);
    assert!(
        bench.events().is_empty(),
        "each provisional response starts it anew"
    );
    bench.seconds(1);

    assert!(matches!(
        bench.event(),
        Event::Failed {
            reason: Failure::Timeout,
            ..
        }
    ));
    bench.assert_empty();
}

#[test]
fn a_cancelled_call_ends_after_32_s_however_often_it_rings() {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call();
    let rings = response(&invite.text, "180 Ringing", "callee", "");
    bench.receive(&rings);
    bench.command(Command::Cancel {
        dialog,
        reason: None,
    });
    bench.events();

    for _ in 0..31 {
        bench.seconds(1);
        bench.receive(&rings);
        assert_eq!(bench.endpoint.counts().dialogs, 1);
    }
    bench.seconds(1);

    assert_eq!(bench.endpoint.counts().dialogs, 0);
}

#[test]
fn a_refusal_is_acknowledged_each_time_until_timer_d_after_32_s() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();

    for _ in 0..3 {
        bench.receive(&response(&invite.text, "486 Busy Here", "callee", ""));
    }
    let acks = bench.sent();
    bench.advance(Duration::from_millis(31_999));
    assert_eq!(bench.endpoint.counts().transactions, 1);
    bench.advance(Duration::from_millis(1));

    assert_eq!(acks.len(), 3);
    let ack = &acks[0];
    assert_eq!(ack.start_line(), "ACK sip:op@198.51.100.7:5070 SIP/2.0");
    assert_eq!(ack.header("Via"), invite.header("Via"));
    assert_eq!(ack.to_tag(), "callee");
    assert!(ack.header("CSeq").unwrap().ends_with(" ACK"));
    assert_eq!(bench.events().len(), 1);
    bench.assert_empty();
}

#[test]
fn timer_d_is_zero_over_a_stream() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call_over(Target::Flow(peer_tcp()));

    bench.receive_from(
        peer_tcp(),
        &response(&invite.text, "486 Busy Here", "callee", ""),
    );
    bench.advance(Duration::ZERO);

    bench.assert_empty();
}

#[test]
fn the_same_2xx_is_acknowledged_again_until_timer_m_after_32_s() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();
    let success = response(&invite.text, "200 OK", "callee", common::SDP);

    bench.receive(&success);
    let first = bench.only();
    bench.advance(Duration::from_millis(31_999));
    bench.receive(&success);
    let second = bench.only();
    bench.advance(Duration::from_millis(1));

    assert!(first.is("ACK"));
    assert_eq!(first.text, second.text);
    assert_eq!(bench.events().len(), 1);
    assert_eq!(bench.endpoint.counts().transactions, 0);
}
