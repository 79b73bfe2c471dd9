//! Goes through a file with the table of keys, and names everything in it that is no key, no value
//! of its key, or missing.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::schema::{File, Key, Kind, Presence, keys_in};
use super::source::{Problem, Source};

/// Letters by which a misspelt key may differ from the one that was meant.
const LETTERS_WRONG_MAX: usize = 3;

/// Names everything that is wrong with the keys of a file and what stands behind them.
pub(super) fn walk(source: &Source, file: File) -> Vec<Problem> {
    let (document, errors) = DeTable::parse_recoverable(source.text());
    let mut problems: Vec<Problem> = errors
        .iter()
        .map(|error| source.problem_at(error.span(), error.message().replace('\n', " ")))
        .collect();
    if problems.is_empty() {
        let walk = Walk { source, file };
        walk.table(&document, "", &mut problems);
    }
    problems
}

struct Walk<'a> {
    source: &'a Source,
    file: File,
}

impl Walk<'_> {
    fn table(&self, table: &Spanned<DeTable<'_>>, path: &str, problems: &mut Vec<Problem>) {
        for (name, value) in table.get_ref() {
            let known = keys_in(self.file, path).find(|key| key.name() == name.get_ref());
            match known {
                Some(key) => self.value(key, value, problems),
                None => problems.push(self.unknown(path, name)),
            }
        }
        let has = |key: &&Key| table.get_ref().contains_key(key.name());
        let needed = keys_in(self.file, path).filter(|key| key.presence == Presence::Needed);
        for key in needed.filter(|key| !has(key) && key.kind != Kind::Sections) {
            let text = format!("is missing: it is {}", key.kind.in_words());
            problems.push(self.source.problem(table, key.path, text));
        }
    }

    fn unknown(&self, path: &str, name: &Spanned<impl AsRef<str>>) -> Problem {
        let written = name.get_ref().as_ref();
        let key = match path {
            "" => written.to_owned(),
            path => format!("{path}.{written}"),
        };
        let near = keys_in(self.file, path)
            .map(|key| (letters_wrong(written, key.name()), key.name()))
            .min();
        let text = match near {
            Some((wrong, near)) if wrong <= LETTERS_WRONG_MAX => {
                format!("there is no such key; is {near} meant?")
            }
            Some(_) | None => {
                let known: Vec<_> = keys_in(self.file, path).map(Key::name).collect();
                format!("there is no such key; there are {}", known.join(", "))
            }
        };
        self.source.problem(name, &key, text)
    }

    fn value(&self, key: &Key, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) {
        let right = match (key.kind, value.get_ref()) {
            (Kind::Section, DeValue::Table(table)) => {
                let table = Spanned::new(value.span(), table.clone());
                self.table(&table, key.path, problems);
                true
            }
            (Kind::Sections, DeValue::Array(tables)) if tables.iter().all(is_table) => {
                for entry in tables {
                    if let DeValue::Table(table) = entry.get_ref() {
                        let table = Spanned::new(entry.span(), table.clone());
                        self.table(&table, key.path, problems);
                    }
                }
                true
            }
            (kind, value) => kind.allows(value),
        };
        if !right {
            let text = format!(
                "must be {}, and is {}",
                key.kind.in_words(),
                in_words(value.get_ref())
            );
            problems.push(self.source.problem(value, key.path, text));
        }
    }
}

fn is_table(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().is_table()
}

impl Kind {
    /// Whether a value may stand here.
    fn allows(self, value: &DeValue<'_>) -> bool {
        match self {
            Self::Text(_) => value.is_str(),
            Self::Texts(_) => value
                .as_array()
                .is_some_and(|texts| texts.iter().all(|text| text.get_ref().is_str())),
            Self::Number { least, most, .. } => whole(value)
                .is_some_and(|number| (i128::from(least)..=i128::from(most)).contains(&number)),
            Self::Switch => value.is_bool(),
            Self::Levels => value.as_table().is_some_and(|levels| {
                let mut levels = levels.values();
                levels.all(|level| {
                    whole(level.get_ref()).is_some_and(|level| (1..=10).contains(&level))
                })
            }),
            Self::Section | Self::Sections => false,
        }
    }

    /// What may stand here, in words.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Text(example) => format!("a text such as {example:?}"),
            Self::Texts(example) => format!("a list such as {example}"),
            Self::Number {
                least,
                most: u32::MAX,
                of,
            } => {
                format!("a whole number ({of}) of at least {least}")
            }
            Self::Number { least, most, of } => {
                format!("a whole number of {of} from {least} to {most}")
            }
            Self::Switch => "true or false".to_owned(),
            Self::Levels => "skills with levels from 1 to 10, such as { cs = 5 }".to_owned(),
            Self::Section => "a table of keys".to_owned(),
            Self::Sections => "a list of tables, each begun by [[…]]".to_owned(),
        }
    }
}

fn whole(value: &DeValue<'_>) -> Option<i128> {
    let number = value.as_integer()?;
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A value as a person would say it. Texts are not repeated: they may hold a secret.
fn in_words(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a text".to_owned(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(true) => "true".to_owned(),
        DeValue::Boolean(false) => "false".to_owned(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// How many letters have to be put in, taken out or changed to make one word of the other.
fn letters_wrong(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, wanted) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
