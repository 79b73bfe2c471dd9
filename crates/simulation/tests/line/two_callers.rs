//! Two callers and one operator: in the order in which they came.

use simulation::{Act, Caller, Centre, Manner};

use super::{is_over, open, seconds};

#[test]
fn the_first_who_came_is_the_first_who_is_answered() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(2)));
    let talks = Some(seconds(20));

    let first = world.call(Caller {
        talks,
        ..Caller::from_number(1)
    });
    world.run(seconds(1));
    let second = world.call(Caller {
        talks,
        ..Caller::from_number(2)
    });
    world.run(seconds(5));
    let operator = world.only_call("eva");
    assert!(world.are_joined(first, operator));
    world.run(seconds(20));
    assert!(is_over(&world, first) && world.is_talking(second));
    // Her wrap-up comes first.
    world.run(seconds(10));

    let operator = world.only_call("eva");
    assert!(world.are_joined(second, operator));
}

#[test]
fn a_contact_that_was_missed_keeps_its_rank() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);

    let first = world.call(Caller::from_number(1));
    world.run(seconds(2));
    let second = world.call(Caller::from_number(2));
    world.run(seconds(16));
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    // Between the two the operator may be offered the second one while she rests from the first;
    // she takes whoever rings.
    world.run(seconds(30));
    let operator = world.only_call("eva");
    let (taken, other) = if world.are_joined(first, operator) {
        (first, second)
    } else {
        (second, first)
    };
    world.act(taken, Act::HangUp);
    world.run(seconds(20));

    let operator = world.only_call("eva");
    assert!(world.are_joined(other, operator));
}
