//! What can be served and yet answers no real caller: the example as it comes, and failures that
//! nobody would be told of.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Files;
use super::node::Node;
use super::source::Problem;

/// How the numbers of the example begin, which reach nobody.
const EXAMPLE_NUMBERS: &str = "+420000000";

/// What keeps a valid configuration from answering real callers, each with its place and what to do.
pub(super) fn not_ready(files: &Files, node: &Node) -> Vec<Problem> {
    let mut told = Vec::new();
    operators(files, &mut told);
    trunks(files, &mut told);
    numbers(files, &mut told);
    warnings(files, node, &mut told);
    told
}

fn operators(files: &Files, told: &mut Vec<Problem>) {
    let (source, file) = &files.operators;
    if file.operators.is_empty() {
        let text = "there is no operator yet: `linka operator add NAME` makes one";
        told.push(source.problem_of_file("operator", text));
    }
}

fn trunks(files: &Files, told: &mut Vec<Problem>) {
    let (source, file) = &files.trunks;
    if file
        .trunks
        .iter()
        .all(super::trunks::TrunkTable::is_of_this_machine)
    {
        let text = "calls come from this machine alone: add the trunk of your carrier";
        told.push(source.problem_of_file("trunk", text));
    }
}

fn numbers(files: &Files, told: &mut Vec<Problem>) {
    let (source, file) = &files.partners;
    let steps = files.queues.1.queues.iter().flat_map(|queue| &queue.steps);
    let called: Vec<&str> = steps
        .flat_map(|step| &step.partners)
        .map(|name| name.get_ref().as_str())
        .collect();
    for partner in &file.partners {
        let name = partner.name.get_ref();
        let number = partner.number.get_ref();
        if number.starts_with(EXAMPLE_NUMBERS) && called.contains(&name.as_str()) {
            let text = format!(
                "{number} is a number of the example: a step calls {name}, and nobody answers there"
            );
            told.push(source.problem(&partner.number, "partner.number", text));
        }
    }
}

fn warnings(files: &Files, node: &Node, told: &mut Vec<Problem>) {
    let ways = &node.warnings;
    if ways.webhook.is_none() && ways.command.is_empty() {
        let (source, file) = &files.queues;
        let steps = file.queues.iter().flat_map(|queue| &queue.steps);
        for step in steps.filter(|step| step.action.get_ref() == "tell-supervisor") {
            let text = "tell-supervisor tells nobody: set warnings.webhook or warnings.command in linka.toml";
            told.push(source.problem(&step.action, "queue.timeline.action", text));
        }
    }
    if let Some(program) = ways.command.first().filter(|program| !can_be_run(program)) {
        let text = format!("there is no program {program} that can be run: nobody is told by it");
        told.push(files.node.0.problem_of_file("warnings.command", text));
    }
}

/// Whether a program is there, by its path or in the folders of PATH.
fn can_be_run(program: &str) -> bool {
    let is_program = |path: &Path| {
        let file = std::fs::metadata(path);
        file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return is_program(Path::new(program));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| is_program(&folder.join(program)))
}

/// Whether an address is this machine's own.
pub(super) fn is_loopback(address: &str) -> bool {
    let address = address.split('/').next().unwrap_or_default();
    let socket = address
        .parse::<std::net::SocketAddr>()
        .map(|socket| socket.ip());
    socket
        .or_else(|_| address.parse::<IpAddr>())
        .is_ok_and(|address| address.is_loopback())
}
