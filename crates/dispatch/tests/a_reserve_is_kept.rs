//! Operators stay free for a more urgent class.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn centre() -> Centre {
    let mut config = config(&["anna", "bara"]);
    config.queues[0].reserves = vec![reserve(1, nothing())];
    Centre::staffed(config)
}

fn reserve(least: u32, needs: Needs) -> Reserve {
    Reserve {
        class: Class::Danger,
        least,
        needs,
    }
}

#[test]
fn a_lower_class_waits_rather_than_take_the_last_free_operator() {
    let mut centre = centre();
    let first = centre.arrives(Class::Crisis);
    let second = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(first, "anna")]);

    let why = centre.dispatcher.why(second).unwrap();

    assert!(why.contains(&Why::Reserved {
        operator: op("bara"),
        class: Class::Danger
    }));
}

#[test]
fn the_class_it_is_for_may_take_her() {
    let mut centre = centre();
    centre.arrives(Class::Crisis);
    centre.look();

    let danger = centre.arrives(Class::Danger);

    assert_eq!(centre.offers(), [offer(danger, "bara")]);
}

#[test]
fn the_last_operator_who_is_there_is_never_held_back() {
    let mut config = config(&["anna"]);
    config.queues[0].reserves = vec![reserve(1, nothing())];
    let mut centre = Centre::staffed(config);

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn she_is_held_back_no_longer_once_the_others_are_gone() {
    let mut centre = centre();
    let first = centre.arrives(Class::Crisis);
    let second = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    assert_eq!(centre.offers(), [offer(first, "anna")]);

    centre.intends("anna", Intent::Off);

    assert_eq!(centre.offers(), [offer(second, "bara")]);
}

#[test]
fn she_is_held_back_again_once_another_is_there() {
    let mut centre = centre();
    centre.intends("anna", Intent::Off);
    let first = centre.arrives(Class::Crisis);
    centre.intends("anna", Intent::Ready);
    assert_eq!(centre.offers(), [offer(first, "bara")]);

    let second = centre.arrives(Class::Crisis);

    assert_eq!(centre.offers(), []);
    let why = centre.dispatcher.why(second).unwrap();
    assert!(why.contains(&Why::Reserved {
        operator: op("anna"),
        class: Class::Danger
    }));
}

#[test]
fn the_last_operator_of_one_queue_is_held_back_from_none_of_hers() {
    let mut config = config(&["anna", "bara"]);
    let night = QueueId::parse("night").unwrap();
    config.queues[0].reserves = vec![reserve(2, nothing())];
    config.queues.push(Queue {
        id: night,
        ..config.queues[0].clone()
    });
    config.lines.push(Line {
        id: LineId::parse("night-number").unwrap(),
        queue: night,
        ..config.lines[0].clone()
    });
    config.operators[1].queues.push(night);
    let mut centre = Centre::staffed(config);

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}

#[test]
fn a_more_urgent_caller_comes_first_to_the_last_operator_who_was_held_back() {
    let mut config = config(&["anna", "bara"]);
    config.queues[0].reserves = vec![Reserve {
        class: Class::Alarm,
        ..reserve(1, nothing())
    }];
    let mut centre = Centre::staffed(config);
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    centre.arrives(Class::Crisis);
    let danger = centre.arrives(Class::Danger);
    assert_eq!(centre.offers(), [offer(first, "anna")]);

    centre.intends("anna", Intent::Off);

    assert_eq!(centre.offers(), [offer(danger, "bara")]);
}

#[test]
fn somebody_at_home_does_not_make_her_one_of_several() {
    let mut config = config(&["anna"]);
    config.operators.push(home("hana"));
    config.queues[0].reserves = vec![reserve(1, nothing())];
    config.queues[0].timelines = vec![timeline(Class::Crisis, vec![step(0, on_call(&["hana"]))])];
    let mut centre = Centre::staffed(config);

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn a_pause_and_a_reserve_together_strand_nobody() {
    let mut config = config(&["anna", "bara"]);
    config.rules.misses_before_pause = 1;
    config.queues[0].reserves = vec![reserve(1, nothing())];
    let mut centre = Centre::staffed(config);
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    centre.misses(contact, "anna", Miss::Declined);

    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}
