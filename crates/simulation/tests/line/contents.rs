//! What an operator enters about a call is hers to see and to change, until it settles.

use dispatch::{ContactId, OperatorId};
use exchange::{Command, Reply};
use journal::CrashPoint;
use records::CONTENT_SETTLES;
use records::content::{Content, Language, Outcome};
use simulation::{Act, Caller, Centre, Manner, World};

use super::{open, seconds};

fn eva() -> OperatorId {
    OperatorId::parse("eva").unwrap()
}

fn in_ukrainian() -> Content {
    Content {
        language: Language::Ukrainian,
        ..Content::default()
    }
}

/// A world in which eva talked with a caller and the call is over.
fn after_a_call() -> (World, ContactId) {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let contact = world.state().dispatcher().contacts()[0].id;
    world.act(caller, Act::HangUp);
    world.run(seconds(2));
    (world, contact)
}

fn enter(world: &mut World, contact: ContactId, content: Content) -> Reply {
    let fact = records::Fact::Entered {
        contact,
        operator: eva(),
        content: Box::new(content),
    };
    world.makes(fact)
}

fn told(world: &mut World, contact: ContactId, operator: OperatorId) -> Option<Content> {
    let reply = world.ask(Command::Content { contact, operator });
    if let Reply::Content(content) = reply {
        Some(*content)
    } else {
        None
    }
}

fn finished(world: &mut World, operator: OperatorId) -> Vec<ContactId> {
    let Reply::Finished(finished) = world.ask(Command::Finished(operator)) else {
        panic!("it does not say who finished what");
    };
    finished
}

#[test]
fn operator_sees_what_she_entered_and_nobody_else_does() {
    let (mut world, contact) = after_a_call();
    let dana = OperatorId::parse("dana").unwrap();

    let entered = enter(&mut world, contact, in_ukrainian());

    assert!(matches!(entered, Reply::Done));
    assert_eq!(told(&mut world, contact, eva()), Some(in_ukrainian()));
    assert_eq!(told(&mut world, contact, dana), None);
    assert_eq!(finished(&mut world, eva()), [contact]);
    assert_eq!(finished(&mut world, dana), []);
}

#[test]
fn same_content_again_makes_no_fact() {
    let (mut world, contact) = after_a_call();
    enter(&mut world, contact, in_ukrainian());
    let before = world.state().seq();

    let again = enter(&mut world, contact, in_ukrainian());
    let after = world.state().seq();
    let other = enter(&mut world, contact, Content::default());

    assert!(matches!((again, other), (Reply::Done, Reply::Done)));
    assert_eq!(before, after);
    assert!(world.state().seq() > after);
    assert_eq!(told(&mut world, contact, eva()), Some(Content::default()));
}

#[test]
fn content_of_somebody_else_makes_no_fact() {
    let (mut world, contact) = after_a_call();
    let before = world.state().seq();
    let fact = records::Fact::Entered {
        contact,
        operator: OperatorId::parse("dana").unwrap(),
        content: Box::new(in_ukrainian()),
    };

    let refused = world.makes(fact);

    assert!(matches!(refused, Reply::Refused(_)));
    assert_eq!(world.state().seq(), before);
}

#[test]
fn what_was_entered_is_there_after_a_crash() {
    let (mut world, contact) = after_a_call();
    let both = Content {
        outcome: Outcome::Advised,
        ..in_ukrainian()
    };
    enter(&mut world, contact, in_ukrainian());
    enter(&mut world, contact, both.clone());

    world.crash(CrashPoint::AfterCommit);
    world.run(seconds(5));

    assert_eq!(told(&mut world, contact, eva()), Some(both));
    assert_eq!(finished(&mut world, eva()), [contact]);
}

#[test]
fn content_that_has_settled_is_neither_told_nor_changed() {
    let (mut world, contact) = after_a_call();
    enter(&mut world, contact, in_ukrainian());

    world.run(CONTENT_SETTLES);

    let late = enter(&mut world, contact, Content::default());
    assert!(matches!(late, Reply::Refused(_)));
    assert_eq!(told(&mut world, contact, eva()), None);
    assert_eq!(finished(&mut world, eva()), []);
}
