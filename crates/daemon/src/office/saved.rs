//! Whether what happens is on disk: one answer for `/readyz`, `linka status`, the metrics, the
//! screens and the warnings. The exchange knows of entries that were not written; that a write does
//! not come back, or that registrations cannot be written, is found here, however idle the line is.

use std::sync::Arc;
use std::time::Duration;

use store::Unkept;
use tokio::sync::mpsc;

use super::Office;
use super::warn::{News, Subject, Words};
use crate::ticks::Ticks;

/// What is said of a journal that has been inside one write for too long.
const HANGS: &str = "the disk under the journal does not come back from a write";
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What shows whether what happens is on disk, beside what the exchange knows.
pub(crate) struct Saved {
    /// Ticks while the journal thread is not stuck in a write.
    disk: Ticks,
    registrations: Unkept,
}

/// Why what happens is not on disk, though no entry waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// A write does not come back.
    Hangs,
    /// Registrations cannot be written.
    Unkept(String),
}

impl Saved {
    pub(crate) const fn new(disk: Ticks, registrations: Unkept) -> Self {
        Self {
            disk,
            registrations,
        }
    }

    /// Why what happens is not on disk, if it is not; `exchange` is what the exchange says of it.
    pub(super) fn unsaved(&self, exchange: Option<String>) -> Option<String> {
        exchange.or_else(|| self.found().map(|found| found.reason()))
    }

    fn found(&self) -> Option<Found> {
        let hangs = self.disk.stuck().map(|_| Found::Hangs);
        hangs.or_else(|| self.registrations.reason().map(Found::Unkept))
    }
}

impl Found {
    fn reason(&self) -> String {
        match self {
            Self::Hangs => HANGS.to_owned(),
            Self::Unkept(reason) => format!("registrations cannot be written: {reason}"),
        }
    }

    fn fails(&self) -> Words {
        let kind = match self {
            Self::Hangs => "disk-hangs",
            Self::Unkept(_) => "registrations-unsaved",
        };
        Words {
            kind,
            text: not_on_disk(&self.reason()),
            news: News::Fails(Subject::Journal),
        }
    }

    fn is_mended(&self) -> Words {
        let (kind, text) = match self {
            Self::Hangs => ("disk-writes", "the disk under the journal writes again"),
            Self::Unkept(_) => ("registrations-saved", "registrations are on disk again"),
        };
        Words {
            kind,
            text: text.to_owned(),
            news: News::Mended(Subject::Journal),
        }
    }
}

/// The sentence for whoever asks whether this node is well.
pub(super) fn not_on_disk(reason: &str) -> String {
    format!("what happens is not on disk: {reason}")
}

/// Looks until the process ends; tells people and screens what is found, and when it is over.
pub(super) async fn watch(office: Arc<Office>, to_herald: mpsc::Sender<Words>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut last = None;
    loop {
        looks.tick().await;
        let found = office.screens.saved.found();
        if found == last {
            continue;
        }
        office.screens.tell_health();
        let words = match (&found, &last) {
            (Some(found), _) => found.fails(),
            (None, Some(last)) => last.is_mended(),
            (None, None) => continue,
        };
        last = found;
        if to_herald.send(words).await.is_err() {
            return;
        }
    }
}
