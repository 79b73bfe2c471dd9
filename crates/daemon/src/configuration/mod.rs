//! The configuration folder: read, checked and turned into what the exchange needs, or refused with sentences.

mod lines;
mod listening;
mod night;
mod node;
mod numbers;
mod oidc;
mod people;
mod prompts;
mod queues;
pub(crate) mod readers;
mod readiness;
mod references;
mod restart;
mod schema;
mod setup;
mod source;
#[cfg(test)]
mod tests;
mod trunks;
mod values;
mod walk;

use std::path::{Path, PathBuf};

use dispatch::QueueId;
use exchange::Settings;
use exchange::settings::Trunk;
use media::SoundId;
use serde::de::DeserializeOwned;
use web::board::Setup;

pub(crate) use night::Night;
pub(crate) use node::{Heartbeat, Node, Warnings};
pub(crate) use restart::elsewhere_max;
pub(crate) use source::Problem;

use lines::LinesFile;
use node::NodeFile;
use people::{OperatorsFile, PartnersFile};
use prompts::Prompts;
use queues::QueuesFile;
use schema::File;
use source::{Source, keep};
use trunks::TrunksFile;

/// A valid configuration.
pub(crate) struct Configuration {
    pub(crate) node: Node,
    /// Without listeners: those are known once they are bound.
    pub(crate) settings: Settings,
    /// Which file holds which sound.
    pub(crate) sounds: Vec<(SoundId, PathBuf)>,
    /// What screens are told of it.
    pub(crate) setup: Setup,
    /// Who would ring for a caller of each line and class while nobody is at a desk.
    pub(crate) nights: Vec<Night>,
    /// What works but ought to be better.
    pub(crate) advice: Vec<String>,
    /// What keeps it from answering real callers, although it can be served: the example's trunk
    /// and numbers, nobody to tell.
    pub(crate) not_ready: Vec<String>,
}

/// Reads the whole folder.
///
/// # Errors
/// Every problem of every file that was found, so that they can be mended in one go.
pub(crate) fn load(folder: &Path, keys: &Path) -> Result<Configuration, Vec<Problem>> {
    let mut problems = Vec::new();
    let read = Read::all(folder, &mut problems);
    let configuration = match read.files() {
        Ok(files) => files.configuration(folder, keys, &mut problems),
        Err(read) => {
            read.check_each(folder, keys, &mut problems);
            None
        }
    };
    problems.sort();
    problems.dedup();
    match configuration {
        Some(configuration) if problems.is_empty() => Ok(configuration),
        Some(_) | None => Err(problems),
    }
}

/// The digest realm of a configuration folder.
///
/// # Errors
/// The problem that keeps `linka.toml` from being read.
pub(crate) fn realm(folder: &Path) -> Result<String, Problem> {
    let source = Source::read(folder, "linka.toml")?;
    let file: NodeFile = source.parse()?;
    Ok(file.realm().to_owned())
}

struct Files {
    node: (Source, NodeFile),
    trunks: (Source, TrunksFile),
    lines: (Source, LinesFile),
    queues: (Source, QueuesFile),
    operators: (Source, OperatorsFile),
    partners: (Source, PartnersFile),
}

/// What could be read of the files.
struct Read {
    node: Option<(Source, NodeFile)>,
    trunks: Option<(Source, TrunksFile)>,
    lines: Option<(Source, LinesFile)>,
    queues: Option<(Source, QueuesFile)>,
    operators: Option<(Source, OperatorsFile)>,
    partners: Option<(Source, PartnersFile)>,
}

impl Read {
    fn all(folder: &Path, problems: &mut Vec<Problem>) -> Self {
        Self {
            node: read(folder, File::Linka, problems),
            trunks: read(folder, File::Trunks, problems),
            lines: read(folder, File::Lines, problems),
            queues: read(folder, File::Queues, problems),
            operators: read(folder, File::Operators, problems),
            partners: read(folder, File::Partners, problems),
        }
    }

    /// The files, when each could be read.
    fn files(self) -> Result<Files, Box<Self>> {
        match self {
            Self {
                node: Some(node),
                trunks: Some(trunks),
                lines: Some(lines),
                queues: Some(queues),
                operators: Some(operators),
                partners: Some(partners),
            } => Ok(Files {
                node,
                trunks,
                lines,
                queues,
                operators,
                partners,
            }),
            some => Err(Box::new(some)),
        }
    }

