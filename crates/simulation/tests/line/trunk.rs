//! The trunk: registered with behind a proxy's 407, and probed.

use std::net::SocketAddr;

use exchange::board::{TrunkHealth, TrunkStatus};
use exchange::settings::{Host, Settings};
use exchange::{NotRegistered, TrunkTrouble, Warning};
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

/// What the trunk is, each second of so many.
fn statuses(world: &mut World, for_seconds: u64) -> Vec<TrunkStatus> {
    let each = (0..for_seconds).map(|_| {
        world.run(seconds(1));
        world.board().trunks[0].status()
    });
    each.collect()
}

fn probed_every(interval: u64) -> Centre {
    Centre {
        trunk_probed_every: Some(seconds(interval)),
        ..Centre::default()
    }
}

#[test]
fn a_trunk_that_falls_silent_is_well_no_longer_than_its_interval_and_an_answer_take() {
    for (interval, answer) in [(10, 4), (30, 4), (2, 2)] {
        let mut world = open(probed_every(interval));
        let before = statuses(&mut world, 60);

        world.power("trunk", Power::Off);
        let after = statuses(&mut world, 90);

        let well = after.iter().filter(|status| **status == TrunkStatus::Well);
        assert!(well.count() <= usize::try_from(interval + answer).unwrap());
        assert_eq!(before.last(), Some(&TrunkStatus::Well));
        // It is down only when its probes have failed.
        let down = after.iter().position(|status| *status == TrunkStatus::Down);
        assert!(down.is_some_and(|second| second > 32), "{after:?}");
        assert!(after.is_sorted_by_key(|status| *status as u8), "{after:?}");
    }
}

#[test]
fn a_trunk_whose_answer_came_late_is_well_again_and_stays_it() {
    let mut world = open(probed_every(10));
    world.run(seconds(60));
    world.power("trunk", Power::Off);
    let silent = statuses(&mut world, 15).pop();

    world.power("trunk", Power::On);
    // A further copy of the probe is answered.
    world.run(seconds(5));
    let after = statuses(&mut world, 60);

    assert_eq!(silent, Some(TrunkStatus::Silent));
    assert_eq!(after, vec![TrunkStatus::Well; 60]);
    let trunk = "trunk".to_owned();
    assert!(!world.warnings.contains(&Warning::TrunkDown { trunk }));
}

#[test]
fn an_answer_that_is_late_over_a_reload_is_still_waited_for() {
    let mut world = open(probed_every(10));
    world.run(seconds(60));
    world.power("trunk", Power::Off);
    world.run(seconds(10));

    world.edit(|centre| centre.phone_rings = seconds(20));
    let settings = world.centre().settings();
    world.reload(settings);
    world.run(seconds(5));

    assert_eq!(world.board().trunks[0].status(), TrunkStatus::Silent);
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

    world.edit(|centre| centre.phone_rings = seconds(20));
    let settings = world.centre().settings();
    world.reload(settings);
    // What is known of it is still known: no probe has been answered since.
    assert_eq!(trunk(&mut world).0, TrunkHealth::Up);
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

/// What people were told of trunks.
fn told(world: &World) -> Vec<Warning> {
    let of_trunks = |warning: &&Warning| !matches!(warning, Warning::Distribution(_));
    world.warnings.iter().filter(of_trunks).cloned().collect()
}

/// Another trunk, which nobody answers at, above the one there is.
fn with_another_above(world: &World) -> Settings {
    let mut settings = world.centre().settings();
    let mut other = settings.trunks[0].clone();
    other.name = "new".to_owned();
    other.addresses.clear();
    other.register = None;
    other.probe_interval = None;
    other.target = Some(Host {
        name: "198.51.100.77".to_owned(),
        port: None,
    });
    settings.trunks.insert(0, other);
    settings
}

/// What the registrar answers to every REGISTER from here on.
fn registrations(world: &World) -> Vec<String> {
    let line = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.to_owned()
    };
    let sent = world.sent_to("trunk");
    let sent = sent.filter(|sent| sent.text.starts_with("REGISTER"));
    sent.map(|sent| line(&sent.text, "Call-ID")).collect()
}

