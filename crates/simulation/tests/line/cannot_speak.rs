//! Any key pressed twice within 3 s tells that she cannot speak.

use std::time::Duration;

use dispatch::{ActingRole, Class, Fact, Strategy};
use exchange::Reply;
use media::{Digit, Level};
use simulation::{Act, CallEnd, CallRef, CallStage, Caller, Centre, Hears, Manner, World};

use super::{open, seconds};

/// She presses a key and lets it go.
fn press(world: &mut World, caller: CallRef, key: char) {
    world.act(caller, Act::Press(Digit::from_char(key).unwrap()));
    world.run(Duration::from_millis(200));
}

fn waiting() -> (World, CallRef) {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));
    (world, caller)
}

fn class(world: &World) -> Class {
    world.state().dispatcher().contacts()[0].class
}

#[test]
fn a_key_pressed_twice_makes_her_danger_and_the_line_nearly_silent() {
    let (mut world, caller) = waiting();

    press(&mut world, caller, '5');
    world.run(seconds(2));
    assert_eq!(class(&world), Class::Crisis);
    press(&mut world, caller, '5');
    world.run(seconds(1));

    assert_eq!(class(&world), Class::Danger);
    assert_eq!(world.hears(caller), Some(Hears::Waiting(Level::NearSilent)));
}

#[test]
fn she_hears_no_more_words() {
    let (mut world, caller) = waiting();
    press(&mut world, caller, '5');
    press(&mut world, caller, '5');
    world.run(seconds(120));

    assert_eq!(world.hears(caller), Some(Hears::Waiting(Level::NearSilent)));
}

#[test]
fn two_different_keys_or_too_slow_ones_mean_nothing() {
    let (mut world, caller) = waiting();

    press(&mut world, caller, '5');
    world.run(seconds(1));
    press(&mut world, caller, '6');
    world.run(seconds(4));
    press(&mut world, caller, '6');
    world.run(seconds(1));

    assert_eq!(class(&world), Class::Crisis);
}

#[test]
fn later_offers_show_it_before_the_answer() {
    let (mut world, caller) = waiting();
    let first = world.only_call("eva");
    assert_eq!(world.call_of(first).shown.as_deref(), Some("Anonymous"));

    press(&mut world, caller, '5');
    press(&mut world, caller, '5');
    world.run(seconds(20));

    let later = world.only_call("eva");
    assert_ne!(first, later);
    assert_eq!(world.call_of(later).shown.as_deref(), Some("cannot speak"));
}

#[test]
fn phone_that_rings_already_is_called_off_and_shows_it_at_once() {
    let (mut world, caller) = waiting();
    let first = world.only_call("eva");

    press(&mut world, caller, '5');
    press(&mut world, caller, '5');
    world.run(seconds(1));

    let again = world.only_call("eva");
    assert_eq!(world.call_of(again).shown.as_deref(), Some("cannot speak"));
    let called_off = CallStage::Over(CallEnd::Cancelled);
    assert_eq!(world.call_of(first).stage, called_off);
    assert_eq!(world.state().counts().open.misses, Default::default());
    let cancel = world
        .sent_to("eva")
        .find(|sent| sent.text.starts_with("CANCEL"))
        .unwrap();
    assert!(!cancel.text.contains("Reason:"), "{}", cancel.text);
}

#[test]
fn the_second_ringing_lasts_as_long_as_a_new_offer_and_nobody_missed_the_first() {
    let (mut world, caller) = waiting();
    let ends = |world: &World| world.operator("eva").claim.map(|(_, until)| until).unwrap();
    world.run(seconds(2));
    let before = ends(&world);

    press(&mut world, caller, '5');
    press(&mut world, caller, '5');
    world.run(seconds(1));

    assert!(ends(&world) >= before + seconds(10));
    assert_eq!(world.operator("eva").misses_in_row, 0);
    world.act(caller, Act::HangUp);
    world.run_until_quiet(seconds(60));
}

#[test]
fn who_answers_while_her_phone_is_called_off_loses_nobody() {
    for milliseconds in 0..40 {
        let mut world = open(Centre::default());
        world.peer("eva").set_manner(Manner::RingsOn);
        let caller = world.call(Caller::from_number(1));
        world.run(seconds(10));
        let ringing = world.only_call("eva");
        world.peer("eva").set_manner(Manner::Answers(seconds(2)));

        press(&mut world, caller, '5');
        world.plan(ringing, Duration::from_millis(milliseconds), Act::Accept);
        press(&mut world, caller, '5');
        world.run(seconds(4));

        let operator = world.only_call("eva");
        assert!(
            world.are_joined(caller, operator),
            "{milliseconds} ms after"
        );
        assert_eq!(world.state().counts().open.misses, Default::default());
    }
}

