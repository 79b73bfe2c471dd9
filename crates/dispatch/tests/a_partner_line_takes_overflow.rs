//! Overflow: the partner rings while the contact keeps waiting for our operators.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn overflowing() -> (Centre, ContactId) {
    let mut config = config(&["anna"]);
    config.partners = vec![partner_line("other-line")];
    config.queues[0].timelines = vec![timeline(
        Class::Crisis,
        vec![step(10, Action::Overflow(partner("other-line")))],
    )];
    let mut centre = Centre::staffed(config);
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let contact = centre.arrives(Class::Crisis);
    centre.wait(10);
    (centre, contact)
}

fn rung(centre: &Centre) -> usize {
    centre.count(|decision| matches!(decision, Decision::Overflow { .. }))
}

#[test]
fn a_partner_that_misses_is_tried_again_after_its_rest_and_not_before() {
    let (mut centre, contact) = overflowing();
    assert_eq!(rung(&centre), 1);
    centre.give(Fact::PartnerMissed {
        contact,
        partner: partner("other-line"),
    });

    centre.wait(59);
    assert_eq!(rung(&centre), 1);
    centre.wait(1);

    assert_eq!(rung(&centre), 2);
}

#[test]
fn a_partner_that_answers_wins_and_the_contact_counts_as_overflowed() {
    let (mut centre, contact) = overflowing();
    let leg = centre.leg();
    centre.give(Fact::PartnerAnswered {
        contact,
        partner: partner("other-line"),
        leg,
    });
    assert!(centre.has(&Decision::BridgePartner {
        contact,
        partner: partner("other-line"),
        leg
    }));

    centre.give(Fact::Ended {
        contact,
        cause: EndCause::Caller,
    });

    assert_eq!(centre.count(|decision| matches!(decision, Decision::Closed(closed) if closed.outcome == Outcome::Overflowed)), 1);
}

#[test]
fn an_operator_who_answers_first_stops_the_partner() {
    let (mut centre, contact) = overflowing();
    assert_eq!(rung(&centre), 1);
    centre.look();
    centre.give(Fact::Ended {
        contact: id(1),
        cause: EndCause::Caller,
    });
    centre.give(Fact::WrapUp {
        operator: op("anna"),
        change: WrapUpChange::Over,
    });
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.answers(contact, "anna");
    let late = centre.leg();
    centre.give(Fact::PartnerAnswered {
        contact,
        partner: partner("other-line"),
        leg: late,
    });

    assert!(centre.has(&Decision::WithdrawOverflow {
        contact,
        partner: partner("other-line")
    }));
    assert!(centre.has(&Decision::HangUp { leg: late }));
}
