//! The trunk: registered with behind a proxy's 407, and probed.

use exchange::Warning;
use exchange::board::{TrunkHealth, TrunkStatus};
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
fn a_trunk_is_well_only_by_what_was_seen_within_its_interval() {
    let mut world = open(Centre {
        registers: false,
        ..centre()
    });
    let status = |world: &mut World| world.board().trunks[0].status();
    world.run(seconds(60));
    let seen = status(&mut world);

    world.power("trunk", Power::Off);
    // One probe has been missed for good by then, and the second not yet.
    world.run(seconds(55));
    let silent = status(&mut world);
    world.run(seconds(95));
    let down = status(&mut world);

    assert_eq!(
        [seen, silent, down],
        [TrunkStatus::Well, TrunkStatus::Silent, TrunkStatus::Down]
    );
}

#[test]
fn of_a_trunk_that_nobody_probes_nothing_is_known() {
    let mut world = open(Centre {
        trunk_probed_every: None,
        ..Centre::default()
    });
    world.run(seconds(60));

    assert_eq!(world.board().trunks[0].status(), TrunkStatus::NotProbed);
    world.configure(|centre| centre.trunk_probed_every = Some(seconds(30)));
    world.run(seconds(60));
    assert_eq!(world.board().trunks[0].status(), TrunkStatus::Well);
    world.configure(|centre| centre.trunk_probed_every = None);
    world.run(seconds(1));
    assert_eq!(world.board().trunks[0].status(), TrunkStatus::NotProbed);
}

#[test]
fn a_registration_that_holds_is_seen_where_no_probe_is_sent() {
    let mut world = open(Centre {
        trunk_probed_every: None,
        ..centre()
    });

    assert_eq!(world.board().trunks[0].status(), TrunkStatus::Well);
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
