//! A configuration enters whole, or not at all.

use std::time::Duration;

use dispatch::{Class, ConfigError, ContactState, InputError, Outcome};
use exchange::Reply;
use exchange::settings::{CannotSpeak, Settings};
use journal::CrashPoint;
use journal::Rejection;
use media::Digit;
use simulation::{Act, Caller, Centre, Hears, Manner, Sounds, World};

use super::{is_over, open, seconds};

fn nobody_there() -> Centre {
    Centre {
        operators: vec![],
        ..Centre::default()
    }
}

/// Another line with another queue has the number.
fn renamed() -> Settings {
    let names = ("new-line", "new-queue");
    Centre {
        names,
        ..Centre::default()
    }
    .settings()
}

/// A centre that is started again on other names, with a caller for whom eva's phone rang.
fn renamed_before_a_start_while_eva_rings() -> World {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);
    world.call(Caller::from_number(1));
    world.run(seconds(3));
    world.edit(|centre| centre.names = ("new-line", "new-queue"));
    world.crash(CrashPoint::AfterCommit);
    world
}

#[test]
fn configuration_that_distribution_refuses_exchanges_nothing() {
    let mut world = open(nobody_there());
    world.call(Caller::from_number(1));
    world.run(seconds(1));

    let reply = world.reload(renamed());
    let second = world.call(Caller::from_number(2));
    world.run(seconds(10));

    let refused = matches!(
        reply,
        Reply::Refused(Rejection::Dispatch(InputError::ConfigRefused(
            ConfigError::QueueInUse { .. }
        )))
    );
    assert!(refused, "{reply:?}");
    assert!(world.is_talking(second), "her line is gone");
}

#[test]
fn configuration_that_is_taken_holds_when_it_is_answered() {
    let mut world = open(nobody_there());

    let reply = world.reload(renamed());
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));

    assert!(matches!(reply, Reply::Done), "{reply:?}");
    assert!(world.is_talking(caller));
    let contacts = world.board().contacts;
    assert_eq!(contacts[0].line.unwrap().to_string(), "new-line");
}

#[test]
fn configuration_of_a_start_enters_once_the_contacts_in_its_way_are_over() {
    let mut world = renamed_before_a_start_while_eva_rings();
    world.run(seconds(200));
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let second = world.call(Caller::from_number(2));
    world.run(seconds(10));

    assert!(world.is_talking(second));
    let with = &world.board().contacts[0];
    assert_eq!(with.line.unwrap().to_string(), "new-line");
    let talking = matches!(with.state, ContactState::Talking { .. });
    assert!(talking, "{with:?}");
}

#[test]
fn who_calls_after_a_start_is_answered_though_somebody_is_adrift_in_a_queue_that_is_gone() {
    let mut world = renamed_before_a_start_while_eva_rings();
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let second = world.call(Caller::from_number(2));
    world.run(seconds(20));

    assert!(world.is_talking(second));
    let [adrift, talking] = &world.board().contacts[..] else {
        panic!("one is adrift and one is new");
    };
    assert_eq!(adrift.line.unwrap().to_string(), "free");
    assert!(matches!(adrift.state, ContactState::Adrift { .. }));
    assert_eq!(talking.line.unwrap().to_string(), "new-line");
    assert!(matches!(talking.state, ContactState::Talking { .. }));
}

#[test]
fn queue_that_was_kept_for_who_is_adrift_goes_with_her() {
    let mut world = open(nobody_there());
    world.call(Caller::from_number(1));
    world.run(seconds(3));
    world.edit(|centre| centre.names = ("new-line", "new-queue"));
    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(170));
    assert_eq!(world.state().dispatcher().config().queues.len(), 2);

    world.run(seconds(30));

    assert_eq!(world.shadow().closed()[0].outcome, Outcome::Lost);
    let settings = renamed();
    let queues = &world.state().dispatcher().config().queues;
    assert_eq!(queues[..], settings.dispatch.queues[..]);
}

#[test]
fn caller_who_comes_while_her_line_is_renamed_waits_at_what_it_is_now() {
    let mut world = open(Centre {
        commit_time: Duration::from_millis(50),
        ..nobody_there()
    });

    let caller = world.call(Caller::from_number(1));
    let reply = world.reload(renamed());
    world.run(seconds(10));

    assert!(matches!(reply, Reply::Done), "{reply:?}");
    assert!(world.is_talking(caller));
    let contacts = world.board().contacts;
    assert_eq!(contacts[0].line.unwrap().to_string(), "new-line");
}

/// A centre with nobody there whose journal takes its time.
fn with_slow_journal(line_rings: Duration) -> World {
    open(Centre {
        commit_time: Duration::from_millis(50),
        line_rings,
        ..nobody_there()
    })
}

/// The line is taken out of the configuration, which is taken.
fn take_line_out(world: &mut World) {
    let mut without = world.centre().settings();
    without.lines.clear();
    without.dispatch.lines.clear();
    let reply = world.reload(without);
    assert!(matches!(reply, Reply::Done), "{reply:?}");
}

#[test]
fn caller_whose_line_is_taken_out_while_she_comes_is_left_in_no_silent_call() {
    let at_once = seconds(0);
    for line_rings in [at_once, seconds(6)] {
        let mut world = with_slow_journal(line_rings);

        let caller = world.call(Caller::from_number(1));
        take_line_out(&mut world);
        world.run(seconds(1));

        let answered = world.call_of(caller).answered;
        assert_eq!(answered.is_some(), line_rings == at_once);
        assert!(is_over(&world, caller), "{line_rings:?}");
        world.run_until_quiet(seconds(60));
    }
}

#[test]
fn caller_who_hangs_up_before_her_arrival_is_rejected_leaves_nothing() {
    let mut world = with_slow_journal(seconds(0));

    let caller = world.call(Caller::from_number(1));
    world.plan(caller, Duration::from_millis(30), Act::HangUp);
    take_line_out(&mut world);

    world.run_until_quiet(seconds(60));
}

/// The centre with nobody there, whose line is changed.
fn with_line(change: impl FnOnce(&mut exchange::settings::Line)) -> Settings {
    let mut settings = nobody_there().settings();
    change(&mut settings.lines[0]);
    settings
}

#[test]
fn line_that_hears_two_presses_from_now_on_hears_those_of_who_waits_already() {
    let mut world = open(nobody_there());
    world.reload(with_line(|line| line.cannot_speak = CannotSpeak::Off));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(10));
    let press = Act::Press(Digit::from_char('5').unwrap());
    let class = |world: &World| world.state().dispatcher().contacts()[0].class;
    for _ in 0..2 {
        world.act(caller, press);
        world.run(seconds(1));
    }
    assert_eq!(class(&world), Class::Crisis);
    world.run(seconds(5));

    world.reload(nobody_there().settings());
    for _ in 0..2 {
        world.act(caller, press);
        world.run(seconds(1));
    }

    assert_eq!(class(&world), Class::Danger);
}

#[test]
fn words_that_a_line_has_from_now_on_are_said_to_who_waits_already() {
    let mut world = open(nobody_there());
    world.reload(with_line(|line| line.waiting_words.clear()));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(60));

    world.reload(nobody_there().settings());
    world.run(seconds(21));

    let heard = world.heard(caller);
    let [first, _] = Sounds::WORDS;
    let said = |(_, hears): &(_, Hears)| matches!(hears, Hears::Prompts(prompts, _) if prompts[..] == [first]);
    assert_eq!(
        heard.iter().filter(|heard| said(heard)).count(),
        1,
        "{heard:?}"
    );
}
