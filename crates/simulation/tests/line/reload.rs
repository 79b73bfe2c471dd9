//! A configuration enters whole, or not at all.

use dispatch::{ConfigError, ContactState, InputError, Outcome};
use exchange::Reply;
use exchange::settings::Settings;
use journal::CrashPoint;
use simulation::{Caller, Centre, Manner};

use super::{open, seconds};

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
        Reply::Refused(InputError::ConfigRefused(ConfigError::QueueInUse { .. }))
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
    assert_eq!(contacts[0].line.to_string(), "new-line");
}

#[test]
fn configuration_of_a_start_enters_once_the_contacts_in_its_way_are_over() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);
    world.call(Caller::from_number(1));
    world.run(seconds(3));
    world.edit(|centre| centre.names = ("new-line", "new-queue"));
    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(200));
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let second = world.call(Caller::from_number(2));
    world.run(seconds(10));

    assert!(world.is_talking(second));
    let with = &world.board().contacts[0];
    assert_eq!(with.line.to_string(), "new-line");
    let talking = matches!(with.state, ContactState::Talking { .. });
    assert!(talking, "{with:?}");
}

#[test]
fn who_calls_after_a_start_is_answered_though_somebody_is_adrift_in_a_queue_that_is_gone() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);
    world.call(Caller::from_number(1));
    world.run(seconds(3));
    world.edit(|centre| centre.names = ("new-line", "new-queue"));
    world.crash(CrashPoint::AfterCommit);
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));

    let second = world.call(Caller::from_number(2));
    world.run(seconds(20));

    assert!(world.is_talking(second));
    let [adrift, talking] = &world.board().contacts[..] else {
        panic!("one is adrift and one is new");
    };
    assert_eq!(adrift.line.to_string(), "free");
    assert!(matches!(adrift.state, ContactState::Adrift { .. }));
    assert_eq!(talking.line.to_string(), "new-line");
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
