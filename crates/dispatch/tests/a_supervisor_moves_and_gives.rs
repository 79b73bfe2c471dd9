//! A supervisor moves a waiting contact to another queue, or gives it to an operator.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use std::sync::Arc;

use centre::*;
use dispatch::*;

fn acted(contact: ContactId, act: Act) -> Fact {
    let by = Some(ActingRole::Supervisor);
    Fact::Acted { contact, act, by }
}

fn moved(contact: ContactId, queue: QueueId) -> Fact {
    acted(contact, Act::Move(queue))
}

fn given(contact: ContactId, operator: OperatorId) -> Fact {
    acted(contact, Act::Give(operator))
}

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

    centre.give(moved(contact, other_queue()));

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
        centre.give(moved(contact, other_queue()));
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

    let refused = centre.refused(moved(contact, other_queue()));
    let unknown = centre.refused(moved(contact, QueueId::parse("none").unwrap()));

    assert_eq!(refused, InputError::NotWaiting(contact));
    assert_eq!(unknown, InputError::NotWaiting(contact));
}

#[test]
fn supervisor_is_told_when_the_last_who_could_take_it_leaves_while_it_rings_elsewhere() {
    let mut config = config(&["anna"]);
    config.operators[0] = desk("anna", &[("uk", 5)]);
    config.operators.push(desk("berta", &[]));
    let mut centre = Centre::staffed(config);
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let contact = centre.arrives_with(Class::Crisis, need("uk", 5));
    centre.give(given(contact, op("berta")));
    centre.look();

    centre.reached(op("anna"), Reachability::Unreachable);

    let told = |made: &Decision| matches!(made, Decision::Tell(Notice::NobodyThere { contact: id, .. }) if *id == contact);
    assert_eq!(centre.count(told), 1);
}

#[test]
fn given_contact_rings_at_the_one_who_was_named() {
    let mut centre = Centre::staffed(config(&["anna", "berta"]));
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    centre.give(given(contact, op("berta")));

    assert_eq!(centre.offers(), [offer(contact, "berta")]);
    centre.answers(contact, "berta");
}

#[test]
fn given_contact_rings_although_she_lacks_the_skill_and_rests_from_it() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives_with(Class::Crisis, need("ukrainian", 5));
    centre.look();

    centre.give(given(contact, op("anna")));
    let first = centre.offers();
    centre.misses(contact, "anna", Miss::Declined);
    centre.look();
    centre.give(given(contact, op("anna")));

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

    centre.give(given(contact, op("hana")));

    assert!(centre.offers().contains(&offer(contact, "hana")));
}

#[test]
fn nothing_is_given_to_who_is_busy_or_serves_another_queue() {
    let mut centre = Centre::staffed(two_queues());
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let second = centre.arrives(Class::Crisis);

    let busy = centre.refused(given(second, op("anna")));
    let elsewhere = centre.refused(given(second, op("berta")));

    assert_eq!(busy, InputError::NotFree(op("anna")));
    assert_eq!(
        elsewhere,
        InputError::NotServing {
            contact: second,
            operator: op("berta"),
        }
    );
}

/// Anna and Berta speak no Ukrainian, which the contact needs; it is given to Berta.
fn given_without_the_skill() -> (Centre, ContactId) {
    let mut centre = Centre::staffed(config(&["anna", "berta"]));
    let contact = centre.arrives_with(Class::Crisis, need("ukrainian", 5));
    centre.give(given(contact, op("berta")));
    assert_eq!(centre.offers(), [offer(contact, "berta")]);
    (centre, contact)
}

#[test]
fn a_contact_needs_what_it_needed_after_it_was_given_to_who_lacks_it() {
    let (mut centre, contact) = given_without_the_skill();

    centre.misses(contact, "berta", Miss::Declined);
    centre.wait(60);

    assert_eq!(centre.offers(), []);
    let required = centre.dispatcher.contact(contact).unwrap().required;
    assert_eq!(required, [(skill("ukrainian"), 5)]);
}

#[test]
fn a_contact_handed_back_after_it_was_given_goes_to_who_has_the_skill() {
    let mut config = config(&["anna", "berta"]);
    config.operators.push(desk("olha", &[("ukrainian", 9)]));
    let mut centre = Centre::staffed(config);
    let contact = centre.arrives_with(Class::Crisis, need("ukrainian", 5));
    centre.give(given(contact, op("berta")));
    centre.answers(contact, "berta");
    centre.look();

    centre.give(Fact::HandedBack {
        contact,
        cause: HandBack::Operator,
    });

    assert_eq!(centre.offers(), [offer(contact, "olha")]);
}

#[test]
fn what_is_given_rings_on_whatever_is_configured_or_needed_meanwhile() {
    let (mut centre, contact) = given_without_the_skill();

    centre.give(Fact::Configured(Arc::new(config(&["anna", "berta"]))));
    let needs = need("english", 5);
    centre.give(Fact::Needed { contact, needs });
    let snapshot = centre.dispatcher.snapshot();
    centre.dispatcher = Dispatcher::restore(snapshot.clone());
    assert_eq!(centre.dispatcher.snapshot(), snapshot);
    let needs = need("polish", 5);
    centre.give(Fact::Needed { contact, needs });

    let taken_back = |decision: &Decision| matches!(decision, Decision::Withdraw { .. });
    assert_eq!(centre.count(taken_back), 0);
    centre.answers(contact, "berta");
}

#[test]
fn a_person_at_home_to_whom_it_was_given_is_not_on_call_for_it_afterwards() {
    let mut config = config(&["anna"]);
    config.operators.extend([home("hana"), home("ida")]);
    let mut centre = Centre::staffed(config);
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let contact = centre.arrives(Class::Crisis);
    centre.give(given(contact, op("hana")));
    centre.look();

    centre.misses(contact, "hana", Miss::Declined);
    centre.wait(20);

    assert_eq!(centre.offers(), []);
}
