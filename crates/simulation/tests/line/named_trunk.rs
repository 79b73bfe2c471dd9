//! A trunk that is known by its name: looked up until it is found, registered with wherever it moves.

use std::net::SocketAddr;

use exchange::Warning;
use exchange::board::{TrunkHealth, TrunkStatus};
use exchange::settings::Host;
use simulation::{Centre, Power, World};

use super::seconds;
use super::trunk::called_from;

const NAME: &str = "carrier.test";
/// Where the carrier moves to. Nobody answers there.
const ELSEWHERE: ([u8; 4], u16) = ([198, 51, 100, 9], 5060);

fn elsewhere() -> SocketAddr {
    SocketAddr::from(ELSEWHERE)
}

fn centre() -> Centre {
    Centre {
        registers: true,
        trunk_name: Some(NAME),
        trunk_probed_every: Some(seconds(10)),
        ..Centre::default()
    }
}

/// A world whose name server knows the carrier.
fn found() -> World {
    let mut world = World::new(7, centre());
    world.name(NAME, &[Centre::trunk()]);
    world.run(seconds(20));
    assert!(sent(&world, Centre::trunk(), "REGISTER") > 0);
    world
}

/// How many requests of a method went to an address.
fn sent(world: &World, to: SocketAddr, method: &str) -> usize {
    let sent = world.sent_to_address(to);
    sent.filter(|sent| sent.text.starts_with(method)).count()
}

#[test]
fn a_name_server_that_is_late_at_the_start_is_asked_again_within_seconds() {
    let mut world = World::new(7, centre());
    world.run(seconds(12));
    world.name(NAME, &[Centre::trunk()]);

    world.run(seconds(20));

    assert!(sent(&world, Centre::trunk(), "REGISTER") > 0);
}

#[test]
fn a_carrier_that_moves_is_registered_with_where_it_is_now() {
    let mut world = found();

    world.name(NAME, &[elsewhere()]);
    world.run(seconds(301));

    assert!(sent(&world, elsewhere(), "REGISTER") > 0);
}

/// A carrier that is known by its name alone and has moved, after our registration there was refreshed last.
fn moved() -> World {
    let mut world = found();
    let mut settings = world.centre().settings();
    settings.trunks[0].addresses.clear();
    world.reload(settings);
    world.name(NAME, &[elsewhere()]);
    world.run(seconds(301));
    assert!(sent(&world, elsewhere(), "REGISTER") > 0);
    world
}

#[test]
fn a_carrier_that_names_one_of_its_proxies_at_a_time_is_heard_from_each() {
    let mut world = moved();

    let left = called_from(&mut world, "80060", "198.51.100.1:5060");
    let other_port = called_from(&mut world, "80060", "198.51.100.1:49152");
    let now = called_from(&mut world, "80060", "198.51.100.9:5060");

    for answer in [left, other_port, now] {
        assert!(answer.starts_with("SIP/2.0 180"), "{answer}");
    }
    assert_eq!(world.refused_hosts, [] as [std::net::IpAddr; 0]);
}

#[test]
fn a_place_that_was_left_is_not_called_and_a_strangers_an_hour_later() {
    let mut world = moved();
    let asked =
        |world: &World| ["REGISTER", "OPTIONS"].map(|method| sent(world, Centre::trunk(), method));
    let before = asked(&world);

    world.run(seconds(3600 + 301));

    assert_eq!(asked(&world), before);
    let answer = called_from(&mut world, "80060", "198.51.100.1:5060");
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    assert_eq!(world.refused_hosts, [Centre::trunk().ip()]);
}

#[test]
fn a_trunk_that_is_at_a_place_now_takes_its_calls_before_one_that_left_it() {
    let mut world = moved();
    let mut settings = world.centre().settings();
    settings.trunks[0].addresses.clear();
    let mut other = settings.trunks[0].clone();
    other.name = "other".to_owned();
    other.register = None;
    other.target = Some(Host {
        name: Centre::trunk().ip().to_string(),
        port: Some(Centre::trunk().port()),
    });
    other.calls_max = Some(0);
    settings.trunks.push(other);
    world.reload(settings);
    world.run(seconds(1));

    let answer = called_from(&mut world, "80060", "198.51.100.1:5060");

    assert!(answer.starts_with("SIP/2.0 503"), "{answer}");
}

#[test]
fn a_carrier_whose_registration_fails_is_looked_up_at_once() {
    let mut world = World::new(
        7,
        Centre {
            trunk_probed_every: None,
            ..centre()
        },
    );
    world.name(NAME, &[Centre::trunk()]);
    // By then it is known to be well, and is next looked up five minutes later.
    world.run(seconds(70));

    world.power("trunk", Power::Off);
    world.name(NAME, &[elsewhere()]);
    world.run(seconds(150));

    assert!(sent(&world, elsewhere(), "REGISTER") > 0);
}

