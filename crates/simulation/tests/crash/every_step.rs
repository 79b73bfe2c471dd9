//! A crash after each input of a little while in which everything happens that DESIGN §3 numbers: a
//! call arrives, is appended, committed, offered, answered, bridged and ended.

use dispatch::{ContactId, ContactState, Outcome};
use journal::CrashPoint;
use media::Digit;
use simulation::{Act, Caller, Manner, Outgoing, World};

use super::{open, seconds, sent_since_the_start};

/// One caller talks and hangs up, one talks on, one rings, one waits and cannot speak.
fn a_little_while(world: &mut World) {
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.peer("jana").set_manner(Manner::Answers(seconds(4)));
    world.call(Caller {
        talks: Some(seconds(5)),
        ..Caller::from_number(1)
    });
    world.call(Caller::from_number(2));
    world.run(seconds(1));
    let quiet = world.call(Caller::from_number(3));
    let five = Digit::from_char('5').unwrap();
    for after in [4, 5] {
        world.plan(quiet, seconds(after), Act::Press(five));
    }
    world.run(seconds(9));
}

/// The first and the last input of that while.
fn inputs() -> (u64, u64) {
    let mut world = open();
    let first = world.inputs() + 1;
    a_little_while(&mut world);
    (first, world.inputs())
}

fn crash_at(input: u64, point: CrashPoint, outgoing: Outgoing) {
    let mut world = open();
    world.crash_at(input, point, outgoing);
    a_little_while(&mut world);
    assert_eq!(world.crashes(), 1);
    // The restart itself is committed by then.
    world.run(seconds(1));
    let found = world.found().unwrap().clone();
    let told = format!("input {input}, {point:?}, {outgoing:?}");

    // Whose INVITE or last word was still on its way is a new call or a late BYE; everybody else is where she was.
    let old = |world: &World| -> Vec<ContactId> {
        let contacts = world.state().dispatcher().contacts();
        let ids = contacts.iter().map(|contact| contact.id);
        ids.filter(|id| id.0 <= found.seq).collect()
    };
    let before: Vec<ContactId> = found.contacts.iter().map(|contact| contact.id).collect();
    let after = old(&world);
    assert!(
        is_subsequence(&after, &before),
        "{told}: {before:?}, {after:?}"
    );
    for contact in world.state().dispatcher().contacts() {
        let adrift = matches!(contact.state, ContactState::Adrift { .. });
        assert_eq!(adrift, contact.id.0 <= found.seq, "{told}: {contact:?}");
    }
    check_no_ghost(&world, &told);

    world.run(seconds(200));
    check_no_ghost(&world, &told);
    assert_eq!(old(&world), [], "{told}");
    for closed in world.shadow().closed() {
        let answered = closed.answered.is_some();
        let outcome = if answered {
            Outcome::Answered
        } else {
            Outcome::Lost
        };
        if closed.contact.0 <= found.seq && before.contains(&closed.contact) {
            assert_eq!(closed.outcome, outcome, "{told}");
        }
    }
    hang_up_everything(&mut world);
    world.run_until_quiet(seconds(120));
    world.check_counts();
}

/// Without a new call no phone rings.
fn check_no_ghost(world: &World, told: &str) {
    let found = world.found().unwrap();
    let new_ones = world
        .state()
        .dispatcher()
        .contacts()
        .iter()
        .filter(|contact| contact.id.0 > found.seq)
        .count();
    let new_ones_over = world
        .shadow()
        .closed()
        .iter()
        .filter(|closed| closed.contact.0 > found.seq)
        .count();
    if new_ones + new_ones_over == 0 {
        for phone in ["eva", "jana"] {
            assert_eq!(sent_since_the_start(world, phone, "INVITE"), 0, "{told}");
        }
    }
}

fn hang_up_everything(world: &mut World) {
    for peer in 0..world.peers().len() {
        let live: Vec<_> = world.peers()[peer]
            .live_calls()
            .map(|(call, _)| call)
            .collect();
        for call in live {
            world.act(call, Act::HangUp);
        }
    }
}

fn is_subsequence(few: &[ContactId], all: &[ContactId]) -> bool {
    let mut rest = all.iter();
    few.iter().all(|one| rest.any(|other| other == one))
}

fn crash_everywhere(point: CrashPoint, outgoing: Outgoing) {
    let (first, last) = inputs();
    assert!(last - first > 30, "{} inputs", last - first);
    for input in first..=last {
        crash_at(input, point, outgoing);
    }
}

#[test]
fn before_the_commit_and_before_its_orders_went_out() {
    crash_everywhere(CrashPoint::BeforeCommit, Outgoing::Lost);
}

#[test]
fn before_the_commit_and_after_its_orders_went_out() {
    crash_everywhere(CrashPoint::BeforeCommit, Outgoing::Sent);
}

#[test]
fn after_the_commit_that_nobody_was_told_of() {
    crash_everywhere(CrashPoint::AfterCommit, Outgoing::Sent);
}

#[test]
fn after_the_commit_and_before_its_orders_went_out() {
    crash_everywhere(CrashPoint::AfterCommit, Outgoing::Lost);
}
