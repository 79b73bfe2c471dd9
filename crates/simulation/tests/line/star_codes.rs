//! Star codes of an operator's phone.

use std::time::Duration;

use dispatch::{Intent, IntentCause, PauseCause};
use simulation::{Act, CallEnd, CallStage, Caller, Centre, Hears, Manner, Power, Sounds, World};
use sip::{Failure, Status};

use super::{open, seconds};

#[test]
fn ready_and_pause_are_confirmed_by_voice() {
    let mut world = open(Centre::default());

    let call = world.dial_from("eva", "*41");
    world.run(seconds(1));

    assert_eq!(
        world.hears(call),
        Some(Hears::Prompts(vec![Sounds::PAUSED], None))
    );
    let eva = world.operator("eva");
    assert!(matches!(eva.intent, Intent::Paused { .. }));
    assert_eq!(eva.intent_cause, IntentCause::Phone);
    let challenged = world
        .sent_to("eva")
        .any(|sent| sent.text.starts_with("SIP/2.0 401"));
    assert!(challenged);
    world.run(seconds(5));
    assert!(super::is_over(&world, call));
    world.run_until_quiet(seconds(60));
}

#[test]
fn a_paused_operator_is_not_offered_anything() {
    let mut world = open(Centre::default());
    world.dial_from("eva", "*41");
    world.run(seconds(6));

    world.call(Caller::from_number(1));
    world.run(seconds(20));

    assert_eq!(world.peer("eva").live_calls().count(), 0);
}

#[test]
fn a_wrap_up_can_be_made_longer() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.call(Caller {
        talks: Some(seconds(10)),
        ..Caller::from_number(1)
    });
    world.run(seconds(13));
    let before = world.operator("eva").wrap_up.unwrap();

    world.dial_from("eva", "*42");
    world.run(seconds(6));

    let after = world.operator("eva").wrap_up.unwrap();
    assert_eq!(after.since(before), seconds(300));
}

#[test]
fn an_operator_who_dials_is_offered_nothing_meanwhile() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);
    world.dial_from("eva", "*43");
    world.run(seconds(1));

    world.call(Caller::from_number(1));
    world.run(seconds(1));
    assert_eq!(world.peer("eva").live_calls().count(), 1);
    world.run(seconds(5));

    assert!(world.operator("eva").claim.is_some());
}

#[test]
fn there_is_no_free_dialling() {
    let mut world = open(Centre::default());

    for number in ["602000001", "112", "*99"] {
        let call = world.dial_from("eva", number);
        world.run(seconds(1));

        let forbidden = CallEnd::Failed(Failure::Status(Status::FORBIDDEN));
        assert_eq!(world.call_of(call).stage, CallStage::Over(forbidden));
    }
}

#[test]
fn who_hangs_up_during_the_confirmation_is_obeyed_all_the_same() {
    let mut world = open(Centre::default());

    let call = world.dial_from("eva", "*44");
    world.plan(call, seconds(1), Act::HangUp);
    world.run(seconds(2));

    assert_eq!(world.operator("eva").intent, Intent::Off);
    world.run_until_quiet(seconds(60));
}

#[test]
fn caller_who_is_handed_back_waits_on_and_is_offered_to_another() {
    let mut world = open(Centre {
        operators: vec!["eva", "jana"],
        strategy: dispatch::Strategy::OrderedList,
        ..Centre::default()
    });
    for phone in ["eva", "jana"] {
        world.peer(phone).set_manner(Manner::Answers(seconds(1)));
    }
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));
    let first = world.only_call("eva");
    assert!(world.are_joined(caller, first));

    let code = world.dial_from("eva", "*45");
    world.run(seconds(3));

    let heard = Some(Hears::Prompts(vec![Sounds::WRAP_UP], None));
    assert!(
        world
            .heard(code)
            .iter()
            .any(|(_, hears)| Some(hears.clone()) == heard)
    );
    assert_eq!(world.call_of(first).stage, CallStage::Over(CallEnd::Bye));
    let other = world.only_call("jana");
    assert!(world.are_joined(caller, other));
    assert!(world.operator("eva").wrap_up.is_some());
}

#[test]
fn caller_who_is_handed_back_hears_the_line_at_once_and_is_heard_by_nobody() {
    for power in [Power::On, Power::Off] {
        let mut world = open(Centre::default());
        world.peer("eva").set_manner(Manner::Answers(seconds(1)));
        let caller = world.call(Caller::from_number(1));
        world.run(seconds(5));
        let operator = world.only_call("eva");
        world.dial_from("eva", "*45");
        world.run(Duration::from_millis(200));
        // Her phone may be too broken to answer our BYE.
        world.power("eva", power);

        world.run(seconds(5));

        let hears = world.hears(caller);
        let line = matches!(hears, Some(Hears::Prompts(..) | Hears::Waiting(_)));
        assert!(line, "{power:?}: {hears:?}");
        assert!(!matches!(world.hears(operator), Some(Hears::Stream(_))));
        world.check_heard();
    }
}

#[test]
fn nothing_is_handed_back_by_who_talks_with_nobody() {
    let mut world = open(Centre::default());

    let code = world.dial_from("eva", "*45");
    world.run(seconds(1));

    let not_possible = Some(Hears::Prompts(vec![Sounds::NOT_POSSIBLE], None));
    assert_eq!(world.hears(code), not_possible);
}