    /// Names what is wrong in each file by itself, while another could not be read.
    fn check_each(&self, folder: &Path, keys: &Path, problems: &mut Vec<Problem>) {
        let node = self.node.as_ref();
        let node = node.and_then(|(source, file)| file.node(source, keys, problems));
        if let Some((source, file)) = &self.trunks {
            file.trunks(source, keys, problems);
        }
        let prompts = node.map(|node| Prompts::read(&folder.join(node.prompts)));
        let prompts = prompts.and_then(|prompts| keep(prompts, problems));
        let Some((source, queues)) = &self.queues else {
            return;
        };
        if let (Some((of_lines, file)), Some(prompts)) = (&self.lines, prompts) {
            file.lines(of_lines, &prompts, queues, problems);
        }
        let ids: Vec<QueueId> = queues
            .queues(source, problems)
            .iter()
            .map(|queue| queue.id)
            .collect();
        if let Some((source, file)) = &self.operators {
            file.operators(source, &ids, problems);
        }
        if let Some((source, file)) = &self.partners {
            file.directory(source, queues, problems);
        }
    }
}

impl Files {
    fn configuration(
        &self,
        folder: &Path,
        keys: &Path,
        problems: &mut Vec<Problem>,
    ) -> Option<Configuration> {
        let node = self.node.1.node(&self.node.0, keys, problems);
        let prompts = node
            .as_ref()
            .map(|node| Prompts::read(&folder.join(&node.prompts)));
        let prompts = prompts.and_then(|prompts| keep(prompts, problems));
        let queues = self.queues.1.queues(&self.queues.0, problems);
        let queue_ids: Vec<QueueId> = queues.iter().map(|queue| queue.id).collect();
        let lines = prompts.as_ref();
        let of_queues = &self.queues.1;
        let lines = lines.map(|prompts| {
            self.lines
                .1
                .lines(&self.lines.0, prompts, of_queues, problems)
        });
        let operators = self
            .operators
            .1
            .operators(&self.operators.0, &queue_ids, problems);
        let directory = self
            .partners
            .1
            .directory(&self.partners.0, &self.queues.1, problems);
        let trunks = self.trunks.1.trunks(&self.trunks.0, keys, problems);
        references::check(self, problems);
        if let Some(node) = &node {
            listening::check(self, node, problems);
        }
        let of_lines = lines.as_deref().unwrap_or_default();
        self.check_numbers(of_lines, problems);
        let (mut distributed, operators): (Vec<_>, Vec<_>) = operators.into_iter().unzip();
        distributed.extend(directory.on_call);
        let dispatch = dispatch::Config {
            lines: self.lines.1.distributed(of_lines),
            queues,
            operators: distributed,
            partners: directory.partners,
            desk: None,
            rules: self.queues.1.rules(),
        };
        let (node, prompts, lines) = (node?, prompts?, lines?);
        let settings = Settings {
            node: node.exchange(node.clear_text.clone(), elsewhere_max(&dispatch)),
            dispatch,
            trunks,
            lines,
            operators,
            directory: directory.contactable,
            sounds: prompts.staff(),
            do_not_disturb: self.queues.1.do_not_disturb(&self.queues.0, problems),
        };
        let nights = self.nights(&settings, problems);
        let mut advice = advice(&node, &settings, &prompts);
        advice.extend(self.queues.1.reserves_of_everybody());
        let not_ready = readiness::not_ready(self, &node);
        Some(Configuration {
            setup: setup::setup(&node, &settings.dispatch, &self.queues.1, &self.operators.1),
            node,
            settings,
            sounds: prompts.files,
            nights,
            advice,
            not_ready: not_ready.iter().map(ToString::to_string).collect(),
        })
    }

    /// Gives the rules to dispatchers of their own: what they refuse here they would refuse while
    /// serving, and a caller whom nobody answers here would reach nobody. A configuration that has
    /// problems already is not played.
    fn nights(&self, settings: &Settings, problems: &mut Vec<Problem>) -> Vec<Night> {
        if !problems.is_empty() {
            return Vec::new();
        }
        let config = std::sync::Arc::new(settings.dispatch.clone());
        let input = dispatch::Fact::Configured(config).numbered(dispatch::Seq(1));
        if let Err(error) = dispatch::Dispatcher::new().handle_input(dispatch::Moment::ZERO, input)
        {
            let text = format!("{:#}", anyhow::Error::from(error));
            problems.push(self.queues.0.problem_of_file("", text));
        }
        let nights = night::nights(&settings.dispatch, &settings.lines);
        for night in nights.iter().filter(|night| !night.reaches_a_person()) {
            problems.push(references::reaches_nobody(self, night));
        }
        nights
    }
}

