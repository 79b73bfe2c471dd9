//! A database that answers, fails or hangs as a test says, and counts what it was asked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use store::sql::{Backend, Fault, Sqlite, Transaction};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Given,
    Failing,
    /// It waits until that changes.
    Outstanding,
}

pub(crate) struct Mood {
    answer: watch::Sender<Answer>,
    asked: AtomicU64,
}

impl Mood {
    pub(crate) fn becomes(&self, answer: Answer) {
        self.answer.send_replace(answer);
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    async fn answer(&self) -> Result<(), Fault> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answer = self.answer.subscribe();
        let answer = answer.wait_for(|answer| *answer != Answer::Outstanding);
        match *answer.await.unwrap() {
            Answer::Given => Ok(()),
            Answer::Failing | Answer::Outstanding => Err(Fault::Late),
        }
    }
}

pub(crate) struct Moody(Sqlite, Arc<Mood>);

impl Moody {
    pub(crate) async fn open(path: &Path) -> (Self, Arc<Mood>) {
        let mood = Arc::new(Mood {
            answer: watch::Sender::new(Answer::Given),
            asked: AtomicU64::new(0),
        });
        let database = Sqlite::open(path).await.unwrap();
        (Self(database, Arc::clone(&mood)), mood)
    }
}

#[async_trait]
impl Backend for Moody {
    async fn begin(&self) -> Result<Box<dyn Transaction>, Fault> {
        self.1.answer().await?;
        self.0.begin().await
    }

    async fn read(&self) -> Result<Box<dyn Transaction>, Fault> {
        self.1.answer().await?;
        self.0.read().await
    }

    async fn settle(&self) -> Result<(), Fault> {
        self.1.answer().await?;
        self.0.settle().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
