//! What one file says of another: queues of lines, people and partners of steps, trunks of the directory.

use std::collections::BTreeSet;

use super::Files;
use super::night::Night;
use super::queues::{QueueTable, StepTable, name_of};
use super::source::Problem;

/// Names every reference that leads nowhere, or to what cannot do what is asked of it.
pub(super) fn check(files: &Files, problems: &mut Vec<Problem>) {
    let (source, lines) = &files.lines;
    for line in &lines.lines {
        if queue(files, line.queue.get_ref()).is_none() {
            let known = files.queues.1.queues.iter();
            let known: Vec<_> = known.map(|queue| queue.name.get_ref().as_str()).collect();
            let missing = line.queue.get_ref();
            let text = format!(
                "queues.toml has no {missing:?}; it has {}",
                known.join(", ")
            );
            problems.push(source.problem(&line.queue, "line.queue", text));
        }
    }
    let (source, trunks) = &files.trunks;
    for line in trunks.default_lines() {
        if !lines.has(line.get_ref()) {
            let text = format!("lines.toml has no {:?}", line.get_ref());
            problems.push(source.problem(line, "trunk.default_line", text));
        }
    }
    let steps = files.queues.1.queues.iter().flat_map(|queue| &queue.steps);
    for step in steps {
        check_step(files, step, problems);
    }
    let (source, partners) = &files.partners;
    let mut names: BTreeSet<&str> = files.operators.1.names().collect();
    for partner in &partners.partners {
        if !names.insert(partner.name.get_ref()) {
            let text = format!(
                "{} stands twice: operators and the directory share their names",
                partner.name.get_ref()
            );
            problems.push(source.problem(&partner.name, "partner.name", text));
        }
        if !files.trunks.1.reaches_out(partner.trunk.get_ref()) {
            let trunk = partner.trunk.get_ref();
            let text = format!("trunks.toml has no {trunk:?} with a target and an outgoing_number");
            problems.push(source.problem(&partner.trunk, "partner.trunk", text));
        }
    }
}

fn queue<'a>(files: &'a Files, name: &str) -> Option<&'a QueueTable> {
    let mut queues = files.queues.1.queues.iter();
    queues.find(|queue| queue.name.get_ref() == name)
}

/// Whom a step may name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callable {
    OnCall,
    Partners,
    Nobody,
}

fn check_step(files: &Files, step: &StepTable, problems: &mut Vec<Problem>) {
    let source = &files.queues.0;
    let callable = match step.action.get_ref().as_str() {
        "on-call" => Callable::OnCall,
        "partner" => Callable::Partners,
        _ => Callable::Nobody,
    };
    if callable != Callable::Nobody && step.partners.is_empty() {
        let text = "calls nobody: name whom it calls, such as [\"on-call-first\"]";
        problems.push(source.problem(&step.action, "queue.timeline.partners", text));
    }
    for name in &step.partners {
        if let Some(text) = wrong_name(files, callable, name.get_ref()) {
            problems.push(source.problem(name, "queue.timeline.partners", text));
        }
    }
}

/// What is wrong with naming this entry of the directory in a step.
fn wrong_name(files: &Files, callable: Callable, name: &str) -> Option<String> {
    let mut partners = files.partners.1.partners.iter();
    let Some(partner) = partners.find(|partner| partner.name.get_ref() == name) else {
        return Some(format!("partners.toml has no {name:?}"));
    };
    let kind = partner.kind.get_ref().as_str();
    match (callable, kind) {
        (Callable::OnCall, "on-call") => None,
        (Callable::Partners, kind) if kind != "on-call" => None,
        (Callable::OnCall, kind) => Some(format!(
            "{name} is of kind {kind:?}: a step \"on-call\" names on-call people only, a step \"partner\" calls {name}"
        )),
        (Callable::Partners, _) => Some(format!(
            "{name} is on call and has to press 1: a step \"on-call\" calls {name}"
        )),
        (Callable::Nobody, _) => Some(
            "only steps \"on-call\" and \"partner\" call anybody: leave it out here".to_owned(),
        ),
    }
}

/// A line whose callers of one class ring nobody while nobody is at a desk.
pub(super) fn reaches_nobody(files: &Files, night: &Night) -> Problem {
    let class = name_of(night.class);
    let text = format!(
        "a caller of line {} and class {class} reaches nobody while nobody is at a desk: \
         add a step \"on-call\" or \"partner\" that holds for class {class}",
        night.line
    );
    let mut lines = files.lines.1.lines.iter();
    let line = lines.find(|line| *line.name.get_ref() == night.line.to_string());
    match line.and_then(|line| queue(files, line.queue.get_ref())) {
        Some(queue) => files.queues.0.problem(&queue.name, "queue.timeline", text),
        None => files.queues.0.problem_of_file("queue.timeline", text),
    }
}
