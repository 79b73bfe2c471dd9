//! `lines.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::{Class, LineId, Need, QueueId};
use exchange::settings::{CannotSpeak, Choice, Language, Line};
use media::Digit;
use serde::Deserialize;
use sip::PhoneNumber;
use toml::Spanned;

use super::numbers::number;
use super::prompts::Prompts;
use super::queues::{self, QueuesFile};
use super::source::{Problem, Source, keep};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinesFile {
    #[serde(default, rename = "line")]
    pub(crate) lines: Vec<LineTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineTable {
    pub(crate) name: Spanned<String>,
    pub(super) numbers: Vec<Spanned<String>>,
    languages: Spanned<Vec<String>>,
    pub(crate) queue: Spanned<String>,
    #[serde(default = "default_class")]
    class: Spanned<String>,
    #[serde(default = "default_ring_time")]
    ring_time_seconds: u64,
    #[serde(default = "default_greeting")]
    greeting: Spanned<String>,
    #[serde(default = "default_waiting_sound")]
    waiting_sound: Spanned<String>,
    #[serde(default)]
    waiting_words: Vec<Spanned<String>>,
    #[serde(default = "default_words_every")]
    waiting_words_every_seconds: u64,
    #[serde(default = "default_cannot_speak")]
    cannot_speak: bool,
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    #[serde(default, rename = "choice")]
    choices: Vec<ChoiceTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceTable {
    key: Spanned<String>,
    skills: BTreeMap<String, u8>,
}

fn default_class() -> Spanned<String> {
    Spanned::new(0..0, "crisis".to_owned())
}

const fn default_ring_time() -> u64 {
    6
}

fn default_greeting() -> Spanned<String> {
    Spanned::new(0..0, "greeting".to_owned())
}

fn default_waiting_sound() -> Spanned<String> {
    Spanned::new(0..0, "waiting".to_owned())
}

const fn default_words_every() -> u64 {
    45
}

const fn default_cannot_speak() -> bool {
    true
}

/// Reads a language of prompts.
pub(super) fn language<T>(
    source: &Source,
    key: &str,
    at: &Spanned<T>,
    text: &str,
) -> Result<Language, Problem> {
    match text {
        "cs" => Ok(Language::Czech),
        "en" => Ok(Language::English),
        "uk" => Ok(Language::Ukrainian),
        unknown => Err(source.problem(
            at,
            key,
            format!("there are no prompts in {unknown:?}; there are cs, en and uk"),
        )),
    }
}

impl LinesFile {
    /// The lines, or everything that is wrong with them.
    pub(crate) fn lines(
        &self,
        source: &Source,
        prompts: &Prompts,
        queues: &QueuesFile,
        problems: &mut Vec<Problem>,
    ) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut owners = BTreeMap::new();
        for table in &self.lines {
            let numbers = table.numbers(source, &mut owners, problems);
            let queue = table.queue.get_ref();
            let in_queue = InQueue {
                drops: queues.drops(queue),
                widens: queues.widens(queue),
            };
            match table.line(source, prompts, numbers, &in_queue, problems) {
                Some(line) if lines.iter().any(|other| other.id == line.id) => {
                    problems.push(source.problem(
                        &table.name,
                        "line.name",
                        format!("{} stands twice", line.id),
                    ));
                }
                Some(line) => lines.push(line),
                None => {}
            }
        }
        if self.lines.is_empty() {
            problems.push(source.problem_of_file("line", "there is no line, so nobody can call"));
        }
        lines
    }

    /// Whether there is a line of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.lines.iter().any(|line| line.name.get_ref() == name)
    }

    /// Which queue each line's callers wait in, and what they may need there.
    pub(crate) fn distributed(&self, lines: &[Line]) -> Vec<dispatch::Line> {
        let distributed = |line: &Line| {
            let mut tables = self.lines.iter();
            let table = tables.find(|table| table.name.get_ref() == line.id.0.as_str())?;
            let choices = line.choices.iter();
            Some(dispatch::Line {
                id: line.id,
                queue: QueueId::parse(table.queue.get_ref()).ok()?,
                needs: line.needs.clone(),
                choices: choices.map(|choice| choice.needs.clone()).collect(),
            })
        };
        lines.iter().filter_map(distributed).collect()
    }
}

/// What a queue does with the needs of its callers.
struct InQueue<'a> {
    /// The skills that are not asked for any more after some wait.
    drops: BTreeSet<&'a str>,
    widens: bool,
}

impl ChoiceTable {
    fn digit(&self, source: &Source) -> Result<Digit, Problem> {
        let mut characters = self.key.get_ref().chars();
        let digit = characters.next().and_then(Digit::from_char);
        match (digit, characters.next()) {
            (Some(digit), None) => Ok(digit),
            (Some(_) | None, _) => {
                let text = "is one key of a telephone: \"0\" to \"9\", \"*\" or \"#\"";
                Err(source.problem(&self.key, "line.choice.key", text))
            }
        }
    }
}