#[test]
fn a_trunk_that_is_added_above_takes_nothing_of_the_other() {
    let mut world = open(centre());
    world.run(seconds(60));
    let before = registrations(&world);

    world.reload(with_another_above(&world));
    world.run(seconds(300));

    let status: Vec<(String, TrunkStatus)> = world
        .board()
        .trunks
        .iter()
        .map(|trunk| (trunk.name.clone(), trunk.status()))
        .collect();
    assert_eq!(
        status,
        [
            ("new".to_owned(), TrunkStatus::NotProbed),
            ("trunk".to_owned(), TrunkStatus::Well)
        ]
    );
    let mut all = registrations(&world);
    assert!(all.len() > before.len());
    all.dedup();
    assert_eq!(all.len(), 1, "it is one registration still");
    assert_eq!(told(&world), []);
}

#[test]
fn the_failure_of_a_trunk_that_moved_in_the_list_is_told_as_its_own() {
    let mut world = open(centre());
    world.reload(with_another_above(&world));

    world.power("trunk", Power::Off);
    world.run(seconds(200));

    let trunk = || "trunk".to_owned();
    let wanted = [
        Warning::TrunkDown { trunk: trunk() },
        Warning::TrunkNotRegistered {
            trunk: trunk(),
            why: NotRegistered::Lapsed,
        },
    ];
    assert_eq!(told(&world), wanted);
}

#[test]
fn a_trunk_that_is_taken_out_ends_its_registration_and_no_other() {
    let mut world = open(centre());
    let mut settings = with_another_above(&world);
    world.reload(settings.clone());
    world.run(seconds(10));

    settings.trunks.remove(1);
    world.reload(settings);
    world.run(seconds(1));
    let ended = registrations(&world).len();
    world.run(seconds(600));

    let registers = world.sent_to("trunk");
    let last = registers
        .filter(|sent| sent.text.starts_with("REGISTER"))
        .last();
    assert!(last.unwrap().text.contains("Expires: 0"));
    assert_eq!(world.peer("trunk").counts().bindings, 0);
    assert_eq!(registrations(&world).len(), ended);
}

#[test]
fn a_trunk_that_is_renamed_goes_on_with_its_registration() {
    let mut world = open(centre());
    let mut settings = world.centre().settings();
    settings.trunks[0].name = "renamed".to_owned();

    world.reload(settings);
    world.run(seconds(600));

    assert_eq!(world.peer("trunk").counts().bindings, 1);
    assert_eq!(world.board().trunks[0].status(), TrunkStatus::Well);
    let mut all = registrations(&world);
    all.dedup();
    assert_eq!(all.len(), 1);
}

#[test]
fn a_refused_registration_says_so_and_one_mended_by_a_reload_is_told_and_watched() {
    let mut world = open(centre());
    let good = world.centre().settings();
    let mut bad = good.clone();
    if let Some(register) = &mut bad.trunks[0].register {
        register.password = "wrong".to_owned();
    }

    for settings in [&bad, &good, &bad] {
        world.reload(settings.clone());
        world.run(seconds(5));
    }

    let trunk = || "trunk".to_owned();
    let refused = || {
        let why = NotRegistered::Refused(sip::Status::PROXY_AUTHENTICATION_REQUIRED);
        Warning::TrunkNotRegistered {
            trunk: trunk(),
            why,
        }
    };
    let mended = Warning::TrunkRegistered { trunk: trunk() };
    assert_eq!(told(&world), [refused(), mended, refused()]);
}

#[test]
fn a_registration_that_fails_is_tried_at_once_when_a_configuration_is_given_in() {
    let mut world = open(centre());
    world.power("trunk", Power::Off);
    // The pause between two attempts is as long as it gets by then.
    world.run(seconds(1_200));
    world.power("trunk", Power::On);

    world.configure(|_| {});
    world.run(seconds(1));

    let (_, registration) = trunk(&mut world);
    assert!(
        matches!(registration, Some(RegistrationState::Registered { .. })),
        "{registration:?}"
    );
}

