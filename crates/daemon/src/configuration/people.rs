//! `operators.toml` and `partners.toml`: people with phones here, and numbers that are called through a trunk.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{HomeTimes, OperatorId, OwnWrapUp, PartnerId, Place, QueueId, SkillId};
use exchange::settings::{Contactable, Operator, Who};
use serde::Deserialize;
use sip::digest::Ha1;
use toml::Spanned;

use super::lines::language;
use super::numbers::number;
use super::queues::{self, QueuesFile};
use super::source::{Problem, Source, keep};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorsFile {
    #[serde(default, rename = "operator")]
    pub(crate) operators: Vec<OperatorTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorTable {
    pub(crate) name: Spanned<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    queues: Option<Vec<Spanned<String>>>,
    #[serde(default = "last")]
    pub(crate) order: u32,
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    #[serde(default)]
    wrap_up_seconds: Option<u64>,
    #[serde(default)]
    wrap_up_hard_seconds: Option<u64>,
    #[serde(default = "czech")]
    language: Spanned<String>,
    digest_md5: Spanned<String>,
    digest_sha256: Spanned<String>,
}

const fn last() -> u32 {
    u32::MAX
}

fn czech() -> Spanned<String> {
    Spanned::new(0..0, "cs".to_owned())
}

impl OperatorsFile {
    /// The names that colleagues see, by the names of the operators.
    pub(crate) fn display_names(&self) -> BTreeMap<String, String> {
        self.operators
            .iter()
            .filter_map(OperatorTable::display_name)
            .collect()
    }

    /// The names of all.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.operators
            .iter()
            .map(|table| table.name.get_ref().as_str())
    }

    /// The operators as distribution and exchange see them, or everything that is wrong with them.
    pub(crate) fn operators(
        &self,
        source: &Source,
        all_queues: &[QueueId],
        problems: &mut Vec<Problem>,
    ) -> Vec<(dispatch::Operator, Operator)> {
        let mut tables: Vec<&OperatorTable> = self.operators.iter().collect();
        tables.sort_by_key(|table| table.order);
        let mut operators: Vec<(dispatch::Operator, Operator)> = Vec::new();
        for table in tables {
            match table.operator(source, all_queues, problems) {
                Some((operator, _))
                    if operators.iter().any(|(other, _)| other.id == operator.id) =>
                {
                    problems.push(source.problem(
                        &table.name,
                        "operator.name",
                        format!("{} stands twice", operator.id),
                    ));
                }
                Some(operator) => operators.push(operator),
                None => {}
            }
        }
        operators
    }
}

impl OperatorTable {
    /// The name that colleagues see, where another one than hers is written down.
    fn display_name(&self) -> Option<(String, String)> {
        let shown = self.display_name.as_deref().map(str::trim)?;
        let name = self.name.get_ref();
        (!shown.is_empty() && shown != name).then(|| (name.clone(), shown.to_owned()))
    }

    /// The operator; everything that is wrong with her is put to the problems.
    fn operator(
        &self,
        source: &Source,
        all_queues: &[QueueId],
        problems: &mut Vec<Problem>,
    ) -> Option<(dispatch::Operator, Operator)> {
        let name = keep(queues::key(source, "operator.name", &self.name), problems);
        let skills = self.skills.iter().map(|(skill, level)| {
            let skill = SkillId::parse(skill).map_err(|error| {
                source.problem(&self.name, "operator.skills", error.to_string())
            })?;
            Ok((skill, *level))
        });
        let skills = keep(skills.collect::<Result<_, _>>(), problems);
        let queues = keep(self.queues(source, all_queues), problems);
        let digests = (self.digest_md5.get_ref(), self.digest_sha256.get_ref());
        let account = Ha1::from_hex(digests.0, digests.1).ok_or_else(|| {
            source.problem(
                &self.digest_md5,
                "operator.digest_md5",
                "is no stored password; `linka operator password` makes both digests",
            )
        });
        let account = keep(account, problems);
        let spoken = self.language.get_ref();
        let language = language(source, "operator.language", &self.language, spoken);
        let language = keep(language, problems);
        let id = OperatorId(name?);
        let distributed = dispatch::Operator {
            id,
            skills: skills?,
            queues: queues?,
            place: Place::Desk,
            wrap_up: OwnWrapUp {
                after: self.wrap_up_seconds.map(Duration::from_secs),
                after_hard: self.wrap_up_hard_seconds.map(Duration::from_secs),
            },
            at_home: HomeTimes::default(),
        };
        let operator = Operator {
            id,
            account: account?,
            language: language?,
        };
        Some((distributed, operator))
    }

