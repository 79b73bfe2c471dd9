//! One configuration file, and sentences about what is wrong in it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;

/// What is wrong in a configuration, in a sentence that names file, line and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    pub(crate) file: PathBuf,
    pub(crate) line: Option<usize>,
    pub(crate) key: String,
    pub(crate) text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.text)
    }
}

/// What was read, unless it is wrong: then that is put to the other problems, and reading goes on.
pub(super) fn keep<T>(read: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}

/// A file's text with its name, so that a value can be pointed at.
pub(crate) struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Reads a file of the configuration folder.
    pub(crate) fn read(folder: &Path, name: &str) -> Result<Self, Problem> {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(error) => Err(Problem {
                file: path,
                line: None,
                key: String::new(),
                text: format!("cannot be read: {error}"),
            }),
        }
    }

    /// Reads the text into its structure; an unknown key or a wrong type is a problem that names its line.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        toml::from_str(&self.text)
            .map_err(|error| self.problem_at(error.span(), error.message().replace('\n', " ")))
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A problem with what stands at this place of the text.
    pub(super) fn problem_at(&self, span: Option<Range<usize>>, text: String) -> Problem {
        Problem {
            file: self.path.clone(),
            line: span.as_ref().map(|span| self.line_of(span)),
            key: self.key_at(span),
            text,
        }
    }

    /// A problem with the value at `at`.
    pub(crate) fn problem<T>(
        &self,
        at: &Spanned<T>,
        key: &str,
        text: impl Into<String>,
    ) -> Problem {
        Problem {
            file: self.path.clone(),
            // What is left out has its default, which stands on no line.
            line: (at.span() != (0..0)).then(|| self.line_of(&at.span())),
            key: key.to_owned(),
            text: text.into(),
        }
    }

    /// A problem of the whole file.
    pub(crate) fn problem_of_file(&self, key: &str, text: impl Into<String>) -> Problem {
        Problem {
            file: self.path.clone(),
            line: None,
            key: key.to_owned(),
            text: text.into(),
        }
    }

    pub(super) fn line_of(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(span.start);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// The key on the line of an error, for messages that do not carry it.
    fn key_at(&self, span: Option<Range<usize>>) -> String {
        let Some(span) = span else {
            return String::new();
        };
        let line = self
            .text
            .lines()
            .nth(self.line_of(&span) - 1)
            .unwrap_or_default();
        match line.split_once('=') {
            Some((key, _)) => key.trim().to_owned(),
            None => line.trim().to_owned(),
        }
    }
}
