//! The line rings first: a free operator's voice is the first thing that she hears.

use dispatch::Outcome;
use simulation::{Act, Caller, Centre, Hears, Manner, Sounds};
use sip::Status;

use super::{answered_after, open, seconds};

#[test]
fn a_free_operator_is_the_first_thing_heard() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(4)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    let answered = answered_after(world.call_of(caller)).unwrap();
    assert!(
        answered >= seconds(4) && answered < seconds(5),
        "{answered:?}"
    );
    assert!(
        world
            .heard(caller)
            .iter()
            .all(|(_, hears)| matches!(hears, Hears::Silence | Hears::Stream(_))),
        "{:?}",
        world.heard(caller)
    );
}

#[test]
fn the_line_rings_until_it_answers_by_itself() {
    let mut world = open(Centre {
        operators: vec![],
        ..Centre::default()
    });

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    assert!(!world.is_talking(caller));
    assert_eq!(world.call_of(caller).progress, [Status::RINGING]);
    world.run(seconds(2));

    assert!(world.is_talking(caller));
    let answered = answered_after(world.call_of(caller)).unwrap();
    assert_eq!(answered.as_millis() / 100, 60);
    assert!(matches!(
        world.hears(caller).unwrap(),
        Hears::Prompts(prompts, Some(media::Level::Full)) if prompts == [Sounds::GREETING]
    ));
}

#[test]
fn a_line_without_ringing_answers_at_once() {
    let mut world = open(Centre {
        operators: vec![],
        line_rings: seconds(0),
        ..Centre::default()
    });

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(1));

    assert!(world.is_talking(caller));
    assert_eq!(world.call_of(caller).progress, []);
}

#[test]
fn who_hangs_up_while_it_rings_was_never_connected() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);

    let caller = world.call(Caller::from_number(1));
    world.plan(caller, seconds(3), Act::HangUp);
    world.run(seconds(4));

    assert_eq!(world.call_of(caller).answered, None);
    assert_eq!(world.peer("eva").live_calls().count(), 0);
    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Abandoned);
    assert_eq!(world.state().counts().open.total().abandoned_early, 1);
    world.run_until_quiet(seconds(60));
}

#[test]
fn an_operator_who_hangs_up_ends_the_call() {
    let mut world = open(Centre::default());
    world
        .peer("eva")
        .set_manner(Manner::AnswersAndHangsUp(seconds(2), seconds(30)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(33));

    assert!(super::is_over(&world, caller));
    assert!(world.operator("eva").wrap_up.is_some());
    world.run_until_quiet(seconds(60));
    world.check_counts();
    assert_eq!(world.state().counts().open.total().answered, 1);
}

#[test]
fn a_caller_who_hangs_up_ends_the_call() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(2)));

    world.call(Caller {
        talks: Some(seconds(30)),
        ..Caller::from_number(1)
    });
    world.run(seconds(33));

    assert_eq!(world.peer("eva").live_calls().count(), 0);
    assert!(world.operator("eva").wrap_up.is_some());
    world.run_until_quiet(seconds(60));
    world.check_counts();
}
