//! A supervisor moves a waiting contact to another queue, or gives it to an operator.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn other_queue() -> QueueId {
    QueueId::parse("other").unwrap()
}

/// Anna serves the line, Berta another queue beside it.
fn two_queues() -> Config {
    let mut config = config(&["anna"]);
    let other = Queue {
        id: other_queue(),
        ..config.queues[0].clone()
    };
    config.queues.push(other);
    let berta = Operator {
        queues: vec![other_queue()],
        ..desk("berta", &[])
    };
    config.operators.push(berta);
    config
}

#[test]
fn moved_contact_is_offered_where_it_waits_now() {
    let mut centre = Centre::staffed(two_queues());
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    centre.give(Input::Moved {
        contact,
        queue: other_queue(),
    });

    let taken_back = Decision::Withdraw {
        contact,
        operator: op("anna"),
        cause: Withdrawal::ByHand,
    };
    assert!(centre.has(&taken_back));
    assert_eq!(centre.offers(), [offer(contact, "berta")]);
}

#[test]
fn moved_contact_keeps_its_rank() {
    let mut centre = Centre::staffed(two_queues());
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let early = centre.arrives(Class::Crisis);
    centre.wait(5);
    let late = centre.arrives(Class::Crisis);
    centre.intends("berta", Intent::Off);
    for contact in [late, early] {
        centre.give(Input::Moved {
            contact,
            queue: other_queue(),
        });
    }
    centre.look();

    centre.intends("berta", Intent::Ready);

    assert_eq!(centre.offers(), [offer(early, "berta")]);
}

#[test]
fn who_talks_is_not_moved() {
    let mut centre = Centre::staffed(two_queues());
    let contact = centre.arrives(Class::Crisis);
    centre.answers(contact, "anna");

    let refused = centre.refused(Input::Moved {
        contact,
        queue: other_queue(),
    });
    let unknown = centre.refused(Input::Moved {
        contact,
        queue: QueueId::parse("none").unwrap(),
    });

    assert_eq!(refused, InputError::NotWaiting(contact));
    assert_eq!(unknown, InputError::NotWaiting(contact));
}

#[test]
fn given_contact_rings_at_the_one_who_was_named() {
    let mut centre = Centre::staffed(config(&["anna", "berta"]));
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    centre.give(Input::Given {
        contact,
        operator: op("berta"),
    });

    assert_eq!(centre.offers(), [offer(contact, "berta")]);
    centre.answers(contact, "berta");
}

#[test]
fn given_contact_rings_although_she_lacks_the_skill_and_rests_from_it() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives_with(Class::Crisis, need("ukrainian", 5));
    centre.look();

    centre.give(Input::Given {
        contact,
        operator: op("anna"),
    });
    let first = centre.offers();
    centre.misses(contact, "anna", Miss::Declined);
    centre.look();
    centre.give(Input::Given {
        contact,
        operator: op("anna"),
    });

    assert_eq!(first, [offer(contact, "anna")]);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn person_at_home_rings_before_the_timeline_comes_to_her() {
    let mut config = config(&["anna"]);
    config.operators.push(home("hana"));
    let mut centre = Centre::staffed(config);
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    centre.give(Input::Given {
        contact,
        operator: op("hana"),
    });

    assert!(centre.offers().contains(&offer(contact, "hana")));
}

#[test]
fn nothing_is_given_to_who_is_busy_or_serves_another_queue() {
    let mut centre = Centre::staffed(two_queues());
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let second = centre.arrives(Class::Crisis);

    let busy = centre.refused(Input::Given {
        contact: second,
        operator: op("anna"),
    });
    let elsewhere = centre.refused(Input::Given {
        contact: second,
        operator: op("berta"),
    });

    assert_eq!(busy, InputError::NotFree(op("anna")));
    assert_eq!(
        elsewhere,
        InputError::NotServing {
            contact: second,
            operator: op("berta"),
        }
    );
}
