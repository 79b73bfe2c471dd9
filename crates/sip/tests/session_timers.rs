//! Session timers (RFC 4028): who refreshes, how often, and what a dead peer looks like.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, OUR_SDP, SDP, branch, request, response, response_with, to};
use sip::{Event, Method};

/// The answer to an INVITE with these header lines.
fn accepted(lines: &[&str]) -> (Bench, common::Sent) {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request("INVITE", lines, SDP));
    bench.accept(dialog);
    let success = bench.sent().pop().unwrap();
    bench.receive(&common::ack(&success.to_tag()));
    bench.events();
    (bench, success)
}

/// A call of ours, answered with these header lines.
fn called(lines: &[&str]) -> Bench {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();
    bench.receive(&response_with(&invite.text, "200 OK", "callee", lines, SDP));
    bench.sent();
    bench.events();
    bench
}

#[test]
fn a_client_that_refreshes_is_told_so() {
    let (_, success) = accepted(&["Supported: timer", "Session-Expires: 600;refresher=uac"]);
    assert_eq!(
        success.header("Session-Expires").unwrap(),
        "600;refresher=uac"
    );
    assert_eq!(success.header("Require").unwrap(), "timer");
}

#[test]
fn without_a_refresher_it_is_us() {
    let (_, success) = accepted(&["Supported: timer", "Session-Expires: 600"]);
    assert_eq!(
        success.header("Session-Expires").unwrap(),
        "600;refresher=uas"
    );
    assert_eq!(success.header("Require"), None);
}

#[test]
fn without_support_we_refresh_alone() {
    let (_, success) = accepted(&[]);
    assert_eq!(
        success.header("Session-Expires").unwrap(),
        "1800;refresher=uas"
    );
}

#[test]
fn a_longer_interval_is_cut_but_not_below_their_min_se() {
    let (_, success) = accepted(&["Supported: timer", "Session-Expires: 7200"]);
    assert_eq!(
        success.header("Session-Expires").unwrap(),
        "1800;refresher=uas"
    );
    let (_, success) = accepted(&["Supported: timer", "Session-Expires: 7200", "Min-SE: 3000"]);
    assert_eq!(
        success.header("Session-Expires").unwrap(),
        "3000;refresher=uas"
    );
}

#[test]
fn an_interval_below_90_s_gets_422_from_a_client_that_supports_timers() {
    let mut bench = Bench::default();
    bench.receive(&request(
        "INVITE",
        &["Supported: timer", "Session-Expires: 60"],
        SDP,
    ));

    let refusal = bench.only();

    assert!(refusal.is("422"));
    assert_eq!(refusal.header("Min-SE").unwrap(), "90");
    assert!(bench.events().is_empty());
}

#[test]
fn an_interval_below_90_s_is_raised_for_a_client_that_cannot_understand_422() {
    let (_, success) = accepted(&["Session-Expires: 60"]);
    assert_eq!(
        success.header("Session-Expires").unwrap(),
        "90;refresher=uas"
    );
}

#[test]
fn we_refresh_by_update_at_half_the_interval_where_it_is_allowed() {
    let (mut bench, _) = accepted(&[
        "Supported: timer",
        "Session-Expires: 600",
        "Allow: INVITE, ACK, UPDATE",
    ]);

    bench.advance(Duration::from_millis(299_999));
    assert!(bench.sent().is_empty());
    bench.advance(Duration::from_millis(1));
    let update = bench.only();
    assert!(update.is("UPDATE"));
    assert_eq!(update.body(), "");
    assert_eq!(
        update.header("Session-Expires").unwrap(),
        "600;refresher=uac"
    );
    bench.receive(&response_with(
        &update.text,
        "200 OK",
        "",
        &["Session-Expires: 600;refresher=uac"],
        "",
    ));
    bench.seconds(300);

    assert!(bench.only().is("UPDATE"));
    assert!(bench.events().is_empty());
}

#[test]
fn else_we_refresh_by_reinvite_with_our_last_description() {
    let (mut bench, _) = accepted(&["Supported: timer", "Session-Expires: 600"]);

    bench.seconds(300);
    let refresh = bench.only();
    bench.receive(&response(&refresh.text, "200 OK", "", SDP));

    assert!(refresh.is("INVITE"));
    assert_eq!(refresh.body(), OUR_SDP);
    assert!(bench.only().is("ACK"));
    assert!(bench.events().is_empty(), "an unchanged answer is no news");
}

#[test]
fn a_refresh_with_a_changed_answer_is_told() {
    let (mut bench, _) = accepted(&[]);
    bench.seconds(900);
    let refresh = bench.only();

    bench.receive(&response(&refresh.text, "200 OK", "", "v=0\r\n"));

    assert!(matches!(bench.event(), Event::Reanswered { .. }));
}

