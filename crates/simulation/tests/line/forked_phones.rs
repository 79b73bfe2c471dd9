//! One operator with two phones: both ring, one answer wins.

use simulation::{CallEnd, CallStage, Caller, Centre, Manner, World};
use sip::Status;

use super::{open, seconds};

fn two_phones() -> World {
    let mut world = open(Centre {
        second_phones: vec![("eva-mobile", "eva")],
        ..Centre::default()
    });
    world.register("eva-mobile");
    world.run(seconds(2));
    world
}

#[test]
fn both_ring_and_the_loser_is_told_that_it_was_completed_elsewhere() {
    let mut world = two_phones();
    world.peer("eva").set_manner(Manner::RingsOn);
    world
        .peer("eva-mobile")
        .set_manner(Manner::Answers(seconds(3)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(2));
    let loser = world.only_call("eva");
    world.run(seconds(3));

    let winner = world.only_call("eva-mobile");
    assert!(world.are_joined(caller, winner));
    assert_eq!(
        world.call_of(loser).stage,
        CallStage::Over(CallEnd::Cancelled)
    );
    let cancel = world
        .sent_to("eva")
        .find(|sent| sent.text.starts_with("CANCEL"))
        .unwrap();
    assert!(
        cancel
            .text
            .contains("Reason: SIP;cause=200;text=\"Call completed elsewhere\""),
        "{}",
        cancel.text
    );
}

/// One phone answers with this, and the other rings on until it is answered.
fn other_rings_on_after(status: Status) -> bool {
    let mut world = two_phones();
    world
        .peer("eva")
        .set_manner(Manner::Declines(seconds(1), status));
    world
        .peer("eva-mobile")
        .set_manner(Manner::Answers(seconds(4)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    let winner = world.only_call("eva-mobile");
    assert_eq!(world.state().counts().open.misses, Default::default());
    world.are_joined(caller, winner)
}

#[test]
fn one_phone_that_declines_or_cannot_take_the_call_leaves_the_other_ringing() {
    for status in [Status::BUSY_HERE, Status::new(606).unwrap()] {
        assert!(other_rings_on_after(status), "{}", status.code());
    }
}

#[test]
fn one_phone_that_declines_for_all_stops_the_other() {
    let mut world = two_phones();
    world
        .peer("eva")
        .set_manner(Manner::Declines(seconds(1), Status::DECLINE));
    world.peer("eva-mobile").set_manner(Manner::RingsOn);

    world.call(Caller::from_number(1));
    world.run(seconds(1) / 2);
    let other = world.only_call("eva-mobile");
    world.run(seconds(2));

    assert_eq!(
        world.call_of(other).stage,
        CallStage::Over(CallEnd::Cancelled)
    );
    assert_eq!(world.state().counts().open.misses.declined, 1);
}

#[test]
fn two_answers_at_once_leave_one_of_them() {
    let mut world = two_phones();
    for phone in ["eva", "eva-mobile"] {
        world.peer(phone).set_manner(Manner::Answers(seconds(3)));
    }

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(6));

    let live = ["eva", "eva-mobile"].map(|phone| world.peer(phone).live_calls().count());
    assert!(live == [0, 1] || live == [1, 0], "{live:?}");
    assert!(world.is_talking(caller));
}

#[test]
fn ring_all_stops_the_other_operators_when_one_answers() {
    let mut world = open(Centre {
        operators: vec!["eva", "jana"],
        strategy: dispatch::Strategy::RingAll,
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::RingsOn);
    world.peer("jana").set_manner(Manner::Answers(seconds(3)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    let winner = world.only_call("jana");
    assert!(world.are_joined(caller, winner));
    assert_eq!(world.peer("eva").live_calls().count(), 0);
    let cancel = world
        .sent_to("eva")
        .find(|sent| sent.text.starts_with("CANCEL"))
        .unwrap();
    assert!(cancel.text.contains("Call completed elsewhere"));
    assert_eq!(world.state().counts().open.misses, Default::default());
}
