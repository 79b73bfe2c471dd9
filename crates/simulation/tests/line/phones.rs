//! Phones as they are: late with their sound, behind a router, under another address than a minute ago.

use std::time::Duration;

use dispatch::Reachability;
use simulation::{Act, Behind, CallRef, Caller, Centre, Habits, Hold, Manner, Names, World};
use sip::{CONTACTS_MAX, Protocol, RegistrationState};

use super::{is_over, open, seconds};

/// A world in which eva's phone is special and answers after a second.
fn with_phone(habits: Habits) -> World {
    let mut world = open(Centre {
        habits: vec![("eva", habits)],
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world
}

fn behind(behind: Behind) -> World {
    with_phone(Habits {
        behind,
        ..Habits::default()
    })
}

fn behind_nat() -> World {
    behind(Behind::Nat)
}

/// A caller and her operator, a few seconds after the answer.
fn joined(world: &mut World) -> (CallRef, CallRef) {
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    (caller, operator)
}

fn hear_each_other(world: &World, (one, other): (CallRef, CallRef)) -> bool {
    world.hears_voice_of(one, other) && world.hears_voice_of(other, one)
}

/// The caller hangs up, and her operator's phone hears of it.
#[track_caller]
fn ends_for_both(world: &mut World, (caller, operator): (CallRef, CallRef)) {
    world.act(caller, Act::HangUp);
    world.run(seconds(1));
    assert!(is_over(world, operator));
}

#[test]
fn a_phone_whose_sound_comes_late_is_heard_and_hears() {
    for late in [0, 250, 1_000] {
        let mut world = with_phone(Habits {
            sound_after: Duration::from_millis(late),
            ..Habits::default()
        });

        let both = joined(&mut world);

        assert!(hear_each_other(&world, both), "{late} ms");
    }
}

/// All kinds of routers.
const ROUTERS: [Behind; 3] = [Behind::Nat, Behind::NatInTheHouse, Behind::NatThatItKnows];

#[test]
fn a_phone_behind_a_router_takes_a_call_and_hears_its_end() {
    for router in ROUTERS {
        let mut world = behind(router);
        let (caller, operator) = joined(&mut world);
        world.run(seconds(60));

        assert!(hear_each_other(&world, (caller, operator)), "{router:?}");
        ends_for_both(&mut world, (caller, operator));
    }
}

#[test]
fn a_phone_behind_a_router_dials_a_star_code_to_its_end() {
    for router in ROUTERS {
        let mut world = behind(router);

        let star = world.dial_from("eva", "*41");
        world.run(seconds(30));

        assert!(is_over(&world, star), "{router:?}");
    }
}

#[test]
fn a_phone_behind_a_router_ends_a_call() {
    let mut world = behind_nat();
    let (caller, operator) = joined(&mut world);

    world.act(operator, Act::HangUp);
    world.run(seconds(1));

    assert!(is_over(&world, caller));
}

#[test]
fn a_phone_whose_router_maps_anew_is_rung_again_once_it_registered() {
    let mut world = behind_nat();

    world.rebind("eva");
    world.run(seconds(120));

    assert_eq!(world.operator("eva").reachability, Reachability::Reachable);
    let both = joined(&mut world);
    assert!(hear_each_other(&world, both));
}

#[test]
fn sound_is_found_again_when_a_router_maps_anew_in_mid_call() {
    // Who speaks without a pause is the source for good: only her silence lets another port be it.
    let mut world = with_phone(Habits {
        behind: Behind::Nat,
        sound_every: Duration::from_millis(20),
        ..Habits::default()
    });
    let (caller, operator) = joined(&mut world);

    for _ in 0..3 {
        world.rebind("eva");
        world.run(seconds(10));

        assert!(hear_each_other(&world, (caller, operator)));
    }
}

#[test]
fn who_speaks_is_heard_again_once_her_phone_registered_from_another_public_address() {
    for router in [Behind::Nat, Behind::NatThatItKnows] {
        let mut world = with_phone(Habits {
            behind: router,
            sound_every: Duration::from_millis(20),
            ..Habits::default()
        });
        let (caller, operator) = joined(&mut world);

        world.move_router("eva", [100, 65, 1, 2].into());
        world.run(seconds(1));
        world.unregister("eva");
        world.run(seconds(1));
        world.register("eva");
        world.run(seconds(5));

        assert!(hear_each_other(&world, (caller, operator)), "{router:?}");
        ends_for_both(&mut world, (caller, operator));
    }
}

#[track_caller]
fn hears_the_end_of_a_call_whose_router_maps_anew(mut world: World) {
    let (caller, operator) = joined(&mut world);
    world.rebind("eva");
    world.run(seconds(120));

    ends_for_both(&mut world, (caller, operator));
}

#[test]
fn a_phone_whose_router_maps_anew_in_mid_call_hears_its_end_once_it_registered() {
    hears_the_end_of_a_call_whose_router_maps_anew(behind_nat());
}

#[test]
fn a_phone_that_names_another_address_once_its_router_maps_anew_hears_its_end() {
    hears_the_end_of_a_call_whose_router_maps_anew(with_phone(Habits {
        behind: Behind::NatThatItKnows,
        names: Names::Itself,
        ..Habits::default()
    }));
}

#[test]
fn a_phone_that_speaks_up_after_its_router_mapped_anew_hears_the_end() {
    let mut world = behind_nat();
    let (caller, operator) = joined(&mut world);
    world.rebind("eva");

    world.act(operator, Act::Hold(Hold::On));
    world.run(seconds(1));
    world.act(operator, Act::Hold(Hold::Off));
    world.run(seconds(5));
    assert!(hear_each_other(&world, (caller, operator)));
    ends_for_both(&mut world, (caller, operator));
}

#[test]
fn a_phone_with_another_contact_at_each_start_is_rung_where_it_is() {
    for names in [Names::Nothing, Names::Itself] {
        let mut world = with_phone(Habits {
            names,
            ..Habits::default()
        });

        for start in 0..12 {
            world.start_again("eva");
            world.run(seconds(2));

            let registration = world.peer("eva").registration();
            assert!(
                matches!(registration, Some(RegistrationState::Registered { .. })),
                "{names:?}, start {start}: {registration:?}"
            );
        }
        assert!(world.exchange().holdings().sip.bindings <= CONTACTS_MAX);
        let both = joined(&mut world);
        assert!(hear_each_other(&world, both), "{names:?}");
    }
}

#[test]
fn a_phone_that_names_itself_has_one_contact_whatever_its_address() {
    let mut world = with_phone(Habits {
        names: Names::Itself,
        ..Habits::default()
    });
    for _ in 0..3 {
        world.start_again("eva");
        world.run(seconds(2));
    }

    assert_eq!(world.exchange().holdings().sip.bindings, 1);
}

/// A world with a phone over TCP, without and with a router before it.
fn over_tcp() -> [World; 2] {
    [Behind::Nothing, Behind::Nat].map(|behind| {
        with_phone(Habits {
            protocol: Protocol::Tcp,
            behind,
            ..Habits::default()
        })
    })
}

#[test]
fn a_phone_over_tcp_takes_a_call_and_hears_its_end() {
    for mut world in over_tcp() {
        let (caller, operator) = joined(&mut world);

        assert!(hear_each_other(&world, (caller, operator)));
        world.act(caller, Act::HangUp);
        world.run(seconds(1));
        assert!(is_over(&world, operator));
    }
}

#[test]
fn a_phone_that_lost_its_connection_is_rung_by_the_next_one() {
    for mut world in over_tcp() {
        world.lose_connections("eva");
        world.run(seconds(3));

        let both = joined(&mut world);

        assert!(hear_each_other(&world, both));
    }
}

#[test]
fn a_phone_that_lost_its_connection_in_mid_call_hears_its_end() {
    for mut world in over_tcp() {
        let (caller, operator) = joined(&mut world);
        world.lose_connections("eva");
        world.run(seconds(60));
        assert!(hear_each_other(&world, (caller, operator)));

        world.act(caller, Act::HangUp);
        world.run(seconds(1));

        assert!(is_over(&world, operator));
    }
}

#[test]
fn a_phone_that_lost_its_connection_in_mid_call_ends_it() {
    for mut world in over_tcp() {
        let (caller, operator) = joined(&mut world);
        world.lose_connections("eva");
        world.run(seconds(1));

        world.act(operator, Act::HangUp);
        world.run(seconds(2));

        assert!(is_over(&world, caller));
    }
}

#[test]
fn the_end_of_a_call_reaches_a_phone_whose_connection_is_dead_and_nobody_knows() {
    let [mut world, _] = over_tcp();
    let (caller, operator) = joined(&mut world);
    world.lose_connections("eva");

    ends_for_both(&mut world, (caller, operator));
}
