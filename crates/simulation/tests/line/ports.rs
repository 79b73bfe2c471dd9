//! Few ports, and orders that a media thread loses.

use dispatch::Misses;
use simulation::{Act, CallEnd, CallStage, Caller, Centre, Hears, Manner, World};
use sip::{Failure, Status};

use super::{is_over, open, seconds};

#[test]
fn without_a_port_a_new_call_gets_503() {
    let mut world = open(Centre {
        operators: vec![],
        ports: (1, 2),
        ..Centre::default()
    });

    let calls = [1, 2, 3].map(|number| world.call(Caller::from_number(number)));
    world.run(seconds(10));

    let unavailable = CallEnd::Failed(Failure::Status(Status::SERVICE_UNAVAILABLE));
    assert!(world.is_talking(calls[0]) && world.is_talking(calls[1]));
    assert_eq!(world.call_of(calls[2]).stage, CallStage::Over(unavailable));
}

/// A world of so many legs, in which these operators have registered and dialled nothing yet.
fn registered(operators: &[&'static str], legs_max: usize) -> World {
    let centre = Centre {
        operators: operators.to_vec(),
        legs_max,
        ..Centre::default()
    };
    let mut world = World::new(7, centre);
    for operator in operators {
        world.register(operator);
    }
    world.run(seconds(1));
    world
}

#[test]
fn callers_have_every_port_that_no_phone_could_need() {
    let ten = [
        "eva", "jana", "hana", "olga", "dana", "ema", "ida", "iva", "lea", "mia",
    ];
    let mut world = registered(&ten, 50);

    let calls: Vec<_> = (0..=34)
        .map(|number| world.call(Caller::from_number(number)))
        .collect();
    world.run(seconds(10));

    // Ten phones and six star calls leave 34.
    let unavailable = CallEnd::Failed(Failure::Status(Status::SERVICE_UNAVAILABLE));
    let (last, others) = calls.split_last().unwrap();
    assert!(others.iter().all(|call| world.is_talking(*call)));
    assert_eq!(world.call_of(*last).stage, CallStage::Over(unavailable));
}

#[test]
fn star_calls_of_many_phones_take_no_more_than_their_share_of_the_ports() {
    let mut world = registered(&["eva", "jana", "hana"], 16);

    let stars = ["eva", "jana", "hana"].map(|name| world.dial_from(name, "*43"));
    world.run(seconds(1));

    let unavailable = CallEnd::Failed(Failure::Status(Status::SERVICE_UNAVAILABLE));
    let over = stars.map(|star| world.call_of(star).stage == CallStage::Over(unavailable));
    assert_eq!(over.iter().filter(|over| **over).count(), 1, "{over:?}");
    world.run(seconds(20));
    let later = world.dial_from("hana", "*43");
    world.run(seconds(1));
    assert!(world.is_talking(later));
}

#[test]
fn an_offer_waits_for_a_port() {
    let mut world = open(Centre {
        ports: (1, 2),
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    // The star code that made her ready gives its port back; two callers take both.
    let calls = [1, 2].map(|number| world.call(Caller::from_number(number)));
    world.run(seconds(4));
    assert_eq!(world.peer("eva").live_calls().count(), 0);

    // Her port rests for a while.
    world.act(calls[1], Act::HangUp);
    world.run(seconds(8));

    let operator = world.only_call("eva");
    assert!(world.are_joined(calls[0], operator));
}

#[test]
fn an_offer_that_never_found_a_port_is_no_miss_of_hers() {
    let mut world = open(Centre {
        ports: (1, 2),
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let calls = [1, 2].map(|number| world.call(Caller::from_number(number)));

    world.run(seconds(200));

    let eva = dispatch::OperatorId::parse("eva").unwrap();
    let view = world.state().dispatcher().operator(eva).unwrap();
    assert_eq!((view.paused, view.misses), (None, Misses::default()));
    world.act(calls[1], Act::HangUp);
    world.run(seconds(30));
    let operator = world.only_call("eva");
    assert!(world.are_joined(calls[0], operator));
}

#[test]
fn a_caller_who_is_lost_by_the_media_thread_ends_as_lost() {
    let mut world = open(Centre {
        operators: vec![],
        ..Centre::default()
    });
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));

    world.lose_order(caller);
    world.run(seconds(1));

    assert!(is_over(&world, caller));
    assert_eq!(world.state().counts().open.total().lost, 1);
    world.run_until_quiet(seconds(60));
}

#[test]
fn an_operator_who_is_lost_by_the_media_thread_gives_her_caller_back() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(3));
    let operator = world.only_call("eva");

    world.lose_order(operator);
    world.run(seconds(1));

    assert!(is_over(&world, operator));
    assert!(world.is_talking(caller));
    assert!(matches!(
        world.hears(caller),
        Some(Hears::Prompts(..) | Hears::Waiting(_))
    ));
    world.run(seconds(30));
    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
}
