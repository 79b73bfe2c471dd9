//! One status of an operator, with its time: nobody is shown as free or there whom nothing would ring.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm
)]

mod centre;
mod world;

use centre::*;
use dispatch::*;
use world::{CLASSES, World, drain};

fn status(centre: &Centre, name: &str) -> Status {
    centre.dispatcher.operator(op(name)).unwrap().status
}

fn presence(centre: &Centre, name: &str) -> Presence {
    centre.dispatcher.operator(op(name)).unwrap().presence
}

/// Two operators, of whom the machine has paused the first.
fn paused_by_machine() -> Centre {
    let mut config = config(&["anna", "bara"]);
    config.rules.misses_before_pause = 1;
    let mut centre = Centre::staffed(config);
    let contact = centre.arrives(Class::Crisis);
    centre.misses(contact, "anna", Miss::NoAnswer);
    centre
}

#[test]
fn whom_the_machine_paused_is_neither_free_nor_there() {
    let mut centre = paused_by_machine();
    let since = centre.now;

    centre.wait(30);

    assert_eq!(
        status(&centre, "anna"),
        Status::PausedByMachine {
            cause: PauseCause::Misses(1),
            since
        }
    );
    assert_eq!(presence(&centre, "anna"), Presence::Away);
    assert_eq!(presence(&centre, "bara"), Presence::There);
}

#[test]
fn whose_phone_is_dead_is_neither_free_nor_there() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let since = centre.now;

    centre.reached(op("anna"), Reachability::Unreachable);
    centre.wait(30);

    assert_eq!(status(&centre, "anna"), Status::Unreachable { since });
    assert_eq!(presence(&centre, "anna"), Presence::Away);
}

#[test]
fn who_wraps_up_is_there_and_not_free() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    centre.answers(contact, "anna");
    centre.wait(40);
    let ended = centre.now;

    centre.give(Input::Ended {
        contact,
        cause: EndCause::Caller,
    });

    let until = ended + secs(60);
    assert_eq!(status(&centre, "anna"), Status::WrapUp { until });
    assert_eq!(presence(&centre, "anna"), Presence::There);
    centre.wait(60);
    assert_eq!(status(&centre, "anna"), Status::Free { since: until });
}

#[test]
fn a_pause_keeps_its_time_while_only_its_end_changes() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let since = centre.now;
    let pause = |reason: &str, back_at| Intent::Paused {
        reason: Key::parse(reason).unwrap(),
        back_at,
    };
    centre.intends("anna", pause("meal", None));
    centre.wait(60);

    let back_at = Some(centre.now + secs(600));
    centre.intends("anna", pause("meal", back_at));
    let longer = status(&centre, "anna");
    centre.intends("anna", pause("training", None));

    let reason = Key::parse("meal").unwrap();
    assert_eq!(
        longer,
        Status::Paused {
            reason,
            since,
            back_at
        }
    );
    let Status::Paused { since: anew, .. } = status(&centre, "anna") else {
        panic!("she is paused");
    };
    assert_eq!(anew, since + secs(60));
}

#[test]
fn a_call_is_told_before_the_pause_that_follows_it() {
    let mut centre = Centre::staffed(config(&["anna"]));
    let contact = centre.arrives(Class::Crisis);
    let ringing = status(&centre, "anna");
    centre.answers(contact, "anna");
    let since = centre.now;

    centre.intends("anna", Intent::Off);

    assert!(matches!(ringing, Status::Ringing { .. }), "{ringing:?}");
    assert_eq!(status(&centre, "anna"), Status::Talking { contact, since });
    assert_eq!(presence(&centre, "anna"), Presence::Away);
}

#[test]
fn who_serves_no_queue_is_neither_free_nor_there() {
    let mut config = config(&["anna", "bara"]);
    config.operators[0].queues.clear();
    config.operators.push(Operator {
        queues: Vec::new(),
        ..home("cilka")
    });
    let centre = Centre::staffed(config);

    for name in ["anna", "cilka"] {
        assert!(matches!(status(&centre, name), Status::Unassigned { .. }));
        assert_eq!(presence(&centre, name), Presence::Away);
    }
    assert_eq!(presence(&centre, "bara"), Presence::There);
}

#[test]
fn phones_are_unproven_after_a_restart_and_people_at_home_on_call() {
    let mut config = config(&["anna"]);
    config.operators.push(home("bara"));
    let mut centre = Centre::staffed(config);
    centre.wait(30);
    let since = centre.now;

    centre.give(Input::Restarted);

    assert_eq!(status(&centre, "anna"), Status::Unproven { since });
    assert!(matches!(status(&centre, "bara"), Status::OnCall { .. }));
}

