use std::ops::Range;

use dispatch::LineId;

use crate::{Date, SHARED_BY_MIN};

/// Hours of a week.
pub const HOURS_OF_WEEK: usize = DAYS * HOURS_OF_DAY;
const DAYS: usize = 7;
const HOURS_OF_DAY: usize = 24;

/// An hour of the week of the site's calendar. Which one a moment is in, the calendar says: an hour
/// that a clock change repeats is one hour here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HourOfWeek(u8);

impl HourOfWeek {
    /// Monday from midnight to one o'clock.
    pub const FIRST: Self = Self(0);

    /// An hour by how many days and hours after Monday's midnight it begins; nothing when there is no such hour.
    #[must_use]
    pub const fn new(days_after_monday: u8, hour: u8) -> Option<Self> {
        if days_after_monday as usize >= DAYS || hour as usize >= HOURS_OF_DAY {
            return None;
        }
        Some(Self(days_after_monday * HOURS_OF_DAY as u8 + hour))
    }

    /// Its place in the week, from 0 on.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// How many contacts arrived in each hour of the week, in a month of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours([u64; HOURS_OF_WEEK]);

/// Those of [`Hours`] that are told, by their place in the week. What is missing is withheld: too
/// few contacts share it, or too few would share what is left; nobody is told which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldHours(pub [Option<u64>; HOURS_OF_WEEK]);

/// What is told of a month of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthHours {
    /// Whose contacts.
    pub line: LineId,
    /// The first day.
    pub first: Date,
    /// Those that are told.
    pub hours: ToldHours,
}

/// What was told of the last month before, of the same line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthBefore {
    /// Some of its hours: so many arrived in it that it is not too small to be told alone.
    Told,
    /// None, or there was no such month: it may be told together with this one.
    Hidden,
}

impl Default for Hours {
    fn default() -> Self {
        Self([0; HOURS_OF_WEEK])
    }
}

impl Hours {
    /// Adds contacts that arrived in an hour.
    pub const fn add(&mut self, hour: HourOfWeek, contacts: u64) {
        self.0[hour.place()] += contacts;
    }

    /// What is told of them.
    ///
    /// The rule of hours: enough contacts share each, and what is published beside them gives no
    /// difference of few. Published are the *arrived* of whole months, and of parts of months, which
    /// are whole days. Together these may tell how many arrived on all Mondays, or on all days of
    /// any set of days of the week; how many arrived in an hour of the week they tell of no hour. So
    /// of every such set either no hour is told, or what it has beyond its told hours is none or is
    /// itself shared by enough. A month that may be told together with a small one before always
    /// keeps enough: else that one would be the difference.
    ///
    /// It holds of what was stored by quarter-hour. A month is counted from the entry that tells its
    /// first day, some moments after midnight, and what the database did not take in time is in no
    /// hour: by so much the rest of a published sum may be another.
    #[must_use]
    pub fn told(&self, before: MonthBefore) -> ToldHours {
        let mut told = ToldHours(
            self.0
                .map(|count| (count >= SHARED_BY_MIN).then_some(count)),
        );
        let days = || (0..DAYS).map(|day| day * HOURS_OF_DAY..(day + 1) * HOURS_OF_DAY);
        let is_small = |total: u64| (1..SHARED_BY_MIN).contains(&total);
        let has_small_day = days().any(|day| is_small(self.0[day].iter().sum()));
        for day in days() {
            let rest = self.rest(&told, day.clone());
            if is_small(rest) || (rest == 0 && has_small_day) {
                told.withhold_smallest(day);
            }
        }
        let month = 0..HOURS_OF_WEEK;
        let rest = self.rest(&told, month.clone());
        if rest < SHARED_BY_MIN && before == MonthBefore::Hidden {
            told.withhold_smallest(month);
        }
        told
    }

    /// What these hours have beyond those that are told.
    fn rest(&self, told: &ToldHours, hours: Range<usize>) -> u64 {
        let counts = self.0[hours.clone()].iter().zip(&told.0[hours]);
        let withheld = counts.filter(|(_, told)| told.is_none());
        withheld.map(|(count, _)| count).sum()
    }
}

impl ToldHours {
    /// Nothing is told of any hour.
    pub const NONE: Self = Self([None; HOURS_OF_WEEK]);

    /// What the month after it has to know of it.
    #[must_use]
    pub fn before_the_next(&self) -> MonthBefore {
        if self.0.iter().all(Option::is_none) {
            return MonthBefore::Hidden;
        }
        MonthBefore::Told
    }

    fn withhold_smallest(&mut self, hours: Range<usize>) {
        let told = hours.filter_map(|hour| Some((self.0[hour]?, hour)));
        if let Some((_, smallest)) = told.min() {
            self.0[smallest] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY_AT_EIGHT: usize = 8;
    const SUNDAY_AT_EIGHT: usize = 6 * HOURS_OF_DAY + 8;

    fn hours(counts: &[(usize, u64)]) -> Hours {
        let mut hours = Hours::default();
        for (hour, count) in counts {
            hours.0[*hour] += count;
        }
        hours
    }

    fn told(counts: &[(usize, u64)], before: MonthBefore) -> Vec<(usize, u64)> {
        let ToldHours(told) = hours(counts).told(before);
        let told = told.into_iter().enumerate();
        told.filter_map(|(hour, count)| Some((hour, count?)))
            .collect()
    }

    #[test]
    fn week_begins_on_monday_and_has_168_hours() {
        assert_eq!(HourOfWeek::new(0, 0), Some(HourOfWeek::FIRST));
        assert_eq!(HourOfWeek::new(6, 23).map(HourOfWeek::place), Some(167));
        assert_eq!(HourOfWeek::new(7, 0), None);
        assert_eq!(HourOfWeek::new(0, 24), None);
    }

    #[test]
    fn hour_that_ten_share_is_told_and_one_of_nine_is_not() {
        let counts = [(8, 10), (9, 9), (10, 9)];

        assert_eq!(told(&counts, MonthBefore::Told), [(8, 10)]);
    }

    #[test]
    fn smallest_told_hour_is_withheld_where_the_rest_of_its_day_is_few() {
        let counts = [(8, 30), (9, 20), (10, 3)];

        assert_eq!(told(&counts, MonthBefore::Told), [(8, 30)]);
    }

    #[test]
    fn day_whose_every_hour_is_told_has_no_rest() {
        let counts = [(8, 30), (9, 20)];

        assert_eq!(told(&counts, MonthBefore::Told), counts);
    }

    #[test]
    fn month_that_may_be_told_with_a_small_one_before_keeps_ten() {
        let counts = [(8, 30), (9, 20), (SUNDAY_AT_EIGHT, 12)];

        assert_eq!(told(&counts, MonthBefore::Hidden), [(8, 30), (9, 20)]);
    }

    #[test]
    fn few_contacts_of_a_day_are_no_difference_of_a_day_that_is_told_with_it() {
        let counts = [(MONDAY_AT_EIGHT, 30), (9, 20), (SUNDAY_AT_EIGHT, 4)];

        assert_eq!(told(&counts, MonthBefore::Told), [(8, 30)]);
    }
}
