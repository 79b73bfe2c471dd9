//! A caller may choose by one key who shall answer; nobody has to, and nobody waits for ever for it.

use dispatch::Class;
use media::Digit;
use simulation::{Act, CallRef, Caller, Centre, Manner, World};

use super::{open, seconds};

/// Everybody speaks Czech; key 2 asks for Ukrainian, which nobody speaks.
fn waiting() -> (World, CallRef) {
    let mut world = open(Centre {
        choices: vec![('1', "cs", 5), ('2', "uk", 3)],
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::RingsOn);
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));
    (world, caller)
}

fn press(world: &mut World, caller: CallRef, key: char) {
    world.act(caller, Act::Press(Digit::from_char(key).unwrap()));
    world.run(seconds(1));
}

fn required(world: &World) -> usize {
    world.state().dispatcher().contacts()[0].required.len()
}

#[test]
fn one_key_chooses_who_shall_answer_and_whoever_may_not_stops_ringing() {
    let (mut world, caller) = waiting();
    assert_eq!(world.peer("eva").live_calls().count(), 1);

    press(&mut world, caller, '2');

    assert_eq!(required(&world), 1);
    assert_eq!(world.peer("eva").live_calls().count(), 0);
}

#[test]
fn the_choice_relaxes_and_whoever_is_there_answers() {
    let (mut world, caller) = waiting();
    press(&mut world, caller, '2');

    // A minute after the choice, however long she had waited for it.
    world.run(seconds(58));
    assert_eq!(required(&world), 1);
    world.run(seconds(2));

    assert_eq!(required(&world), 0);
    assert_eq!(world.peer("eva").live_calls().count(), 1);
}

#[test]
fn another_key_and_a_key_in_the_call_choose_nothing() {
    let (mut world, caller) = waiting();
    press(&mut world, caller, '7');
    assert_eq!(required(&world), 0);
    world.act(caller, Act::HangUp);
    world.run_until_quiet(seconds(60));
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    press(&mut world, caller, '2');

    assert_eq!(required(&world), 0);
}

#[test]
fn the_key_of_a_choice_pressed_twice_says_that_she_cannot_speak() {
    let (mut world, caller) = waiting();

    press(&mut world, caller, '1');
    press(&mut world, caller, '1');

    let contacts = world.state().dispatcher().contacts();
    assert_eq!(contacts[0].class, Class::Danger);
}
