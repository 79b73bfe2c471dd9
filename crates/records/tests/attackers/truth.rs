//! What was so, counted from the calls themselves.

use std::collections::BTreeMap;
use std::ops::{AddAssign, RangeInclusive};

use dispatch::{Class, Outcome as Ending};
use records::{ANSWERED_IN_TIME, Date};

use crate::common::Call;
use crate::year::{Year, date_of};

/// Sums of contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) arrived: u64,
    pub(crate) ended: u64,
    pub(crate) answered: u64,
    pub(crate) answered_in_time: u64,
    pub(crate) overflowed: u64,
    /// By the callers or with their legs.
    pub(crate) given_up: u64,
}

impl Truth {
    fn ended(call: &Call) -> Self {
        let is = |ending| u64::from(call.ending == ending);
        let is_in_time = call.is_answered() && call.wait <= ANSWERED_IN_TIME;
        Self {
            arrived: 0,
            ended: 1,
            answered: is(Ending::Answered),
            answered_in_time: u64::from(is_in_time),
            overflowed: is(Ending::Overflowed),
            given_up: is(Ending::Abandoned) + is(Ending::Lost),
        }
    }

    /// Of how many contacts each sum of times is: the waits of those who were answered, of the others, talk.
    pub(crate) const fn timed(self) -> [u64; 3] {
        [
            self.answered + self.overflowed,
            self.given_up,
            self.answered,
        ]
    }

    /// The splits that may be told: a part, and the rest.
    pub(crate) const fn splits(self) -> [(u64, u64); 2] {
        [
            (self.answered, self.ended - self.answered),
            (self.answered_in_time, self.answered - self.answered_in_time),
        ]
    }

    pub(crate) const fn less(self, other: Self) -> Self {
        Self {
            arrived: self.arrived - other.arrived,
            ended: self.ended - other.ended,
            answered: self.answered - other.answered,
            answered_in_time: self.answered_in_time - other.answered_in_time,
            overflowed: self.overflowed - other.overflowed,
            given_up: self.given_up - other.given_up,
        }
    }
}

impl AddAssign for Truth {
    fn add_assign(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.ended += other.ended;
        self.answered += other.answered;
        self.answered_in_time += other.answered_in_time;
        self.overflowed += other.overflowed;
        self.given_up += other.given_up;
    }
}

/// Sums of each day and class.
pub(crate) struct Days(BTreeMap<(Date, Class), Truth>);

impl Days {
    pub(crate) fn of(year: &Year) -> Self {
        let mut days = BTreeMap::<_, Truth>::new();
        for call in &year.calls {
            if let Some(date) = date_of(call.start) {
                days.entry((date, call.arrived_as)).or_default().arrived += 1;
            }
            if let Some(date) = date_of(call.end()) {
                *days.entry((date, call.ended_as)).or_default() += Truth::ended(call);
            }
        }
        Self(days)
    }

    pub(crate) fn total(&self, days: RangeInclusive<Date>) -> Truth {
        self.sum(days, |_| true)
    }

    pub(crate) fn of_class(&self, days: RangeInclusive<Date>, wanted: Class) -> Truth {
        self.sum(days, |class| class == wanted)
    }

    fn sum(&self, days: RangeInclusive<Date>, is_wanted: impl Fn(Class) -> bool) -> Truth {
        let mut sum = Truth::default();
        for ((date, class), truth) in &self.0 {
            if days.contains(date) && is_wanted(*class) {
                sum += *truth;
            }
        }
        sum
    }
}
