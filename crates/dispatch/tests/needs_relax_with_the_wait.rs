//! Skills with a least level, relaxed after stated waits.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn house(relaxations: &[Relaxation]) -> Config {
    let mut config = config(&[]);
    config.operators = vec![desk("anna", &[("uk", 3)]), desk("bara", &[("uk", 8)])];
    config.queues[0].relaxations = relaxations.to_vec();
    config
}

fn centre() -> Centre {
    Centre::staffed(house(&[relaxation("uk", 30, 3)]))
}

fn configure(centre: &mut Centre, config: Config) {
    centre.give(Fact::Configured(std::sync::Arc::new(config)));
}

/// A second queue that only anna serves, where needs relax like that.
fn with_a_queue_of_annas(mut config: Config, relaxations: &[Relaxation]) -> (Config, QueueId) {
    let other = QueueId::parse("other").unwrap();
    config.queues.push(Queue {
        id: other,
        relaxations: relaxations.to_vec(),
        ..config.queues[0].clone()
    });
    config.operators[0].queues.push(other);
    (config, other)
}

/// Who waits for somebody better than anna, since the one who is talks already.
fn one_who_waits(centre: &mut Centre) -> ContactId {
    let first = centre.arrives_with(Class::Crisis, need("uk", 5));
    centre.answers(first, "bara");
    let second = centre.arrives_with(Class::Crisis, need("uk", 5));
    centre.look();
    second
}

#[test]
fn only_who_is_good_enough_is_rung() {
    let mut centre = centre();

    let contact = centre.arrives_with(Class::Crisis, need("uk", 5));

    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}

#[test]
fn after_the_stated_wait_a_lower_level_will_do() {
    let mut centre = centre();
    let second = one_who_waits(&mut centre);

    centre.wait(29);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

#[test]
fn a_new_configuration_relaxes_for_those_who_wait_already() {
    let mut centre = Centre::staffed(house(&[]));
    let second = one_who_waits(&mut centre);
    centre.wait(29);

    configure(&mut centre, house(&[relaxation("uk", 30, 3)]));
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

#[test]
fn a_new_configuration_relaxes_at_once_what_is_due_and_asks_again_for_what_it_does_not_relax() {
    let mut centre = Centre::staffed(house(&[]));
    let second = one_who_waits(&mut centre);
    centre.wait(40);

    configure(&mut centre, house(&[relaxation("uk", 30, 3)]));
    assert_eq!(centre.offers(), [offer(second, "anna")]);
    configure(&mut centre, house(&[]));

    assert!(centre.has(&Decision::Withdraw {
        contact: second,
        operator: op("anna"),
        cause: Withdrawal::NoLongerFits
    }));
}

#[test]
fn who_is_moved_relaxes_by_the_queue_that_she_is_moved_to() {
    let (config, other) = with_a_queue_of_annas(house(&[]), &[relaxation("uk", 30, 3)]);
    let mut centre = Centre::staffed(config);
    let second = one_who_waits(&mut centre);
    centre.wait(29);

    centre.give(Fact::Acted {
        contact: second,
        act: Act::Move(other),
        by: Some(ActingRole::Supervisor),
    });
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

/// Anna speaks Czech alone, bara Ukrainian too; both are on a pause, and a caller waits.
fn one_who_waits_for_anybody(relaxations: &[Relaxation]) -> (Centre, ContactId) {
    let mut config = house(relaxations);
    config.operators[0].skills = vec![(skill("cs"), 5)];
    config.operators[1].skills = vec![(skill("cs"), 5), (skill("uk"), 5)];
    let mut centre = Centre::staffed(config);
    for name in ["anna", "bara"] {
        centre.intends(name, Intent::Off);
    }
    let contact = centre.arrives_with(Class::Crisis, need("cs", 5));
    (centre, contact)
}

fn chooses(centre: &mut Centre, contact: ContactId, needs: &[(&str, u8)]) {
    let need = |(name, level): &(&str, u8)| Need {
        skill: skill(name),
        level: *level,
    };
    let needs = needs.iter().map(need).collect();
    centre.give(Fact::Needed { contact, needs });
}

#[test]
fn choice_made_after_the_stated_wait_holds_for_as_long_from_then_on() {
    let (mut centre, contact) = one_who_waits_for_anybody(&[relaxation("uk", 20, 0)]);
    centre.wait(25);
    chooses(&mut centre, contact, &[("cs", 5), ("uk", 2)]);

    centre.intends("anna", Intent::Ready);
    centre.wait(19);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(contact, "anna")]);
}

#[test]
fn choice_finds_whom_it_asks_for_however_long_she_waited_before() {
    let (mut centre, contact) = one_who_waits_for_anybody(&[relaxation("uk", 20, 0)]);
    centre.wait(25);
    chooses(&mut centre, contact, &[("cs", 5), ("uk", 2)]);

    for name in ["anna", "bara"] {
        centre.intends(name, Intent::Ready);
    }

    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}

#[test]
fn choice_leaves_what_was_needed_before_where_it_is() {
    let relaxations = [relaxation("uk", 20, 0), relaxation("cs", 30, 0)];
    let (mut centre, contact) = one_who_waits_for_anybody(&relaxations);
    centre.wait(15);

    chooses(&mut centre, contact, &[("cs", 5), ("uk", 2)]);
    centre.wait(15);
    assert_eq!(required(&centre), [(skill("uk"), 2)]);
    centre.wait(5);

    assert_eq!(required(&centre), []);
}

#[test]
fn choice_made_again_does_not_begin_again() {
    let (mut centre, contact) = one_who_waits_for_anybody(&[relaxation("uk", 20, 0)]);
    centre.wait(25);
    chooses(&mut centre, contact, &[("cs", 5), ("uk", 2)]);
    centre.wait(10);

    chooses(&mut centre, contact, &[("cs", 5), ("uk", 2)]);
    centre.wait(10);

    assert_eq!(required(&centre), [(skill("cs"), 5)]);
}

fn required(centre: &Centre) -> Vec<(SkillId, u8)> {
    centre.dispatcher.contacts()[0].required.clone()
}

#[test]
fn an_offer_that_no_longer_fits_is_taken_back() {
    let mut centre = centre();
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.give(Fact::Needed {
        contact,
        needs: need("uk", 5),
    });

    assert!(centre.has(&Decision::Withdraw {
        contact,
        operator: op("anna"),
        cause: Withdrawal::NoLongerFits
    }));
    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}
