//! A device presses: its contact waits, is offered, taken, handed back and closed beside callers.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use std::sync::Arc;

use centre::*;
use dispatch::*;

/// Anna and Berta answer the line and the protection desk.
fn with_desk() -> Config {
    let mut config = config(&["anna", "berta"]);
    config.desk = Some(Desk {
        queue: config.queues[0].id,
        needs: nothing(),
    });
    config
}

fn occupancy(centre: &Centre, operator: &str) -> Occupancy {
    centre.dispatcher.operator(op(operator)).unwrap().occupancy
}

fn outcome(centre: &Centre, contact: ContactId) -> Option<Outcome> {
    let mut closed = centre.decided.iter().filter_map(|decision| match decision {
        Decision::Closed(closed) if closed.contact == contact => Some(closed.outcome),
        _ => None,
    });
    closed.next()
}

fn ends(centre: &mut Centre, contact: ContactId, cause: EndCause) {
    centre.give(Fact::Ended { contact, cause });
}

#[test]
fn press_is_offered_before_a_caller_who_waits_longer() {
    let mut config = with_desk();
    config.operators.truncate(1);
    let mut centre = Centre::staffed(config);
    centre.intends("anna", Intent::Off);
    let caller = centre.arrives(Class::Crisis);
    let alarm = centre.presses();

    centre.intends("anna", Intent::Ready);

    assert_eq!(centre.offers(), [offer(alarm, "anna")]);
    let rank = [caller, alarm].map(|id| centre.dispatcher.contact(id).unwrap().state);
    assert!(matches!(
        rank,
        [ContactState::Waiting, ContactState::Offered { .. }]
    ));
}

#[test]
fn who_takes_it_has_it_without_a_leg_and_is_offered_nothing_else() {
    let mut centre = Centre::staffed(with_desk());
    let contact = centre.presses();

    centre.takes(contact, "anna");

    let (operator, leg) = (op("anna"), None);
    assert!(centre.has(&Decision::Taken {
        contact,
        operator,
        leg,
    }));
    assert_eq!(occupancy(&centre, "anna"), Occupancy::Case { contact });
    centre.look();
    let caller = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(caller, "berta")]);
}

#[test]
fn who_is_free_takes_it_while_it_rings_elsewhere() {
    let mut centre = Centre::staffed(with_desk());
    let contact = centre.presses();
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.takes(contact, "berta");

    assert!(centre.has(&Decision::Withdraw {
        contact,
        operator: op("anna"),
        cause: Withdrawal::AnsweredElsewhere,
    }));
    assert_eq!(occupancy(&centre, "berta"), Occupancy::Case { contact });
}

#[test]
fn who_talks_takes_no_second_contact() {
    let mut centre = Centre::staffed(with_desk());
    let caller = centre.arrives(Class::Crisis);
    centre.answers(caller, "anna");
    let contact = centre.presses();

    let refused = centre.refused(Fact::Taken {
        contact,
        operator: op("anna"),
    });

    assert_eq!(refused, InputError::NotFree(op("anna")));
}

#[test]
fn phone_that_rang_for_it_joins_nobody() {
    let mut centre = Centre::staffed(with_desk());
    let contact = centre.presses();

    let leg = centre.answers(contact, "anna");

    let (operator, leg) = (op("anna"), Some(leg));
    assert!(centre.has(&Decision::Taken {
        contact,
        operator,
        leg,
    }));
    assert_eq!(
        centre.count(|made| matches!(made, Decision::Bridge { .. })),
        0
    );
    assert_eq!(occupancy(&centre, "anna"), Occupancy::Talking { contact });
}

#[test]
fn handed_back_it_keeps_its_rank() {
    let mut config = with_desk();
    config.operators.truncate(1);
    let mut centre = Centre::staffed(config);
    let first = centre.presses();
    centre.takes(first, "anna");
    let second = centre.presses();

    centre.give(Fact::HandedBack {
        contact: first,
        cause: HandBack::Operator,
    });
    centre.look();
    centre.wait(300);

    assert_eq!(centre.offers()[0], offer(first, "anna"));
    assert!(second > first);
}

