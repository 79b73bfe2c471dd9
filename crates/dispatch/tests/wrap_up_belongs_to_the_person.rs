//! It is extendable, and longer after a hard call.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn after_a_call(class: Class) -> Centre {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(class);
    centre.answers(contact, "anna");
    centre.give(Fact::Ended {
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
    centre.give(Fact::WrapUp {
        operator: op("anna"),
        change: WrapUpChange::Longer(secs(600)),
    });
    centre.wait(300);
    assert_eq!(centre.offers(), []);

    centre.give(Fact::WrapUp {
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
    centre.give(Fact::WrapUp {
        operator: op("anna"),
        change: WrapUpChange::Longer(secs(30)),
    });

    centre.give(Fact::Ended {
        contact,
        cause: EndCause::Caller,
    });

    assert!(centre.has(&Decision::WrapUp {
        operator: op("anna"),
        until: centre.now + secs(90)
    }));
}

#[test]
fn her_own_wrap_up_stands_in_place_of_her_queues() {
    for (class, own, queues) in [(Class::Crisis, 90, 60), (Class::Danger, 600, 300)] {
        let mut config = config(&["anna", "bara"]);
        config.operators[0].wrap_up = OwnWrapUp {
            after: Some(secs(90)),
            after_hard: Some(secs(600)),
        };
        let mut centre = Centre::staffed(config);
        for (operator, rest) in [("anna", own), ("bara", queues)] {
            let contact = centre.arrives(class);
            assert_eq!(centre.offers(), [offer(contact, operator)]);
            centre.answers(contact, operator);

            centre.give(Fact::Ended {
                contact,
                cause: EndCause::Caller,
            });

            let view = centre.dispatcher.operator(op(operator)).unwrap();
            assert_eq!(view.wrap_up, Some(centre.now + secs(rest)), "{operator}");
        }
    }
}

#[test]
fn a_wrap_up_of_ones_own_has_the_same_limit_as_a_queues() {
    let mut config = config(&["anna"]);
    config.operators[0].wrap_up.after_hard = Some(WRAP_UP_MAX + secs(1));
    let mut dispatcher = Dispatcher::new();

    let refused = dispatcher.handle_input(
        Moment::ZERO,
        Fact::Configured(config.into()).numbered(Seq(1)),
    );

    let cause = ConfigError::OperatorWrapUp(op("anna"));
    assert_eq!(refused, Err(InputError::ConfigRefused(cause)));
}
