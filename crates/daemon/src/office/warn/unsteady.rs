//! What comes and goes: of a machine or a phone that fails and is well by turns people are told
//! twice, then that it comes and goes, then nothing until it stays as it is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{News, Subject, Words};

/// Times that a subject is told to be well again within the time for which a warning is not repeated.
const MENDED_TOLD: usize = 2;
/// Subjects of which it is remembered; beyond it the one whose last news is oldest is forgotten,
/// after those that are steady.
const SUBJECTS_MAX: usize = 1_000;

/// What is to be said of news of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// The news.
    AsItIs,
    /// That it comes and goes.
    ComesAndGoes,
    Nothing,
}

/// The subjects that were well again of late.
#[derive(Default)]
pub(super) struct Comings {
    of: BTreeMap<Subject, Coming>,
}

struct Coming {
    /// When it was told to be well again, of late.
    mended: Vec<Instant>,
    /// The last news of it, while it comes and goes.
    unsteady: Option<Words>,
    changed: Instant,
}

impl Comings {
    /// What is to be said of a failure.
    pub(super) fn fails(
        &mut self,
        now: Instant,
        repeat: Duration,
        (subject, words): (&Subject, &Words),
    ) -> Say {
        let Some(coming) = self.of.get_mut(subject) else {
            return Say::AsItIs;
        };
        if coming.goes_on(now, words) {
            return Say::Nothing;
        }
        coming.forget(now, repeat);
        if coming.mended.len() < MENDED_TOLD {
            return Say::AsItIs;
        }
        coming.unsteady = Some(words.clone());
        coming.changed = now;
        Say::ComesAndGoes
    }

    /// What is to be said when a subject is well again.
    pub(super) fn is_well(&mut self, now: Instant, (subject, words): (&Subject, &Words)) -> Say {
        let coming = self.of.get_mut(subject);
        if coming.is_some_and(|coming| coming.goes_on(now, words)) {
            Say::Nothing
        } else {
            Say::AsItIs
        }
    }

    /// It was told that a subject of which a failure had been told is well again.
    pub(super) fn mended(&mut self, now: Instant, repeat: Duration, subject: &Subject) {
        if self.of.len() >= SUBJECTS_MAX && !self.of.contains_key(subject) {
            let by_news = |coming: &Coming| (coming.unsteady.is_some(), coming.changed);
            let oldest = self.of.iter().min_by_key(|(_, coming)| by_news(coming));
            let oldest = oldest.map(|(subject, _)| subject.clone());
            oldest.and_then(|oldest| self.of.remove(&oldest));
        }
        let new = || Coming {
            mended: Vec::new(),
            unsteady: None,
            changed: now,
        };
        let coming = self.of.entry(subject.clone()).or_insert_with(new);
        coming.forget(now, repeat);
        coming.mended.push(now);
        coming.changed = now;
    }

    /// Forgets a subject that there is no more.
    pub(super) fn ends(&mut self, subject: &Subject) {
        self.of.remove(subject);
    }

    /// The last news of everything that came and went and has stayed as it is for that long: it is steady now.
    pub(super) fn steady(&mut self, now: Instant, repeat: Duration) -> Vec<Words> {
        let is_steady = |coming: &Coming| {
            let stays = now.saturating_duration_since(coming.changed);
            coming.unsteady.is_some() && stays >= repeat
        };
        let steady = self.of.extract_if(.., |_, coming| is_steady(coming));
        steady.filter_map(|(_, coming)| coming.unsteady).collect()
    }
}

impl Coming {
    /// Takes news of what comes and goes. Tells whether it does.
    fn goes_on(&mut self, now: Instant, words: &Words) -> bool {
        let Some(last) = self.unsteady.as_mut() else {
            return false;
        };
        if is_failure(last) != is_failure(words) {
            self.changed = now;
        }
        *last = words.clone();
        true
    }

    fn forget(&mut self, now: Instant, repeat: Duration) {
        let is_late = |told: &Instant| now.saturating_duration_since(*told) < repeat;
        self.mended.retain(is_late);
    }
}

const fn is_failure(words: &Words) -> bool {
    match words.news {
        News::Fails(_) => true,
        News::Machine
        | News::Mended(_)
        | News::Ends(_)
        | News::People
        | News::Missed
        | News::Contact(_) => false,
    }
}
