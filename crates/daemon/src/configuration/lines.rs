//! `lines.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::{Class, LineId, QueueId};
use exchange::settings::{CannotSpeak, Language, Line};
use serde::Deserialize;
use toml::Spanned;

use super::prompts::Prompts;
use super::queues;
use super::source::{Problem, Source};

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
    numbers: Spanned<Vec<String>>,
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

/// Longest time that a line rings before it answers by itself: carriers give up a little later, in seconds.
const RING_TIME_SECONDS_MAX: u64 = 60;

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
        problems: &mut Vec<Problem>,
    ) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut numbers = BTreeSet::new();
        for table in &self.lines {
            for number in table.numbers.get_ref() {
                if !numbers.insert(number.clone()) {
                    problems.push(source.problem(
                        &table.numbers,
                        "line.numbers",
                        "one of these numbers belongs to another line already",
                    ));
                }
            }
            match table.line(source, prompts) {
                Ok(line) if lines.iter().any(|other| other.id == line.id) => {
                    problems.push(source.problem(
                        &table.name,
                        "line.name",
                        format!("{} stands twice", line.id),
                    ));
                }
                Ok(line) => lines.push(line),
                Err(problem) => problems.push(problem),
            }
        }
        if self.lines.is_empty() {
            problems.push(source.problem_of_file("line", "there is no line, so nobody can call"));
        }
        lines
    }

    /// Which queue each line's callers wait in.
    pub(crate) fn queues(&self) -> Vec<dispatch::Line> {
        let pair = |table: &LineTable| {
            let id = LineId::parse(table.name.get_ref()).ok()?;
            let queue = QueueId::parse(table.queue.get_ref()).ok()?;
            Some(dispatch::Line { id, queue })
        };
        self.lines.iter().filter_map(pair).collect()
    }
}

impl LineTable {
    fn line(&self, source: &Source, prompts: &Prompts) -> Result<Line, Problem> {
        let languages = self.languages(source)?;
        let spoken = |key: &str, name: &Spanned<String>| {
            let sounds = languages
                .iter()
                .map(|language| prompts.sound(source, key, name, Some(*language)));
            sounds.collect::<Result<Vec<_>, _>>()
        };
        Ok(Line {
            id: LineId(queues::key(source, "line.name", &self.name)?),
            numbers: self.numbers.get_ref().clone(),
            class: self.class(source)?,
            needs: queues::needs(source, "line.skills", &self.name, &self.skills)?.into(),
            ring_time: Duration::from_secs(self.ring_time_seconds.min(RING_TIME_SECONDS_MAX)),
            greeting: spoken("line.greeting", &self.greeting)?,
            waiting_sound: prompts.sound(
                source,
                "line.waiting_sound",
                &self.waiting_sound,
                None,
            )?,
            waiting_words: self
                .waiting_words
                .iter()
                .map(|name| spoken("line.waiting_words", name))
                .collect::<Result<_, _>>()?,
            waiting_words_every: Duration::from_secs(self.waiting_words_every_seconds.max(10)),
            cannot_speak: if self.cannot_speak {
                CannotSpeak::AnyKeyTwice
            } else {
                CannotSpeak::Off
            },
            languages,
        })
    }

    /// The band of its contacts. Only an SOS button makes an alarm: a line of that class would overtake every one of them.
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
