//! Draining: new calls get 503, running ones may end.

use simulation::{Act, CallEnd, CallStage, Caller, Centre, Manner, Power};
use sip::{Failure, Status};

use super::{open, seconds};

#[test]
fn new_calls_get_503_and_running_ones_may_end() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let running = world.call(Caller::from_number(1));
    world.run(seconds(5));

    world.drain_exchange();
    let refused = world.call(Caller::from_number(2));
    world.run(seconds(5));

    let unavailable = CallEnd::Failed(Failure::Status(Status::SERVICE_UNAVAILABLE));
    assert_eq!(world.call_of(refused).stage, CallStage::Over(unavailable));
    assert!(world.is_talking(running));
    assert_eq!(world.drained(), None);
    world.act(running, Act::HangUp);
    world.run(seconds(1));
    assert!(world.drained().is_some());
}

#[test]
fn who_waits_while_draining_is_still_answered() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(10)));
    let waiting = world.call(Caller::from_number(1));
    world.run(seconds(1));

    world.drain_exchange();
    world.run(seconds(11));

    let operator = world.only_call("eva");
    assert!(world.are_joined(waiting, operator));
}

#[test]
fn an_empty_exchange_is_drained_at_once() {
    let mut world = open(Centre::default());

    world.drain_exchange();

    assert_eq!(world.drained(), Some(world.now()));
}

#[test]
fn phone_that_never_says_a_word_is_not_waited_for() {
    let mut world = open(Centre::default());
    world.power("eva", Power::Off);
    let waiting = world.call(Caller::from_number(1));
    world.run(seconds(1));

    world.drain_exchange();
    world.act(waiting, Act::HangUp);
    world.run(seconds(3));
    let while_it_may_answer = world.drained();
    world.run(seconds(2));

    assert_eq!(while_it_may_answer, None);
    assert!(world.drained().is_some());
}