/// Reads one file; a problem leaves `None`.
fn read<T: DeserializeOwned>(
    folder: &Path,
    file: File,
    problems: &mut Vec<Problem>,
) -> Option<(Source, T)> {
    let source = keep(Source::read(folder, file.name()), problems)?;
    let found = walk::walk(&source, file);
    if !found.is_empty() {
        problems.extend(found);
        return None;
    }
    // What the table of keys lets pass parses; should the two ever differ, this says so.
    let parsed = keep(source.parse(), problems)?;
    Some((source, parsed))
}

/// Whether nothing tells that a trunk is dead: neither a probe nor our registration with it.
const fn is_unwatched(trunk: &Trunk) -> bool {
    trunk.probe_interval.is_none() && trunk.register.is_none()
}

/// That a registrar is not the target, and nothing says that this is meant: it may be the domain behind a proxy.
fn registered_elsewhere(trunk: &Trunk) -> Option<String> {
    let registrar = trunk.registrar_apart()?;
    let domain = trunk.register.as_ref()?.domain.as_ref();
    domain.is_none().then(|| {
        format!(
            "trunks.toml: trunk {} is registered with at its registrar {registrar}, not at its target: if the target is a proxy that leads there, leave registrar out and set domain = \"{registrar}\"; if not, set that domain beside it, and this is said no more",
            trunk.name
        )
    })
}

/// Operators to whom no line's callers would ever come.
fn whom_nothing_rings(config: &dispatch::Config) -> Vec<String> {
    let served = |operator: &dispatch::Operator| {
        let mut lines = config.lines.iter();
        lines.any(|line| operator.queues.contains(&line.queue))
    };
    let unserved = dispatch::operators_of_no_line(config);
    let desks = unserved.filter(|operator| operator.place == dispatch::Place::Desk);
    let told = desks.map(|operator| {
        let reason = if served(operator) {
            "every line of her queues asks for more than she can do (operators.toml: skills)"
        } else {
            "no line leads to a queue of hers (operators.toml: queues, lines.toml: queue)"
        };
        format!(
            "operators.toml: nothing would ever ring for operator {}: {reason}",
            operator.id
        )
    });
    told.collect()
}

fn advice(node: &Node, settings: &Settings, prompts: &Prompts) -> Vec<String> {
    let mut advice = Vec::new();
    if node.warnings.webhook.is_none() && node.warnings.command.is_empty() {
        advice.push("linka.toml: nobody is told when something fails: set warnings.webhook or warnings.command".to_owned());
    }
    if node.oidc.as_ref().is_some_and(|oidc| oidc.secret.is_none()) {
        advice.push(format!(
            "linka.toml: web.oidc: the keys folder has no {}: the provider has to know Linka as a public client",
            oidc::SECRET_FILE
        ));
    }
    for trunk in settings.trunks.iter().filter(|trunk| is_unwatched(trunk)) {
        advice.push(format!(
            "trunks.toml: nobody would notice that trunk {} is dead: set options_interval_seconds, 10 for example",
            trunk.name
        ));
    }
    advice.extend(settings.trunks.iter().filter_map(registered_elsewhere));
    if node.heartbeat.is_none() {
        advice.push("linka.toml: nobody notices when this machine dies: set heartbeat.url to an outside watcher".to_owned());
    }
    advice.extend(listening::advice(node));
    let missing = prompts.missing();
    if !missing.is_empty() {
        advice.push(format!(
            "prompts.toml lacks {}: silence is heard in their place; take them with their sounds from the example that comes with this release",
            missing.join(", ")
        ));
    }
    if !prompts.synthetic.is_empty() {
        advice.push(format!(
            "prompts: a synthetic voice speaks {} prompts until a person has recorded them: {}",
            prompts.synthetic.len(),
            prompts.synthetic.join(", ")
        ));
    }
    advice.extend(whom_nothing_rings(&settings.dispatch));
    advice
}
