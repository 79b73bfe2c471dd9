//! What a start finds, and what it does before anything else.

use dispatch::{ContactState, Intent, Outcome, Reachability};
use journal::CrashPoint;
use simulation::{Act, Caller, Manner, Power};

use super::{open, seconds, sent_since_the_start};

#[test]
fn contacts_are_adrift_in_their_order_and_lost_after_three_minutes() {
    let mut world = open();
    for phone in ["eva", "jana"] {
        world.peer(phone).set_manner(Manner::RingsOn);
    }
    for number in 1..=4 {
        world.call(Caller::from_number(number));
        world.run(seconds(1));
    }
    let before: Vec<_> = ids(&world);

    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(1));
    assert_eq!(ids(&world), before);
    let contacts = world.state().dispatcher().contacts();
    assert!(
        contacts
            .iter()
            .all(|contact| matches!(contact.state, ContactState::Adrift { .. }))
    );
    world.run(seconds(170));
    assert_eq!(ids(&world), before);
    world.run(seconds(15));

    assert_eq!(ids(&world), []);
    let closed = world.shadow().closed();
    assert!(closed.iter().all(|closed| closed.outcome == Outcome::Lost));
    assert_eq!(sent_since_the_start(&world, "eva", "INVITE"), 0);
    assert_eq!(sent_since_the_start(&world, "jana", "INVITE"), 0);
}

fn ids(world: &simulation::World) -> Vec<dispatch::ContactId> {
    let contacts = world.state().dispatcher().contacts();
    contacts.iter().map(|contact| contact.id).collect()
}

#[test]
fn a_late_bye_still_names_its_contact() {
    let mut world = open();
    world.peer("eva").set_manner(Manner::RingsOn);
    world.peer("jana").set_manner(Manner::RingsOn);
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(1));
    assert_eq!(world.state().live_contacts(), 1);
    world.act(caller, Act::HangUp);
    world.run(seconds(1));

    assert_eq!(world.state().live_contacts(), 0);
    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
}

#[test]
fn intents_and_wrap_ups_survive() {
    let mut world = open();
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.peer("jana").set_manner(Manner::Answers(seconds(1)));
    world.call(Caller {
        talks: Some(seconds(5)),
        ..Caller::from_number(1)
    });
    world.run(seconds(10));
    let wraps_up = if world.operator("eva").wrap_up.is_some() {
        "eva"
    } else {
        "jana"
    };
    let other = if wraps_up == "eva" { "jana" } else { "eva" };
    world.dial_from(other, "*41");
    world.run(seconds(6));
    let wrap_up = world.operator(wraps_up).wrap_up;
    assert!(wrap_up.is_some());

    world.crash(CrashPoint::BeforeCommit);
    world.run(seconds(1));

    assert_eq!(world.operator(wraps_up).wrap_up, wrap_up);
    assert_eq!(world.operator(wraps_up).intent, Intent::Ready);
    assert!(matches!(
        world.operator(other).intent,
        Intent::Paused { .. }
    ));
}

#[test]
fn phones_are_asked_before_they_are_offered_anything() {
    let mut world = open();
    world.power("jana", Power::Off);
    world.crash(CrashPoint::AfterCommit);
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    let start = world.found().unwrap().at;
    let first = world.sent_to("eva").find(|sent| sent.at >= start).unwrap();
    assert!(first.text.starts_with("OPTIONS"), "{}", first.text);
    assert!(sent_since_the_start(&world, "jana", "OPTIONS") > 0);
    assert_eq!(sent_since_the_start(&world, "jana", "INVITE"), 0);
    assert_ne!(world.operator("jana").reachability, Reachability::Reachable);
}

#[test]
fn a_second_crash_finds_the_same() {
    let mut world = open();
    world.peer("eva").set_manner(Manner::RingsOn);
    world.peer("jana").set_manner(Manner::RingsOn);
    for number in 1..=3 {
        world.call(Caller::from_number(number));
    }
    world.run(seconds(4));
    let before = ids(&world);

    for point in [CrashPoint::AfterCommit, CrashPoint::BeforeCommit] {
        world.crash(point);
        world.run(seconds(20));
    }

    assert_eq!(ids(&world), before);
    assert_eq!(world.crashes(), 2);
}

#[test]
fn sums_after_a_start_say_when_the_earliest_came_who_is_counted() {
    let mut world = open();
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.call(Caller::from_number(1));
    world.run(seconds(90));

    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(1));

    let board = world.board();
    let arrived = world.found().unwrap().contacts[0].arrived;
    assert_eq!(board.counts.arrived, 1);
    assert_eq!(board.counts_since, Some(arrived));
}
