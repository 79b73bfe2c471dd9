//! Misses are counted apart, pairs rest, and the last operator is never paused.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

#[test]
fn the_pair_rests_five_seconds_after_no_answer_and_ten_after_declining() {
    for (miss, rest) in [(Miss::NoAnswer, 5), (Miss::Declined, 10)] {
        let mut centre = Centre::staffed(config(&["anna"]));
        let contact = centre.arrives(Class::Crisis);
        centre.misses(contact, "anna", miss);
        centre.look();

        centre.wait(rest - 1);
        assert_eq!(centre.offers(), []);
        centre.wait(1);

        assert_eq!(centre.offers(), [offer(contact, "anna")]);
    }
}

#[test]
fn an_offer_that_never_rang_for_want_of_ours_is_nobodys_miss() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    centre.intends("bara", Intent::Off);
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    for _ in 0..10 {
        centre.misses(contact, "anna", Miss::Ours);
        centre.look();
        centre.wait(4);
        assert_eq!(centre.offers(), []);
        centre.wait(1);
        assert_eq!(centre.offers(), [offer(contact, "anna")]);
    }

    let anna = centre.dispatcher.operator(op("anna")).unwrap();
    assert_eq!((anna.paused, anna.misses), (None, Misses::default()));
}

#[test]
fn another_contact_may_be_offered_while_the_pair_rests() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let first = centre.arrives(Class::Crisis);
    let second = centre.arrives(Class::Crisis);
    centre.look();

    centre.misses(first, "anna", Miss::Declined);

    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

#[test]
fn an_unreachable_phone_rests_until_it_is_proven_and_at_least_ten_seconds() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    centre.intends("bara", Intent::Off);
    let contact = centre.arrives(Class::Crisis);
    centre.misses(contact, "anna", Miss::Unreachable);
    centre.look();

    centre.wait(60);
    assert_eq!(centre.offers(), []);
    centre.reached(op("anna"), Reachability::Reachable);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);
    centre.misses(contact, "anna", Miss::Unreachable);
    centre.reached(op("anna"), Reachability::Reachable);
    centre.look();
    centre.wait(9);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn after_so_many_misses_she_is_paused_told_so_and_can_undo_it() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    for _ in 0..3 {
        let contact = centre.arrives(Class::Crisis);
        if let Some((_, operator)) = centre
            .offers()
            .into_iter()
            .find(|(_, operator)| operator == "bara")
        {
            centre.answers(contact, &operator);
        }
    }
    let misses = [1, 2, 3].map(|n| (id(n), "anna"));
    for (contact, operator) in misses {
        if centre
            .dispatcher
            .operator(op("anna"))
            .unwrap()
            .claim
            .is_some_and(|(claimed, _)| claimed == contact)
        {
            centre.misses(contact, operator, Miss::Declined);
        }
    }
    while centre
        .dispatcher
        .operator(op("anna"))
        .unwrap()
        .paused
        .is_none()
    {
        centre.wait(1);
        if let Some((contact, _)) = centre.dispatcher.operator(op("anna")).unwrap().claim {
            centre.misses(contact, "anna", Miss::Declined);
        }
    }
    assert!(centre.has(&Decision::Paused {
        operator: op("anna"),
        cause: PauseCause::Misses(3)
    }));
    centre.look();

    centre.intends("anna", Intent::Ready);
    centre.wait(10);

    assert!(
        centre
            .offers()
            .iter()
            .any(|(_, operator)| operator == "anna")
    );
}

#[test]
fn the_last_reachable_operator_is_never_paused_and_the_supervisor_is_told() {
    let mut centre = Centre::staffed(config(&["anna", "bara"]));
    centre.intends("bara", Intent::Off);
    let contact = centre.arrives(Class::Crisis);

    for _ in 0..3 {
        centre.wait(10);
        centre.misses(contact, "anna", Miss::Declined);
    }

    assert!(centre.has(&Decision::Tell(Notice::LastOperatorMisses {
        operator: op("anna"),
        misses: 3
    })));
    assert_eq!(centre.dispatcher.operator(op("anna")).unwrap().paused, None);
}

#[test]
fn misses_of_people_at_home_are_told_at_the_limit_and_whenever_they_have_doubled() {
    let mut config = config(&[]);
    config.operators.extend([home("eva"), home("hana")]);
    let steps = vec![step(0, on_call(&["eva", "hana"]))];
    config.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    let mut centre = Centre::staffed(config);
    let contact = centre.arrives(Class::Crisis);
    let miss = |centre: &mut Centre| {
        for name in ["eva", "hana"] {
            while centre
                .dispatcher
                .operator(op(name))
                .unwrap()
                .claim
                .is_none()
            {
                centre.wait(1);
            }
            centre.misses(contact, name, Miss::Declined);
        }
    };
    let told = |name, misses| {
        Decision::Tell(Notice::OnCallMisses {
            operator: op(name),
            misses,
        })
    };
    let tells = |decision: &Decision| matches!(decision, Decision::Tell(_));

    (0..15).for_each(|_| miss(&mut centre));

    for name in ["eva", "hana"] {
        for misses in [3, 6, 12] {
            assert!(centre.has(&told(name, misses)), "{name} {misses}");
        }
    }
    assert_eq!(centre.count(tells), 6);
}

#[test]
fn a_phone_that_says_busy_for_ever_is_no_hot_loop_even_with_many_waiting() {
    for limit in [0, 3] {
        let mut config = config(&["anna"]);
        config.rules.misses_before_pause = limit;
        let mut centre = Centre::staffed(config);
        for _ in 0..200 {
            centre.arrives(Class::Crisis);
        }
        let end = centre.now + secs(600);

        while centre.now < end {
            match centre.dispatcher.operator(op("anna")).unwrap().claim {
                Some((contact, _)) => centre.misses(contact, "anna", Miss::Declined),
                None => centre.wait(1),
            }
        }

        let offers = centre.offers().len();
        assert!(
            (50..=70).contains(&offers),
            "{offers} offers in ten minutes"
        );
    }
}
