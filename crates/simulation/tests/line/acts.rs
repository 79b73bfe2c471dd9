//! Acts on contacts are told to the audit once their day is over, and never lost or told twice.

use dispatch::{Act, ActingRole, Class, ContactId, Fact, Seq};
use exchange::{Command, Reply};
use journal::CrashPoint;
use records::{ActsOfDay, ContactAct, Date, Deed};
use simulation::{Caller, Centre, World};

use super::{open, seconds};

fn day(day: u8) -> Date {
    Date::new(2026, 11, day).unwrap()
}

/// A caller waits on the second of the month.
fn waiting() -> (World, ContactId) {
    let mut world = open(Centre::default());
    world.day_begins(day(2));
    world.call(Caller::from_number(1));
    world.run(seconds(2));
    let contact = world.state().dispatcher().contacts()[0].id;
    (world, contact)
}

fn acts(world: &mut World, contact: ContactId, by: ActingRole, class: Class) -> Reply {
    let act = Act::Class(class);
    world.makes(Fact::Acted {
        contact,
        act,
        by: Some(by),
    })
}

/// What the audit is to be told.
fn to_be_audited(world: &mut World) -> Vec<(Date, ActsOfDay)> {
    let command = Command::Records {
        arrived_after: None,
    };
    let Reply::Records(unwritten) = world.ask(command) else {
        panic!("it does not say what is to be written");
    };
    unwritten.acts
}

/// A supervisor and an administrator made somebody urgent, the one so often.
fn raised(times: u64) -> ActsOfDay {
    let deed = Deed::Classed {
        class: Class::Danger,
    };
    let by = |by| ContactAct { by, deed };
    let of_supervisors = (by(ActingRole::Supervisor), times);
    ActsOfDay::from_counts([of_supervisors, (by(ActingRole::Administrator), 1)].into())
}

#[test]
fn act_is_handed_out_when_its_day_is_over_and_until_it_is_stored() {
    let (mut world, contact) = waiting();

    for by in [
        ActingRole::Supervisor,
        ActingRole::Administrator,
        ActingRole::Supervisor,
    ] {
        let done = acts(&mut world, contact, by, Class::Danger);
        assert!(matches!(done, Reply::Done), "{done:?}");
    }
    assert_eq!(to_be_audited(&mut world), []);
    world.day_begins(day(3));

    let told = [(day(2), raised(2))];
    assert_eq!(to_be_audited(&mut world), told);
    acts(&mut world, contact, ActingRole::Supervisor, Class::Crisis);
    assert_eq!(to_be_audited(&mut world), told);
    world.acts_are_stored(day(2));
    assert_eq!(to_be_audited(&mut world), []);
}

#[test]
fn act_that_was_refused_is_not_told() {
    let (mut world, _) = waiting();
    let nobody = ContactId(Seq(4_711));

    let refused = acts(&mut world, nobody, ActingRole::Supervisor, Class::Danger);
    world.day_begins(day(3));

    assert!(matches!(refused, Reply::Refused(_)), "{refused:?}");
    assert_eq!(to_be_audited(&mut world), []);
}

#[test]
fn acts_are_handed_out_after_crashes_of_both_days() {
    let (mut world, contact) = waiting();
    for by in [ActingRole::Supervisor, ActingRole::Administrator] {
        acts(&mut world, contact, by, Class::Danger);
    }

    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(5));
    assert_eq!(to_be_audited(&mut world), []);
    world.day_begins(day(3));
    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(5));

    assert_eq!(to_be_audited(&mut world), [(day(2), raised(1))]);
}
