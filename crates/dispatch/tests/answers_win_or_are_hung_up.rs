//! The first answer in the order of entries wins.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

#[test]
fn an_answer_after_the_caller_hung_up_loses() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    centre.give(Fact::Ended {
        contact,
        cause: EndCause::Caller,
    });

    let leg = centre.answers(contact, "anna");

    assert!(centre.has(&Decision::HangUp { leg }));
    assert!(centre.has(&Decision::Withdraw {
        contact,
        operator: op("anna"),
        cause: Withdrawal::Ended
    }));
    assert_eq!(centre.dispatcher.contacts_live(), 0);
}

#[test]
fn an_answer_that_came_just_before_the_caller_gave_up_joined_nobody() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    centre.answers(contact, "anna");

    centre.give(Fact::Ended {
        contact,
        cause: EndCause::GaveUp,
    });

    assert!(centre.decided.iter().any(|decision| matches!(
        decision,
        Decision::Closed(closed)
            if closed.outcome == Outcome::Abandoned && closed.answered.is_none()
    )));
    let anna = centre.dispatcher.operator(op("anna")).unwrap();
    assert_eq!(anna.wrap_up, None);
    let next = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers().last(), Some(&offer(next, "anna")));
}

#[test]
fn an_answer_just_after_it_rang_out_wins_when_both_are_still_free() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    centre.wait(20);
    assert!(centre.has(&Decision::Missed {
        origin: centre.dispatcher.contact(contact).unwrap().origin,
        contact,
        operator: op("anna"),
        miss: Miss::NoAnswer
    }));

    let leg = centre.answers(contact, "anna");

    assert!(centre.has(&Decision::Bridge {
        contact,
        operator: op("anna"),
        leg
    }));
}

#[test]
fn an_answer_just_after_it_rang_out_loses_when_another_phone_rings_for_it() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    let contact = centre.arrives(Class::Crisis);
    centre.wait(20);

    let leg = centre.answers(contact, "anna");

    assert!(centre.has(&Decision::HangUp { leg }));
    assert!(
        centre
            .dispatcher
            .operator(op("bara"))
            .unwrap()
            .claim
            .is_some()
    );
}

#[test]
fn a_refused_input_changes_nothing() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    let before = centre.dispatcher.snapshot();
    let later = centre.now + secs(100);
    let stranger = op("nobody");

    let refused = [
        Fact::Missed {
            contact,
            operator: stranger,
            miss: Miss::Declined,
        },
        Fact::HandedBack {
            contact,
            cause: HandBack::Operator,
        },
        Fact::Ended {
            contact: id(99),
            cause: EndCause::Caller,
        },
        Fact::Ended {
            contact,
            cause: EndCause::Operator,
        },
        Fact::LegFound {
            leg: LegId::new(NodeId::ONLY, 1, 1),
        },
        Fact::WrapUp {
            operator: op("anna"),
            change: WrapUpChange::Over,
        },
        Fact::Configured(std::sync::Arc::default()),
    ];

    for fact in refused {
        assert!(
            centre
                .dispatcher
                .handle_input(later, fact.clone().numbered(Seq(9)))
                .is_err(),
            "{fact:?}"
        );
        assert_eq!(centre.dispatcher.snapshot(), before);
    }
}
