use std::time::Duration;

use dispatch::{Closed, Miss, Outcome};

/// A contact that was answered within this wait was answered in time.
pub const ANSWERED_IN_TIME: Duration = Duration::from_secs(20);
/// A caller who hung up within this wait hung up early, perhaps by mistake; she does not lower the
/// share answered in time.
pub const ABANDONED_EARLY: Duration = Duration::from_secs(10);

/// Sums over contacts of one line and class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Contacts that entered the queue in this class.
    pub arrived: u64,
    /// Contacts that ended after an operator talked with them. This and all below count by the class at the end.
    pub answered: u64,
    /// Of `answered`: those with *first answer − arrival* ≤ [`ANSWERED_IN_TIME`].
    pub answered_in_time: u64,
    /// Contacts whose caller hung up before anybody answered.
    pub abandoned: u64,
    /// Of `abandoned`: those with *end − arrival* ≤ [`ABANDONED_EARLY`].
    pub abandoned_early: u64,
    /// Contacts that a partner took.
    pub overflowed: u64,
    /// Contacts whose leg was lost before anybody answered.
    pub lost: u64,
    /// Σ (*first answer − arrival*) over `answered` and `overflowed`.
    pub answered_wait: Duration,
    /// Σ (*end − arrival*) over `abandoned` and `lost`.
    pub unanswered_wait: Duration,
    /// Σ (*end − first answer*) over `answered`; waits in between, after a hand-back, are part of it.
    pub talk: Duration,
}

impl Tally {
    /// Adds a contact that is over.
    pub fn close(&mut self, closed: &Closed) {
        let answered = closed.answered.unwrap_or(closed.ended);
        let wait = answered.since(closed.arrived);
        match closed.outcome {
            Outcome::Answered => {
                self.answer(closed.outcome, wait);
                self.talk += closed.ended.since(answered);
            }
            Outcome::Overflowed => self.answer(closed.outcome, wait),
            Outcome::Abandoned => {
                let wait = closed.ended.since(closed.arrived);
                self.abandoned += 1;
                self.abandoned_early += u64::from(wait <= ABANDONED_EARLY);
                self.unanswered_wait += wait;
            }
            Outcome::Lost => {
                self.lost += 1;
                self.unanswered_wait += closed.ended.since(closed.arrived);
            }
            // No caller's.
            Outcome::Taken | Outcome::Untaken => {}
        }
    }

    /// Adds that a contact was answered after this wait, over or not; an outcome without an answer adds nothing.
    pub fn answer(&mut self, outcome: Outcome, wait: Duration) {
        match outcome {
            Outcome::Answered => {
                self.answered += 1;
                self.answered_in_time += u64::from(wait <= ANSWERED_IN_TIME);
                self.answered_wait += wait;
            }
            Outcome::Overflowed => {
                self.overflowed += 1;
                self.answered_wait += wait;
            }
            Outcome::Abandoned | Outcome::Lost | Outcome::Taken | Outcome::Untaken => {}
        }
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.answered += other.answered;
        self.answered_in_time += other.answered_in_time;
        self.abandoned += other.abandoned;
        self.abandoned_early += other.abandoned_early;
        self.overflowed += other.overflowed;
        self.lost += other.lost;
        self.answered_wait += other.answered_wait;
        self.unanswered_wait += other.unanswered_wait;
        self.talk += other.talk;
    }

    /// What was added since it was `before`.
    #[must_use]
    pub const fn less(&self, before: &Self) -> Self {
        Self {
            arrived: self.arrived.saturating_sub(before.arrived),
            answered: self.answered.saturating_sub(before.answered),
            answered_in_time: self
                .answered_in_time
                .saturating_sub(before.answered_in_time),
            abandoned: self.abandoned.saturating_sub(before.abandoned),
            abandoned_early: self.abandoned_early.saturating_sub(before.abandoned_early),
            overflowed: self.overflowed.saturating_sub(before.overflowed),
            lost: self.lost.saturating_sub(before.lost),
            answered_wait: self.answered_wait.saturating_sub(before.answered_wait),
            unanswered_wait: self.unanswered_wait.saturating_sub(before.unanswered_wait),
            talk: self.talk.saturating_sub(before.talk),
        }
    }

    /// Contacts that count for the share answered in time: all but those whose caller hung up early.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        self.ended() - self.abandoned_early
    }

    /// Contacts that ended in any way; in the sums of today also those who were answered and are still there.
    #[must_use]
    pub const fn ended(&self) -> u64 {
        self.answered + self.abandoned + self.overflowed + self.lost
    }

    /// The share answered in time, in thousandths, rounded:
    /// `answered_in_time / (answered + abandoned + overflowed + lost − abandoned_early)`. Nothing when nothing counts.
    #[must_use]
    pub fn in_time_permille(&self) -> Option<u64> {
        permille(self.answered_in_time, self.counted())
    }

    /// The mean wait of those who were answered: `answered_wait / (answered + overflowed)`. Nothing when nobody was.
    #[must_use]
    pub fn mean_answered_wait(&self) -> Option<Duration> {
        mean(self.answered_wait, self.answered + self.overflowed)
    }

    /// The mean wait of those whom nobody answered: `unanswered_wait / (abandoned + lost)`. Nothing
    /// when there was none.
    #[must_use]
    pub fn mean_unanswered_wait(&self) -> Option<Duration> {
        mean(self.unanswered_wait, self.abandoned + self.lost)
    }

    /// The mean talk: `talk / answered`. Nothing when nobody was answered.
    #[must_use]
    pub fn mean_talk(&self) -> Option<Duration> {
        mean(self.talk, self.answered)
    }
}

/// A share in thousandths, rounded, a half up; nothing when there is nothing of which it could be one.
#[must_use]
pub fn permille(part: u64, whole: u64) -> Option<u64> {
    (part * 2_000 + whole).checked_div(whole * 2)
}

fn mean(sum: Duration, count: u64) -> Option<Duration> {
    let micros = sum.as_micros().checked_div(u128::from(count))?;
    u64::try_from(micros).ok().map(Duration::from_micros)
}

/// Offers that were missed, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misses {
    /// They rang out.
    pub no_answer: u64,
    /// The phone said no.
    pub declined: u64,
    /// The phone could not be reached.
    pub unreachable: u64,
}

impl Misses {
    /// Adds one.
    pub const fn add(&mut self, miss: Miss) {
        match miss {
            Miss::NoAnswer => self.no_answer += 1,
            Miss::Declined => self.declined += 1,
            Miss::Unreachable => self.unreachable += 1,
            Miss::Ours => {}
        }
    }

    pub(crate) const fn join(&mut self, others: &Self) {
        self.no_answer += others.no_answer;
        self.declined += others.declined;
        self.unreachable += others.unreachable;
    }
}
