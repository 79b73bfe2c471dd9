//! What a configuration and a contact's needs must keep to.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{
    Action, CHOICES_MAX, Config, ConfigError, LEVEL_MAX, LINES_MAX, MISSES_BEFORE_PAUSE_MAX,
    NEEDS_MAX, Need, NeedsError, OPERATORS_MAX, Operator, OperatorId, PARTNERS_MAX,
    PEOPLE_OF_STEP_MAX, Partner, PartnerId, Place, QUEUES_MAX, Queue, QueueId, RELAXATIONS_MAX,
    RESERVES_MAX, Rules, SKILLS_MAX, STEPS_MAX, Strategy, TIME_MAX, TIME_MIN, Timeline,
    WRAP_UP_MAX,
};

/// Checks a configuration by itself, whatever is live.
pub(crate) fn config(config: &Config) -> Result<(), ConfigError> {
    at_most("lines", LINES_MAX, config.lines.len())?;
    at_most("queues", QUEUES_MAX, config.queues.len())?;
    at_most("operators", OPERATORS_MAX, config.operators.len())?;
    at_most("partners", PARTNERS_MAX, config.partners.len())?;
    let queues =
        unique(config.queues.iter().map(|queue| queue.id)).map_err(ConfigError::QueueTwice)?;
    let partners = unique(config.partners.iter().map(|partner| partner.id))
        .map_err(ConfigError::PartnerTwice)?;
    unique(config.operators.iter().map(|operator| operator.id))
        .map_err(ConfigError::OperatorTwice)?;
    unique(config.lines.iter().map(|line| line.id)).map_err(ConfigError::LineTwice)?;
    for line in &config.lines {
        if !queues.contains(&line.queue) {
            return Err(ConfigError::LineWithoutQueue {
                line: line.id,
                queue: line.queue,
            });
        }
        at_most("choices of one line", CHOICES_MAX, line.choices.len())?;
        let mut asked = std::iter::once(&line.needs).chain(&line.choices);
        if asked.any(|asked| needs(asked).is_err()) {
            return Err(ConfigError::LineNeeds(line.id));
        }
    }
    if let Some(desk) = &config.desk {
        if !queues.contains(&desk.queue) {
            return Err(ConfigError::DeskWithoutQueue(desk.queue));
        }
        needs(&desk.needs).map_err(|_| ConfigError::DeskNeeds)?;
    }
    config
        .operators
        .iter()
        .try_for_each(|operator| check_operator(operator, &queues))?;
    let home = config.operators.iter();
    let home = home.filter(|operator| operator.place == Place::Home);
    let on_call = |queue: &Queue| {
        let serving = home
            .clone()
            .filter(|person| person.queues.contains(&queue.id));
        serving.map(|person| person.id).collect()
    };
    config
        .queues
        .iter()
        .try_for_each(|queue| check_queue(queue, &on_call(queue), &partners))?;
    config.partners.iter().try_for_each(check_partner)?;
    check_rules(&config.rules)
}

/// Checks what a contact, or a reserve, asks of an operator.
pub(crate) fn needs(needs: &[Need]) -> Result<(), NeedsError> {
    if needs.len() > NEEDS_MAX {
        return Err(NeedsError::TooMany);
    }
    if !needs.iter().all(|need| level_is_valid(need.level)) {
        return Err(NeedsError::Level);
    }
    Ok(())
}

fn at_most(what: &'static str, max: usize, count: usize) -> Result<(), ConfigError> {
    if count > max {
        return Err(ConfigError::TooMany { what, max });
    }
    Ok(())
}

fn unique<T: Ord + Copy>(ids: impl Iterator<Item = T>) -> Result<BTreeSet<T>, T> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(id);
        }
    }
    Ok(seen)
}

fn level_is_valid(level: u8) -> bool {
    (1..=LEVEL_MAX).contains(&level)
}

fn time_is_valid(time: Duration) -> bool {
    (TIME_MIN..=TIME_MAX).contains(&time)
}