#[test]
fn an_update_that_is_not_understood_is_followed_by_a_reinvite() {
    let mut bench = called(&["Allow: INVITE, ACK, UPDATE"]);
    bench.seconds(900);
    let update = bench.only();
    assert!(update.is(Method::Update.text()));

    bench.receive(&response(&update.text, "501 Not Implemented", "", ""));

    assert!(bench.only().is("INVITE"));
    assert!(bench.events().is_empty());
}

#[test]
fn a_peer_that_should_refresh_and_does_not_is_asked() {
    let mut bench = called(&["Session-Expires: 300;refresher=uas", "Require: timer"]);

    bench.advance(Duration::from_millis(267_999));
    assert!(bench.sent().is_empty());
    bench.advance(Duration::from_millis(1));

    assert!(bench.only().is("INVITE"));
}

#[test]
fn a_refresh_of_the_peer_starts_the_interval_anew() {
    let (mut bench, success) =
        accepted(&["Supported: timer", "Session-Expires: 300;refresher=uac"]);
    for number in 2..10 {
        bench.seconds(150);
        let lines = [
            to(&success.to_tag()),
            format!("CSeq: {number} UPDATE"),
            branch(&format!("z9hG4bKup{number}")),
            "Supported: timer".to_owned(),
            "Session-Expires: 300;refresher=uac".to_owned(),
        ];
        bench.receive(&request(
            "UPDATE",
            &lines.each_ref().map(String::as_str),
            "",
        ));
        let answer = bench.only();
        assert!(answer.is("200"));
        assert_eq!(
            answer.header("Session-Expires").unwrap(),
            "300;refresher=uac"
        );
    }
    assert!(bench.events().is_empty());
}

#[test]
fn failed_refreshes_are_counted_and_end_nothing() {
    let mut bench = called(&[]);
    bench.seconds(900);
    let first = bench.only();
    bench.receive(&response(
        &first.text,
        "481 Call/Transaction Does Not Exist",
        "",
        "",
    ));
    assert!(matches!(
        bench.event(),
        Event::RefreshFailed { in_a_row: 1, .. }
    ));
    bench.sent();

    bench.seconds(10);
    let second = bench.only();
    bench.receive(&response(&second.text, "408 Request Timeout", "", ""));
    assert!(matches!(
        bench.event(),
        Event::RefreshFailed { in_a_row: 2, .. }
    ));
    bench.sent();
    bench.seconds(10);
    bench.sent();
    bench.seconds(32);
    assert!(
        matches!(bench.event(), Event::RefreshFailed { in_a_row: 3, .. }),
        "silence counts too"
    );

    bench.sent();
    bench.seconds(10);
    let fourth = bench.only();
    bench.receive(&response(&fourth.text, "200 OK", "", SDP));
    assert_eq!(bench.endpoint.counts().dialogs, 1);
    bench.sent();
    bench.seconds(900);
    let fifth = bench.only();
    bench.receive(&response(
        &fifth.text,
        "481 Call/Transaction Does Not Exist",
        "",
        "",
    ));
    assert!(
        matches!(bench.event(), Event::RefreshFailed { in_a_row: 1, .. }),
        "success starts the count anew"
    );
}

#[test]
fn a_refusal_other_than_408_and_481_comes_from_a_living_peer() {
    let mut bench = called(&[]);
    bench.seconds(900);
    let refresh = bench.only();

    bench.receive(&response(&refresh.text, "488 Not Acceptable Here", "", ""));

    assert!(bench.events().is_empty());
}

#[test]
fn a_refresh_that_is_too_small_for_the_peer_is_raised() {
    let mut bench = called(&["Session-Expires: 200;refresher=uac"]);
    bench.seconds(100);
    let refresh = bench.only();

    bench.receive(&response_with(
        &refresh.text,
        "422 Session Interval Too Small",
        "",
        &["Min-SE: 500"],
        "",
    ));

    let again = bench.sent().pop().unwrap();
    assert_eq!(
        again.header("Session-Expires").unwrap(),
        "500;refresher=uac"
    );
    assert_eq!(again.header("Min-SE").unwrap(), "500");
}

#[test]
fn an_offer_with_too_small_an_interval_gets_422_inside_the_dialog() {
    let (mut bench, success) = accepted(&[]);
    let lines = [to(&success.to_tag()), "CSeq: 2 UPDATE".to_owned()];
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.extend(["Supported: timer", "Session-Expires: 30"]);

    bench.receive(&request("UPDATE", &lines, ""));

    assert!(bench.only().is("422"));
}
