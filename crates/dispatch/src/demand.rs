//! What the callers of each line and the desk's contacts ask for, at every time of their waits: who
//! can take it serves them, and whoever alone can is the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::slots::QueueSlot;
use crate::{Action, Config, Need, Needs, OperatorId, QueueId, Relaxation, SkillId};

/// What callers of a queue ask for at some time of their wait.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Demand {
    pub(crate) queue: QueueSlot,
    /// Sorted by skill.
    pub(crate) required: Vec<(SkillId, u8)>,
}

/// Every demand of a configuration, each once. A queue that no line and no desk leads to has none:
/// whoever is in no other queue is rung by nobody.
pub(crate) fn demands(config: &Config, queues: &BTreeMap<QueueId, QueueSlot>) -> Vec<Demand> {
    let mut all = BTreeSet::new();
    let lines = config.lines.iter();
    let lines = lines.map(|line| (line.queue, &line.needs, &*line.choices));
    let desk = config.desk.iter();
    let desk = desk.map(|desk| (desk.queue, &desk.needs, &[][..]));
    for (queue, needs, choices) in lines.chain(desk) {
        let Some(&queue) = queues.get(&queue) else {
            continue;
        };
        let relaxations = &config.queues[queue].relaxations;
        let asked = asked_of(needs, choices);
        let asked = asked.flat_map(|asked| over_the_wait(needs, asked, relaxations));
        let widened = widens(config, queue).then(Vec::new);
        all.extend(
            asked
                .chain(widened)
                .map(|required| Demand { queue, required }),
        );
    }
    all.into_iter().collect()
}

/// What contacts may ask for: as they come, and after each choice by a key.
fn asked_of<'a>(needs: &'a Needs, choices: &'a [Needs]) -> impl Iterator<Item = &'a [Need]> {
    std::iter::once(needs).chain(choices).map(|needs| &**needs)
}

/// What needs ask for at first, and after each of their relaxations. What a choice asks beyond its
/// line relaxes by the wait since it was made.
fn over_the_wait(
    line: &[Need],
    needs: &[Need],
    relaxations: &[Relaxation],
) -> Vec<Vec<(SkillId, u8)>> {
    let is_chosen = |skill| {
        let mut chosen = needs.iter().filter(|need| asks_more(line, need));
        chosen.any(|need| need.skill == skill)
    };
    let mut waits: BTreeSet<Duration> = relaxations.iter().map(|step| step.after).collect();
    waits.insert(Duration::ZERO);
    let pairs = waits.iter().flat_map(|wait| {
        let since_choice = waits.range(..=*wait);
        since_choice.map(move |since_choice| (wait, since_choice))
    });
    pairs
        .map(|(wait, since_choice)| {
            let reached = |step: &Relaxation| {
                let counts = if is_chosen(step.skill) {
                    since_choice
                } else {
                    wait
                };
                step.after <= *counts
            };
            let mut required = Vec::new();
            required_where(needs, relaxations, reached, &mut required);
            required
        })
        .collect()
}

/// Whether a need asks for more than others do.
pub(crate) fn asks_more(others: &[Need], need: &Need) -> bool {
    let mut others = others.iter();
    !others.any(|other| other.skill == need.skill && other.level >= need.level)
}

/// What needs ask for where these relaxations were reached, sorted by skill.
pub(crate) fn required_where(
    needs: &[Need],
    relaxations: &[Relaxation],
    is_reached: impl Fn(&Relaxation) -> bool,
    into: &mut Vec<(SkillId, u8)>,
) {
    into.clear();
    for need in needs {
        let reached = relaxations
            .iter()
            .filter(|step| step.skill == need.skill && is_reached(step));
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
