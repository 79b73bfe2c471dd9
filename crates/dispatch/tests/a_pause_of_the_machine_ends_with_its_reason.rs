//! The machine pauses who misses offers only while others are there, and nobody at home at all.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use std::sync::Arc;

use centre::*;
use dispatch::*;

/// She declines what is offered to everybody until the machine has paused her.
fn decline_until_paused(centre: &mut Centre, operator: &str) {
    let contact = centre.arrives(Class::Crisis);
    for _ in 0..3 {
        centre.wait(10);
        centre.misses(contact, operator, Miss::Declined);
    }
    assert!(view(centre, operator).paused.is_some());
    centre.give(Fact::Ended {
        contact,
        cause: EndCause::Caller,
    });
    centre.look();
}

fn view(centre: &Centre, operator: &str) -> OperatorView {
    centre.dispatcher.operator(op(operator)).unwrap()
}

/// Anna is paused by the machine; Bara is there, in a call or not.
fn anna_paused() -> Centre {
    let mut config = config(&["anna", "bara"]);
    config.queues[0].strategy = Strategy::RingAll;
    let mut centre = Centre::staffed(config);
    decline_until_paused(&mut centre, "anna");
    centre
}

fn lifted(operator: &str) -> Decision {
    Decision::PauseLifted {
        operator: op(operator),
    }
}

#[test]
fn the_pause_is_lifted_when_the_others_leave_and_who_waits_is_offered_to_her() {
    let mut centre = anna_paused();
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "bara");
    let second = centre.arrives(Class::Crisis);
    assert!(!centre.has(&lifted("anna")));
    centre.look();

    centre.intends("bara", Intent::Off);

    assert!(centre.has(&lifted("anna")));
    assert_eq!(view(&centre, "anna").paused, None);
    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

#[test]
fn the_pause_is_lifted_when_the_last_other_phone_is_gone() {
    let mut centre = anna_paused();

    centre.reached(op("bara"), Reachability::Unreachable);

    assert_eq!(centre.look().last(), Some(&lifted("anna")));
}

#[test]
fn the_pause_is_lifted_when_her_own_phone_comes_back_and_nobody_else_is_there() {
    let mut centre = anna_paused();
    centre.reached(op("anna"), Reachability::Unreachable);
    centre.intends("bara", Intent::Off);
    assert!(!centre.has(&lifted("anna")));

    centre.reached(op("anna"), Reachability::Reachable);

    assert!(centre.has(&lifted("anna")));
}

#[test]
fn the_pause_is_lifted_when_a_configuration_takes_the_last_other_out() {
    let mut centre = anna_paused();

    centre.give(Fact::Configured(Arc::new(config(&["anna"]))));

    assert!(centre.has(&lifted("anna")));
}

#[test]
fn the_pause_is_lifted_for_the_queue_that_nobody_else_serves() {
    let mut two = config(&["anna", "bara"]);
    two.queues[0].strategy = Strategy::RingAll;
    let night = QueueId::parse("night").unwrap();
    two.queues.push(Queue {
        id: night,
        ..two.queues[0].clone()
    });
    two.lines.push(Line {
        id: LineId::parse("night-number").unwrap(),
        queue: night,
        ..two.lines[0].clone()
    });
    two.operators[0].queues.push(night);
    two.operators.push(Operator {
        queues: vec![night],
        ..desk("cyril", &[])
    });
    let mut centre = Centre::staffed(two);
    decline_until_paused(&mut centre, "anna");

    centre.intends("cyril", Intent::Off);

    assert!(centre.has(&lifted("anna")));
}

#[test]
fn her_own_pause_is_not_lifted() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    let reason = Key::parse("meal").unwrap();
    let back_at = None;
    centre.intends("anna", Intent::Paused { reason, back_at });

    centre.intends("bara", Intent::Off);

    assert!(!centre.has(&lifted("anna")));
    let contact = centre.arrives(Class::Crisis);
    assert!(!centre.offers().contains(&offer(contact, "anna")));
}

#[test]
fn who_is_the_last_rests_longer_with_every_miss_after_her_pause_was_lifted() {
    let mut centre = anna_paused();
    centre.intends("bara", Intent::Off);
    let contact = centre.arrives(Class::Crisis);
    centre.wait(10);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.misses(contact, "anna", Miss::NoAnswer);

    let view = view(&centre, "anna");
    assert_eq!(view.paused, None);
    assert_eq!(view.rest, Some(centre.now + secs(2)));
}

/// Bara is at a desk and Hana at home, on call from the start.
fn with_hana_at_home() -> Config {
    let mut config = config(&["bara"]);
    config.operators.push(home("hana"));
    config.queues[0].strategy = Strategy::RingAll;
    config.queues[0].timelines = vec![timeline(Class::Crisis, vec![step(0, on_call(&["hana"]))])];
    config
}