impl LineTable {
    /// The line; everything that is wrong with it is put to the problems.
    fn line(
        &self,
        source: &Source,
        prompts: &Prompts,
        numbers: Vec<PhoneNumber>,
        in_queue: &InQueue<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Line> {
        let name = keep(queues::key(source, "line.name", &self.name), problems);
        let class = keep(self.class(source), problems);
        let needs = queues::needs(source, "line.skills", &self.name, &self.skills);
        let needs = keep(needs, problems);
        let sound = prompts.sound(source, "line.waiting_sound", &self.waiting_sound, None);
        let waiting_sound = keep(sound, problems);
        let choices = keep(self.choices(source, in_queue), problems);
        let languages = keep(self.languages(source), problems)?;
        let spoken = |key: &str, name: &Spanned<String>| {
            let sounds = languages
                .iter()
                .map(|language| prompts.sound(source, key, name, Some(*language)));
            sounds.collect::<Result<Vec<_>, _>>()
        };
        let greeting = keep(spoken("line.greeting", &self.greeting), problems);
        let words = self.waiting_words.iter();
        let words = words.map(|name| spoken("line.waiting_words", name));
        let waiting_words = words.filter_map(|read| keep(read, problems)).collect();
        Some(Line {
            id: LineId(name?),
            numbers,
            class: class?,
            needs: needs?.into(),
            ring_time: Duration::from_secs(self.ring_time_seconds),
            greeting: greeting?,
            waiting_sound: waiting_sound?,
            waiting_words,
            waiting_words_every: Duration::from_secs(self.waiting_words_every_seconds),
            cannot_speak: if self.cannot_speak {
                CannotSpeak::AnyKeyTwice
            } else {
                CannotSpeak::Off
            },
            choices: choices?,
            languages,
        })
    }

    /// What callers may choose by a key. What they chose has to relax: one key must never keep a
    /// caller waiting for ever.
    fn choices(&self, source: &Source, in_queue: &InQueue<'_>) -> Result<Vec<Choice>, Problem> {
        let mut choices: Vec<Choice> = Vec::new();
        for table in &self.choices {
            let key = table.digit(source)?;
            if choices.iter().any(|choice| choice.key == key) {
                let text = "another choice of this line has this key";
                return Err(source.problem(&table.key, "line.choice.key", text));
            }
            let mut skills = self.skills.clone();
            skills.extend(table.skills.clone());
            let name = "line.choice.skills";
            let needs = queues::needs(source, name, &table.key, &skills)?;
            let chosen = |need: &&Need| table.skills.contains_key(need.skill.0.as_str());
            let stays = |need: &&Need| !in_queue.drops.contains(need.skill.0.as_str());
            if let Some(need) = needs.iter().filter(chosen).find(stays)
                && !in_queue.widens
            {
                let text = format!(
                    "{} has to relax: queues.toml needs a queue.relax to level 0 for it, or a step \"widen-skills\"",
                    need.skill
                );
                return Err(source.problem(&table.key, name, text));
            }
            let needs = needs.into();
            choices.push(Choice { key, needs });
        }
        Ok(choices)
    }

    /// The band of its contacts. Only an SOS button makes an alarm: a line of that class would
    /// overtake every one of them.
    fn class(&self, source: &Source) -> Result<Class, Problem> {
        match queues::class(source, "line.class", &self.class)? {
            Class::Alarm => Err(source.problem(
                &self.class,
                "line.class",
                "alarms come from SOS buttons; a line is \"danger\", \"crisis\" or \"information\"",
            )),
            class @ (Class::Danger | Class::Crisis | Class::Information) => Ok(class),
        }
    }

    /// Its numbers; what is no number, or is one of another line already, is a problem.
    fn numbers<'a>(
        &'a self,
        source: &Source,
        owners: &mut BTreeMap<PhoneNumber, (&'a str, usize)>,
        problems: &mut Vec<Problem>,
    ) -> Vec<PhoneNumber> {
        const KEY: &str = "line.numbers";
        let own = self.name.get_ref().as_str();
        let mut numbers = Vec::new();
        for text in &self.numbers {
            let number = match number(source, KEY, text) {
                Ok(number) => number,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let place = source.line_of(&text.span());
            let (owner, before) = *owners.entry(number.clone()).or_insert((own, place));
            if owner != own {
                let words = format!(
                    "{:?} already belongs to line {owner}, in line {before} of this file",
                    text.get_ref()
                );
                problems.push(source.problem(text, KEY, words));
            }
            numbers.push(number);
        }
        numbers
    }

    fn languages(&self, source: &Source) -> Result<Vec<Language>, Problem> {
        if self.languages.get_ref().is_empty() {
            return Err(source.problem(
                &self.languages,
                "line.languages",
                "a line speaks at least one language",
            ));
        }
        let languages = self.languages.get_ref().iter();
        languages
            .map(|text| language(source, "line.languages", &self.languages, text))
            .collect()
    }
}
