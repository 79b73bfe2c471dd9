//! Never one flag.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use std::sync::Arc;

use centre::*;
use dispatch::*;

#[test]
fn a_pause_during_a_call_leaves_the_call_alone() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    centre.answers(contact, "anna");

    centre.intends("anna", Intent::Off);
    centre.reached(op("anna"), Reachability::Unreachable);

    let anna = centre.dispatcher.operator(op("anna")).unwrap();
    assert_eq!(anna.occupancy, Occupancy::Talking { contact });
    assert_eq!(
        (anna.intent, anna.reachability),
        (Intent::Off, Reachability::Unreachable)
    );
}

#[test]
fn who_gave_a_pause_is_known_until_somebody_wants_something_else() {
    let mut centre = Centre::new(config(&["anna"]));
    let cause = |centre: &Centre| {
        let anna = centre.dispatcher.operator(op("anna")).unwrap();
        anna.intent_cause
    };
    assert_eq!(cause(&centre), IntentCause::Unsaid);
    let pause = Intent::Paused {
        reason: Key::parse("meal").unwrap(),
        back_at: None,
    };

    for said in [
        IntentCause::Supervisor,
        IntentCause::Phone,
        IntentCause::Page,
    ] {
        centre.give(Fact::Intends {
            operator: op("anna"),
            intent: pause,
            cause: said,
        });

        assert_eq!(cause(&centre), said);
        let restored = Dispatcher::restore(centre.dispatcher.snapshot());
        assert_eq!(restored.operator(op("anna")).unwrap().intent_cause, said);
    }

    let mut moved = config(&["anna"]);
    moved.operators[0].place = Place::Home;
    centre.give(Fact::Configured(Arc::new(moved)));
    assert_eq!(cause(&centre), IntentCause::Unsaid);
}

#[test]
fn an_offer_is_taken_back_when_she_pauses_calls_or_is_gone() {
    let off = Fact::Intends {
        operator: op("anna"),
        intent: Intent::Off,
        cause: IntentCause::Page,
    };
    let gone = Fact::Reached {
        operator: op("anna"),
        reachability: Reachability::Unreachable,
    };
    let calls = Fact::Engaged {
        operator: op("anna"),
        leg: LegId::new(NodeId::ONLY, 1, 77),
    };
    for input in [off, gone, calls] {
        let mut centre = Centre::staffed(config(&["anna"]));
        let contact = centre.arrives(Class::Crisis);

        centre.give(input);

        assert!(centre.has(&Decision::Withdraw {
            contact,
            operator: op("anna"),
            cause: Withdrawal::NoLongerFits
        }));
    }
}

#[test]
fn the_supervisor_is_told_when_the_phone_of_a_ready_operator_is_gone() {
    let mut centre = Centre::staffed(config(&["anna"]));

    centre.reached(op("anna"), Reachability::Unreachable);

    let notice = Notice::PhoneGone {
        operator: op("anna"),
        reachability: Reachability::Unreachable,
    };
    assert_eq!(centre.look(), [Decision::Tell(notice)]);
}

#[test]
fn the_supervisor_is_told_once_when_a_phone_is_back() {
    let mut centre = Centre::staffed(config(&["anna"]));
    centre.reached(op("anna"), Reachability::Unreachable);
    centre.look();

    centre.reached(op("anna"), Reachability::Reachable);
    centre.reached(op("anna"), Reachability::Reachable);

    let notice = Notice::PhoneBack {
        operator: op("anna"),
    };
    assert_eq!(centre.look(), [Decision::Tell(notice)]);
}

#[test]
fn the_last_minutes_hold_offers_back_only_while_another_is_ready() {
    let mut config = config(&["anna", "bara"]);
    config.rules.last_minutes = secs(600);
    let mut centre = Centre::staffed(config);
    let at = Some(centre.now + secs(300));
    centre.give(Fact::ShiftEnds {
        operator: op("anna"),
        at,
    });

    let first = centre.arrives(Class::Crisis);
    let second = centre.arrives(Class::Crisis);

    assert_eq!(
        centre.offers(),
        [offer(first, "bara"), offer(second, "anna")]
    );
}
