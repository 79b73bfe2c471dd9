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
    let mut world = open(Centre {
        operators: vec!["eva", "jana"],
        ..Centre::default()
    });
    for phone in ["eva", "jana"] {
        world.peer(phone).set_manner(Manner::Answers(seconds(1)));
    }
    let busy = [8, 9].map(|number| world.call(Caller::from_number(number)));
    world.run(seconds(3));
    let [first, again, other] = [1, 1, 2].map(|number| {
        let call = world.call(Caller::from_number(number));
        world.run(seconds(1));
        call
    });

    for call in busy {
        world.act(call, Act::HangUp);
    }
    world.run(seconds(14));

    let joined = |call| ["eva", "jana"].map(|phone| is_joined(&world, phone, call));
    assert!(joined(first).contains(&true));
    assert!(joined(other).contains(&true));
    assert_eq!(joined(again), [false, false]);
}

fn is_joined(world: &World, phone: &str, call: CallRef) -> bool {
    let peer = world.peers().iter().find(|peer| peer.name == phone);
    peer.unwrap()
        .live_calls()
        .any(|(operator, _)| world.are_joined(call, operator))
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
