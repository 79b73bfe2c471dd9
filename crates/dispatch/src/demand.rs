//! What the callers of each line ask for, at every time of their waits: who can take it serves them, and whoever alone can is the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::contact::QueueSlot;
use crate::{Action, Config, Line, Need, OperatorId, QueueId, Relaxation, SkillId};

/// What callers of a queue ask for at some time of their wait.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Demand {
    pub(crate) queue: QueueSlot,
    /// Sorted by skill.
    pub(crate) required: Vec<(SkillId, u8)>,
}

/// Every demand of a configuration, each once. A queue that no line leads to has none: whoever is in no other queue is rung by nobody.
pub(crate) fn demands(config: &Config, queues: &BTreeMap<QueueId, QueueSlot>) -> Vec<Demand> {
    let mut all = BTreeSet::new();
    for line in &config.lines {
        let Some(&queue) = queues.get(&line.queue) else {
            continue;
        };
        let relaxations = &config.queues[queue].relaxations;
        let asked = asked_of(line).flat_map(|needs| over_the_wait(needs, relaxations));
        let widened = widens(config, queue).then(Vec::new);
        all.extend(
            asked
                .chain(widened)
                .map(|required| Demand { queue, required }),
        );
    }
    all.into_iter().collect()
}

/// What a line's callers may ask for: as they come, and after each choice by a key.
fn asked_of(line: &Line) -> impl Iterator<Item = &[Need]> {
    std::iter::once(&line.needs)
        .chain(&line.choices)
        .map(|needs| &**needs)
}

/// What needs ask for at first, and after each of their relaxations.
fn over_the_wait(needs: &[Need], relaxations: &[Relaxation]) -> Vec<Vec<(SkillId, u8)>> {
    let waits: BTreeSet<Duration> = relaxations.iter().map(|step| step.after).collect();
    std::iter::once(Duration::ZERO)
        .chain(waits)
        .map(|wait| {
            let mut required = Vec::new();
            required_after(needs, relaxations, wait, &mut required);
            required
        })
        .collect()
}

/// What needs ask for after a wait, sorted by skill.
pub(crate) fn required_after(
    needs: &[Need],
    relaxations: &[Relaxation],
    wait: Duration,
    into: &mut Vec<(SkillId, u8)>,
) {
    into.clear();
    for need in needs {
        let reached = relaxations
            .iter()
            .filter(|step| step.skill == need.skill && step.after <= wait);
        let level = reached.fold(need.level, |level, step| level.min(step.level));
        if level > 0 {
            into.push((need.skill, level));
        }
    }
    into.sort_unstable();
}

/// Whether a step of the queue drops what its contacts need.
fn widens(config: &Config, queue: QueueSlot) -> bool {
    actions(config, queue).any(|action| *action == Action::WidenSkills)
}

/// Whether a step of the queue calls this person at home.
pub(crate) fn calls(config: &Config, queue: QueueSlot, person: OperatorId) -> bool {
    actions(config, queue).any(|action| action.calls(person))
}

fn actions(config: &Config, queue: QueueSlot) -> impl Iterator<Item = &Action> {
    let timelines = config.queues[queue].timelines.iter();
    timelines
        .flat_map(|timeline| &timeline.steps)
        .map(|step| &step.action)
}