fn check_operator(operator: &Operator, queues: &BTreeSet<QueueId>) -> Result<(), ConfigError> {
    at_most("skills of one operator", SKILLS_MAX, operator.skills.len())?;
    if let Some(&queue) = operator.queues.iter().find(|queue| !queues.contains(queue)) {
        return Err(ConfigError::OperatorWithoutQueue {
            operator: operator.id,
            queue,
        });
    }
    let own = operator.wrap_up.after.max(operator.wrap_up.after_hard);
    if own > Some(WRAP_UP_MAX) {
        return Err(ConfigError::OperatorWrapUp(operator.id));
    }
    let at_home = [operator.at_home.ring, operator.at_home.confirm];
    if !at_home.into_iter().all(time_is_valid) {
        return Err(ConfigError::OperatorAtHome(operator.id));
    }
    let wrong = ConfigError::OperatorSkill(operator.id);
    if !operator
        .skills
        .iter()
        .all(|&(_, level)| level_is_valid(level))
    {
        return Err(wrong);
    }
    unique(operator.skills.iter().map(|&(skill, _)| skill)).map_err(|_| wrong)?;
    Ok(())
}

fn check_queue(
    queue: &Queue,
    on_call: &BTreeSet<OperatorId>,
    partners: &BTreeSet<PartnerId>,
) -> Result<(), ConfigError> {
    at_most("reserves of one queue", RESERVES_MAX, queue.reserves.len())?;
    let relaxations = &queue.relaxations;
    at_most(
        "relaxations of one queue",
        RELAXATIONS_MAX,
        relaxations.len(),
    )?;
    if relaxations.iter().any(|step| step.level >= LEVEL_MAX) {
        return Err(ConfigError::QueueRelaxation(queue.id));
    }
    let interval = match queue.strategy {
        Strategy::RingProgressively { interval } => interval,
        Strategy::LongestIdle
        | Strategy::OrderedList
        | Strategy::RoundRobin
        | Strategy::FewestCalls
        | Strategy::LeastTalkTime
        | Strategy::RingAll => TIME_MIN,
    };
    let times = [queue.ring_time, interval];
    let rings = times.into_iter().all(time_is_valid);
    if !rings || queue.wrap_up.max(queue.wrap_up_hard) > WRAP_UP_MAX {
        return Err(ConfigError::QueueTime(queue.id));
    }
    if queue
        .reserves
        .iter()
        .any(|reserve| needs(&reserve.needs).is_err())
    {
        return Err(ConfigError::QueueReserve(queue.id));
    }
    unique(queue.timelines.iter().map(|timeline| timeline.class))
        .map_err(|_| ConfigError::QueueTimeline(queue.id))?;
    queue
        .timelines
        .iter()
        .try_for_each(|timeline| check_timeline(queue.id, timeline, on_call, partners))
}

fn check_timeline(
    queue: QueueId,
    timeline: &Timeline,
    on_call: &BTreeSet<OperatorId>,
    partners: &BTreeSet<PartnerId>,
) -> Result<(), ConfigError> {
    at_most("steps of one timeline", STEPS_MAX, timeline.steps.len())?;
    if !timeline.steps.is_sorted_by_key(|step| step.after) {
        return Err(ConfigError::QueueTimeline(queue));
    }
    for step in &timeline.steps {
        match &step.action {
            Action::Overflow(partner) if !partners.contains(partner) => {
                let partner = *partner;
                return Err(ConfigError::QueueWithoutPartner { queue, partner });
            }
            Action::OnCall(people) => check_called(queue, people, on_call)?,
            Action::Overflow(_)
            | Action::WidenSkills
            | Action::SecondOperator
            | Action::TellSupervisor => {}
        }
    }
    Ok(())
}

/// Whom a step calls is at home and serves the queue: anybody else would never ring.
fn check_called(
    queue: QueueId,
    people: &[OperatorId],
    on_call: &BTreeSet<OperatorId>,
) -> Result<(), ConfigError> {
    at_most("people of one step", PEOPLE_OF_STEP_MAX, people.len())?;
    match people.iter().find(|person| !on_call.contains(person)) {
        None => Ok(()),
        Some(&operator) => Err(ConfigError::QueueWithoutOnCall { queue, operator }),
    }
}

fn check_partner(partner: &Partner) -> Result<(), ConfigError> {
    if time_is_valid(partner.ring_time) && time_is_valid(partner.rest) {
        return Ok(());
    }
    Err(ConfigError::PartnerTime(partner.id))
}

fn check_rules(rules: &Rules) -> Result<(), ConfigError> {
    let rests = [
        rules.rest_declined,
        rules.rest_no_answer,
        rules.rest_unreachable,
        rules.adrift,
    ];
    if rests.into_iter().all(time_is_valid) && rules.misses_before_pause <= MISSES_BEFORE_PAUSE_MAX
    {
        return Ok(());
    }
    Err(ConfigError::Rules)
}
