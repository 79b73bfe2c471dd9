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
fn telephone_at_home_is_called_off_when_its_owner_sits_at_a_desk_from_now_on() {
    let config = at_once(Strategy::LongestIdle, Vec::new());
    let mut centre = night(config.clone());
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);
    let mut config = config;
    config.queues[0].timelines = vec![timeline(Class::Crisis, vec![step(0, on_call(&["hana"]))])];
    let mut operators = config.operators.iter_mut();
    operators
        .find(|person| person.id == op("eva"))
        .unwrap()
        .place = Place::Desk;

    centre.give(Fact::Configured(config.into()));

    assert!(centre.has(&withdrawn(contact, "eva", Withdrawal::NoLongerFits)));
    assert_eq!(centre.offers(), [offer(contact, "hana")]);
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

/// Three people at home, called by a step in another order than they stand in.
fn three_at_home(strategy: Strategy) -> Centre {
    let mut config = config(&["anna", "bara"]);
    config
        .operators
        .extend([home("hana"), home("eva"), home("ivana")]);
    config.queues[0].strategy = strategy;
    let steps = vec![step(0, on_call(&["eva", "hana", "ivana"]))];
    config.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    night(config)
}

const ONE_AFTER_ANOTHER: [Strategy; 5] = [
    Strategy::LongestIdle,
    Strategy::OrderedList,
    Strategy::RoundRobin,
    Strategy::FewestCalls,
    Strategy::LeastTalkTime,
];

#[test]
fn each_caller_rings_first_whom_the_step_names_first() {
    for strategy in ONE_AFTER_ANOTHER {
        let mut centre = three_at_home(strategy);
        for _ in 0..3 {
            let contact = centre.arrives(Class::Crisis);
            assert_eq!(centre.offers(), [offer(contact, "eva")], "{strategy:?}");
            centre.misses(contact, "eva", Miss::Declined);
            assert_eq!(centre.offers(), [offer(contact, "hana")], "{strategy:?}");
            centre.give(Fact::Ended {
                contact,
                cause: EndCause::Caller,
            });
            centre.wait(12);
        }
    }
}

#[test]
fn after_who_missed_it_rings_whom_the_step_names_next_and_then_the_first_again() {
    for strategy in ONE_AFTER_ANOTHER {
        let mut centre = three_at_home(strategy);
        let contact = centre.arrives(Class::Crisis);
        centre.misses(contact, "eva", Miss::Declined);
        // Hers rings out after the rest of eva.
        centre.wait(30);
        centre.misses(contact, "ivana", Miss::Ours);

        let turn = ["eva", "hana", "ivana", "eva"].map(|person| offer(contact, person));
        assert_eq!(centre.offers(), turn, "{strategy:?}");
    }
}

#[test]
fn a_restored_dispatcher_knows_whose_turn_it_is() {
    let mut centre = three_at_home(Strategy::LongestIdle);
    let contact = centre.arrives(Class::Crisis);
    centre.misses(contact, "eva", Miss::Declined);
    centre.look();

    let snapshot = centre.dispatcher.snapshot();
    centre.dispatcher = Dispatcher::restore(snapshot.clone());
    assert_eq!(centre.dispatcher.snapshot(), snapshot);
    centre.wait(30);

    assert_eq!(centre.offers(), [offer(contact, "ivana")]);
}

#[test]
fn a_telephone_at_home_does_not_turn_the_desks() {
    let mut centre = three_at_home(Strategy::RoundRobin);
    let ends = |contact| Fact::Ended {
        contact,
        cause: EndCause::Caller,
    };
    centre.intends("anna", Intent::Ready);
    let first = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(first, "anna")]);
    centre.give(ends(first));
    centre.intends("anna", Intent::Off);
    let at_night = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(at_night, "eva")]);
    centre.give(ends(at_night));
    centre.intends("anna", Intent::Ready);
    centre.intends("bara", Intent::Ready);

    let next = centre.arrives(Class::Crisis);

    assert_eq!(centre.offers(), [offer(next, "bara")]);
}

