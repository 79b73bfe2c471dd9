//! Nothing is known of any leg or phone until it is found or given up.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn restarted() -> (Centre, ContactId, ContactId, LegId) {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    let talking = centre.arrives(Class::Crisis);
    let leg = centre.answers(talking, "anna");
    let ringing = centre.arrives(Class::Crisis);
    centre.look();
    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });
    (centre, talking, ringing, leg)
}

fn outcomes(centre: &Centre) -> Vec<(ContactId, Outcome)> {
    let closed = centre.decided.iter().filter_map(|decision| match decision {
        Decision::Closed(closed) => Some((closed.contact, closed.outcome)),
        _ => None,
    });
    closed.collect()
}

#[test]
fn an_offer_is_taken_back_without_a_miss_and_nothing_is_offered_adrift() {
    let (mut centre, _, ringing, _) = restarted();
    assert!(centre.has(&Decision::Withdraw {
        contact: ringing,
        operator: op("bara"),
        cause: Withdrawal::Restarted
    }));

    centre.reached(op("bara"), Reachability::Reachable);

    assert_eq!(centre.offers(), []);
    assert_eq!(
        centre.dispatcher.operator(op("bara")).unwrap().misses,
        Misses::default()
    );
    assert!(matches!(
        centre.dispatcher.contact(ringing).unwrap().state,
        ContactState::Adrift { .. }
    ));
}

#[test]
fn a_call_of_which_both_legs_are_found_goes_on() {
    let (mut centre, talking, _, leg) = restarted();
    centre.give(Fact::LegFound { leg });

    centre.give(Fact::LegFound {
        leg: LegId::new(NodeId::ONLY, 1, 1),
    });

    assert!(centre.has(&Decision::Bridge {
        contact: talking,
        operator: op("anna"),
        leg
    }));
}

#[test]
fn what_is_not_found_in_time_is_over_with_the_outcome_it_had() {
    let (mut centre, talking, ringing, _) = restarted();

    centre.wait(180);

    assert_eq!(
        outcomes(&centre),
        [(talking, Outcome::Answered), (ringing, Outcome::Lost)]
    );
    assert_eq!(
        centre.dispatcher.operator(op("anna")).unwrap().occupancy,
        Occupancy::Free
    );
}

#[test]
fn a_caller_whose_operator_was_lost_waits_again() {
    let (mut centre, talking, _, leg) = restarted();
    centre.reached(op("bara"), Reachability::Reachable);
    centre.give(Fact::LegFound {
        leg: LegId::new(NodeId::ONLY, 1, 1),
    });

    centre.give(Fact::LegLost { leg });

    assert_eq!(centre.offers(), [offer(talking, "bara")]);
}

#[test]
fn operators_in_calls_of_their_own_stay_occupied_until_those_are_lost() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let leg = centre.leg();
    centre.give(Fact::Engaged {
        operator: op("anna"),
        leg,
    });
    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });
    centre.reached(op("anna"), Reachability::Reachable);
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    centre.wait(179);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}
