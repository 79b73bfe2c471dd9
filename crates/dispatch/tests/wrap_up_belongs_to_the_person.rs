//! It is extendable, and longer after a hard call.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn after_a_call(class: Class) -> Centre {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(class);
    centre.answers(contact, "anna");
    centre.give(Input::Ended {
        contact,
        cause: EndCause::Caller,
    });
    centre.arrives(Class::Crisis);
    centre.look();
    centre
}

#[test]
fn nothing_is_offered_until_it_is_over() {
    let mut centre = after_a_call(Class::Crisis);

    centre.wait(59);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers().len(), 1);
}

#[test]
fn it_is_longer_after_a_hard_call() {
    let mut centre = after_a_call(Class::Danger);

    centre.wait(299);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers().len(), 1);
}

#[test]
fn she_can_make_it_longer_and_end_it() {
    let mut centre = after_a_call(Class::Crisis);
    centre.give(Input::WrapUp {
        operator: op("anna"),
        change: WrapUpChange::Longer(secs(600)),
    });
    centre.wait(300);
    assert_eq!(centre.offers(), []);

    centre.give(Input::WrapUp {
        operator: op("anna"),
        change: WrapUpChange::Over,
    });

    assert_eq!(centre.offers().len(), 1);
}

#[test]
fn what_she_asks_for_during_the_call_is_added_at_its_end() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    centre.answers(contact, "anna");
    centre.give(Input::WrapUp {
        operator: op("anna"),
        change: WrapUpChange::Longer(secs(30)),
    });

    centre.give(Input::Ended {
        contact,
        cause: EndCause::Caller,
    });

    assert!(centre.has(&Decision::WrapUp {
        operator: op("anna"),
        until: centre.now + secs(90)
    }));
}
