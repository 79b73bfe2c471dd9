//! What happens after each wait, and at once when nobody is there.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn with(steps: Vec<Step>) -> Config {
    let mut config = config(&["anna"]);
    config.operators.push(home("eva"));
    config.operators.push(desk("ukrainian", &[("uk", 5)]));
    config.partners = vec![partner_line("other-line")];
    config.queues[0].timelines = vec![timeline(Class::Crisis, steps)];
    config
}

fn climbed(contact: ContactId, step: usize, cause: StepCause) -> Decision {
    Decision::Climbed {
        contact,
        step,
        cause,
    }
}

#[test]
fn each_step_is_taken_after_its_wait() {
    let mut centre = Centre::staffed(with(vec![
        step(10, Action::TellSupervisor),
        step(15, Action::SecondOperator),
    ]));
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.wait(14);
    assert!(centre.has(&climbed(contact, 0, StepCause::Waited)));
    assert!(centre.has(&Decision::Tell(Notice::Waits {
        contact,
        wait: secs(10)
    })));
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(contact, "ukrainian")]);
}

#[test]
fn the_person_at_home_is_rung_only_from_her_step_on() {
    let mut centre = Centre::staffed(with(vec![step(30, on_call(&["eva"]))]));
    for n in [1, 2] {
        let contact = centre.arrives(Class::Crisis);
        centre.answers(contact, if n == 1 { "anna" } else { "ukrainian" });
    }
    let contact = centre.arrives(Class::Crisis);
    centre.look();
    assert!(
        centre
            .dispatcher
            .why(contact)
            .unwrap()
            .contains(&Why::NotYetOnCall {
                operator: op("eva")
            })
    );

    centre.wait(29);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(contact, "eva")]);
}

#[test]
fn with_nobody_there_it_climbs_at_once() {
    let steps = vec![
        step(30, Action::TellSupervisor),
        step(60, on_call(&["eva"])),
        step(90, Action::Overflow(partner("other-line"))),
    ];
    let mut centre = Centre::staffed(with(steps));
    centre.intends("anna", Intent::Off);
    centre.intends("ukrainian", Intent::Off);

    let contact = centre.arrives(Class::Crisis);

    assert!(centre.has(&climbed(contact, 1, StepCause::NobodyThere)));
    assert!(!centre.has(&climbed(contact, 2, StepCause::NobodyThere)));
    assert_eq!(centre.offers(), [offer(contact, "eva")]);
}

#[test]
fn the_supervisor_is_told_once_that_nobody_is_there_and_again_when_it_changed() {
    let mut centre = Centre::new(with(Vec::new()));
    let contact = centre.arrives(Class::Crisis);
    let queue = centre.dispatcher.contact(contact).unwrap().queue;
    let told = Decision::Tell(Notice::NobodyThere { contact, queue });
    assert_eq!(centre.count(|decision| *decision == told), 1);

    centre.arrives(Class::Crisis);
    centre.wait(600);
    assert_eq!(centre.count(|decision| *decision == told), 1);
    centre.reached(op("anna"), Reachability::Reachable);
    centre.intends("anna", Intent::Ready);
    centre.intends("anna", Intent::Off);

    assert_eq!(centre.count(|decision| *decision == told), 2);
}

#[test]
fn widening_lets_go_of_the_language() {
    let mut centre = Centre::staffed(with(vec![step(20, Action::WidenSkills)]));
    let first = centre.arrives_with(Class::Crisis, need("uk", 1));
    centre.answers(first, "ukrainian");
    let second = centre.arrives_with(Class::Crisis, need("uk", 1));
    centre.look();

    centre.wait(20);

    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

#[test]
fn a_change_of_configuration_holds_for_those_waiting() {
    let mut centre = Centre::staffed(with(Vec::new()));
    centre.intends("ukrainian", Intent::Off);
    let first = centre.arrives(Class::Crisis);
    centre.answers(first, "anna");
    let waiting = centre.arrives(Class::Crisis);
    centre.wait(45);
    centre.look();

    centre.give(Fact::Configured(std::sync::Arc::new(with(vec![step(
        40,
        on_call(&["eva"]),
    )]))));

    assert_eq!(centre.offers(), [offer(waiting, "eva")]);
}