/// The times of eva and of hana, in seconds of ringing and of waiting for the 1.
fn with_times(eva: (u64, u64), hana: (u64, u64)) -> Centre {
    let mut config = at_once(Strategy::LongestIdle, Vec::new());
    for (operator, (ring, confirm)) in config.operators.iter_mut().skip(2).zip([eva, hana]) {
        operator.at_home = HomeTimes {
            ring: secs(ring),
            confirm: secs(confirm),
        };
    }
    night(config)
}

#[test]
fn each_telephone_at_home_rings_for_its_own_time() {
    let mut centre = with_times((5, 5), (60, 15));
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "eva")]);

    centre.wait(4);
    assert_eq!(centre.offers(), []);
    centre.wait(1);
    assert!(centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
    assert_eq!(centre.offers(), [offer(contact, "hana")]);

    centre.wait(59);
    assert!(!centre.has(&withdrawn(contact, "hana", Withdrawal::RangOut)));
    centre.wait(1);

    assert!(centre.has(&withdrawn(contact, "hana", Withdrawal::RangOut)));
}

#[test]
fn who_picks_up_at_the_last_moment_has_all_her_time_to_press_one() {
    let mut centre = with_times((25, 15), (60, 15));
    let contact = centre.arrives(Class::Crisis);
    centre.wait(24);

    centre.picks_up(contact, "eva");
    centre.wait(14);
    assert!(!centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
    let leg = centre.answers(contact, "eva");

    let bridge = Decision::Bridge {
        contact,
        operator: op("eva"),
        leg,
    };
    assert!(centre.has(&bridge));
}

#[test]
fn who_picks_up_at_once_and_presses_nothing_keeps_the_caller_no_longer_than_that() {
    let mut centre = with_times((60, 5), (60, 15));
    let contact = centre.arrives(Class::Crisis);
    centre.wait(1);

    centre.picks_up(contact, "eva");
    centre.wait(5);

    assert!(centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
    assert!(centre.offers().contains(&offer(contact, "hana")));
}

#[test]
fn only_whose_telephone_rings_at_home_picks_up() {
    let mut centre = with_times((25, 15), (25, 15));
    let contact = centre.arrives(Class::Crisis);
    centre.intends("anna", Intent::Ready);
    let picked_up = |name| Fact::PickedUp {
        contact,
        operator: op(name),
    };

    let (operator, contact_of) = (op("hana"), contact);
    let not_offered = InputError::NotOffered {
        contact: contact_of,
        operator,
    };
    assert_eq!(centre.refused(picked_up("hana")), not_offered);
    let at_desk = InputError::NotAtHome(op("anna"));
    assert_eq!(centre.refused(picked_up("anna")), at_desk);
}

#[test]
fn a_restored_dispatcher_keeps_the_time_to_press_one() {
    let mut centre = with_times((25, 15), (60, 15));
    let contact = centre.arrives(Class::Crisis);
    centre.wait(24);
    centre.picks_up(contact, "eva");

    centre.dispatcher = Dispatcher::restore(centre.dispatcher.snapshot());
    centre.wait(14);
    assert!(!centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
    centre.wait(1);

    assert!(centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
}

#[test]
fn a_caller_who_says_that_she_cannot_speak_waits_no_longer_for_the_next_person_at_home() {
    let mut centre = with_times((25, 15), (25, 15));
    let contact = centre.arrives(Class::Crisis);
    centre.wait(24);

    centre.give(Fact::Classed {
        contact,
        class: Class::Crisis,
        cause: Cause::Caller,
    });
    centre.wait(1);

    assert!(centre.has(&withdrawn(contact, "eva", Withdrawal::RangOut)));
    assert!(centre.offers().contains(&offer(contact, "hana")));
}
