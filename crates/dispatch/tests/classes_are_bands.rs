//! The most urgent class first, and waiting never lifts a contact into another.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

#[test]
fn alarm_overtakes_calls_that_waited_longer() {
    let mut centre = Centre::new(config(&["anna"]));
    let crisis = centre.arrives(Class::Crisis);
    centre.wait(3_600);
    let alarm = centre.arrives(Class::Alarm);
    centre.look();

    centre.reached(op("anna"), Reachability::Reachable);
    centre.intends("anna", Intent::Ready);

    assert_eq!(centre.offers(), [offer(alarm, "anna")]);
    assert_eq!(
        centre.dispatcher.contact(crisis).unwrap().class,
        Class::Crisis
    );
}

#[test]
fn a_caller_who_cannot_speak_goes_before_those_who_came_earlier() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    centre.arrives(Class::Crisis);
    let silent = centre.arrives(Class::Crisis);
    centre.give(Fact::Classed {
        contact: silent,
        class: Class::Danger,
        cause: Cause::Caller,
    });
    centre.give(Fact::Ended {
        contact: first,
        cause: EndCause::Caller,
    });
    centre.look();

    centre.wait(60);

    assert_eq!(centre.offers(), [offer(silent, "anna")]);
}

#[test]
fn a_key_never_makes_an_alarm_less_urgent() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let alarm = centre.arrives(Class::Alarm);

    centre.give(Fact::Classed {
        contact: alarm,
        class: Class::Danger,
        cause: Cause::Caller,
    });

    let view = centre.dispatcher.contact(alarm).unwrap();
    assert_eq!(
        (view.class, view.speech),
        (Class::Alarm, Speech::CannotSpeak)
    );
    assert!(centre.has(&Decision::Classed {
        contact: alarm,
        class: Class::Alarm,
        speech: Speech::CannotSpeak,
    }));
}

#[test]
fn only_her_own_key_tells_that_she_cannot_speak_and_lowering_her_takes_it_back() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    let mut classed = |class, cause| {
        centre.give(Fact::Classed {
            contact,
            class,
            cause,
        });
        let view = centre.dispatcher.contact(contact).unwrap();
        (view.class, view.speech)
    };

    let raised = classed(Class::Danger, Cause::Supervisor);
    let pressed = classed(Class::Danger, Cause::Caller);
    let raised_again = classed(Class::Danger, Cause::Operator(op("anna")));
    let lowered = classed(Class::Crisis, Cause::Operator(op("anna")));

    assert_eq!(raised, (Class::Danger, Speech::Expected));
    assert_eq!(pressed, (Class::Danger, Speech::CannotSpeak));
    assert_eq!(raised_again, pressed);
    assert_eq!(lowered, (Class::Crisis, Speech::Expected));
}

#[test]
fn an_alarm_takes_the_only_operator_from_a_ringing_call_of_a_lower_class() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let crisis = centre.arrives(Class::Crisis);
    centre.look();

    let alarm = centre.arrives(Class::Alarm);

    assert!(centre.has(&Decision::Withdraw {
        contact: crisis,
        operator: op("anna"),
        cause: Withdrawal::MoreUrgent
    }));
    assert_eq!(centre.offers(), [offer(alarm, "anna")]);
    assert_eq!(
        centre.dispatcher.operator(op("anna")).unwrap().misses,
        Misses::default()
    );
}

#[test]
fn a_crisis_call_leaves_a_ringing_information_call_alone() {
    let mut centre = Centre::staffed(config(&["anna"]));
    centre.arrives(Class::Information);
    centre.look();

    centre.arrives(Class::Crisis);

    assert_eq!(centre.look(), [Decision::Waits { contact: id(2) }]);
}