#[test]
fn a_registrar_is_known_by_its_host_from_whatever_port() {
    let mut world = open(Centre {
        line_by_default: true,
        ..centre()
    });
    let mut settings = world.centre().settings();
    settings.trunks[0].addresses.clear();
    world.reload(settings);
    world.run(seconds(1));

    let answers = ["198.51.100.1:49152", "198.51.100.2:5060"]
        .map(|from| called_from(&mut world, "linka", from));

    let [host, other] = answers;
    assert!(!host.starts_with("SIP/2.0 403"), "{host}");
    assert!(other.starts_with("SIP/2.0 403"), "{other}");
}

/// Calls go to another host than the registrar of that name is at.
fn with_calls_elsewhere(world: &World, registrar: &str) -> Settings {
    let mut settings = world.centre().settings();
    let trunk = &mut settings.trunks[0];
    trunk.addresses.clear();
    let host = trunk.target.as_mut().unwrap();
    host.name = "198.51.100.9".to_owned();
    let registrar = Host {
        name: registrar.to_owned(),
        port: host.port,
    };
    trunk.register.as_mut().unwrap().registrar = registrar;
    settings
}

#[test]
fn a_registrar_that_is_not_the_target_is_registered_at_and_known_by_its_own_host() {
    let open = || {
        World::new(
            7,
            Centre {
                line_by_default: true,
                ..centre()
            },
        )
    };
    let name = "registrar.example";
    for registrar in [Centre::trunk().ip().to_string().as_str(), name] {
        let mut world = open();
        world.name(name, &[Centre::trunk()]);
        let settings = with_calls_elsewhere(&world, registrar);
        world.reload(settings);
        world.run(seconds(600));

        assert_eq!(world.peer("trunk").counts().bindings, 1, "{registrar}");
        assert!(!registrations(&world).is_empty(), "{registrar}");
        let answer = called_from(&mut world, "linka", "198.51.100.1:49152");
        assert!(!answer.starts_with("SIP/2.0 403"), "{registrar}: {answer}");
    }
}

#[test]
fn a_registrar_behind_a_proxy_is_asked_there_for_an_address_of_its_own_domain() {
    let mut world = open(centre());
    let mut settings = world.centre().settings();
    let register = settings.trunks[0].register.as_mut().unwrap();
    register.domain = Some(Host {
        name: "carrier.example".to_owned(),
        port: None,
    });
    world.reload(settings);
    world.run(seconds(10));

    let sent = world.sent_to("trunk");
    let last = sent.filter(|sent| sent.text.starts_with("REGISTER")).last();
    let text = &last.unwrap().text;
    assert!(text.starts_with("REGISTER sip:carrier.example SIP/2.0\r\n"));
    for name in ["To", "From"] {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains("<sip:linka@carrier.example>"), "{line}");
    }
}

#[test]
fn a_registrar_of_a_family_that_nobody_listens_by_is_told() {
    for target in [Some("198.51.100.9"), None] {
        let mut world = open(Centre {
            trunk_probed_every: None,
            ..centre()
        });
        let mut settings = with_calls_elsewhere(&world, "2001:db8::1");
        let trunk = &mut settings.trunks[0];
        trunk.target = trunk.target.take().filter(|_| target.is_some());
        world.warnings.clear();
        world.reload(settings);
        world.run(seconds(600));

        let trunk = "trunk".to_owned();
        let why = NotRegistered::Nowhere;
        let nowhere = Warning::TrunkNotRegistered { trunk, why };
        assert_eq!(told(&world), [nowhere], "{target:?}");
    }
}

#[test]
fn a_registrar_that_is_nowhere_is_told_and_told_when_it_is_found() {
    let mut world = open(centre());
    let settings = with_calls_elsewhere(&world, "registrar.example");
    world.warnings.clear();
    world.reload(settings);
    world.run(seconds(20));
    world.name("registrar.example", &[Centre::trunk()]);
    world.run(seconds(60));

    let trunk = || "trunk".to_owned();
    let nowhere = Warning::TrunkNotRegistered {
        trunk: trunk(),
        why: NotRegistered::Nowhere,
    };
    let of_registration = told(&world).into_iter().filter(|warning| {
        matches!(
            warning,
            Warning::TrunkNotRegistered { .. } | Warning::TrunkRegistered { .. }
        )
    });
    let of_registration: Vec<Warning> = of_registration.collect();
    let holds = Warning::TrunkRegistered { trunk: trunk() };
    assert_eq!(of_registration, [nowhere, holds]);
}

