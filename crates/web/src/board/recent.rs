use std::collections::VecDeque;
use std::time::Duration;

use records::Tally;

use super::{Chart, Millis, Quarter, Sum, Sums};

/// How far back the sums of the last minutes reach.
pub const RECENT: Duration = Duration::from_secs(30 * 60);
/// The grain of the day's chart.
pub const QUARTER: Duration = Duration::from_secs(15 * 60);

/// How finely the sums of the last minutes forget.
const GRAIN_MS: u64 = 10_000;
const RECENT_MS: u64 = 30 * 60 * 1_000;
const QUARTER_MS: u64 = 15 * 60 * 1_000;
/// A day of quarter-hours, and the two that a change of the clock may add.
const QUARTERS_MAX: usize = 25 * 4 + 2;

/// The sums of today as the exchange tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Today {
    /// The sums.
    pub tally: Tally,
    /// When they began, where it was not midnight: with the start, or with the earliest contact that it found.
    pub since: Option<Millis>,
}

/// Sums of today, kept in memory so that the last 30 minutes and each quarter-hour can be told. A
/// restart empties them, and so does midnight.
#[derive(Debug, Default)]
pub struct Recent {
    today: Tally,
    /// When that began, where it was not midnight.
    since: Option<Millis>,
    /// When anything was told for the first time, or a day began.
    began: Option<Millis>,
    /// When `today` was told.
    told: Millis,
    /// What `today` was at the end of each grain, the oldest first.
    grains: VecDeque<(Millis, Tally)>,
    quarters: VecDeque<Quarter>,
    /// What `today` was when the last quarter-hour began.
    quarter_began_with: Tally,
}

impl Recent {
    /// Takes in the sums of today as they are at a moment.
    pub fn take(&mut self, at: Millis, Today { tally, since }: Today) {
        let today = &tally;
        self.since = since;
        if self.began.is_none() {
            self.begin(at, if since.is_some() { today.arrived } else { 0 });
        }
        if is_behind(today, &self.today) {
            *self = Self {
                since,
                ..Self::default()
            };
            self.begin(at, today.arrived);
        }
        self.close_grain(at);
        self.turn_quarter(at);
        self.today = *today;
        self.told = at;
        if let Some(quarter) = self.quarters.back_mut() {
            let began = &self.quarter_began_with;
            quarter.arrived = today.arrived.saturating_sub(began.arrived);
            quarter.answered = today.answered.saturating_sub(began.answered);
            quarter.abandoned = today.abandoned.saturating_sub(began.abandoned);
        }
    }

    /// Begins with those who are there: after a midnight or a start they count as arrived today, but they did not arrive in these minutes.
    fn begin(&mut self, at: Millis, there: u64) {
        self.began = Some(at);
        self.quarter_began_with.arrived = there;
        self.grains.push_back((at, self.quarter_began_with));
    }

    /// The sums of today as they were told last.
    #[must_use]
    pub const fn today(&self) -> Today {
        Today {
            tally: self.today,
            since: self.since,
        }
    }

    /// The sums of today and of the last 30 minutes.
    #[must_use]
    pub fn sums(&self, at: Millis) -> Sums {
        let since = at.saturating_sub(RECENT_MS);
        let before = self.grains.iter().rev().find(|(end, _)| *end <= since);
        let before = before.or(self.grains.front().filter(|_| self.grains_are_whole()));
        let before = before.map_or_else(Tally::default, |(_, tally)| *tally);
        Sums {
            today: Sum {
                since_ms: self.since,
                ..(&self.today).into()
            },
            recent: Sum {
                since_ms: self.began.filter(|began| *began > since),
                ..(&self.today.less(&before)).into()
            },
        }
    }

    /// The quarter-hours of today; nothing before the first one.
    #[must_use]
    pub fn chart(&self) -> Option<Chart> {
        self.chart_from(0)
    }

    /// The quarter-hour that runs, alone.
    #[must_use]
    pub fn chart_now(&self) -> Option<Chart> {
        self.chart_from(self.quarters.len().saturating_sub(1))
    }

    fn chart_from(&self, first: usize) -> Option<Chart> {
        Some(Chart {
            first_ms: self.quarters.front()?.begins_ms,
            quarters: self.quarters.iter().skip(first).copied().collect(),
        })
    }

    /// Whether the first grain is what a day began with.
    fn grains_are_whole(&self) -> bool {
        self.grains
            .front()
            .is_some_and(|(_, tally)| tally.ended() == 0)
    }

    fn close_grain(&mut self, at: Millis) {
        // What was told last has been so since the end of its grain.
        for end in [self.told / GRAIN_MS + 1, at / GRAIN_MS].map(|grain| grain * GRAIN_MS) {
            if end <= at && self.grains.back().is_none_or(|(last, _)| *last < end) {
                self.grains.push_back((end, self.today));
            }
        }
        let since = at.saturating_sub(RECENT_MS);
        // One that is older stays: the sums of the last minutes are counted from it.
        while self.grains.get(1).is_some_and(|(end, _)| *end <= since) {
            self.grains.pop_front();
        }
    }

    fn turn_quarter(&mut self, at: Millis) {
        let begins = at / QUARTER_MS * QUARTER_MS;
        if self
            .quarters
            .back()
            .is_some_and(|last| last.begins_ms >= begins)
        {
            return;
        }
        if !self.quarters.is_empty() {
            self.quarter_began_with = self.today;
        }
        self.quarters.push_back(Quarter {
            begins_ms: begins,
            arrived: 0,
            answered: 0,
            abandoned: 0,
        });
        if self.quarters.len() > QUARTERS_MAX {
            self.quarters.pop_front();
        }
    }
}

