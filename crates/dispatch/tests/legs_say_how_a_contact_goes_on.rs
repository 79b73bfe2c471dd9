//! A lost operator's leg hands back; a lost caller's leg ends.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

#[test]
fn the_operators_leg_is_lost_and_the_caller_waits_again_at_her_rank() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    let contact = centre.arrives(Class::Crisis);
    let leg = centre.answers(contact, "anna");
    centre.look();

    centre.give(Fact::LegLost { leg });

    assert_eq!(centre.offers(), [offer(contact, "bara")]);
    assert!(
        centre
            .dispatcher
            .operator(op("anna"))
            .unwrap()
            .wrap_up
            .is_some()
    );
}

#[test]
fn the_callers_leg_is_lost_and_the_contact_ends_once() {
    let mut centre = Centre::staffed(config(&[]));
    let contact = centre.arrives(Class::Crisis);

    centre.give(Fact::LegLost {
        leg: LegId::new(NodeId::ONLY, 1, 1),
    });

    let closed = |decision: &Decision| matches!(decision, Decision::Closed(closed) if closed.contact == contact && closed.outcome == Outcome::Lost);
    assert_eq!(centre.count(closed), 1);
    let again = Fact::Ended {
        contact,
        cause: EndCause::Caller,
    };
    assert_eq!(
        centre
            .dispatcher
            .handle_input(centre.now, again.numbered(Seq(9))),
        Err(InputError::ContactUnknown(contact))
    );
}

#[test]
fn time_never_goes_backwards() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    let until = centre
        .dispatcher
        .operator(op("anna"))
        .unwrap()
        .claim
        .unwrap()
        .1;

    centre
        .dispatcher
        .handle_input(Moment::ZERO, Input::Timeout)
        .unwrap();
    centre
        .dispatcher
        .handle_input(
            Moment::ZERO,
            Fact::Stands {
                contact,
                standing: Standing::Arrival,
            }
            .numbered(Seq(9)),
        )
        .unwrap();

    assert_eq!(centre.dispatcher.now(), centre.now);
    assert_eq!(centre.dispatcher.poll_timeout(), Some(until));
}
