//! Offers that come to nothing: declined, not answered, unreachable.

use dispatch::{Notice, PauseCause, Reachability};
use exchange::Warning;
use exchange::settings::DoNotDisturb;
use simulation::{Caller, Centre, Manner, Power};
use sip::Status;

use super::{open, seconds};

fn two_operators() -> Centre {
    Centre {
        operators: vec!["eva", "jana"],
        ..Centre::default()
    }
}

#[test]
fn a_declined_offer_goes_to_the_next_operator() {
    let mut world = open(two_operators());
    world
        .peer("eva")
        .set_manner(Manner::Declines(seconds(1), Status::BUSY_HERE));
    world
        .peer("jana")
        .set_manner(Manner::Declines(seconds(1), Status::DECLINE));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(1));
    world.peer("jana").set_manner(Manner::Answers(seconds(1)));
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.run(seconds(4));

    assert!(world.is_talking(caller));
    assert_eq!(world.state().counts().open.misses.declined, 1);
}

#[test]
fn an_offer_that_rings_out_goes_to_the_next_operator() {
    let mut world = open(two_operators());
    world.peer("eva").set_manner(Manner::RingsOn);
    world.peer("jana").set_manner(Manner::RingsOn);

    world.call(Caller::from_number(1));
    world.run(seconds(20));

    assert_eq!(world.state().counts().open.misses.no_answer, 1);
    let rings = ["eva", "jana"].map(|phone| world.peer(phone).calls().count());
    // Each had the call of the star code, and was offered this contact once.
    assert_eq!(rings, [2, 2]);
    assert_eq!(
        world.peer("eva").live_calls().count() + world.peer("jana").live_calls().count(),
        1
    );
}

#[test]
fn a_dead_phone_is_unreachable_after_five_seconds_and_the_next_operator_rings() {
    let mut world = open(two_operators());
    let first = {
        world.peer("eva").set_manner(Manner::RingsOn);
        world.peer("jana").set_manner(Manner::RingsOn);
        let probe = world.call(Caller::from_number(9));
        world.run(seconds(1));
        let first = if world.peer("eva").live_calls().count() == 1 {
            "eva"
        } else {
            "jana"
        };
        world.act(probe, simulation::Act::HangUp);
        world.run(seconds(40));
        first
    };
    let second = if first == "eva" { "jana" } else { "eva" };
    world.power(first, Power::Off);
    world.power(second, Power::Off);
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(1));
    world.power(second, Power::On);
    world.power(first, Power::On);
    let rung = if world.operator(first).claim.is_some() {
        first
    } else {
        second
    };
    world.power(rung, Power::Off);
    let other = if rung == "eva" { "jana" } else { "eva" };
    world.peer(other).set_manner(Manner::Answers(seconds(1)));
    world.run(seconds(7));

    assert!(world.is_talking(caller));
    assert_eq!(world.state().counts().open.misses.unreachable, 1);
    assert_eq!(world.operator(rung).reachability, Reachability::Unreachable);
}

#[test]
fn a_phone_that_comes_back_is_found_by_its_answer() {
    let mut world = open(Centre::default());
    world.power("eva", Power::Off);
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));
    assert_eq!(
        world.operator("eva").reachability,
        Reachability::Unreachable
    );

    world.power("eva", Power::On);
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.run(seconds(60));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
}

#[test]
fn a_phone_that_answers_486_for_ever_is_no_hot_loop() {
    let mut world = open(Centre::default());
    world
        .peer("eva")
        .set_manner(Manner::Declines(seconds(0), Status::BUSY_HERE));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(3600));

    let rings = world.peer("eva").calls().count();
    assert!((100..=370).contains(&rings), "{rings} offers in an hour");
    assert!(world.is_talking(caller));
    assert!(world.warnings.iter().any(|warning| matches!(
        warning,
        Warning::Distribution(Notice::LastOperatorMisses { .. })
    )));
}

#[test]
fn an_operator_who_misses_again_and_again_is_paused_while_another_is_there() {
    let mut world = open(two_operators());
    for phone in ["eva", "jana"] {
        world.peer(phone).set_manner(Manner::RingsOn);
    }

    world.call(Caller::from_number(1));
    world.run(seconds(300));

    let paused = ["eva", "jana"].map(|name| world.operator(name).paused);
    assert!(
        matches!(
            paused,
            [Some(PauseCause::Misses(3)), None] | [None, Some(PauseCause::Misses(3))]
        ),
        "{paused:?}"
    );
}

#[test]
fn whatever_a_phone_answers_it_lives() {
    let statuses = [
        Status::TEMPORARILY_UNAVAILABLE,
        Status::NOT_FOUND,
        Status::SERVER_INTERNAL_ERROR,
        Status::SERVICE_UNAVAILABLE,
    ];
    for status in statuses {
        let mut world = open(Centre::default());
        world
            .peer("eva")
            .set_manner(Manner::Declines(seconds(1), status));

        world.call(Caller::from_number(1));
        world.run(seconds(3));

        let misses = world.state().counts().open.misses;
        assert_eq!((misses.declined, misses.unreachable), (1, 0), "{status:?}");
        let reachability = world.operator("eva").reachability;
        assert_eq!(reachability, Reachability::Reachable, "{status:?}");
        assert_eq!(world.operator("eva").rest, None, "{status:?}");
    }
}

#[test]
fn a_phone_that_is_not_to_be_disturbed_declines_or_does_not_answer_as_configured() {
    let told = |do_not_disturb| {
        let mut world = open(Centre {
            do_not_disturb,
            ..Centre::default()
        });
        let not_to_be_disturbed = Manner::Declines(seconds(0), Status::TEMPORARILY_UNAVAILABLE);
        world.peer("eva").set_manner(not_to_be_disturbed);
        world.call(Caller::from_number(1));
        world.run(seconds(3));
        let misses = world.state().counts().open.misses;
        (misses.declined, misses.no_answer)
    };

    assert_eq!(told(DoNotDisturb::Declined), (1, 0));
    assert_eq!(told(DoNotDisturb::NoAnswer), (0, 1));
}
