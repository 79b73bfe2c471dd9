//! On-call people at home: nobody there calls them at once, and only a pressed 1 takes her.

use std::collections::BTreeSet;
use std::time::Duration;

use dispatch::{Act, ActingRole, Action, Fact, Intent, IntentCause, Misses, Outcome, Step};
use exchange::{Reply, Warning};
use media::Digit;
use simulation::{CallRef, Caller, Centre, Hears, Manner, OUTGOING_NUMBER, Power, Sounds, World};
use sip::Status;

use super::{open, seconds};

const HOME: &str = "602000001";

fn centre() -> Centre {
    Centre {
        operators: vec![],
        on_call: vec![("olga", HOME)],
        steps: vec![Step {
            after: seconds(30),
            action: Action::OnCall(vec![Centre::operator("olga")]),
        }],
        ..Centre::default()
    }
}

fn at_home(world: &mut World, manner: Manner) {
    let manners = &mut world.peer("trunk").manners;
    manners.insert(HOME.to_owned(), manner);
}

/// The live call to the telephone at home.
fn mobile(world: &mut World) -> Option<CallRef> {
    let mut calls = world.peer("trunk").live_calls();
    calls
        .find(|(_, call)| call.number == HOME)
        .map(|(call, _)| call)
}

#[test]
fn with_nobody_there_it_climbs_at_once_and_one_takes_her() {
    let mut world = open(centre());
    let one = Digit::from_char('1').unwrap();
    at_home(
        &mut world,
        Manner::AnswersAndPresses(seconds(4), seconds(3), one),
    );

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(6));
    let home = mobile(&mut world).unwrap();
    assert_eq!(
        world.hears(home),
        Some(Hears::Prompts(vec![Sounds::PRESS_ONE], None))
    );
    assert!(!world.is_talking(caller));
    world.run(seconds(2));

    assert!(world.are_joined(caller, home));
    let invite = world
        .sent_to("trunk")
        .find(|sent| sent.text.starts_with(&format!("INVITE sip:{HOME}@")))
        .unwrap();
    assert!(invite.text.contains(&format!("sip:{OUTGOING_NUMBER}@")));
}

#[test]
fn who_picks_up_at_the_last_moment_has_time_to_press_one() {
    let mut world = open(centre());
    let one = Digit::from_char('1').unwrap();
    at_home(
        &mut world,
        Manner::AnswersAndPresses(seconds(24), seconds(18), one),
    );

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(44));

    let home = mobile(&mut world).unwrap();
    assert!(world.are_joined(caller, home));
    assert_eq!(world.state().counts().open.misses.no_answer, 0);
}

#[test]
fn a_mobile_rings_no_longer_than_its_time() {
    let mut world = open(centre());
    at_home(&mut world, Manner::RingsOn);

    world.call(Caller::from_number(1));
    world.run(seconds(24));
    assert_ne!(mobile(&mut world), None);
    world.run(seconds(2));

    assert_eq!(mobile(&mut world), None);
    assert_eq!(world.state().counts().open.misses.no_answer, 1);
}

#[test]
fn who_listens_long_before_she_takes_her_is_not_asked_whether_she_is_there() {
    let mut world = open(centre());
    let one = Digit::from_char('1').unwrap();
    at_home(
        &mut world,
        Manner::AnswersAndPresses(seconds(4), seconds(19), one),
    );

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(60));

    assert!(matches!(world.hears(caller), Some(Hears::Stream(_))));
    let sent = world.sent_to("trunk");
    let invites = sent.filter(|sent| sent.text.starts_with("INVITE "));
    assert_eq!(invites.count(), 1);
}

#[test]
fn a_voicemail_never_takes_her() {
    let mut world = open(centre());
    at_home(&mut world, Manner::Answers(seconds(4)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(300));

    assert!(world.is_talking(caller));
    assert!(
        world
            .heard(caller)
            .iter()
            .all(|(_, hears)| !matches!(hears, Hears::Stream(_)))
    );
    assert!(world.state().counts().open.misses.no_answer >= 3);
}

#[test]
fn another_key_takes_nobody() {
    let mut world = open(centre());
    let two = Digit::from_char('2').unwrap();
    at_home(
        &mut world,
        Manner::AnswersAndPresses(seconds(1), seconds(3), two),
    );

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(20));

    assert!(
        world
            .heard(caller)
            .iter()
            .all(|(_, hears)| !matches!(hears, Hears::Stream(_)))
    );
}