/// Eva, whom the machine paused.
fn paused_eva() -> World {
    let mut centre = Centre {
        operators: vec!["eva", "jana"],
        strategy: dispatch::Strategy::OrderedList,
        ..Centre::default()
    };
    centre.rules.misses_before_pause = 1;
    let mut world = open(centre);
    let declines = Manner::Declines(seconds(1), Status::BUSY_HERE);
    world.peer("eva").set_manner(declines);
    world.peer("jana").set_manner(Manner::Answers(seconds(1)));
    world.call(Caller::from_number(1));
    world.run(seconds(5));
    assert_eq!(world.operator("eva").paused, Some(PauseCause::Misses(1)));
    world
}

#[test]
fn whom_the_machine_paused_hears_so_whatever_she_dials() {
    let mut world = paused_eva();

    let call = world.dial_from("eva", "602000001");
    world.run(seconds(1));

    let prompts = vec![Sounds::STATE, Sounds::PAUSED_AFTER_MISSES];
    assert_eq!(world.hears(call), Some(Hears::Prompts(prompts, None)));
    assert_eq!(world.operator("eva").paused, Some(PauseCause::Misses(1)));
}

#[test]
fn whom_the_machine_paused_hears_so_at_her_next_code() {
    let mut world = paused_eva();

    let code = world.dial_from("eva", "*40");
    world.run(seconds(1));

    let prompts = vec![Sounds::PAUSED_AFTER_MISSES, Sounds::READY];
    assert_eq!(world.hears(code), Some(Hears::Prompts(prompts, None)));
    assert_eq!(world.operator("eva").paused, None);
}

#[test]
fn phone_that_dials_without_end_takes_no_callers_port() {
    let mut world = open(Centre::default());
    for _ in 0..500 {
        world.dial_from("eva", "*43");
        world.run(Duration::from_millis(2));
    }

    let caller = world.call(Caller::from_number(1));
    world.run(Duration::from_millis(500));

    assert_eq!(world.call_of(caller).stage, CallStage::Ringing);
    world.run(seconds(20));
    world.dial_from("eva", "*41");
    world.run(seconds(1));
    assert!(matches!(
        world.operator("eva").intent,
        Intent::Paused { .. }
    ));
}

#[test]
fn code_that_follows_another_ends_its_confirmation() {
    let mut world = open(Centre::default());
    let first = world.dial_from("eva", "*41");
    world.run(seconds(1));

    let next = world.dial_from("eva", "*40");
    world.run(Duration::from_millis(500));

    assert_eq!(world.call_of(first).stage, CallStage::Over(CallEnd::Bye));
    let ready = Some(Hears::Prompts(vec![Sounds::READY], None));
    assert_eq!(world.hears(next), ready);
    assert_eq!(world.operator("eva").intent, Intent::Ready);
}

/// What the phone of an operator hears when she dials a code.
fn hears(world: &mut World, code: &str) -> Vec<media::SoundId> {
    let call = world.dial_from("eva", code);
    world.run(seconds(1));
    let heard = world.heard(call);
    let prompts = heard.into_iter().find_map(|(_, hears)| match hears {
        Hears::Prompts(prompts, _) => Some(prompts),
        Hears::Silence | Hears::Waiting(_) | Hears::Stream(_) | Hears::Closed => None,
    });
    world.run(seconds(5));
    prompts.unwrap_or_default()
}

#[test]
fn who_paused_during_her_wrap_up_hears_that_she_is_on_a_pause() {
    let mut world = open(Centre {
        wrap_up: (seconds(300), seconds(300)),
        ..Centre::default()
    });
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    world.call(Caller {
        talks: Some(seconds(10)),
        ..Caller::from_number(1)
    });
    world.run(seconds(15));
    assert!(world.operator("eva").wrap_up.is_some());

    let before = hears(&mut world, "*43");
    hears(&mut world, "*41");
    let on_a_pause = hears(&mut world, "*43");
    hears(&mut world, "*44");
    let off = hears(&mut world, "*43");
    let back = hears(&mut world, "*40");

    assert_eq!(before, [Sounds::STATE, Sounds::WRAP_UP]);
    assert_eq!(on_a_pause, [Sounds::STATE, Sounds::PAUSED]);
    assert_eq!(off, [Sounds::STATE, Sounds::OFF]);
    assert_eq!(back, [Sounds::WRAP_UP]);
}

#[test]
fn whom_nothing_would_ring_hears_so() {
    let mut world = open(Centre::default());
    let mut settings = Centre::default().settings();
    settings.dispatch.operators[0].queues.clear();
    world.reload(settings);

    let ready = hears(&mut world, "*40");
    let state = hears(&mut world, "*43");

    assert_eq!(ready, [Sounds::UNASSIGNED]);
    assert_eq!(state, [Sounds::STATE, Sounds::UNASSIGNED]);
}

#[test]
fn longer_wrap_up_is_asked_for_in_the_call_already() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(5));

    let longer = hears(&mut world, "*42");
    let state = hears(&mut world, "*43");
    world.act(caller, Act::HangUp);
    world.run(seconds(2));

    assert_eq!(longer, [Sounds::WRAP_UP_LONGER]);
    assert_eq!(state, [Sounds::STATE, Sounds::IN_CALL]);
    let until = world.operator("eva").wrap_up.unwrap();
    let now = world.state().dispatcher().now();
    assert!(until.since(now) > seconds(300));
    world.run_until_quiet(seconds(60));
}