/// What an operator is told to be when everybody else has left, and what a contact of each class does then.
fn judge(dispatcher: &Dispatcher, now: Moment, judged: OperatorId) -> Result<(), String> {
    let mut alone = dispatcher.clone();
    for other in alone.operators() {
        if other.id != judged {
            let gone = Input::Intends {
                operator: other.id,
                intent: Intent::Off,
            };
            alone.handle_input(now, gone).unwrap();
        }
    }
    drain(&mut alone);
    let Some(before) = alone.operator(judged) else {
        return Ok(());
    };
    let queues = alone.queues_of(judged).to_vec();
    let lines = alone.config().lines.clone();
    for line in lines.iter().filter(|line| queues.contains(&line.queue)) {
        for class in CLASSES {
            arrive(alone.clone(), now, &before, (line, class))
                .map_err(|wrong| format!("{wrong}: {before:?}, {class:?} at {line:?}"))?;
        }
    }
    Ok(())
}

fn arrive(
    mut dispatcher: Dispatcher,
    now: Moment,
    before: &OperatorView,
    (line, class): (&Line, Class),
) -> Result<(), &'static str> {
    let contact = ContactId(Seq(1_000_000));
    let arrived = Input::Arrived {
        contact,
        leg: LegId { start: 99, n: 1 },
        line: line.id,
        class,
        needs: nothing(),
        standing: Standing::Arrival,
    };
    dispatcher.handle_input(now, arrived).unwrap();
    let rings = dispatcher.operator(before.id).unwrap().claim.is_some();
    let timelines = &queue_of(&dispatcher, line).timelines;
    let calls_home = timelines.iter().any(|timeline| {
        let mut steps = timeline.steps.iter();
        timeline.class == class && steps.any(|step| step.action.calls(before.id))
    });
    match before.status {
        // A reserve may keep her for something more urgent, and nothing is more urgent than an alarm.
        Status::Free { .. } if !rings && class == Class::Alarm => {
            return Err("free, and not rung");
        }
        Status::OnCall { .. } if calls_home && !comes_to(&mut dispatcher, before.id) => {
            return Err("on call, and not rung");
        }
        Status::Free { .. } | Status::OnCall { .. } | Status::Ringing { .. } => {}
        _ if rings => return Err("rung, although the status says she would not be"),
        _ => {}
    }
    let nobody = dispatcher.why(contact).unwrap().contains(&Why::NobodyThere);
    match (before.place, before.presence) {
        (Place::Desk, Presence::There) if nobody => Err("there, and yet nobody is"),
        (Place::Desk, Presence::Away) if !nobody => Err("away, and yet somebody is there"),
        (Place::Desk | Place::Home, _) => Ok(()),
    }
}

/// Whether somebody at home is rung within two minutes, when nobody else takes anything.
fn comes_to(dispatcher: &mut Dispatcher, person: OperatorId) -> bool {
    let end = dispatcher.now() + secs(120);
    loop {
        if dispatcher.operator(person).unwrap().claim.is_some() {
            return true;
        }
        let due = dispatcher.poll_timeout().filter(|due| *due <= end);
        let Some(due) = due else { return false };
        dispatcher.handle_input(due, Input::Timeout).unwrap();
    }
}

fn queue_of<'a>(dispatcher: &'a Dispatcher, line: &Line) -> &'a Queue {
    let mut queues = dispatcher.config().queues.iter();
    queues.find(|queue| queue.id == line.queue).unwrap()
}

/// A random day, at whose steps everybody's status is put to the test.
fn run(seed: u64) -> Result<(), String> {
    let mut world = World::new(seed);
    let mut dispatcher = Dispatcher::new();
    let mut next = (world.now, world.configured());
    for step in 0..300 {
        let (now, input) = next;
        if dispatcher.handle_input(now, input.clone()).is_ok() {
            let decisions = drain(&mut dispatcher);
            world.note(&input, &decisions);
        }
        if step % 10 == 0 {
            for operator in dispatcher.operators() {
                judge(&dispatcher, world.now, operator.id)
                    .map_err(|wrong| format!("seed {seed}, step {step}: {wrong}"))?;
            }
        }
        next = world.next(dispatcher.poll_timeout());
    }
    Ok(())
}

#[test]
fn on_random_days_exactly_those_are_free_whom_a_contact_rings() {
    for seed in 0..60 {
        assert_eq!(run(seed), Ok(()));
    }
}
