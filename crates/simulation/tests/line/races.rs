//! What crosses on the way.

use dispatch::Outcome;
use simulation::{Act, CallRef, Caller, Centre, Manner, World};
use std::time::Duration;

use super::{open, seconds};

/// The caller hangs up so many milliseconds after she called; the operator answers after 3 s.
fn race(hangs_up: u64, commit_time: u64) -> (World, CallRef) {
    let mut world = open(Centre {
        commit_time: Duration::from_millis(commit_time),
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::Answers(seconds(3)));
    let caller = world.call(Caller {
        gives_up: Some(Duration::from_millis(hangs_up)),
        ..Caller::from_number(1)
    });
    (world, caller)
}

#[test]
fn a_callers_end_and_an_answer_that_cross_leave_nothing() {
    for commit_time in [1, 10, 60] {
        for hangs_up in (2_900..3_200).step_by(5) {
            let (mut world, caller) = race(hangs_up, commit_time);
            world.run(seconds(10));

            assert!(super::is_over(&world, caller), "{hangs_up} {commit_time}");
            assert_eq!(world.peer("eva").live_calls().count(), 0);
            let connected = world.call_of(caller).answered.is_some();
            let outcome = world.shadow().closed()[0].outcome;
            assert_eq!(
                outcome == Outcome::Answered,
                connected,
                "{outcome:?} at {hangs_up} with {commit_time}"
            );
            world.run_until_quiet(seconds(60));
            world.check_counts();
        }
    }
}

#[test]
fn an_end_that_came_first_beats_the_answer() {
    // Her CANCEL is in before the 200 of the phone, and the commit of it takes longer than the 200 is on its way.
    let (mut world, _) = race(3_015, 60);
    world.run(seconds(10));

    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Abandoned);
}

#[test]
fn an_offer_that_rings_out_and_an_answer_that_cross_leave_one_call_or_none() {
    for answers in (14_900..15_200).step_by(5) {
        let mut world = open(Centre::default());
        world
            .peer("eva")
            .set_manner(Manner::Answers(Duration::from_millis(answers)));
        let caller = world.call(Caller::from_number(1));
        world.run(seconds(17));

        let live: Vec<CallRef> = world
            .peer("eva")
            .live_calls()
            .map(|(call, _)| call)
            .collect();
        match live.as_slice() {
            [] => assert!(world.is_talking(caller)),
            [operator] => assert!(world.are_joined(caller, *operator), "{answers}"),
            more => panic!("{} calls", more.len()),
        }
        world.act(caller, Act::HangUp);
        world.run_until_quiet(seconds(60));
        world.check_counts();
    }
}

#[test]
fn an_operator_who_answers_and_hangs_up_at_once_leaves_no_caller_alone() {
    for talks in [0, 5, 15, 25, 40, 80] {
        let mut world = open(Centre {
            commit_time: Duration::from_millis(30),
            ..Centre::default()
        });
        let talks = Duration::from_millis(talks);
        world
            .peer("eva")
            .set_manner(Manner::AnswersAndHangsUp(seconds(2), talks));
        let caller = world.call(Caller::from_number(1));
        world.run(seconds(3));
        world.peer("eva").set_manner(Manner::RingsOn);
        world.run(seconds(30));

        let waits = world.state().live_contacts() == 1 && world.is_talking(caller);
        assert!(waits || super::is_over(&world, caller), "{talks:?}");
        if waits {
            world.act(caller, Act::HangUp);
        }
        world.run_until_quiet(seconds(60));
        world.check_counts();
    }
}

/// A call whose 200 is never acknowledged.
fn unacknowledged() -> World {
    let mut world = open(Centre {
        operators: vec![],
        ..Centre::default()
    });
    let from = "198.51.100.1:5099".parse().unwrap();
    world.send(from, &invite());
    world.run(seconds(7));
    let answers = world
        .sent_to_address(from)
        .filter(|sent| sent.text.starts_with("SIP/2.0 200"));
    assert!(answers.count() > 0);
    world
}

#[test]
fn a_missing_acknowledgement_ends_nothing_while_sound_comes() {
    let mut world = unacknowledged();
    world.speak_from("198.51.100.1:30000".parse().unwrap());

    world.run(seconds(600));

    assert_eq!(world.state().live_contacts(), 1);
}

/// Where the caller of [`unacknowledged`] is.
fn trunk() -> std::net::SocketAddr {
    "198.51.100.1:5099".parse().unwrap()
}

/// The question that is put to a caller whose ACK is missing: our re-INVITE.
fn question(world: &World) -> Option<String> {
    let mut sent = world.sent_to_address(trunk());
    let asked = sent.find(|sent| sent.text.starts_with("INVITE "));
    asked.map(|sent| sent.text.clone())
}

#[test]
fn a_silent_caller_whose_acknowledgement_is_missing_is_asked_and_stays() {
    let mut world = unacknowledged();
    world.run(seconds(28));
    assert_eq!(question(&world), None);

    world.run(seconds(5));
    world.send(trunk(), &success(&question(&world).unwrap()));
    world.run(seconds(600));

    assert_eq!(world.state().live_contacts(), 1);
}

#[test]
fn a_call_that_nobody_acknowledged_spoke_in_or_answers_for_is_lost() {
    let mut world = unacknowledged();

    world.run(seconds(60));
    assert!(question(&world).is_some());
    assert_eq!(world.state().live_contacts(), 1);
    world.run(seconds(10));

    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
}

#[test]
fn a_call_that_nobody_acknowledged_and_its_trunk_knows_nothing_of_is_lost_at_once() {
    let mut world = unacknowledged();
    world.run(seconds(33));

    let refusal = response(&question(&world).unwrap(), "481 Call Does Not Exist");
    world.send(trunk(), &format!("{refusal}Content-Length: 0\r\n\r\n"));
    world.run(seconds(1));

    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
}

#[test]
fn a_caller_who_spoke_outlives_a_refused_question() {
    let mut world = unacknowledged();
    world.speak_from("198.51.100.1:30000".parse().unwrap());
    world.run(seconds(33));

    let refusal = response(&question(&world).unwrap(), "481 Call Does Not Exist");
    world.send(trunk(), &format!("{refusal}Content-Length: 0\r\n\r\n"));
    world.run(seconds(600));

    assert_eq!(world.state().live_contacts(), 1);
}

/// The head of a response to a request of ours.
fn response(request: &str, status: &str) -> String {
    let names = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let lines = request
        .lines()
        .filter(|line| names.iter().any(|name| line.starts_with(name)));
    let lines: String = lines.map(|line| format!("{line}\r\n")).collect();
    format!("SIP/2.0 {status}\r\n{lines}")
}

fn success(request: &str) -> String {
    let (head, sdp) = (response(request, "200 OK"), SDP);
    let length = sdp.len();
    format!(
        "{head}Contact: <sip:trunk@198.51.100.1:5099>\r\nContent-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
    )
}

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n";

/// A call whose ACK never comes.
fn invite() -> String {
    let sdp = SDP;
    let length = sdp.len();
    format!(
        "INVITE sip:80060@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1:5099;branch=z9hG4bKlost\r\nMax-Forwards: 70\r\n\
         From: <sip:anonymous@198.51.100.1>;tag=a\r\nTo: <sip:80060@192.0.2.1>\r\nCall-ID: lost@198.51.100.1\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:trunk@198.51.100.1:5099>\r\nContent-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
    )
}
