//! `queues.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::{
    Action, Class, Key, LEVEL_MAX, Need, OperatorId, PartnerId, Queue, QueueId, Relaxation,
    Reserve, Rules, SkillId, Step, Strategy, Timeline,
};
use exchange::settings::DoNotDisturb;
use serde::Deserialize;
use toml::Spanned;

use super::source::{Problem, Source, keep};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueuesFile {
    #[serde(default)]
    rules: RulesTable,
    #[serde(default, rename = "queue")]
    pub(crate) queues: Vec<QueueTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesTable {
    misses_before_pause: u32,
    rest_no_answer_seconds: u64,
    rest_declined_seconds: u64,
    rest_unreachable_seconds: u64,
    last_minutes_of_shift: u64,
    adrift_seconds: u64,
    do_not_disturb: Option<Spanned<String>>,
}

impl Default for RulesTable {
    fn default() -> Self {
        let rules = Rules::default();
        Self {
            misses_before_pause: rules.misses_before_pause,
            rest_no_answer_seconds: rules.rest_no_answer.as_secs(),
            rest_declined_seconds: rules.rest_declined.as_secs(),
            rest_unreachable_seconds: rules.rest_unreachable.as_secs(),
            last_minutes_of_shift: 0,
            adrift_seconds: rules.adrift.as_secs(),
            do_not_disturb: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueTable {
    pub(crate) name: Spanned<String>,
    #[serde(default = "default_strategy")]
    strategy: Spanned<String>,
    #[serde(default = "default_offer_time")]
    offer_time_seconds: u64,
    #[serde(default = "default_progressive_step")]
    progressive_step_seconds: u64,
    #[serde(default = "default_wrap_up")]
    wrap_up_seconds: u64,
    #[serde(default = "default_wrap_up_hard")]
    wrap_up_hard_seconds: u64,
    #[serde(default)]
    pub(crate) staff_minimum: u32,
    #[serde(default, rename = "reserve")]
    reserves: Vec<ReserveTable>,
    #[serde(default, rename = "relax")]
    relaxations: Vec<RelaxTable>,
    #[serde(default, rename = "timeline")]
    pub(crate) steps: Vec<StepTable>,
}

fn default_strategy() -> Spanned<String> {
    Spanned::new(0..0, "longest-idle".to_owned())
}

const fn default_offer_time() -> u64 {
    20
}

const fn default_progressive_step() -> u64 {
    8
}

const fn default_wrap_up() -> u64 {
    60
}

const fn default_wrap_up_hard() -> u64 {
    300
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReserveTable {
    class: Spanned<String>,
    operators: u32,
    #[serde(default)]
    skills: BTreeMap<String, u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RelaxTable {
    skill: Spanned<String>,
    after_seconds: u64,
    level: Spanned<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepTable {
    after_seconds: u64,
    pub(crate) action: Spanned<String>,
    #[serde(default)]
    class: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) partners: Vec<Spanned<String>>,
}

impl QueueTable {
    /// Whether everybody of the queue may take a caller at some wait, whatever she asked for.
    fn widens(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| step.action.get_ref() == "widen-skills")
    }
}

pub(super) const CLASSES: [(&str, Class); 4] = [
    ("alarm", Class::Alarm),
    ("danger", Class::Danger),
    ("crisis", Class::Crisis),
    ("information", Class::Information),
];

/// What a class is called in the files.
pub(super) const fn name_of(class: Class) -> &'static str {
    match class {
        Class::Alarm => "alarm",
        Class::Danger => "danger",
        Class::Crisis => "crisis",
        Class::Information => "information",
    }
}

/// Reads a class; an unknown one is a problem that lists those there are.
pub(super) fn class(source: &Source, key: &str, text: &Spanned<String>) -> Result<Class, Problem> {
    match CLASSES
        .iter()
        .find(|(name, _)| *name == text.get_ref().as_str())
    {
        Some((_, class)) => Ok(*class),
        None => {
            let known: Vec<&str> = CLASSES.iter().map(|(name, _)| *name).collect();
            Err(source.problem(
                text,
                key,
                format!(
                    "there is no class {:?}; there are {}",
                    text.get_ref(),
                    known.join(", ")
                ),
            ))
        }
    }
}

/// Reads a name of the house.
pub(super) fn key(source: &Source, key: &str, text: &Spanned<String>) -> Result<Key, Problem> {
    Key::parse(text.get_ref()).map_err(|error| source.problem(text, key, error.to_string()))
}

impl QueuesFile {
    /// The rules that hold for all queues.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            rest_declined: Duration::from_secs(self.rules.rest_declined_seconds),
            rest_no_answer: Duration::from_secs(self.rules.rest_no_answer_seconds),
            rest_unreachable: Duration::from_secs(self.rules.rest_unreachable_seconds),
            misses_before_pause: self.rules.misses_before_pause,
            adrift: Duration::from_secs(self.rules.adrift_seconds),
            last_minutes: Duration::from_secs(60 * self.rules.last_minutes_of_shift),
        }
    }

    /// What an operator's phone means by 480.
    pub(crate) fn do_not_disturb(
        &self,
        source: &Source,
        problems: &mut Vec<Problem>,
    ) -> DoNotDisturb {
        let Some(text) = &self.rules.do_not_disturb else {
            return DoNotDisturb::default();
        };
        match text.get_ref().as_str() {
            "declined" => DoNotDisturb::Declined,
            "no-answer" => DoNotDisturb::NoAnswer,
            unknown => {
                let sentence = format!("{unknown:?} is neither \"declined\" nor \"no-answer\"");
                problems.push(source.problem(text, "rules.do_not_disturb", sentence));
                DoNotDisturb::default()
            }
        }
    }

    /// Whether everybody of the queue may take a caller at some wait, whatever she asked for.
    pub(super) fn widens(&self, queue: &str) -> bool {
        let mut queues = self.queues.iter();
        queues.any(|it| it.name.get_ref() == queue && it.widens())
    }

    /// The skills that nobody of the queue is asked for any more after some wait.
    pub(super) fn drops(&self, queue: &str) -> BTreeSet<&str> {
        let tables = self.queues.iter().filter(|it| it.name.get_ref() == queue);
        let steps = tables.flat_map(|queue| &queue.relaxations);
        steps
            .filter(|step| *step.level.get_ref() == 0)
            .map(|step| step.skill.get_ref().as_str())
            .collect()
    }

    /// A sentence for each reserve that keeps everybody whom the queue is to have at least.
    pub(crate) fn reserves_of_everybody(&self) -> Vec<String> {
        let of_queue = |queue: &QueueTable| {
            let least = queue.staff_minimum;
            let large = queue
                .reserves
                .iter()
                .filter(move |reserve| least > 0 && reserve.operators >= least);
            let name = queue.name.get_ref().clone();
            large.map(move |reserve| {
                format!(
                    "queues.toml: queue.reserve: {name} keeps {} operators free for {}, and its staff_minimum is {least}: \
                     with no more there, less urgent callers wait until the last one is alone",
                    reserve.operators,
                    reserve.class.get_ref(),
                )
            }).collect::<Vec<_>>()
        };
        self.queues.iter().flat_map(of_queue).collect()
    }

    /// The queues, or everything that is wrong with them.
    pub(crate) fn queues(&self, source: &Source, problems: &mut Vec<Problem>) -> Vec<Queue> {
        let mut queues: Vec<Queue> = Vec::new();
        for table in &self.queues {
            match table.queue(source, problems) {
                Some(queue) if queues.iter().any(|other| other.id == queue.id) => {
                    problems.push(source.problem(
                        &table.name,
                        "queue.name",
                        format!("{} stands twice", queue.id),
                    ));
                }
                Some(queue) => queues.push(queue),
                None => {}
            }
        }
        if queues.is_empty() && problems.is_empty() {
            problems.push(source.problem_of_file("queue", "there is no queue"));
        }
        queues
    }
}

impl QueueTable {
    /// The queue; everything that is wrong with it is put to the problems.
    fn queue(&self, source: &Source, problems: &mut Vec<Problem>) -> Option<Queue> {
        let name = keep(key(source, "queue.name", &self.name), problems);
        let strategy = keep(self.strategy(source), problems);
        let reserves = self.reserves.iter();
        let reserves = reserves.filter_map(|reserve| keep(reserve.reserve(source), problems));
        let reserves = reserves.collect();
        let relaxations = self.relaxations.iter();
        let relaxations = relaxations.filter_map(|step| keep(step.relaxation(source), problems));
        let relaxations = relaxations.collect();
        let timelines = self.timelines(source, problems);
        Some(Queue {
            id: QueueId(name?),
            strategy: strategy?,
            ring_time: Duration::from_secs(self.offer_time_seconds),
            wrap_up: Duration::from_secs(self.wrap_up_seconds),
            wrap_up_hard: Duration::from_secs(self.wrap_up_hard_seconds),
            reserves,
            relaxations,
            timelines,
        })
    }

    fn strategy(&self, source: &Source) -> Result<Strategy, Problem> {
        match self.strategy.get_ref().as_str() {
            "longest-idle" => Ok(Strategy::LongestIdle),
            "ordered-list" => Ok(Strategy::OrderedList),
            "round-robin" => Ok(Strategy::RoundRobin),
            "fewest-calls" => Ok(Strategy::FewestCalls),
            "least-talk-time" => Ok(Strategy::LeastTalkTime),
            "ring-all" => Ok(Strategy::RingAll),
            "ring-progressively" => {
                Ok(Strategy::RingProgressively { interval: Duration::from_secs(self.progressive_step_seconds) })
            }
            unknown => Err(source.problem(
                &self.strategy,
                "queue.strategy",
                format!(
                    "there is no strategy {unknown:?}; there are longest-idle, ordered-list, round-robin, fewest-calls, \
                     least-talk-time, ring-all and ring-progressively"
                ),
            )),
        }
    }

    fn timelines(&self, source: &Source, problems: &mut Vec<Problem>) -> Vec<Timeline> {
        let mut timelines = Vec::new();
        for (_, class) in CLASSES {
            let mut steps = Vec::new();
            for table in &self.steps {
                // What is wrong with a step that holds for every class is said of each; `load` says it once.
                steps.extend(keep(table.steps_for(source, class), problems).unwrap_or_default());
            }
            steps.sort_by_key(|step| step.after);
            if !steps.is_empty() {
                timelines.push(Timeline { class, steps });
            }
        }
        timelines
    }
}

impl RelaxTable {
    fn relaxation(&self, source: &Source) -> Result<Relaxation, Problem> {
        let skill = SkillId(key(source, "queue.relax.skill", &self.skill)?);
        let level = *self.level.get_ref();
        if level >= LEVEL_MAX {
            let text = format!(
                "{level} relaxes nothing: a level is 0 (not asked for) to {}",
                LEVEL_MAX - 1
            );
            return Err(source.problem(&self.level, "queue.relax.level", text));
        }
        let after = Duration::from_secs(self.after_seconds);
        Ok(Relaxation {
            skill,
            after,
            level,
        })
    }
}

impl ReserveTable {
    fn reserve(&self, source: &Source) -> Result<Reserve, Problem> {
        Ok(Reserve {
            class: class(source, "queue.reserve.class", &self.class)?,
            least: self.operators,
            needs: needs(source, "queue.reserve.skills", &self.class, &self.skills)?.into(),
        })
    }
}

/// Reads a table of skills and least levels.
pub(super) fn needs<T>(
    source: &Source,
    key: &str,
    at: &Spanned<T>,
    skills: &BTreeMap<String, u8>,
) -> Result<Vec<Need>, Problem> {
    let need = |(skill, level): (&String, &u8)| {
        let skill =
            SkillId::parse(skill).map_err(|error| source.problem(at, key, error.to_string()))?;
        Ok(Need {
            skill,
            level: *level,
        })
    };
    skills.iter().map(need).collect()
}

impl StepTable {
    fn steps_for(&self, source: &Source, class_of_timeline: Class) -> Result<Vec<Step>, Problem> {
        if let Some(text) = &self.class
            && class(source, "queue.timeline.class", text)? != class_of_timeline
        {
            return Ok(Vec::new());
        }
        let after = Duration::from_secs(self.after_seconds);
        let actions = self.actions(source)?;
        Ok(actions
            .into_iter()
            .map(|action| Step { after, action })
            .collect())
    }

    fn actions(&self, source: &Source) -> Result<Vec<Action>, Problem> {
        Ok(match self.action.get_ref().as_str() {
            "widen-skills" => vec![Action::WidenSkills],
            "second-operator" => vec![Action::SecondOperator],
            "on-call" => {
                let people = self.partners.iter();
                let person = |name| key(source, "queue.timeline.partners", name).map(OperatorId);
                vec![Action::OnCall(
                    people.map(person).collect::<Result<_, _>>()?,
                )]
            }
            "tell-supervisor" => vec![Action::TellSupervisor],
            "partner" => self
                .partners
                .iter()
                .map(|name| {
                    key(source, "queue.timeline.partners", name)
                        .map(|key| Action::Overflow(PartnerId(key)))
                })
                .collect::<Result<_, _>>()?,
            unknown => {
                return Err(source.problem(
                    &self.action,
                    "queue.timeline.action",
                    format!(
                        "there is no action {unknown:?}; there are widen-skills, second-operator, on-call, partner and tell-supervisor"
                    ),
                ));
            }
        })
    }
}
