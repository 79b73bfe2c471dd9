//! Each strategy chooses as its name says.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn with(strategy: Strategy) -> Centre {
    let mut config = config(&["anna", "bara", "cilka"]);
    config.queues[0].strategy = strategy;
    config.queues[0].wrap_up = secs(0);
    Centre::staffed(config)
}

/// Answers and ends a call after so many seconds.
fn call(centre: &mut Centre, seconds: u64) -> String {
    centre.look();
    let contact = centre.arrives(Class::Crisis);
    let (_, operator) = centre.offers().remove(0);
    centre.answers(contact, &operator);
    centre.wait(seconds);
    centre.give(Fact::Ended {
        contact,
        cause: EndCause::Caller,
    });
    operator
}

#[test]
fn longest_idle() {
    let mut centre = with(Strategy::LongestIdle);

    let order: Vec<_> = (0..4).map(|_| call(&mut centre, 5)).collect();

    assert_eq!(order, ["anna", "bara", "cilka", "anna"]);
}

#[test]
fn ordered_list() {
    let mut centre = with(Strategy::OrderedList);

    let order: Vec<_> = (0..3).map(|_| call(&mut centre, 5)).collect();

    assert_eq!(order, ["anna", "anna", "anna"]);
}

#[test]
fn round_robin_remembers_who_was_last() {
    let mut centre = with(Strategy::RoundRobin);
    let order: Vec<_> = (0..2).map(|_| call(&mut centre, 5)).collect();
    assert_eq!(order, ["anna", "bara"]);

    centre.dispatcher = Dispatcher::restore(centre.dispatcher.snapshot());

    let order: Vec<_> = (0..2).map(|_| call(&mut centre, 5)).collect();
    assert_eq!(order, ["cilka", "anna"]);
}

#[test]
fn fewest_calls_since_she_became_ready() {
    let mut centre = with(Strategy::FewestCalls);
    let order: Vec<_> = (0..3).map(|_| call(&mut centre, 5)).collect();
    assert_eq!(order, ["anna", "bara", "cilka"]);

    centre.intends("bara", Intent::Off);
    centre.intends("bara", Intent::Ready);

    assert_eq!(call(&mut centre, 5), "bara");
}

#[test]
fn least_talk_time() {
    let mut centre = with(Strategy::LeastTalkTime);

    let order: Vec<_> = [50, 10, 30, 5, 50]
        .map(|seconds| call(&mut centre, seconds))
        .into();

    assert_eq!(order, ["anna", "bara", "cilka", "bara", "bara"]);
}

#[test]
fn ring_all_has_one_winner() {
    let mut centre = with(Strategy::RingAll);
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(
        centre.offers(),
        [
            offer(contact, "anna"),
            offer(contact, "bara"),
            offer(contact, "cilka")
        ]
    );

    let leg = centre.answers(contact, "bara");
    let late = centre.answers(contact, "cilka");

    let elsewhere = |operator| Decision::Withdraw {
        contact,
        operator: op(operator),
        cause: Withdrawal::AnsweredElsewhere,
    };
    assert_eq!(
        centre.look(),
        [
            elsewhere("anna"),
            elsewhere("cilka"),
            Decision::Bridge {
                contact,
                operator: op("bara"),
                leg
            },
            Decision::HangUp { leg: late },
        ]
    );
}

#[test]
fn ring_progressively_adds_one_each_interval() {
    let mut centre = with(Strategy::RingProgressively { interval: secs(5) });
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.wait(5);
    assert_eq!(centre.offers(), [offer(contact, "bara")]);
    centre.wait(5);

    assert_eq!(centre.offers(), [offer(contact, "cilka")]);
    assert_eq!(
        centre.count(|decision| matches!(decision, Decision::Withdraw { .. })),
        0
    );
}
