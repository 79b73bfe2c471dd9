//! Several calls live at once from one number.

use simulation::{Act, CallRef, Caller, Centre, Manner, World};

use super::{open, seconds};

/// An operator who is busy, one caller with two calls, and another caller.
fn busy() -> (World, CallRef, [CallRef; 3]) {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let busy = world.call(Caller::from_number(9));
    world.run(seconds(3));
    let calls = [1, 1, 2].map(|number| {
        let call = world.call(Caller::from_number(number));
        world.run(seconds(1));
        call
    });
    (world, busy, calls)
}

fn next_taken(world: &mut World, ends: CallRef) -> CallRef {
    world.act(ends, Act::HangUp);
    world.run(seconds(14));
    world.only_call("eva")
}

#[test]
fn the_second_call_of_one_number_waits_behind() {
    let (mut world, busy, [first, again, other]) = busy();

    let operator = next_taken(&mut world, busy);
    assert!(world.are_joined(first, operator));
    world.act(operator, Act::FallSilent);
    let _ = again;
    // The first call lives on, so the second stays behind the other caller.
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.act(operator, Act::HangUp);
    world.run(seconds(14));
    let operator = world.only_call("eva");
    assert!(world.are_joined(other, operator) || world.are_joined(again, operator));
}

#[test]
fn it_moves_up_when_the_first_ends() {
    let (mut world, busy, [first, again, other]) = busy();

    world.act(first, Act::HangUp);
    world.run(seconds(1));
    let operator = next_taken(&mut world, busy);

    assert!(world.are_joined(again, operator));
    assert!(world.is_talking(other));
}

#[test]
fn withheld_numbers_are_exempt() {
    let mut world = open(Centre {
        operators: vec![],
        ..Centre::default()
    });

    for _ in 0..3 {
        world.call(Caller::default());
    }
    world.run(seconds(1));

    let contacts = world.state().dispatcher().contacts();
    assert!(
        contacts
            .iter()
            .all(|contact| contact.standing == dispatch::Standing::Arrival)
    );
}
