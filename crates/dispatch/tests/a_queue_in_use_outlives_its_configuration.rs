//! A configuration that has no place for a contact any more can be taken in with the queue that the contact is in.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use std::sync::Arc;

use centre::*;
use dispatch::*;

/// The queue of the centre and one of another name.
fn queues() -> [QueueId; 2] {
    ["line", "night"].map(|name| QueueId::parse(name).unwrap())
}

/// The same centre, whose line and queue have other names, with these operators.
fn renamed(config: &Config, operators: &[&str]) -> Config {
    let [_, night] = queues();
    let mut config = config.clone();
    config.lines[0].id = LineId::parse("other-number").unwrap();
    config.lines[0].queue = night;
    config.queues[0].id = night;
    let operators = operators.iter().map(|name| Operator {
        queues: vec![night],
        ..desk(name, &[])
    });
    config.operators = operators.collect();
    config
}

fn configured(config: &Config) -> Fact {
    Fact::Configured(Arc::new(config.clone()))
}

#[test]
fn contact_whose_queue_is_renamed_waits_on_there_and_new_ones_come_by_the_new_line() {
    let before = config(&["anna"]);
    let after = renamed(&before, &["anna"]);
    let mut centre = Centre::staffed(before);
    let contact = centre.arrives(Class::Crisis);
    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });
    centre.refused(configured(&after));

    let kept = centre.dispatcher.keeping_queues_in_use(&after).unwrap();
    centre.give(configured(&kept));

    let [line, night] = queues();
    assert_eq!(centre.dispatcher.contact(contact).unwrap().queue, line);
    assert_eq!(centre.dispatcher.queues_of(op("anna")), [night, line]);
    let leg = centre.leg();
    centre.give(Fact::Arrived {
        origin: Origin::Caller {
            leg,
            line: LineId::parse("other-number").unwrap(),
        },
        class: Class::Crisis,
        needs: nothing(),
        standing: Standing::Arrival,
    });
    assert_eq!(centre.dispatcher.contact(id(2)).unwrap().queue, night);
}

#[test]
fn contact_of_a_kept_queue_is_offered_to_whom_it_was_before() {
    let before = config(&["anna"]);
    let after = renamed(&before, &["anna", "bara"]);
    let mut centre = Centre::staffed(before);
    centre.intends("anna", Intent::Off);
    let contact = centre.arrives(Class::Crisis);
    let kept = centre.dispatcher.keeping_queues_in_use(&after).unwrap();
    centre.give(configured(&kept));

    centre.reached(op("bara"), Reachability::Reachable);
    centre.intends("bara", Intent::Ready);
    assert_eq!(centre.offers(), []);
    centre.intends("anna", Intent::Ready);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn kept_queue_calls_nobody_who_is_gone() {
    let mut before = config(&["anna"]);
    before.operators.extend([home("hana"), home("olga")]);
    before.partners = vec![partner_line("elsewhere")];
    let steps = vec![
        step(10, on_call(&["hana"])),
        step(20, on_call(&["hana", "olga"])),
        step(30, Action::Overflow(partner("elsewhere"))),
        step(40, Action::TellSupervisor),
    ];
    before.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    let mut after = renamed(&before, &["anna"]);
    let [_, night] = queues();
    after.operators.push(Operator {
        queues: vec![night],
        ..home("olga")
    });
    after.partners.clear();
    after.queues[0].timelines.clear();
    let mut centre = Centre::staffed(before);
    centre.arrives(Class::Crisis);

    let kept = centre.dispatcher.keeping_queues_in_use(&after).unwrap();
    centre.give(configured(&kept));

    let left = vec![
        step(20, on_call(&["olga"])),
        step(40, Action::TellSupervisor),
    ];
    assert_eq!(kept.queues[1].timelines, [timeline(Class::Crisis, left)]);
}

#[test]
fn configuration_that_has_a_place_for_everybody_is_taken_as_it_is() {
    let before = config(&["anna"]);
    let after = renamed(&before, &["anna"]);
    let mut centre = Centre::staffed(before.clone());
    assert_eq!(centre.dispatcher.keeping_queues_in_use(&after), None);
    let contact = centre.arrives(Class::Crisis);
    let mut other_queue = after.clone();
    other_queue.lines[0].id = before.lines[0].id;
    assert_eq!(centre.dispatcher.keeping_queues_in_use(&other_queue), None);

    centre.give(Fact::Ended {
        contact,
        cause: EndCause::Caller,
    });

    assert_eq!(centre.dispatcher.keeping_queues_in_use(&after), None);
}
