//! What holds a contact back, as a person is told it.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

/// A reserve of one for `Class::Danger`.
fn one_stays_free() -> Reserve {
    Reserve {
        class: Class::Danger,
        least: 1,
        needs: nothing(),
    }
}

/// Who rings for it and what else is told, without the deadlines.
fn told(centre: &Centre, contact: ContactId) -> (Vec<OperatorId>, Vec<Why>) {
    let (rings, holds): (Vec<Why>, Vec<Why>) = centre
        .dispatcher
        .why(contact)
        .unwrap()
        .into_iter()
        .partition(|why| matches!(why, Why::Offered { .. }));
    let rings = rings.into_iter().map(|why| match why {
        Why::Offered { operator, .. } => operator,
        other => panic!("{other:?} names nobody who rings"),
    });
    (rings.collect(), holds)
}

#[test]
fn what_rings_while_others_are_free_is_held_back_by_nothing() {
    let mut centre = Centre::staffed(config(&["anna", "bara", "cyril"]));

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(told(&centre, contact), (vec![op("anna")], vec![]));
}

#[test]
fn the_one_who_rings_for_it_is_not_counted_as_busy() {
    let mut centre = Centre::staffed(config(&["anna"]));

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(told(&centre, contact), (vec![op("anna")], vec![]));
}

#[test]
fn while_it_rings_and_all_others_are_busy_those_are_counted() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");

    let second = centre.arrives(Class::Crisis);

    let busy = vec![Why::NobodyFree { busy: 1 }];
    assert_eq!(told(&centre, second), (vec![op("bara")], busy));
}

#[test]
fn nobody_is_free_while_all_ring_for_others() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    centre.arrives(Class::Crisis);
    centre.arrives(Class::Crisis);

    let third = centre.arrives(Class::Crisis);

    let busy = vec![Why::NobodyFree { busy: 2 }];
    assert_eq!(told(&centre, third), (vec![], busy));
}

#[test]
fn somebody_who_stays_free_is_not_beside_words_that_nobody_is() {
    let mut config = config(&["anna", "bara"]);
    config.queues[0].reserves = vec![one_stays_free()];
    let mut centre = Centre::staffed(config);
    centre.arrives(Class::Crisis);

    let second = centre.arrives(Class::Crisis);

    let reserved = Why::Reserved {
        operator: op("bara"),
        class: Class::Danger,
    };
    assert_eq!(told(&centre, second), (vec![], vec![reserved]));
}

#[test]
fn with_nobody_there_nobody_is_called_busy() {
    let mut centre = Centre::staffed(config(&["anna"]));
    centre.intends("anna", Intent::Off);

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(told(&centre, contact), (vec![], vec![Why::NobodyThere]));
}
