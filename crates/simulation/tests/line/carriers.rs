//! Carriers: what they write beside a description, how they tell keys, what their registrars say.

use std::time::Duration;

use dispatch::{Action, Class, Step};
use media::Digit;
use simulation::{
    Act, Bodies, CallRef, Caller, Carrier, Centre, Dialling, Holds, Keys, Manner, World,
};

use super::{open, seconds};

const HOME: &str = "602000001";

fn behind(carrier: Carrier) -> Centre {
    Centre {
        carrier,
        line_rings: Duration::ZERO,
        ..Centre::default()
    }
}

/// A centre with nobody at a desk; at home somebody answers and presses 1.
fn with_somebody_at_home(carrier: Carrier) -> World {
    let mut world = World::new(
        7,
        Centre {
            operators: vec![],
            on_call: vec![("olga", HOME)],
            steps: vec![Step {
                after: seconds(30),
                action: Action::OnCall(vec![Centre::operator("olga")]),
            }],
            ..behind(carrier)
        },
    );
    let one = Digit::from_char('1').unwrap();
    let manner = Manner::AnswersAndPresses(seconds(4), seconds(3), one);
    world.peer("trunk").manners.insert(HOME.to_owned(), manner);
    world
}

fn call_at_home(world: &mut World) -> CallRef {
    let mut calls = world.peer("trunk").live_calls();
    calls.find(|(_, call)| call.number == HOME).unwrap().0
}

fn press_twice(world: &mut World, call: CallRef) {
    let five = Digit::from_char('5').unwrap();
    world.plan(call, seconds(1), Act::Press(five));
    world.plan(call, seconds(2), Act::Press(five));
}

#[test]
fn a_caller_whose_description_comes_beside_isup_is_joined() {
    let mut world = open(behind(Carrier {
        bodies: Bodies::WithIsup,
        ..Carrier::default()
    }));
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
}

#[test]
fn a_person_on_call_whose_answer_comes_beside_isup_takes_the_caller() {
    let mut world = with_somebody_at_home(Carrier {
        bodies: Bodies::WithIsup,
        ..Carrier::default()
    });

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(12));

    let home = call_at_home(&mut world);
    assert!(world.are_joined(caller, home));
}

#[test]
fn keys_of_callers_and_people_on_call_count_however_they_are_told() {
    for keys in [Keys::InSound, Keys::DtmfRelay, Keys::Dtmf] {
        let mut world = with_somebody_at_home(Carrier {
            keys,
            ..Carrier::default()
        });

        let caller = world.call(Caller::from_number(1));
        press_twice(&mut world, caller);
        world.run(seconds(4));
        let class = world.state().dispatcher().contacts()[0].class;
        world.run(seconds(8));

        assert_eq!(class, Class::Danger, "{keys:?}");
        let home = call_at_home(&mut world);
        assert!(world.are_joined(caller, home), "{keys:?}");
    }
}

#[test]
fn the_registrar_always_holds_us_whatever_other_contacts_it_names() {
    for holds in [Holds::AnotherForShort, Holds::SomebodyElsesToo] {
        let mut world = open(Centre {
            registers: true,
            dialling: Dialling::CalledParty,
            ..behind(Carrier {
                holds,
                ..Carrier::default()
            })
        });

        for second in 0..120 {
            world.run(seconds(1));
            let held = world.peer("trunk").counts().bindings;
            assert_eq!(held, 1, "{holds:?} after {second} s");
        }
        world.peer("eva").set_manner(Manner::Answers(seconds(1)));
        let caller = world.call(Caller::from_number(1));
        world.run(seconds(5));
        let operator = world.only_call("eva");
        assert!(world.are_joined(caller, operator), "{holds:?}");
    }
}
