//! A step on call is a tier of its own: it rings those whom it names, whatever the caller asks for, and nobody else.
#![allow(clippy::unwrap_used)]

mod centre;

use centre::*;
use dispatch::*;

/// A night: nobody at a desk, three people at home.
fn night(steps: Vec<Step>) -> Centre {
    Centre::staffed(at_home(steps))
}

fn at_home(steps: Vec<Step>) -> Config {
    let mut config = config(&[]);
    config.operators = ["eva", "hana", "olga"].map(home).to_vec();
    config.queues[0].timelines = vec![
        timeline(Class::Danger, vec![step(0, on_call(&["olga"]))]),
        timeline(Class::Crisis, steps),
    ];
    config
}

#[test]
fn who_is_named_by_the_second_step_does_not_ring_at_the_first() {
    let mut centre = night(vec![
        step(0, on_call(&["eva"])),
        step(100, on_call(&["hana"])),
    ]);
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);

    centre.wait(99);
    let before = centre.offers();
    centre.wait(30);

    assert_eq!(before.len(), 2);
    assert!(before.iter().all(|(_, person)| person == "eva"));
    assert_eq!(centre.offers(), [offer(contact, "hana")]);
}

#[test]
fn who_is_called_rings_whatever_the_line_asks_for() {
    let mut centre = night(vec![step(0, on_call(&["eva"]))]);

    let contact = centre.arrives_with(Class::Crisis, need("uk", 5));

    assert_eq!(centre.offers(), [offer(contact, "eva")]);
}

#[test]
fn each_class_calls_its_own_people() {
    let mut centre = night(vec![step(0, on_call(&["eva"]))]);

    let danger = centre.arrives(Class::Danger);
    let crisis = centre.arrives(Class::Crisis);

    assert_eq!(
        centre.offers(),
        [offer(danger, "olga"), offer(crisis, "eva")]
    );
}

#[test]
fn who_was_called_before_the_class_changed_is_still_called() {
    let mut centre = night(vec![step(0, on_call(&["eva"]))]);
    let contact = centre.arrives(Class::Crisis);
    centre.misses(contact, "eva", Miss::NoAnswer);

    centre.give(Fact::Classed {
        contact,
        class: Class::Danger,
        cause: Cause::Supervisor,
    });

    let called = centre.dispatcher.contact(contact).unwrap().called;
    assert_eq!(called, [op("eva"), op("olga")]);
}

#[test]
fn another_person_named_for_those_who_wait_already_rings_at_once() {
    let mut centre = night(vec![step(0, on_call(&["eva"]))]);
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);

    let config = at_home(vec![step(0, on_call(&["hana"]))]);
    centre.give(Fact::Configured(std::sync::Arc::new(config)));

    assert_eq!(centre.offers(), [offer(contact, "hana")]);
}

#[test]
fn only_a_person_at_home_who_serves_the_queue_can_be_called() {
    let refused = |config: Config| {
        let input = Fact::Configured(std::sync::Arc::new(config));
        let error = Dispatcher::new().handle_input(Moment::ZERO, input.numbered(Seq(1)));
        let Err(InputError::ConfigRefused(cause)) = error else {
            panic!("accepted");
        };
        cause
    };
    let queue = QueueId::parse("line").unwrap();
    let nobody = |name| ConfigError::QueueWithoutOnCall {
        queue,
        operator: op(name),
    };

    let unknown = at_home(vec![step(0, on_call(&["eva", "nora"]))]);
    let mut at_a_desk = at_home(vec![step(0, on_call(&["anna"]))]);
    at_a_desk.operators.push(desk("anna", &[]));
    let mut elsewhere = at_home(vec![step(0, on_call(&["eva"]))]);
    elsewhere.operators[0].queues.clear();

    assert_eq!(refused(unknown), nobody("nora"));
    assert_eq!(refused(at_a_desk), nobody("anna"));
    assert_eq!(refused(elsewhere), nobody("eva"));
}
