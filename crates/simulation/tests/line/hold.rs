//! An operator's phone holds and resumes.

use media::Level;
use simulation::{Act, Caller, Centre, Hears, Hold, Manner};

use super::{open, seconds};

#[test]
fn hold_plays_the_waiting_sound_and_resume_stops_it() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let operator = world.only_call("eva");

    world.act(operator, Act::Hold(Hold::On));
    world.run(seconds(1));
    assert_eq!(world.hears(caller), Some(Hears::Waiting(Level::Full)));
    world.act(operator, Act::Hold(Hold::Off));
    world.run(seconds(1));

    assert!(matches!(
        world.hears(caller),
        Some(Hears::Silence | Hears::Stream(_))
    ));
    assert!(world.is_talking(caller) && world.is_talking(operator));
}

#[test]
fn a_held_caller_stays_for_as_long_as_it_takes() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let operator = world.only_call("eva");

    world.act(operator, Act::Hold(Hold::On));
    world.act(operator, Act::FallSilent);
    world.run(seconds(3600));

    assert_eq!(world.hears(caller), Some(Hears::Waiting(Level::Full)));
    assert!(world.is_talking(caller) && world.is_talking(operator));
}

#[test]
fn an_operator_who_hangs_up_on_hold_ends_the_call() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let operator = world.only_call("eva");

    world.act(operator, Act::Hold(Hold::On));
    world.run(seconds(1));
    world.act(operator, Act::HangUp);
    world.run(seconds(1));

    assert!(super::is_over(&world, caller));
    world.run_until_quiet(seconds(60));
    world.check_counts();
}
