//! A telephone at home keeps no desk from the caller, and people at home are rung one after another.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

/// Two operators at desks, and two people at home who are on call from the start.
fn at_once(strategy: Strategy, steps: Vec<Step>) -> Config {
    let mut config = config(&["anna", "bara"]);
    config.operators.extend([home("eva"), home("hana")]);
    config.queues[0].strategy = strategy;
    let steps = [vec![step(0, on_call(&["eva", "hana"]))], steps].concat();
    config.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    config
}

/// A night in which nobody at the desk is ready.
fn night(config: Config) -> Centre {
    let mut centre = Centre::staffed(config);
    centre.intends("anna", Intent::Off);
    centre.intends("bara", Intent::Off);
    centre
}

fn withdrawn(contact: ContactId, operator: &str, cause: Withdrawal) -> Decision {
    Decision::Withdraw {
        contact,
        operator: op(operator),
        cause,
    }
}

#[test]
fn a_desk_operator_who_becomes_ready_is_offered_the_caller_for_whom_a_mobile_rings() {
    let mut centre = night(at_once(Strategy::LongestIdle, Vec::new()));
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);

    centre.intends("anna", Intent::Ready);
    centre.intends("bara", Intent::Ready);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn nobody_at_home_is_rung_while_a_desk_rings() {
    let mut centre = night(at_once(Strategy::OrderedList, Vec::new()));
    centre.intends("anna", Intent::Ready);

    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);
    centre.misses(contact, "anna", Miss::Declined);

    assert_eq!(centre.offers(), [offer(contact, "eva")]);
}

#[test]
fn nobody_at_home_is_woken_while_a_desk_is_free_whatever_the_strategy() {
    for strategy in [
        Strategy::LongestIdle,
        Strategy::FewestCalls,
        Strategy::LeastTalkTime,
        Strategy::RoundRobin,
        Strategy::OrderedList,
    ] {
        let mut config = at_once(strategy, Vec::new());
        // Listed first, and idle the longest.
        config.operators.rotate_left(2);
        let mut centre = night(config);
        centre.wait(60);
        centre.intends("anna", Intent::Ready);

        let contact = centre.arrives(Class::Crisis);

        assert_eq!(centre.offers(), [offer(contact, "anna")], "{strategy:?}");
    }
}

#[test]
fn the_mobile_stops_ringing_when_the_desk_answers() {
    let mut centre = night(at_once(Strategy::LongestIdle, Vec::new()));
    let contact = centre.arrives(Class::Crisis);
    centre.intends("anna", Intent::Ready);
    centre.look();

    let leg = centre.answers(contact, "anna");

    let bridge = Decision::Bridge {
        contact,
        operator: op("anna"),
        leg,
    };
    let stops = withdrawn(contact, "eva", Withdrawal::AnsweredElsewhere);
    assert_eq!(centre.look(), [stops, bridge]);
}

#[test]
fn the_desk_stops_ringing_when_the_mobile_answers() {
    let mut centre = night(at_once(Strategy::LongestIdle, Vec::new()));
    let contact = centre.arrives(Class::Crisis);
    centre.intends("anna", Intent::Ready);
    centre.look();

    let leg = centre.answers(contact, "eva");

    let bridge = Decision::Bridge {
        contact,
        operator: op("eva"),
        leg,
    };
    let stops = withdrawn(contact, "anna", Withdrawal::AnsweredElsewhere);
    assert_eq!(centre.look(), [stops, bridge]);
}

#[test]
fn people_at_home_are_rung_one_after_another() {
    let second = vec![step(5, Action::SecondOperator)];
    let mut centre = night(at_once(Strategy::LongestIdle, second));
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);

    centre.wait(29);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert!(centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
    assert_eq!(centre.offers(), [offer(contact, "hana")]);
}

#[test]
fn ringing_progressively_adds_desks_and_one_home() {
    let interval = secs(5);
    let mut centre = night(at_once(
        Strategy::RingProgressively { interval },
        Vec::new(),
    ));
    let contact = centre.arrives(Class::Crisis);

    centre.wait(15);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);
    centre.intends("anna", Intent::Ready);
    centre.intends("bara", Intent::Ready);

    assert_eq!(
        centre.offers(),
        [offer(contact, "anna"), offer(contact, "bara")]
    );
}

#[test]
fn ringing_all_rings_every_home() {
    let mut centre = night(at_once(Strategy::RingAll, Vec::new()));

    let contact = centre.arrives(Class::Crisis);

    assert_eq!(
        centre.offers(),
        [offer(contact, "eva"), offer(contact, "hana")]
    );
}

#[test]
fn nothing_climbs_because_a_mobile_rings() {
    let steps = vec![step(100, Action::TellSupervisor)];
    let mut centre = night(at_once(Strategy::LongestIdle, steps));
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);

    centre.intends("anna", Intent::Ready);
    centre.intends("anna", Intent::Off);
    centre.wait(29);

    let climbed = |decision: &Decision| matches!(decision, Decision::Climbed { .. });
    assert_eq!(centre.count(climbed), 0);
}

#[test]
fn a_restored_dispatcher_offers_the_desk_what_rings_at_home() {
    let mut centre = night(at_once(Strategy::LongestIdle, Vec::new()));
    let contact = centre.arrives(Class::Crisis);
    centre.look();

    let snapshot = centre.dispatcher.snapshot();
    centre.dispatcher = Dispatcher::restore(snapshot.clone());
    assert_eq!(centre.dispatcher.snapshot(), snapshot);
    centre.intends("anna", Intent::Ready);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}