#[test]
fn every_phone_of_every_operator_who_rings_shows_it() {
    let mut world = open(Centre {
        operators: vec!["eva", "jana"],
        second_phones: vec![("eva-mobile", "eva")],
        strategy: Strategy::RingAll,
        ..Centre::default()
    });
    world.register("eva-mobile");
    let phones = ["eva", "eva-mobile", "jana"];
    for phone in phones {
        world.peer(phone).set_manner(Manner::RingsOn);
    }
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(8));

    press(&mut world, caller, '5');
    press(&mut world, caller, '5');
    world.run(seconds(1));

    for phone in phones {
        let call = world.only_call(phone);
        assert_eq!(world.call_of(call).shown.as_deref(), Some("cannot speak"));
    }
}

#[test]
fn caller_who_hangs_up_while_a_phone_is_called_off_leaves_nothing_ringing() {
    let (mut world, caller) = waiting();

    press(&mut world, caller, '5');
    world.plan(caller, Duration::from_millis(15), Act::HangUp);
    press(&mut world, caller, '5');
    world.run(seconds(1));

    assert_eq!(world.peer("eva").live_calls().count(), 0);
    world.run_until_quiet(seconds(60));
}

#[test]
fn whom_a_supervisor_raises_hears_her_words_on_and_is_shown_as_before() {
    let (mut world, caller) = waiting();
    let first = world.only_call("eva");
    let contact = world.state().dispatcher().contacts()[0].id;

    let raised = world.makes(Fact::Acted {
        contact,
        by: Some(ActingRole::Supervisor),
        act: dispatch::Act::Class(Class::Danger),
    });
    world.run(seconds(20));

    assert!(matches!(raised, Reply::Done), "{raised:?}");
    assert_eq!(class(&world), Class::Danger);
    let later = world.only_call("eva");
    assert_ne!(first, later);
    assert_eq!(world.call_of(later).shown.as_deref(), Some("Anonymous"));
    let hushed = Some(Hears::Waiting(Level::NearSilent));
    assert_ne!(world.hears(caller), hushed);
}

#[test]
fn operator_who_has_her_is_told_each_key() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    for key in ['1', '#'] {
        press(&mut world, caller, key);
    }
    world.run(seconds(1));

    let told: Vec<_> = world
        .taps
        .iter()
        .map(|(operator, key)| (operator.to_string(), *key))
        .collect();
    assert_eq!(told, [("eva".to_owned(), '1'), ("eva".to_owned(), '#')]);
}

#[test]
fn whose_phone_only_rings_is_told_no_key() {
    let (mut world, caller) = waiting();

    for _ in 0..2 {
        press(&mut world, caller, '5');
    }
    world.run(seconds(1));

    assert_eq!(class(&world), Class::Danger);
    assert_eq!(world.taps, []);
}

#[test]
fn she_overtakes_those_who_can_speak() {
    let mut world = open(Centre {
        operators: vec!["eva", "jana"],
        ..Centre::default()
    });
    for phone in ["eva", "jana"] {
        world.peer(phone).set_manner(Manner::Answers(seconds(1)));
    }
    let busy = [1, 2].map(|number| world.call(Caller::from_number(number)));
    world.run(seconds(5));
    let first = world.call(Caller::from_number(3));
    world.run(seconds(1));
    let cannot_speak = world.call(Caller::from_number(4));
    world.run(seconds(10));
    press(&mut world, cannot_speak, '5');
    press(&mut world, cannot_speak, '5');
    world.run(seconds(1));

    world.act(busy[0], Act::HangUp);
    world.run(seconds(20));

    let operator = world.only_call("eva");
    assert!(world.are_joined(cannot_speak, operator));
    assert!(matches!(
        world.hears(first),
        Some(Hears::Prompts(..) | Hears::Waiting(_))
    ));
}

#[test]
fn a_key_in_the_call_means_nothing() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    press(&mut world, caller, '5');
    press(&mut world, caller, '5');
    world.run(seconds(1));

    assert_eq!(class(&world), Class::Crisis);
    assert!(matches!(world.hears(caller), Some(Hears::Stream(_))));
}