#[test]
fn ends_taken_or_untaken_and_never_as_a_caller_does() {
    let mut centre = Centre::staffed(with_desk());
    let (taken, untaken) = (centre.presses(), centre.presses());
    centre.takes(taken, "anna");
    for cause in [EndCause::Caller, EndCause::GaveUp, EndCause::LegLost] {
        let contact = taken;
        let refused = centre.refused(Fact::Ended { contact, cause });
        assert_eq!(refused, InputError::OtherOrigin(taken), "{cause:?}");
    }

    ends(&mut centre, taken, EndCause::Operator);
    ends(&mut centre, untaken, EndCause::Case);

    assert_eq!(outcome(&centre, taken), Some(Outcome::Taken));
    assert_eq!(outcome(&centre, untaken), Some(Outcome::Untaken));
    let wraps_up = |made: &Decision| matches!(made, Decision::WrapUp { operator, .. } if *operator == op("anna"));
    assert_eq!(centre.count(wraps_up), 1);
}

#[test]
fn what_a_device_does_no_caller_does() {
    let mut centre = Centre::staffed(with_desk());
    let contact = centre.arrives(Class::Crisis);
    let cause = EndCause::Case;

    let closed = centre.refused(Fact::Ended { contact, cause });
    let taken = centre.refused(Fact::Taken {
        contact,
        operator: op("anna"),
    });

    assert_eq!(closed, InputError::OtherOrigin(contact));
    assert_eq!(taken, InputError::OtherOrigin(contact));
}

#[test]
fn restart_leaves_it_to_who_has_it_without_a_leg_and_looks_for_the_leg_of_who_has_one() {
    let mut centre = Centre::staffed(with_desk());
    let (at_the_page, on_the_phone) = (centre.presses(), centre.presses());
    let waiting = centre.presses();
    centre.takes(at_the_page, "anna");
    let leg = centre.answers(on_the_phone, "berta");

    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });

    let state = |centre: &Centre, id| centre.dispatcher.contact(id).unwrap().state;
    assert!(matches!(
        state(&centre, at_the_page),
        ContactState::Talking { .. }
    ));
    assert_eq!(state(&centre, waiting), ContactState::Waiting);
    assert!(matches!(
        state(&centre, on_the_phone),
        ContactState::Adrift {
            caller: Sought::Found,
            ..
        }
    ));
    centre.look();
    centre.give(Fact::LegFound { leg });
    assert!(centre.has(&Decision::Taken {
        contact: on_the_phone,
        operator: op("berta"),
        leg: Some(leg),
    }));
}

#[test]
fn leg_that_is_not_found_again_sends_it_back_to_the_queue() {
    let mut centre = Centre::staffed(with_desk());
    let contact = centre.presses();
    centre.answers(contact, "anna");
    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });

    centre.wait(181);

    let state = centre.dispatcher.contact(contact).unwrap().state;
    assert_eq!(state, ContactState::Waiting);
}

#[test]
fn no_partner_is_rung_for_it() {
    let mut config = with_desk();
    config.partners.push(partner_line("other"));
    let steps = vec![step(5, Action::Overflow(partner("other")))];
    config.queues[0]
        .timelines
        .push(timeline(Class::Alarm, steps));
    let mut centre = Centre::new(config);

    let contact = centre.presses();
    centre.wait(60);

    let rings = |made: &Decision| matches!(made, Decision::Overflow { .. });
    assert_eq!(centre.count(rings), 0);
    let climbed =
        |made: &Decision| matches!(made, Decision::Climbed { contact: id, .. } if *id == contact);
    assert_eq!(centre.count(climbed), 1);
}

#[test]
fn press_without_a_desk_is_refused() {
    let mut centre = Centre::staffed(config(&["anna"]));

    let refused = centre.refused(Fact::Arrived {
        origin: Origin::Device {
            case: CaseId(Seq(1)),
        },
        class: Class::Alarm,
        needs: nothing(),
        standing: Standing::Arrival,
    });

    assert!(matches!(refused, InputError::NoDesk(_)));
}

#[test]
fn desk_that_moves_takes_its_contacts_along() {
    let mut config = with_desk();
    let other = QueueId::parse("desk").unwrap();
    config.queues.push(Queue {
        id: other,
        ..config.queues[0].clone()
    });
    let mut centre = Centre::staffed(config.clone());
    let contact = centre.presses();

    config.desk = Some(Desk {
        queue: other,
        needs: nothing(),
    });
    centre.give(Fact::Configured(Arc::new(config)));

    assert_eq!(centre.dispatcher.contact(contact).unwrap().queue, other);
}
