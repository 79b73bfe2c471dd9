//! The non-INVITE transactions keep the times of RFC 3261 §17.1.2 and §17.2.2.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, peer, peer_tcp, request, response, status};
use sip::{Body, Command, Event, Failure, ProbeId, Target, Uri};

fn times(sent: &[common::Sent]) -> Vec<u128> {
    sent.iter().map(|sent| sent.at.as_millis()).collect()
}

fn probe(bench: &mut Bench, target: Target) -> common::Sent {
    let uri = Uri::parse("sip:198.51.100.7:5070").unwrap();
    bench.command(Command::Probe {
        probe: ProbeId(1),
        target,
        uri,
    });
    bench.only()
}

#[test]
fn timer_e_backs_off_to_4_s_and_timer_f_gives_up_after_32_s() {
    let mut bench = Bench::default();
    probe(&mut bench, Target::Flow(peer()));

    bench.seconds(32);

    assert_eq!(
        times(&bench.sent()),
        [
            500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500
        ]
    );
    assert!(matches!(
        bench.event(),
        Event::Probed {
            outcome: Err(Failure::Timeout),
            ..
        }
    ));
    bench.assert_empty();
}

#[test]
fn timer_e_is_not_set_over_a_stream() {
    let mut bench = Bench::default();
    probe(&mut bench, Target::Flow(peer_tcp()));

    bench.seconds(32);

    assert!(bench.sent().is_empty());
    assert!(matches!(
        bench.event(),
        Event::Probed {
            outcome: Err(Failure::Timeout),
            ..
        }
    ));
    bench.assert_empty();
}

#[test]
fn a_provisional_response_slows_timer_e_to_4_s() {
    let mut bench = Bench::default();
    let options = probe(&mut bench, Target::Flow(peer()));

    bench.receive(&response(&options.text, "100 Trying", "", ""));
    bench.seconds(13);

    assert_eq!(times(&bench.sent()), [500, 4_500, 8_500, 12_500]);
}

#[test]
fn timer_k_absorbs_repeated_responses_for_5_s() {
    let mut bench = Bench::default();
    let options = probe(&mut bench, Target::Flow(peer()));

    for _ in 0..2 {
        bench.receive(&response(&options.text, "404 Not Found", "t", ""));
    }

    assert!(
        matches!(bench.event(), Event::Probed { outcome: Ok(answer), .. } if answer.code() == 404)
    );
    bench.advance(Duration::from_millis(4_999));
    assert_eq!(bench.endpoint.counts().transactions, 1);
    bench.advance(Duration::from_millis(1));
    bench.assert_empty();
}

#[test]
fn timer_j_repeats_the_final_response_for_32_s() {
    let mut bench = Bench::default();
    let options = request("OPTIONS", &[], "");
    bench.receive(&options);
    let first = bench.only();

    bench.advance(Duration::from_millis(31_999));
    bench.receive(&options);
    assert_eq!(bench.only().text, first.text);
    bench.advance(Duration::from_millis(1));

    assert!(first.is("200"));
    bench.assert_empty();
}

#[test]
fn timer_j_is_zero_over_a_stream() {
    let mut bench = Bench::default();
    bench.receive_from(peer_tcp(), &request("OPTIONS", &[], ""));

    bench.advance(Duration::ZERO);

    bench.assert_empty();
}

#[test]
fn a_request_that_nobody_answers_is_answered_500_after_32_s() {
    let mut bench = Bench::default();
    bench.receive(&request("MESSAGE", &["Content-Type: text/plain"], "hello"));
    assert!(bench.sent().is_empty());

    bench.seconds(32);
    assert!(bench.only().is("500"));
    bench.seconds(32);

    bench.assert_empty();
}

#[test]
fn an_answer_of_the_caller_is_sent_once_and_repeated_on_demand() {
    let mut bench = Bench::default();
    let message = request("MESSAGE", &["Content-Type: text/plain"], "hello");
    bench.receive(&message);
    let Event::Request {
        request,
        message: received,
        ..
    } = bench.event()
    else {
        panic!("no request")
    };
    assert_eq!(&received.body()[..], b"hello");

    let respond = Command::Respond {
        request,
        status: status(200),
        headers: Vec::new(),
        body: Body::default(),
    };
    bench.command(respond.clone());
    let answer = bench.only();
    bench.receive(&message);

    assert_eq!(bench.only().text, answer.text);
    assert!(bench.try_command(respond).is_err());
    assert!(bench.events().is_empty());
}
