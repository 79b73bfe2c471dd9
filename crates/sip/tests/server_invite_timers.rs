//! The INVITE server transaction keeps the times of RFC 3261 §17.2.1 and RFC 6026 §7.1.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, SDP, ack, branch, invite, peer_tcp, request, status, to};
use sip::{Command, Event};

fn times(sent: &[common::Sent]) -> Vec<u128> {
    sent.iter().map(|sent| sent.at.as_millis()).collect()
}

fn reject(bench: &mut Bench, dialog: sip::DialogId) {
    bench.command(Command::Reject {
        dialog,
        status: status(486),
        headers: Vec::new(),
    });
}

#[test]
fn a_new_invite_gets_100_at_once() {
    let mut bench = Bench::default();

    bench.incoming(&invite());

    let trying = bench.only();
    assert!(trying.is("100"));
    assert_eq!(trying.to_tag(), "");
    assert_eq!(
        trying.header("Via").unwrap(),
        "SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKINVITE1;received=198.51.100.7;rport=5070"
    );
}

#[test]
fn a_lost_provisional_response_is_repeated_for_a_repeated_invite() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.command(Command::Progress {
        dialog,
        status: status(180),
        local_tag: None,
    });
    let ringing = bench.sent().pop().unwrap();

    bench.receive(&invite());

    assert_eq!(bench.only().text, ringing.text);
    assert!(bench.events().is_empty());
}

#[test]
fn timer_g_backs_off_to_4_s_and_timer_h_ends_it_after_32_s() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    reject(&mut bench, dialog);
    bench.sent();

    bench.seconds(33);

    assert_eq!(
        times(&bench.sent()),
        [
            500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500
        ]
    );
    bench.assert_empty();
}

#[test]
fn timer_g_is_not_set_over_a_stream() {
    let mut bench = Bench::default();
    bench.receive_from(peer_tcp(), &invite());
    let Some(Event::Incoming { dialog, .. }) = bench.events().pop() else {
        panic!("no call")
    };
    reject(&mut bench, dialog);
    bench.sent();

    bench.seconds(33);

    assert!(bench.sent().is_empty());
    bench.assert_empty();
}

#[test]
fn an_ack_stops_timer_g_and_timer_i_ends_it_after_5_s() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    reject(&mut bench, dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    let ack = request("ACK", &[&to(&tag), &branch("z9hG4bKINVITE1")], "");
    bench.receive(&ack);
    bench.advance(Duration::from_millis(4_999));
    bench.receive(&ack);
    bench.receive(&invite());

    assert!(bench.sent().is_empty());
    assert_eq!(bench.endpoint.counts().transactions, 1);
    bench.advance(Duration::from_millis(1));
    bench.assert_empty();
}

#[test]
fn a_2xx_is_repeated_from_t1_to_t2_until_32_s_over_any_transport() {
    for flow in [common::peer(), peer_tcp()] {
        let mut bench = Bench::default();
        bench.receive_from(flow, &invite());
        let Some(Event::Incoming { dialog, .. }) = bench.events().pop() else {
            panic!("no call")
        };
        bench.accept(dialog);
        let first = bench.sent().pop().unwrap();

        bench.seconds(40);
        let again = bench.sent();

        assert_eq!(
            times(&again),
            [
                500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500
            ]
        );
        assert!(again.iter().all(|sent| sent.text == first.text));
    }
}

#[test]
fn a_missing_ack_is_told_and_ends_nothing() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);

    bench.advance(Duration::from_millis(31_999));
    assert!(bench.events().is_empty());
    bench.seconds(1);

    assert!(matches!(bench.event(), Event::NotAcknowledged { .. }));
    assert_eq!(bench.endpoint.counts().dialogs, 1);
}

#[test]
fn an_ack_stops_the_2xx_and_timer_l_absorbs_the_invite_for_32_s() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.receive(&ack(&tag));
    bench.advance(Duration::from_millis(31_999));
    bench.receive(&invite());
    bench.receive(&ack(&tag));

    assert!(matches!(
        bench.event(),
        Event::Acknowledged { sdp: None, .. }
    ));
    assert!(bench.sent().is_empty());
    assert_eq!(bench.endpoint.counts().transactions, 1);
    bench.advance(Duration::from_millis(1));
    assert_eq!(bench.endpoint.counts().transactions, 0);
}

#[test]
fn a_ringing_call_repeats_its_provisional_response_every_minute() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request("INVITE", &[], SDP));
    bench.command(Command::Progress {
        dialog,
        status: status(180),
        local_tag: None,
    });
    bench.sent();

    bench.seconds(130);

    assert_eq!(times(&bench.sent()), [60_000, 120_000]);
}
