//! Order in a band is the order of arrival, for ever.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn two_waiting_behind_a_call() -> (Centre, ContactId, ContactId) {
    let mut centre = Centre::staffed(config(&["anna"]));
    let first = centre.arrives(Class::Crisis);
    let second = centre.arrives(Class::Crisis);
    (centre, first, second)
}

#[test]
fn after_a_missed_offer() {
    let (mut centre, first, _) = two_waiting_behind_a_call();
    centre.misses(first, "anna", Miss::Declined);
    centre.misses(id(2), "anna", Miss::Declined);
    centre.look();

    centre.wait(11);

    assert_eq!(centre.offers(), [offer(first, "anna")]);
}

#[test]
fn after_it_was_handed_back() {
    let (mut centre, first, _) = two_waiting_behind_a_call();
    centre.answers(first, "anna");
    centre.wait(5);
    centre.give(Fact::HandedBack {
        contact: first,
        cause: HandBack::Operator,
    });
    centre.look();

    centre.wait(61);

    assert_eq!(centre.offers(), [offer(first, "anna")]);
}

#[test]
fn after_a_restart() {
    let (mut centre, first, second) = two_waiting_behind_a_call();
    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });
    centre.give(Fact::LegFound {
        leg: LegId::new(NodeId::ONLY, 1, 2),
    });
    centre.give(Fact::LegFound {
        leg: LegId::new(NodeId::ONLY, 1, 1),
    });
    centre.look();

    centre.reached(op("anna"), Reachability::Reachable);

    assert_eq!(centre.offers(), [offer(first, "anna")]);
    assert!(centre.dispatcher.contact(second).is_some());
}

#[test]
fn unless_another_call_from_its_number_is_live() {
    let mut centre = Centre::new(config(&["anna"]));
    let again = centre.arrives_standing(Class::Crisis, nothing(), Standing::BehindBand);
    let other = centre.arrives(Class::Crisis);
    centre.reached(op("anna"), Reachability::Reachable);
    centre.intends("anna", Intent::Ready);
    assert_eq!(centre.offers(), [offer(other, "anna")]);
    let third = centre.arrives(Class::Crisis);

    centre.give(Fact::Stands {
        contact: again,
        standing: Standing::Arrival,
    });
    centre.answers(other, "anna");
    centre.give(Fact::Ended {
        contact: other,
        cause: EndCause::Caller,
    });
    centre.wait(60);

    assert_eq!(centre.offers(), [offer(again, "anna")]);
    assert!(third > again);
}