/// The last answer to a call of a user of ours from an address; none asks twice from one.
pub(super) fn called_from(world: &mut World, user: &str, from: &str) -> String {
    let at: SocketAddr = from.parse().unwrap();
    let uri = format!("sip:{user}@{}", Centre::exchange());
    let text = format!(
        "INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{from}\r\nMax-Forwards: 70\r\n\
         From: <sip:x@{from}>;tag=a\r\nTo: <{uri}>\r\nCall-ID: {from}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:x@{from}>\r\nContent-Length: 0\r\n\r\n"
    );
    world.send(at, &text);
    world.run(seconds(1));
    let answered = format!("Call-ID: {from}\r\n");
    let answers = world.sent_to_address(at);
    let last = answers.filter(|sent| sent.text.contains(&answered)).last();
    last.unwrap().text.clone()
}

#[test]
fn of_two_trunks_at_one_registrar_a_call_is_of_the_one_whose_contact_it_calls() {
    let mut world = open(centre());
    let mut settings = world.centre().settings();
    let mut second = settings.trunks[0].clone();
    second.name = "second".to_owned();
    second.default_line = Some(settings.lines[0].id);
    second.register.as_mut().unwrap().user = "second".to_owned();
    settings.trunks.push(second);
    world.reload(settings);

    let answer = called_from(&mut world, "second", "198.51.100.1:49152");

    assert!(answer.starts_with("SIP/2.0 180"), "{answer}");
}

/// A trunk that neither answers nor holds our registration, with what was told of it.
fn in_trouble() -> World {
    let mut world = open(centre());
    world.power("trunk", Power::Off);
    world.run(seconds(300));
    assert!(told(&world).contains(&Warning::TrunkDown {
        trunk: "trunk".to_owned()
    }));
    world.warnings.clear();
    world
}

/// What is told within five minutes under other settings.
fn told_under(world: &mut World, settings: Settings) -> Vec<Warning> {
    world.warnings.clear();
    world.reload(settings);
    world.run(seconds(300));
    told(world)
}

fn ends(trouble: TrunkTrouble) -> Warning {
    let trunk = "trunk".to_owned();
    Warning::TrunkTroubleEnds { trunk, trouble }
}

fn fails(trunk: &str) -> [Warning; 2] {
    let trunk = || trunk.to_owned();
    let why = NotRegistered::Unanswered;
    [
        Warning::TrunkNotRegistered {
            trunk: trunk(),
            why,
        },
        Warning::TrunkDown { trunk: trunk() },
    ]
}

#[test]
fn what_was_told_of_a_trunk_ends_when_it_goes_and_is_told_anew_when_it_is_back() {
    let mut world = in_trouble();
    let settings = world.centre().settings();
    let mut without = settings.clone();
    without.trunks.clear();

    let gone = told_under(&mut world, without);
    let back = told_under(&mut world, settings);

    let both = [TrunkTrouble::Unreached, TrunkTrouble::NotRegistered].map(ends);
    assert_eq!(gone, both);
    for warning in fails("trunk") {
        assert!(back.contains(&warning), "{warning:?} in {back:?}");
    }
}

#[test]
fn what_was_told_of_a_trunk_ends_when_it_is_renamed_and_is_told_by_its_new_name() {
    let mut world = in_trouble();
    let mut renamed = world.centre().settings();
    renamed.trunks[0].name = "renamed".to_owned();

    let told = told_under(&mut world, renamed);

    let both = [TrunkTrouble::Unreached, TrunkTrouble::NotRegistered].map(ends);
    for warning in both.into_iter().chain(fails("renamed")) {
        assert!(told.contains(&warning), "{warning:?} in {told:?}");
    }
}

#[test]
fn what_was_told_of_a_trunk_ends_when_nothing_can_say_any_more_that_it_is_well() {
    let mut world = in_trouble();
    let mut settings = world.centre().settings();

    settings.trunks[0].probe_interval = None;
    let unprobed = told_under(&mut world, settings.clone());
    settings.trunks[0].register = None;
    let unregistered = told_under(&mut world, settings);

    assert_eq!(unprobed, [ends(TrunkTrouble::Unreached)]);
    assert_eq!(unregistered, [ends(TrunkTrouble::NotRegistered)]);
}
