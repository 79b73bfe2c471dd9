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
fn status_between_calls_is_that_of_the_intent_that_is_asked_for() {
    let mut centre = paused_by_machine();
    let leg = centre.leg();
    centre.give(Fact::Engaged {
        operator: op("anna"),
        leg,
    });
    let between = |intent| centre.dispatcher.status_between_calls(op("anna"), intent);

    let own = between(None);
    let ready = between(Some(Intent::Ready));

    assert!(matches!(own, Some(Status::PausedByMachine { .. })));
    assert!(matches!(ready, Some(Status::Free { .. })));
    assert!(matches!(status(&centre, "anna"), Status::Engaged { .. }));
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

    centre.give(Fact::Ended {
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

/// Anna can do nothing that the line asks for, and Bara can.
fn a_line_that_asks_for_czech() -> Config {
    let mut config = config(&["anna"]);
    config.operators.push(desk("bara", &[("cs", 5)]));
    config.lines[0].needs = need("cs", 1);
    config
}

#[test]
fn who_can_do_nothing_that_a_line_asks_for_is_neither_free_nor_there() {
    let centre = Centre::staffed(a_line_that_asks_for_czech());

    assert!(matches!(status(&centre, "anna"), Status::Unassigned { .. }));
    assert_eq!(presence(&centre, "anna"), Presence::Away);
    assert!(matches!(status(&centre, "bara"), Status::Free { .. }));
    assert_eq!(presence(&centre, "bara"), Presence::There);
}

#[test]
fn who_is_in_a_queue_that_no_line_leads_to_is_neither_free_nor_there() {
    let mut config = config(&["anna", "bara"]);
    let other = QueueId::parse("other").unwrap();
    config.queues.push(Queue {
        id: other,
        ..config.queues[0].clone()
    });
    config.operators[0].queues = vec![other];
    let centre = Centre::staffed(config);

    assert!(matches!(status(&centre, "anna"), Status::Unassigned { .. }));
    assert_eq!(presence(&centre, "anna"), Presence::Away);
}

#[test]
fn who_is_rung_once_a_need_relaxed_or_a_caller_chose_or_a_step_widened_is_free() {
    let mut relaxes = a_line_that_asks_for_czech();
    relaxes.queues[0].relaxations = vec![relaxation("cs", 60, 0)];
    let mut widens = a_line_that_asks_for_czech();
    let steps = vec![step(60, Action::WidenSkills)];
    widens.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    let mut chosen = a_line_that_asks_for_czech();
    chosen.lines[0].choices = vec![nothing()];

    for config in [relaxes, widens, chosen] {
        let centre = Centre::staffed(config);

        assert!(matches!(status(&centre, "anna"), Status::Free { .. }));
        assert_eq!(presence(&centre, "anna"), Presence::There);
    }
}

#[test]
fn who_is_at_home_and_called_by_no_step_is_not_on_call() {
    let mut config = config(&["anna"]);
    config.operators.extend([home("eva"), home("hana")]);
    let steps = vec![step(0, on_call(&["eva"]))];
    config.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    let centre = Centre::staffed(config);

    assert!(matches!(status(&centre, "eva"), Status::OnCall { .. }));
    assert!(matches!(status(&centre, "hana"), Status::Unassigned { .. }));
}

#[test]
fn phones_are_unproven_after_a_restart_and_people_at_home_on_call() {
    let mut config = config(&["anna"]);
    config.operators.push(home("bara"));
    let steps = vec![step(60, on_call(&["bara"]))];
    config.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    let mut centre = Centre::staffed(config);
    centre.wait(30);
    let since = centre.now;

    centre.give(Fact::Restarted {
        node: NodeId::ONLY,
        start: 2,
    });

    assert_eq!(status(&centre, "anna"), Status::Unproven { since });
    assert!(matches!(status(&centre, "bara"), Status::OnCall { .. }));
}

/// What an operator is told to be when everybody else has left, and what a contact of each class does then.
fn judge(dispatcher: &Dispatcher, now: Moment, judged: OperatorId) -> Result<(), String> {
    let mut alone = dispatcher.clone();
    for other in alone.operators() {
        if other.id != judged {
            let gone = Fact::Intends {
                operator: other.id,
                intent: Intent::Off,
                cause: IntentCause::Page,
            };
            alone.handle_input(now, gone.numbered(Seq(1))).unwrap();
        }
    }
    drain(&mut alone);
    let Some(before) = alone.operator(judged) else {
        return Ok(());
    };
    let tries = calls_for(&alone, judged);
    for call in &tries {
        arrive(alone.clone(), now, &before, call)
            .map_err(|wrong| format!("{wrong}: {before:?}, {call:?}"))?;
    }
    let reached = |what: fn(&Came) -> bool| {
        let mut calls = tries.iter();
        calls.any(|call| what(&comes_to(alone.clone(), now, judged, call)))
    };
    match (before.status, before.presence) {
        (Status::Free { .. } | Status::OnCall { .. }, _) if !reached(|came| came.rang) => {
            Err(format!("free or on call, and never rung: {before:?}"))
        }
        (Status::Unassigned { .. }, _) if reached(|came| came.offered) => {
            Err(format!("said to serve no line, and rung: {before:?}"))
        }
        (_, Presence::There) if before.place == Place::Desk && !reached(|came| came.there) => {
            Err(format!("there, and yet nobody ever is: {before:?}"))
        }
        _ => Ok(()),
    }
}

/// A call to a line of a queue of hers, or a press that waits there.
type Call = (Origin, Class, Needs);

/// Every call that can come to a line of her queues, and every press.
fn calls_for(dispatcher: &Dispatcher, operator: OperatorId) -> Vec<Call> {
    let queues = dispatcher.queues_of(operator);
    let lines = dispatcher.config().lines.iter();
    let lines = lines.filter(|line| queues.contains(&line.queue));
    let asked = lines.flat_map(|line| {
        let needs = std::iter::once(&line.needs).chain(&line.choices);
        needs.map(|needs| (by_line(line.id), needs.clone()))
    });
    let desk = dispatcher.config().desk.iter();
    let desk = desk.filter(|desk| queues.contains(&desk.queue));
    let pressed = desk.map(|desk| {
        let case = CaseId(CONTACT.0);
        (Origin::Device { case }, desk.needs.clone())
    });
    asked
        .chain(pressed)
        .flat_map(|(origin, needs)| CLASSES.map(|class| (origin, class, needs.clone())))
        .collect()
}

const CONTACT: ContactId = ContactId(Seq(1_000_000));

fn by_line(line: LineId) -> Origin {
    let leg = LegId::new(NodeId::ONLY, 99, 1);
    Origin::Caller { leg, line }
}

fn arrival((origin, class, needs): &Call) -> Input {
    Fact::Arrived {
        origin: *origin,
        class: *class,
        needs: needs.clone(),
        standing: Standing::Arrival,
    }
    .numbered(CONTACT.0)
}

/// Whom nothing would ring is not rung, and makes nobody be there.
fn arrive(
    mut dispatcher: Dispatcher,
    now: Moment,
    before: &OperatorView,
    call: &Call,
) -> Result<(), &'static str> {
    dispatcher.handle_input(now, arrival(call)).unwrap();
    let rings = dispatcher.operator(before.id).unwrap().claim.is_some();
    match before.status {
        Status::Free { .. } | Status::OnCall { .. } | Status::Ringing { .. } => {}
        _ if rings => return Err("rung, although the status says she would not be"),
        _ => {}
    }
    let nobody = dispatcher.why(CONTACT).unwrap().contains(&Why::NobodyThere);
    match (before.place, before.presence) {
        (Place::Desk, Presence::Away) if !nobody => Err("away, and yet somebody is there"),
        (Place::Desk | Place::Home, _) => Ok(()),
    }
}

/// What became of a call within two minutes, when nobody takes anything.
struct Came {
    /// Her phone rang.
    rang: bool,
    /// It rang for this call.
    offered: bool,
    /// Somebody was there for it.
    there: bool,
}

fn comes_to(mut dispatcher: Dispatcher, now: Moment, person: OperatorId, call: &Call) -> Came {
    dispatcher.handle_input(now, arrival(call)).unwrap();
    let end = dispatcher.now() + secs(120);
    let mut came = Came {
        rang: false,
        offered: false,
        there: false,
    };
    loop {
        let claim = dispatcher.operator(person).unwrap().claim;
        came.rang |= claim.is_some();
        came.offered |= claim.is_some_and(|(contact, _)| contact == CONTACT);
        came.there |= !dispatcher.why(CONTACT).unwrap().contains(&Why::NobodyThere);
        let due = dispatcher.poll_timeout().filter(|due| *due <= end);
        let Some(due) = due else { return came };
        dispatcher.handle_input(due, Input::Timeout).unwrap();
    }
}

/// A random day, at whose steps everybody's status is put to the test.
fn run(seed: u64) -> Result<(), String> {
    let mut world = World::new(seed);
    let mut dispatcher = Dispatcher::new();
    let mut next = (world.now, world.first());
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