#[test]
fn a_mobile_whose_network_takes_its_time_is_not_given_up() {
    let mut world = open(centre());
    // The trunk says 100 at once, and 180 when the network has found the phone.
    at_home(&mut world, Manner::RingsLate(seconds(9)));

    world.call(Caller::from_number(1));
    world.run(seconds(15));

    assert_eq!(world.state().counts().open.misses.unreachable, 0);
    assert!(world.operator("olga").claim.is_some());
}

#[test]
fn a_declining_mobile_is_tried_again_and_nobody_is_lost() {
    let mut world = open(centre());
    at_home(&mut world, Manner::Declines(seconds(2), Status::BUSY_HERE));

    let caller = world.call(Caller {
        gives_up: Some(seconds(120)),
        ..Caller::from_number(1)
    });
    world.run(seconds(119));
    assert!(world.is_talking(caller));
    world.run(seconds(2));

    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Abandoned);
    world.run_until_quiet(seconds(60));
}

#[test]
fn a_caller_who_hangs_up_frees_the_mobile_that_is_asked() {
    let mut world = open(centre());
    at_home(&mut world, Manner::Answers(seconds(2)));

    let caller = world.call(Caller::from_number(1));
    world.plan(caller, seconds(8), simulation::Act::HangUp);
    world.run(seconds(9));

    assert_eq!(world.peer("trunk").live_calls().count(), 0);
    world.run_until_quiet(seconds(60));
    world.check_counts();
}

#[test]
fn a_trunk_that_says_nothing_is_not_waited_for_until_it_rings_out() {
    let mut world = open(centre());
    world.call(Caller::from_number(1));
    // Her INVITE is on its way; nothing gets through to the trunk any more.
    world.run(Duration::from_millis(9));
    world.power("trunk", Power::Off);
    world.run(seconds(16));
    let before = invites(&world);
    world.run(seconds(10));

    assert!(invites(&world) > before, "she is called again");
    assert_eq!(misses(&world), Misses::default());
}

/// How often somebody at home was called.
fn invites(world: &World) -> usize {
    let sent = world.sent_to("trunk");
    let call_ids = sent.filter(|sent| sent.text.starts_with(&format!("INVITE sip:{HOME}@")));
    let call_ids =
        call_ids.filter_map(|sent| sent.text.lines().find(|line| line.starts_with("Call-ID")));
    call_ids.collect::<BTreeSet<_>>().len()
}

/// What is counted of her as missed.
fn misses(world: &World) -> Misses {
    world.operator("olga").misses
}

#[test]
fn nobody_misses_what_no_trunk_leads_to() {
    let mut world = open(Centre {
        trunk_name: Some("nowhere.test"),
        ..centre()
    });

    world.call(Caller::from_number(1));
    world.run(seconds(60));

    assert_eq!(misses(&world), Misses::default());
    let refused = world.board().refused;
    assert!(
        refused.contains_key("no trunk leads to somebody who is to be called"),
        "{refused:?}"
    );
}

#[test]
fn what_a_trunk_refuses_is_no_miss_of_those_behind_it() {
    for status in [Status::SERVICE_UNAVAILABLE, Status::FORBIDDEN] {
        let mut world = open(centre());
        at_home(&mut world, Manner::Declines(seconds(0), status));

        world.call(Caller::from_number(1));
        world.run(seconds(60));

        assert!(invites(&world) > 1);
        assert_eq!(misses(&world), Misses::default(), "{status:?}");
        assert_eq!(told_of_calls(&world), [carries_none(status)]);

        at_home(&mut world, Manner::RingsOn);
        world.run(seconds(60));

        let again = Warning::TrunkCarriesCalls { trunk: trunk() };
        assert_eq!(told_of_calls(&world), [carries_none(status), again]);
    }
}

