//! The configuration folder: read, checked and turned into what the exchange needs, or refused with sentences.

mod lines;
mod night;
mod node;
mod numbers;
mod oidc;
mod people;
mod prompts;
mod queues;
mod references;
mod setup;
mod source;
mod trunks;

use std::path::{Path, PathBuf};

use dispatch::QueueId;
use exchange::Settings;
use exchange::settings::Trunk;
use media::SoundId;
use serde::de::DeserializeOwned;
use web::board::Setup;

pub(crate) use night::Night;
pub(crate) use node::{Heartbeat, Node, Warnings};
pub(crate) use source::Problem;

use lines::LinesFile;
use node::NodeFile;
use people::{OperatorsFile, PartnersFile};
use prompts::Prompts;
use queues::QueuesFile;
use source::Source;
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
}

/// Reads the whole folder.
///
/// # Errors
/// Every problem that was found, so that they can be mended in one go.
pub(crate) fn load(folder: &Path, keys: &Path) -> Result<Configuration, Vec<Problem>> {
    let mut problems = Vec::new();
    let read = Files::read(folder, &mut problems);
    let Some(files) = read else {
        return Err(problems);
    };
    let configuration = files.configuration(folder, keys, &mut problems);
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

impl Files {
    fn read(folder: &Path, problems: &mut Vec<Problem>) -> Option<Self> {
        let node = file(folder, "linka.toml", problems);
        let trunks = file(folder, "trunks.toml", problems);
        let lines = file(folder, "lines.toml", problems);
        let queues = file(folder, "queues.toml", problems);
        let operators = file(folder, "operators.toml", problems);
        let partners = file(folder, "partners.toml", problems);
        Some(Self {
            node: node?,
            trunks: trunks?,
            lines: lines?,
            queues: queues?,
            operators: operators?,
            partners: partners?,
        })
    }

    fn configuration(
        &self,
        folder: &Path,
        keys: &Path,
        problems: &mut Vec<Problem>,
    ) -> Option<Configuration> {
        let node = self.node.1.node(&self.node.0, keys, problems)?;
        let prompts = match Prompts::read(&folder.join(&node.prompts)) {
            Ok(prompts) => prompts,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        let mut queues = self.queues.1.queues(&self.queues.0, problems);
        let queue_ids: Vec<QueueId> = queues.iter().map(|queue| queue.id).collect();
        let lines = self.lines.1.lines(
            &self.lines.0,
            &prompts,
            (&self.queues.0, &self.queues.1),
            problems,
        );
        let operators = self
            .operators
            .1
            .operators(&self.operators.0, &queue_ids, problems);
        let directory = self
            .partners
            .1
            .directory(&self.partners.0, &self.queues.1, problems);
        for queue in queues.iter_mut().filter(|_| !directory.on_call.is_empty()) {
            queue.ring_time_home = directory.ring_time_home;
        }
        let trunks = self.trunks.1.trunks(&self.trunks.0, keys, problems);
        references::check(self, problems);
        self.check_numbers(&lines, problems);
        let (mut distributed, operators): (Vec<_>, Vec<_>) = operators.into_iter().unzip();
        distributed.extend(directory.on_call);
        let ringing_max = ringing_max(&distributed);
        let settings = Settings {
            dispatch: dispatch::Config {
                lines: self.lines.1.queues(),
                queues,
                operators: distributed,
                partners: directory.partners,
                rules: self.queues.1.rules(),
            },
            node: exchange::settings::Node {
                public_address: node.public_address,
                listeners: Vec::new(),
                clear_text: node.clear_text.clone(),
                realm: node.realm.clone(),
                session_expires: node.session_expires,
                contacts_max: contacts_max(node.rtp_ports, ringing_max),
            },
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
        Some(Configuration {
            setup: setup::setup(&node, &settings.dispatch, &self.queues.1, &self.operators.1),
            node,
            settings,
            sounds: prompts.files,
            nights,
            advice,
        })
    }

    /// Gives the rules to dispatchers of their own: what they refuse here they would refuse while serving, and a caller whom nobody answers here
    /// would reach nobody. A configuration that has problems already is not played.
    fn nights(&self, settings: &Settings, problems: &mut Vec<Problem>) -> Vec<Night> {
        if !problems.is_empty() {
            return Vec::new();
        }
        let config = std::sync::Arc::new(settings.dispatch.clone());
        let input = dispatch::Input::Configured(config);
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
fn file<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<(Source, T)> {
    let read = Source::read(folder, name).and_then(|source| {
        let parsed = source.parse()?;
        Ok((source, parsed))
    });
    read.map_err(|problem| problems.push(problem)).ok()
}

/// Live contacts that the port range can carry: each has a caller's leg, and whoever may ring at once keeps her room.
fn contacts_max((first, last): (u16, u16), ringing_max: usize) -> usize {
    const PORTS_A_LEG: usize = 2;
    let legs = (usize::from(last - first) + 1) / PORTS_A_LEG;
    // A quarter of the pairs is kept at least, for pairs that cool down too.
    legs.saturating_sub(ringing_max.max(legs / 4)).max(1)
}

/// Legs that may ring or talk at once: an operator is offered one contact, at each phone that she registered, and at
/// home at one.
fn ringing_max(operators: &[dispatch::Operator]) -> usize {
    let phones = |operator: &dispatch::Operator| match operator.place {
        dispatch::Place::Desk => sip::CONTACTS_MAX,
        dispatch::Place::Home => 1,
    };
    operators.iter().map(phones).sum()
}

/// Whether nothing tells that a trunk is dead: neither a probe nor our registration with it.
const fn is_unwatched(trunk: &Trunk) -> bool {
    trunk.probe_interval.is_none() && trunk.register.is_none()
}

fn advice(node: &Node, settings: &Settings, prompts: &Prompts) -> Vec<String> {
    let mut advice = Vec::new();
    if settings.operators.is_empty() {
        advice.push(
            "operators.toml has no operator yet: `linka operator add NAME` makes one".to_owned(),
        );
    }
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
    if node.heartbeat.is_none() {
        advice.push("linka.toml: nobody notices when this machine dies: set heartbeat.url to an outside watcher".to_owned());
    }
    if !prompts.synthetic.is_empty() {
        advice.push(format!(
            "prompts: a synthetic voice speaks {} prompts until a person has recorded them: {}",
            prompts.synthetic.len(),
            prompts.synthetic.join(", ")
        ));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_leave_ports_to_as_many_phones_as_may_ring() {
        let range = (10_000, 10_079);

        assert_eq!(contacts_max(range, 0), 30);
        assert_eq!(contacts_max(range, 10), 30);
        assert_eq!(contacts_max(range, 25), 15);
        assert_eq!(contacts_max(range, 400), 1);
    }
}