#[test]
fn another_name_is_never_looked_for_at_the_old_ones_address() {
    let mut world = found();
    world.name("new.test", &[elsewhere()]);
    world.edit(|centre| centre.trunk_name = Some("new.test"));
    let settings = world.centre().settings();

    world.reload(settings);
    world.run(seconds(10));

    let to_new = |sent: &&simulation::Sent| sent.text.contains("new.test");
    assert_eq!(world.sent_to("trunk").filter(to_new).count(), 0);
    assert!(sent(&world, elsewhere(), "REGISTER") > 0);
}

#[test]
fn a_name_that_is_not_found_is_told_in_its_own_words_and_told_again_when_it_answers() {
    let mut world = World::new(7, centre());
    world.run(seconds(30));
    let nowhere = world.board().trunks.remove(0);

    world.name(NAME, &[Centre::trunk()]);
    world.run(seconds(40));

    let trunk = || "trunk".to_owned();
    assert_eq!(nowhere.status(), TrunkStatus::Down);
    let told = [
        Warning::TrunkNotFound { trunk: trunk() },
        Warning::TrunkUp { trunk: trunk() },
    ];
    assert_eq!(world.warnings, told);
}

#[test]
fn a_name_that_is_not_found_is_told_of_a_trunk_that_nobody_probes() {
    let mut world = World::new(
        7,
        Centre {
            trunk_probed_every: None,
            registers: false,
            ..centre()
        },
    );
    world.run(seconds(30));
    let nowhere = world.board().trunks.remove(0);

    world.name(NAME, &[Centre::trunk()]);
    world.run(seconds(40));

    let trunk = || "trunk".to_owned();
    assert_eq!(nowhere.status(), TrunkStatus::Down);
    assert_eq!(world.board().trunks[0].status(), TrunkStatus::NotProbed);
    let told = [
        Warning::TrunkNotFound { trunk: trunk() },
        Warning::TrunkFound { trunk: trunk() },
    ];
    assert_eq!(world.warnings, told);
}

#[test]
fn a_name_server_that_fails_takes_no_address_away() {
    let mut world = found();

    world.name(NAME, &[]);
    world.run(seconds(1000));

    let trunk = world.board().trunks.remove(0);
    assert_eq!(trunk.status(), TrunkStatus::Well);
    assert_eq!(world.warnings, []);
}

#[test]
fn addresses_that_only_change_their_order_move_nothing() {
    let mut world = World::new(7, centre());
    world.name(NAME, &[Centre::trunk(), elsewhere()]);
    world.run(seconds(20));

    world.name(NAME, &[elsewhere(), Centre::trunk()]);
    world.run(seconds(1000));

    assert_eq!(sent(&world, elsewhere(), "REGISTER"), 0);
    assert_eq!(sent(&world, elsewhere(), "OPTIONS"), 0);
}

#[test]
fn a_dead_first_address_is_registered_past_without_a_probe() {
    let mut world = World::new(
        7,
        Centre {
            trunk_probed_every: None,
            ..centre()
        },
    );
    world.name(NAME, &[elsewhere(), Centre::trunk()]);

    world.run(seconds(60));

    assert_eq!(world.board().trunks[0].status(), TrunkStatus::Well);
}

/// An address answers the last REGISTER that went there: it shall come again in two minutes.
fn puts_off(world: &mut World, address: SocketAddr) {
    let register = {
        let sent = world.sent_to_address(address);
        let registers = sent.filter(|sent| sent.text.starts_with("REGISTER"));
        registers.last().unwrap().text.clone()
    };
    let echoed = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let is_echoed = |line: &&str| echoed.iter().any(|name| line.starts_with(name));
    let lines: String = register.split_inclusive("\r\n").filter(is_echoed).collect();
    let refusal = format!(
        "SIP/2.0 503 Service Unavailable\r\n{lines}Retry-After: 120\r\nContent-Length: 0\r\n\r\n"
    );
    world.send(address, &refusal);
}

#[test]
fn an_address_that_asked_for_a_pause_is_not_registered_at_in_it() {
    let mut world = World::new(
        7,
        Centre {
            trunk_probed_every: None,
            ..centre()
        },
    );
    world.power("trunk", Power::Off);
    world.name(NAME, &[elsewhere(), Centre::trunk()]);
    world.run(seconds(20));
    puts_off(&mut world, elsewhere());
    world.run(seconds(10));
    puts_off(&mut world, Centre::trunk());
    let asked =
        |world: &World| [elsewhere(), Centre::trunk()].map(|at| sent(world, at, "REGISTER"));
    let before = asked(&world);
    assert!(before.iter().all(|times| *times > 0), "{before:?}");

    world.run(seconds(105));
    assert_eq!(asked(&world), before);
    world.run(seconds(10));

    assert!(asked(&world)[0] > before[0]);
}

#[test]
fn what_an_old_address_does_not_answer_says_nothing_of_the_new_one() {
    let mut world = World::new(7, centre());
    world.name(NAME, &[elsewhere(), Centre::trunk()]);

    // Five probes of the first are out when it is given up, and fail one by one.
    world.run(seconds(50));
    let after = |world: &mut World| {
        world.run(seconds(10));
        world.board().trunks[0].health
    };
    let health: Vec<TrunkHealth> = (0..6).map(|_| after(&mut world)).collect();

    assert_eq!(health, [TrunkHealth::Up; 6]);
}