#[test]
fn what_a_trunk_refuses_is_tried_with_growing_pauses_and_anew_when_it_carried_a_call() {
    let mut world = open(centre());
    let refuses = Manner::Declines(seconds(0), Status::FORBIDDEN);
    at_home(&mut world, refuses);
    world.call(Caller::from_number(1));
    world.run(seconds(300));
    let grown = invites(&world);
    at_home(&mut world, Manner::RingsOn);
    world.run(seconds(60));
    at_home(&mut world, refuses);
    let before = invites(&world);
    world.run(seconds(70));
    let anew = invites(&world) - before;

    // After 5, 10, 20 and then every 30 seconds.
    assert!((10..=13).contains(&grown), "{grown}");
    assert!(anew >= 3, "{anew}");
}

/// A supervisor gives the first caller to Olga, who is at home.
fn give_to_olga(world: &mut World) {
    let given = world.makes(Fact::Acted {
        contact: world.state().dispatcher().contacts()[0].id,
        by: Some(ActingRole::Supervisor),
        act: Act::Give(Centre::operator("olga")),
    });
    world.run(seconds(1));
    assert!(matches!(given, Reply::Done), "{given:?}");
}

#[test]
fn whom_a_supervisor_gives_her_to_is_called_though_the_trunk_is_tried_later() {
    let mut world = open(centre());
    at_home(&mut world, Manner::Declines(seconds(0), Status::FORBIDDEN));
    world.call(Caller::from_number(1));
    // Called after 0, 5, 15 and 35 seconds: not again before 65 by itself.
    world.run(seconds(50));
    at_home(&mut world, Manner::RingsOn);
    let before = invites(&world);

    give_to_olga(&mut world);

    assert_eq!(invites(&world), before + 1);
    assert_ne!(mobile(&mut world), None);
}

#[test]
fn whom_a_supervisor_gives_her_to_is_called_though_ports_and_trunk_are_short() {
    let mut world = open(Centre {
        ports: (1, 2),
        ..centre()
    });
    at_home(&mut world, Manner::Declines(seconds(0), Status::FORBIDDEN));
    world.call(Caller::from_number(1));
    world.run(seconds(50));
    at_home(&mut world, Manner::RingsOn);
    let other = world.call(Caller::from_number(2));
    world.run(seconds(1));
    let before = invites(&world);

    give_to_olga(&mut world);
    assert_eq!(invites(&world), before, "no port is there to call by");
    // Its port rests for a while.
    world.act(other, simulation::Act::HangUp);
    world.run(seconds(8));

    assert_eq!(invites(&world), before + 1);
}

fn trunk() -> String {
    "trunk".to_owned()
}

fn carries_none(status: Status) -> Warning {
    Warning::TrunkRefusesCalls {
        trunk: trunk(),
        why: sip::Failure::Status(status),
    }
}

/// What people were told of whether calls by the trunk are carried.
fn told_of_calls(world: &World) -> Vec<Warning> {
    let is_of_calls = |warning: &&Warning| {
        matches!(
            warning,
            Warning::TrunkRefusesCalls { .. } | Warning::TrunkCarriesCalls { .. }
        )
    };
    world.warnings.iter().filter(is_of_calls).cloned().collect()
}

#[test]
fn a_reload_leaves_off_whom_a_supervisor_sent_off() {
    let mut world = open(centre());
    assert_eq!(world.operator("olga").intent, Intent::Ready);
    let sent_off = world.makes(Fact::Intends {
        operator: Centre::operator("olga"),
        intent: Intent::Off,
        cause: IntentCause::Supervisor,
    });
    assert!(matches!(sent_off, Reply::Done), "{sent_off:?}");

    world.configure(|centre| centre.words_every = seconds(30));
    world.run(seconds(1));

    assert_eq!(world.operator("olga").intent, Intent::Off);
}

#[test]
fn a_mobile_that_never_answers_is_rung_all_night() {
    let mut world = open(centre());
    at_home(&mut world, Manner::Declines(seconds(2), Status::BUSY_HERE));
    world.call(Caller::from_number(1));
    world.run(seconds(600));

    let before = world.state().counts().open.misses.declined;
    world.run(seconds(60));

    assert_eq!(world.operator("olga").paused, None);
    assert!(world.state().counts().open.misses.declined >= before + 3);
}
