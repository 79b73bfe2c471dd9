//! The trunk: registered with behind a proxy's 407, and probed.

use exchange::{Warning, board::TrunkHealth};
use simulation::{Caller, Centre, Manner, Power, World};
use sip::RegistrationState;

use super::{open, seconds};

fn centre() -> Centre {
    Centre {
        registers: true,
        trunk_probed_every: Some(seconds(30)),
        ..Centre::default()
    }
}

fn trunk(world: &mut World) -> (TrunkHealth, Option<RegistrationState>) {
    let trunk = world.board().trunks.remove(0);
    (trunk.health, trunk.registration)
}

#[test]
fn the_trunk_is_registered_with_behind_407() {
    let mut world = open(centre());

    let (_, registration) = trunk(&mut world);

    assert!(
        matches!(registration, Some(RegistrationState::Registered { .. })),
        "{registration:?}"
    );
    assert_eq!(world.peer("trunk").counts().bindings, 1);
    world.run(seconds(600));
    assert_eq!(world.peer("trunk").counts().bindings, 1);
}

#[test]
fn a_trunk_that_is_silent_is_told_as_down_and_up_again() {
    let mut world = open(centre());
    world.run(seconds(60));
    assert_eq!(trunk(&mut world).0, TrunkHealth::Up);

    world.power("trunk", Power::Off);
    world.run(seconds(150));
    assert_eq!(trunk(&mut world).0, TrunkHealth::Down);
    world.power("trunk", Power::On);
    world.run(seconds(150));

    assert_eq!(trunk(&mut world).0, TrunkHealth::Up);
    let name = "trunk".to_owned();
    assert!(world.warnings.contains(&Warning::TrunkDown {
        trunk: name.clone()
    }));
    assert!(world.warnings.contains(&Warning::TrunkUp { trunk: name }));
}

#[test]
fn a_configuration_that_is_swapped_in_keeps_calls_and_health() {
    let mut world = open(centre());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(40));

    world.configure(|centre| centre.phone_rings = seconds(20));
    world.run(seconds(5));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    let (health, registration) = trunk(&mut world);
    assert_eq!(health, TrunkHealth::Up);
    assert!(
        matches!(registration, Some(RegistrationState::Registered { .. })),
        "{registration:?}"
    );
}

#[test]
fn probes_do_not_add_up_with_every_new_configuration() {
    let mut world = open(centre());
    for _ in 0..10 {
        world.configure(|_| {});
        world.run(seconds(1));
    }
    world.run(seconds(60));
    let before = options(&world);

    world.run(seconds(300));

    let probes = options(&world) - before;
    assert!((9..=11).contains(&probes), "{probes} in 300 s");
}

fn options(world: &World) -> usize {
    world
        .sent_to("trunk")
        .filter(|sent| sent.text.starts_with("OPTIONS"))
        .count()
}
