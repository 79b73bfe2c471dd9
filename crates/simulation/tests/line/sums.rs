//! The sums of today, as screens tell them.

use simulation::{Act, Caller, Centre, Manner};

use super::{open, seconds};

#[test]
fn who_is_talked_with_counts_as_answered_and_once() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));
    let during = world.board().counts;
    world.act(caller, Act::HangUp);
    world.run(seconds(5));
    let after = world.board().counts;

    assert_eq!((during.arrived, during.answered), (1, 1));
    assert_eq!(during.answered_in_time, 1);
    assert_eq!((after.arrived, after.answered), (1, 1));
    assert_eq!(during.answered_wait, after.answered_wait);
}

#[test]
fn sums_say_since_when_they_are_counted_after_a_start() {
    let mut world = open(Centre::default());

    let since = world.board().counts_since;

    assert!(since.is_some_and(|since| since <= world.board().at));
}
