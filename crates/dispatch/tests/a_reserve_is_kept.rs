//! Operators stay free for a more urgent class.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn centre() -> Centre {
    let mut config = config(&["anna", "bara"]);
    config.queues[0].reserves = vec![Reserve {
        class: Class::Danger,
        least: 1,
        needs: nothing(),
    }];
    Centre::staffed(config)
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