#[test]
fn who_is_on_call_is_never_paused_however_often_she_misses() {
    let mut centre = Centre::staffed(with_hana_at_home());
    let contact = centre.arrives(Class::Crisis);

    for _ in 0..20 {
        centre.wait(10);
        centre.misses(contact, "hana", Miss::NoAnswer);
    }
    centre.wait(10);

    let paused = |decision: &Decision| matches!(decision, Decision::Paused { .. });
    assert_eq!(centre.count(paused), 0);
    assert!(view(&centre, "hana").claim.is_some());
}

#[test]
fn a_mobile_that_is_busy_for_ever_is_no_hot_loop_even_with_many_waiting() {
    let mut centre = Centre::staffed(with_hana_at_home());
    centre.intends("bara", Intent::Off);
    for _ in 0..200 {
        centre.arrives(Class::Crisis);
    }
    let end = centre.now + secs(600);

    while centre.now < end {
        match view(&centre, "hana").claim {
            Some((contact, _)) => centre.misses(contact, "hana", Miss::Declined),
            None => centre.wait(1),
        }
    }

    let offers = centre.offers().len();
    assert!(
        (50..=70).contains(&offers),
        "{offers} offers in ten minutes"
    );
}

#[test]
fn a_pause_from_before_of_somebody_on_call_is_not_restored() {
    let mut snapshot = Centre::staffed(with_hana_at_home()).dispatcher.snapshot();
    let hana = &mut snapshot.operators[1];
    hana.paused = Some(PauseCause::Misses(3));

    let restored = Dispatcher::restore(snapshot);

    assert_eq!(restored.operator(op("hana")).unwrap().paused, None);
}

#[test]
fn who_is_on_call_is_so_from_the_configuration_on_and_without_another_word() {
    let mut centre = Centre::new(with_hana_at_home());

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(centre.offers(), [offer(contact, "hana")]);
}

#[test]
fn a_configuration_changes_nobodys_intent() {
    let config = with_hana_at_home();
    for intent in [
        Intent::Off,
        Intent::Paused {
            reason: Key::parse("ill").unwrap(),
            back_at: None,
        },
    ] {
        let mut centre = Centre::staffed(config.clone());
        centre.intends("hana", intent);
        centre.intends("bara", intent);

        centre.give(Fact::Configured(Arc::new(config.clone())));

        assert_eq!(view(&centre, "hana").intent, intent);
        assert_eq!(view(&centre, "bara").intent, intent);
    }
}

/// Anna, whom no line's callers come to, and two who can take them.
fn with_one_whom_nothing_rings() -> Centre {
    let mut config = config(&["anna"]);
    config.lines[0].needs = need("cs", 1);
    config.operators.push(desk("bara", &[("cs", 5)]));
    config.operators.push(desk("cilka", &[("cs", 5)]));
    config.rules.misses_before_pause = 1;
    Centre::staffed(config)
}

#[test]
fn the_only_one_who_can_take_the_callers_is_not_paused_while_another_is_there_who_cannot() {
    let mut centre = with_one_whom_nothing_rings();
    centre.intends("cilka", Intent::Off);
    let contact = centre.arrives_with(Class::Crisis, need("cs", 1));

    centre.misses(contact, "bara", Miss::Declined);

    assert_eq!(view(&centre, "bara").paused, None);
    assert!(centre.has(&Decision::Tell(Notice::LastOperatorMisses {
        operator: op("bara"),
        misses: 1,
    })));
}

#[test]
fn the_pause_is_lifted_when_only_one_stays_who_cannot_take_the_callers() {
    let mut centre = with_one_whom_nothing_rings();
    let contact = centre.arrives_with(Class::Crisis, need("cs", 1));
    centre.misses(contact, "bara", Miss::Declined);
    assert!(view(&centre, "bara").paused.is_some());

    centre.intends("cilka", Intent::Off);

    assert!(centre.has(&lifted("bara")));
}

#[test]
fn whoever_is_the_last_before_a_need_relaxes_is_not_paused() {
    let mut config = config(&["anna"]);
    config.lines[0].needs = need("cs", 1);
    config.queues[0].relaxations = vec![relaxation("cs", 60, 0)];
    config.operators.push(desk("bara", &[("cs", 5)]));
    config.rules.misses_before_pause = 1;
    let mut centre = Centre::staffed(config);
    let contact = centre.arrives_with(Class::Crisis, need("cs", 1));

    centre.misses(contact, "bara", Miss::Declined);

    assert_eq!(view(&centre, "bara").paused, None);
}
