//! The records database, opened when it is first needed and again until that succeeds; told to
//! people when it takes nothing for long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::sql::{Database, LateStore, OpenError, Store};
use tokio::sync::mpsc;

use super::warn::{News, Subject, Words};

/// How often it is looked whether it answers.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How often it is looked whether it has been silent for too long: a look of the other kind may hang.
const LISTEN_EVERY: Duration = Duration::from_secs(5);
/// How long it may answer nothing before that is told.
const SILENT_AFTER: Duration = Duration::from_secs(60);

/// The records database of this node.
pub(crate) struct RecordsDatabase {
    database: Database,
    late: LateStore,
    answers: AtomicBool,
    /// When it answered last; at first, when it was begun with.
    answered: Mutex<Instant>,
}

impl RecordsDatabase {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            late: LateStore::new(),
            answers: AtomicBool::new(false),
            answered: Mutex::new(Instant::now()),
        }
    }

    /// Whether it answered when it was looked at last.
    pub(crate) fn is_up(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// Looks again and again whether it answers.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let answers = self.answers().await;
            self.answers.store(answers, Ordering::Relaxed);
            if answers {
                *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            }
        }
    }

    /// Whether it answers now. One that lets itself be read while another holds its writing does not:
    /// neither does anybody sign in then, nor is a count written.
    async fn answers(&self) -> bool {
        match self.store().await {
            Ok(store) => store.look().await.is_ok(),
            Err(_) => false,
        }
    }

    /// Tells people when it has answered nothing for long, and when it answers again.
    pub(crate) async fn tell_silence(self: Arc<Self>, to_herald: mpsc::Sender<Words>) {
        let mut looks = tokio::time::interval(LISTEN_EVERY);
        let mut last = Heard::Answers;
        loop {
            looks.tick().await;
            let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(words) = last.goes_on(answered.elapsed())
                && to_herald.send(words).await.is_err()
            {
                return;
            }
        }
    }

    /// The open database. Connections that are lost later are made again by themselves.
    pub(crate) async fn store(&self) -> Result<Arc<dyn Store>, OpenError> {
        self.late.open(&self.database).await?;
        Ok(self.late.store())
    }

    /// The same at once: what is asked of it before the database is open fails.
    pub(crate) fn late_store(&self) -> Arc<dyn Store> {
        self.late.store()
    }
}

/// What was heard of the database of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Answers,
    Silence,
}

impl Heard {
    /// Takes in how long ago it answered last; gives what is to be told of that.
    fn goes_on(&mut self, since_answer: Duration) -> Option<Words> {
        let heard = if since_answer < SILENT_AFTER {
            Self::Answers
        } else {
            Self::Silence
        };
        (std::mem::replace(self, heard) != heard).then(|| words(heard))
    }
}

fn words(heard: Heard) -> Words {
    let (kind, text, news) = match heard {
        Heard::Silence => (
            "records-silent",
            "the records database has taken nothing for a minute: calls go on, nobody can sign in, and counts wait in the journal",
            News::Fails(Subject::Records),
        ),
        Heard::Answers => (
            "records-answer",
            "the records database answers again",
            News::Mended(Subject::Records),
        ),
    };
    Words {
        kind,
        text: text.to_owned(),
        news,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn database_whose_writing_another_holds_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("linka.db");
        let records = RecordsDatabase::new(Database::File(file.clone()));
        let before = records.answers().await;
        let other = rusqlite::Connection::open(file).unwrap();

        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let held = records.answers().await;
        other.execute_batch("ROLLBACK").unwrap();

        assert_eq!([before, held, records.answers().await], [true, false, true]);
    }

    #[test]
    fn database_that_is_silent_for_a_minute_is_told_once_and_that_it_answers_again() {
        let mut heard = Heard::Answers;
        let mut told = |seconds| {
            let words = heard.goes_on(Duration::from_secs(seconds))?;
            Some((words.kind, words.news))
        };

        let silent_for = [0, 59, 60, 3_600, 5, 20].map(&mut told);

        let fails = ("records-silent", News::Fails(Subject::Records));
        let mended = ("records-answer", News::Mended(Subject::Records));
        assert_eq!(
            silent_for,
            [None, None, Some(fails), None, Some(mended), None]
        );
    }
}
