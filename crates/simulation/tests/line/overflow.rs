//! Overflow to a partner's line.

use dispatch::{Action, Outcome, Step};
use simulation::{Act, Caller, Centre, Manner, World};
use sip::Status;

use super::{is_over, open, seconds};

const NUMBER: &str = "602000009";

fn centre() -> Centre {
    Centre {
        operators: vec!["eva"],
        partners: vec![("sister", NUMBER)],
        steps: vec![Step {
            after: seconds(20),
            action: Action::Overflow(Centre::partner("sister")),
        }],
        ..Centre::default()
    }
}

fn with_partner(manner: Manner) -> World {
    let mut world = open(centre());
    world.peer("eva").set_manner(Manner::RingsOn);
    world
        .peer("trunk")
        .manners
        .insert(NUMBER.to_owned(), manner);
    world
}

fn partners_call(world: &mut World) -> simulation::CallRef {
    let mut calls = world.peer("trunk").live_calls();
    calls.find(|(_, call)| call.number == NUMBER).unwrap().0
}

#[test]
fn a_partner_takes_her() {
    let mut world = with_partner(Manner::Answers(seconds(3)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(30));

    let partner = partners_call(&mut world);
    assert!(world.are_joined(caller, partner));
    world.act(caller, Act::HangUp);
    world.run(seconds(1));
    assert!(is_over(&world, partner));
    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Overflowed);
    world.run_until_quiet(seconds(60));
    world.check_counts();
}

#[test]
fn a_partner_who_declines_leaves_her_waiting() {
    let mut world = with_partner(Manner::Declines(seconds(1), Status::BUSY_HERE));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(100));

    assert!(world.is_talking(caller));
    assert_eq!(world.state().live_contacts(), 1);
}

#[test]
fn a_partner_who_hangs_up_gives_her_back() {
    let mut world = with_partner(Manner::AnswersAndHangsUp(seconds(3), seconds(10)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(36));

    assert!(world.is_talking(caller));
    let contacts = world.state().dispatcher().contacts();
    assert!(
        matches!(
            contacts[0].state,
            dispatch::ContactState::Waiting | dispatch::ContactState::Offered { .. }
        ),
        "{:?}",
        contacts[0].state
    );
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.run(seconds(30));
    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
}

#[test]
fn an_operator_who_answers_stops_the_partner() {
    let mut world = with_partner(Manner::RingsOn);
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(25));
    let partner = partners_call(&mut world);

    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.run(seconds(20));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    assert!(is_over(&world, partner));
}