/// Whether sums began anew: nothing that is summed up grows smaller within a day.
fn is_behind(new: &Tally, old: &Tally) -> bool {
    new.arrived < old.arrived || new.ended() < old.ended()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Millis = 1_800_000_000_000 / QUARTER_MS * QUARTER_MS;
    const MINUTE: u64 = 60_000;

    fn today(arrived: u64, answered: u64, abandoned: u64) -> Today {
        Today {
            tally: Tally {
                arrived,
                answered,
                answered_in_time: answered,
                abandoned,
                ..Tally::default()
            },
            since: None,
        }
    }

    #[test]
    fn sums_after_a_start_say_since_when_and_later_only_those_of_today() {
        let mut recent = Recent::default();
        let started = |minutes| Today {
            since: Some(NOON),
            ..today(minutes, 0, 0)
        };

        recent.take(NOON, started(1));
        let soon = recent.sums(NOON + 10 * MINUTE);
        recent.take(NOON + 40 * MINUTE, started(1));
        let later = recent.sums(NOON + 40 * MINUTE);

        assert_eq!(soon.today.since_ms, Some(NOON));
        assert_eq!(soon.recent.since_ms, Some(NOON));
        assert_eq!(later.today.since_ms, Some(NOON));
        assert_eq!(later.recent.since_ms, None);
    }

    #[test]
    fn who_was_there_at_a_start_arrived_today_and_not_in_these_minutes() {
        let mut recent = Recent::default();
        let started = |arrived| Today {
            since: Some(NOON - 5 * MINUTE),
            ..today(arrived, 0, 0)
        };

        recent.take(NOON, started(2));
        recent.take(NOON + MINUTE, started(3));

        let sums = recent.sums(NOON + MINUTE);
        assert_eq!(sums.today.since_ms, Some(NOON - 5 * MINUTE));
        assert_eq!(sums.recent.since_ms, Some(NOON));
        assert_eq!((sums.today.arrived, sums.recent.arrived), (3, 1));
        assert_eq!(recent.chart().unwrap().quarters[0].arrived, 1);
    }

    #[test]
    fn share_is_told_from_ten_contacts_on() {
        let share = |answered| Sum::from(&today(answered, answered, 0).tally).in_time_permille;

        assert_eq!((share(9), share(10)), (None, Some(1_000)));
    }

    #[test]
    fn who_hung_up_early_counts_in_one_share_and_not_in_the_other() {
        let tally = Tally {
            abandoned: 2,
            abandoned_early: 2,
            ..today(12, 10, 0).tally
        };

        let sum = Sum::from(&tally);

        assert_eq!((sum.counted, sum.all), (10, 12));
        assert_eq!(sum.in_time_permille, Some(1_000));
        assert_eq!(sum.in_time_of_all_permille, Some(833));
    }

    #[test]
    fn last_minutes_forget_what_is_older_than_half_an_hour() {
        let mut recent = Recent::default();
        recent.take(NOON, today(3, 2, 1));

        recent.take(NOON + 20 * MINUTE, today(5, 4, 1));
        let young = recent.sums(NOON + 20 * MINUTE);
        recent.take(NOON + 31 * MINUTE, today(5, 4, 1));
        let old = recent.sums(NOON + 31 * MINUTE);

        assert_eq!((young.recent.arrived, young.recent.answered), (5, 4));
        assert_eq!((old.recent.arrived, old.recent.answered), (2, 2));
        assert_eq!((old.today.arrived, old.today.answered), (5, 4));
    }

    #[test]
    fn chart_counts_each_quarter_hour_by_itself() {
        let mut recent = Recent::default();

        recent.take(NOON + MINUTE, today(2, 1, 0));
        recent.take(NOON + 16 * MINUTE, today(2, 1, 0));
        recent.take(NOON + 17 * MINUTE, today(5, 2, 2));

        let chart: Vec<_> = recent
            .chart()
            .unwrap()
            .quarters
            .iter()
            .map(|quarter| {
                (
                    quarter.begins_ms,
                    quarter.arrived,
                    quarter.answered,
                    quarter.abandoned,
                )
            })
            .collect();
        assert_eq!(chart, [(NOON, 2, 1, 0), (NOON + 15 * MINUTE, 3, 1, 2)]);
    }

    #[test]
    fn midnight_empties_everything_but_those_who_are_there() {
        let mut recent = Recent::default();
        recent.take(NOON, today(9, 7, 1));

        recent.take(NOON + MINUTE, today(1, 0, 0));
        recent.take(NOON + 2 * MINUTE, today(2, 1, 0));

        let sums = recent.sums(NOON + 2 * MINUTE);
        assert_eq!((sums.today.arrived, sums.recent.arrived), (2, 1));
        assert_eq!(sums.recent.answered, 1);
        assert_eq!(recent.chart().unwrap().quarters.len(), 1);
    }

    #[test]
    fn memory_of_a_day_is_bounded() {
        let mut recent = Recent::default();

        for minute in 0..3 * 24 * 60 {
            recent.take(NOON + minute * MINUTE, today(minute, 0, 0));
        }

        assert!(recent.grains.len() <= 63, "{}", recent.grains.len());
        assert_eq!(recent.chart().unwrap().quarters.len(), QUARTERS_MAX);
    }
}
