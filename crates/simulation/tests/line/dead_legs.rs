//! When a leg is dead: its refresh failed twice and nothing was heard for 60 s. Nothing else hangs up on a caller.

use dispatch::{ContactState, Outcome};
use simulation::{Act, Caller, Centre, Hears, Manner, Power};

use super::{open, seconds};

fn talking() -> (simulation::World, simulation::CallRef, simulation::CallRef) {
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