    fn queues(&self, source: &Source, all_queues: &[QueueId]) -> Result<Vec<QueueId>, Problem> {
        let Some(names) = &self.queues else {
            return Ok(all_queues.to_vec());
        };
        let known = |name: &Spanned<String>| {
            let queue = QueueId(queues::key(source, "operator.queues", name)?);
            if all_queues.contains(&queue) {
                return Ok(queue);
            }
            Err(source.problem(
                name,
                "operator.queues",
                format!("there is no queue {queue}"),
            ))
        };
        names.iter().map(known).collect()
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnersFile {
    #[serde(default, rename = "partner")]
    pub(crate) partners: Vec<PartnerTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerTable {
    pub(crate) name: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    pub(super) number: Spanned<String>,
    pub(crate) trunk: Spanned<String>,
    #[serde(default = "default_ring_time")]
    ring_time_seconds: u64,
    #[serde(default = "default_confirm_time")]
    confirm_time_seconds: u64,
    #[serde(default = "default_rest")]
    rest_seconds: u64,
    #[serde(default = "czech")]
    language: Spanned<String>,
}

const fn default_ring_time() -> u64 {
    25
}

const fn default_confirm_time() -> u64 {
    15
}

const fn default_rest() -> u64 {
    30
}

/// People and partners of the directory, as distribution and exchange see them.
#[derive(Default)]
pub(crate) struct Directory {
    pub(crate) on_call: Vec<dispatch::Operator>,
    pub(crate) partners: Vec<dispatch::Partner>,
    pub(crate) contactable: Vec<Contactable>,
}

impl PartnersFile {
    /// The directory, or everything that is wrong with it.
    pub(crate) fn directory(
        &self,
        source: &Source,
        queues: &QueuesFile,
        problems: &mut Vec<Problem>,
    ) -> Directory {
        let mut directory = Directory::default();
        for table in &self.partners {
            // What is wrong with it is among the problems.
            let _entered = table.enter(source, queues, &mut directory, problems);
        }
        directory
    }
}

impl PartnerTable {
    /// Puts the entry into the directory; everything that is wrong with it is put to the problems.
    fn enter(
        &self,
        source: &Source,
        queues: &QueuesFile,
        directory: &mut Directory,
        problems: &mut Vec<Problem>,
    ) -> Option<()> {
        let name = keep(queues::key(source, "partner.name", &self.name), problems);
        let kind = keep(self.kind(source), problems);
        let number = keep(number(source, "partner.number", &self.number), problems);
        let spoken = self.language.get_ref();
        let language = language(source, "partner.language", &self.language, spoken);
        let language = keep(language, problems);
        let ring_time = Duration::from_secs(self.ring_time_seconds);
        let name = name?;
        let who = match kind? {
            Kind::OnCall => {
                let id = OperatorId(name);
                directory.on_call.push(dispatch::Operator {
                    id,
                    skills: Vec::new(),
                    queues: queues_that_call(queues, name.as_str()),
                    place: Place::Home,
                    wrap_up: OwnWrapUp::default(),
                    at_home: HomeTimes {
                        ring: ring_time,
                        confirm: Duration::from_secs(self.confirm_time_seconds),
                    },
                });
                Who::OnCall(id)
            }
            Kind::Partner => {
                let id = PartnerId(name);
                directory.partners.push(dispatch::Partner {
                    id,
                    ring_time,
                    rest: Duration::from_secs(self.rest_seconds),
                });
                Who::Partner(id)
            }
        };
        directory.contactable.push(Contactable {
            who,
            number: number?,
            trunk: self.trunk.get_ref().clone(),
            language: language?,
        });
        Some(())
    }

    fn kind(&self, source: &Source) -> Result<Kind, Problem> {
        match self.kind.get_ref().as_str() {
            "on-call" => Ok(Kind::OnCall),
            "partner" | "interpreter" | "emergency" => Ok(Kind::Partner),
            unknown => {
                let text = format!(
                    "there is no kind {unknown:?}; there are on-call, partner, interpreter and emergency"
                );
                Err(source.problem(&self.kind, "partner.kind", text))
            }
        }
    }
}

/// What an entry of the directory is to distribution.
enum Kind {
    OnCall,
    Partner,
}

/// The queues whose timelines call this on-call person.
fn queues_that_call(queues: &QueuesFile, name: &str) -> Vec<QueueId> {
    let calls = |queue: &&queues::QueueTable| {
        let mut on_call = queue
            .steps
            .iter()
            .filter(|step| step.action.get_ref() == "on-call");
        on_call.any(|step| {
            step.partners
                .iter()
                .any(|partner| partner.get_ref() == name)
        })
    };
    queues
        .queues
        .iter()
        .filter(calls)
        .filter_map(|queue| QueueId::parse(queue.name.get_ref()).ok())
        .collect()
}
