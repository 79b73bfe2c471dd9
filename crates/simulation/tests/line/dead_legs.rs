//! When a leg is dead: its refresh failed twice and nothing was heard for 60 s, or nothing but an
//! offer is known of its peer and its trunk knows of no such call. Nothing else hangs up on a
//! caller.

use std::net::SocketAddr;

use dispatch::{ContactState, Outcome};
use simulation::{Act, CallRef, Caller, Centre, Hears, Manner, Power, World};

use super::{open, seconds};

fn talking() -> (World, CallRef, CallRef) {
    let mut world = open(Centre {
        session_expires: seconds(90),
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    (world, caller, operator)
}

#[test]
fn a_dead_operators_phone_lets_the_caller_wait_again() {
    let (mut world, caller, _) = talking();

    world.power("eva", Power::Off);
    world.run(seconds(50));
    assert!(matches!(world.hears(caller), Some(Hears::Stream(_))));
    world.run(seconds(400));

    assert!(world.is_talking(caller));
    assert!(matches!(
        world.hears(caller),
        Some(Hears::Prompts(..) | Hears::Waiting(_))
    ));
    let contacts = world.state().dispatcher().contacts();
    assert_eq!(contacts[0].state, ContactState::Waiting);
}

#[test]
fn she_waits_at_her_rank_and_the_next_operator_takes_her() {
    let (mut world, caller, _) = talking();
    let later = world.call(Caller::from_number(2));
    world.run(seconds(10));

    world.power("eva", Power::Off);
    world.run(seconds(450));
    world.power("eva", Power::On);
    world.run(seconds(60));

    let operator = world
        .peer("eva")
        .live_calls()
        .map(|(call, _)| call)
        .last()
        .unwrap();
    assert!(world.are_joined(caller, operator));
    assert!(world.is_talking(later));
}

/// How often a caller who waited for a minute was asked by re-INVITE whether she is there, half a minute into her call.
fn asked_after_a_minutes_wait(meanwhile: impl FnOnce(&mut World, CallRef)) -> usize {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let first = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let caller = world.call(Caller::from_number(2));
    world.run(seconds(60));
    meanwhile(&mut world, caller);
    world.act(first, Act::HangUp);
    world.run(seconds(15));
    let operator = world.peer("eva").live_calls().map(|(call, _)| call).last();
    assert!(operator.is_some_and(|operator| world.are_joined(caller, operator)));

    world.run(seconds(35));

    let sent = world.sent_to("trunk");
    sent.filter(|sent| sent.text.starts_with("INVITE ")).count()
}

#[test]
fn who_spoke_all_the_while_she_waited_is_not_asked_whether_she_is_there() {
    assert_eq!(asked_after_a_minutes_wait(|_, _| ()), 0);
}

#[test]
fn who_was_silent_while_she_waited_is_asked_once_she_talks() {
    let falls_silent = |world: &mut World, caller| world.act(caller, Act::FallSilent);

    assert!(asked_after_a_minutes_wait(falls_silent) > 0);
}

#[test]
fn a_silent_caller_is_never_hung_up() {
    let (mut world, caller, operator) = talking();

    world.act(caller, Act::FallSilent);
    world.run(seconds(2 * 3600));

    assert!(world.are_joined(caller, operator));
}

#[test]
fn a_call_without_any_sound_goes_on() {
    let (mut world, caller, operator) = talking();

    world.act(caller, Act::FallSilent);
    world.act(operator, Act::FallSilent);
    world.run(seconds(2 * 3600));

    assert!(world.are_joined(caller, operator));
}

#[test]
fn a_silent_waiting_caller_is_never_hung_up() {
    let mut world = open(Centre {
        operators: vec![],
        session_expires: seconds(90),
        ..Centre::default()
    });
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));

    world.act(caller, Act::FallSilent);
    world.run(seconds(2 * 3600));

    assert!(world.is_talking(caller));
}

#[test]
fn a_caller_whose_trunk_is_gone_is_lost_at_last() {
    let mut world = open(Centre {
        operators: vec![],
        session_expires: seconds(90),
        ..Centre::default()
    });
    world.call(Caller::from_number(1));
    world.run(seconds(10));

    world.power("trunk", Power::Off);
    world.run(seconds(60));
    assert_eq!(world.state().live_contacts(), 1);
    world.run(seconds(600));

    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
    world.run_until_quiet(seconds(60));
    world.check_counts();
}

/// Where sound of a call is that nobody acknowledges; no host of the trunk.
const ELSEWHERE: &str = "203.0.113.66:4000";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 203.0.113.66\r\ns=-\r\nc=IN IP4 203.0.113.66\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

/// The line answers at once a call of this address, which never acknowledges, and whose sound comes from [`ELSEWHERE`].
fn unacknowledged(from: SocketAddr) -> World {
    let mut world = open(Centre {
        operators: vec![],
        line_rings: seconds(0),
        ..Centre::default()
    });
    let invite = format!(
        "INVITE sip:80060@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKforged\r\nMax-Forwards: 70\r\n\
         From: <sip:x@{from}>;tag=a\r\nTo: <sip:80060@192.0.2.1>\r\nCall-ID: forged\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:x@{from}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    );
    world.send(from, &invite);
    world.run(seconds(1));
    world.speak_from(ELSEWHERE.parse().unwrap());
    assert_eq!(world.state().live_contacts(), 1);
    world
}

#[test]
fn call_that_its_trunk_does_not_know_is_over_however_long_somebody_speaks() {
    let mut world = unacknowledged(Centre::trunk());

    world.run(seconds(40));

    assert_eq!(world.state().live_contacts(), 0);
    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
}

#[test]
fn call_that_its_trunk_does_not_know_is_over_although_packets_come_in_the_name_of_the_trunk() {
    let mut world = unacknowledged(Centre::trunk());
    let forged = SocketAddr::new(Centre::trunk().ip(), 40_404);
    world.speak_into(ELSEWHERE.parse().unwrap(), forged);

    world.run(seconds(40));

    assert_eq!(world.state().live_contacts(), 0);
    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
}

#[test]
fn caller_whose_acknowledgement_was_lost_stays_when_her_trunk_says_that_she_is_there() {
    let from: SocketAddr = "198.51.100.1:5070".parse().unwrap();
    let mut world = unacknowledged(from);
    world.run(seconds(32));
    let question = world
        .sent_to_address(from)
        .find(|sent| sent.text.starts_with("INVITE "))
        .unwrap()
        .text
        .clone();
    let own = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let lines = question.lines();
    let lines = lines.filter(|line| own.iter().any(|own| line.starts_with(own)));
    let head = lines.map(|line| format!("{line}\r\n")).collect::<String>();
    world.send(
        from,
        &format!(
            "SIP/2.0 200 OK\r\n{head}Contact: <sip:x@{from}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{SDP}",
            SDP.len()
        ),
    );

    world.run(seconds(600));

    assert_eq!(world.state().live_contacts(), 1);
}
