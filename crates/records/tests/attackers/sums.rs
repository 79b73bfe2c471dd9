//! Who reads all sums of a year: he knows nothing beside, and takes parts and classes from their months, one by one
//! and together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use dispatch::Class;
use records::{ClosedPeriod, Date, SHARED_BY_MIN, Sums, Times};

use crate::truth::{Days, Truth};
use crate::year::{CHANGING, DATES, QUIET, YEARS, Year};

/// What is told of one month, or of several together.
struct Month<'a> {
    days: RangeInclusive<Date>,
    total: &'a Sums,
    classes: &'a BTreeMap<Class, Sums>,
    parts: Vec<(RangeInclusive<Date>, &'a Sums)>,
}

impl<'a> Month<'a> {
    fn all(year: &'a Year) -> Vec<Self> {
        let mut months = Vec::new();
        let mut parts = Vec::new();
        for closed in &year.closed {
            match &closed.period {
                ClosedPeriod::Piece {
                    first, last, total, ..
                } => parts.push((*first..=*last, total)),
                ClosedPeriod::Month {
                    first,
                    last,
                    total,
                    classes,
                    ..
                } => months.push(Self {
                    days: *first..=*last,
                    total,
                    classes,
                    parts: std::mem::take(&mut parts),
                }),
                ClosedPeriod::Misses { .. } => {}
            }
        }
        months
    }

    /// The sums that are told, and what they were.
    fn told(&self, days: &Days) -> Vec<(&Sums, Truth)> {
        let mut told = vec![(self.total, days.total(self.days.clone()))];
        let classes = self.classes.iter();
        told.extend(classes.map(|(class, sums)| (sums, self.of_class(days, *class))));
        let parts = self.parts.iter();
        told.extend(parts.map(|(part, sums)| (*sums, days.total(part.clone()))));
        told
    }

    fn of_class(&self, days: &Days, class: Class) -> Truth {
        days.of_class(self.days.clone(), class)
    }

    /// Everything that can be taken apart: each part of the month, classes in all ways to join them,
    /// and what the month has beyond each.
    fn apart(&self, days: &Days) -> Vec<Truth> {
        let total = days.total(self.days.clone());
        let mut apart = Vec::new();
        for (part, _) in &self.parts {
            let part = days.total(part.clone());
            apart.extend([part, total.less(part)]);
        }
        let classes: Vec<Class> = self.classes.keys().copied().collect();
        for joined in joined(&classes, |class| self.of_class(days, class)) {
            apart.extend([joined, total.less(joined)]);
        }
        apart
    }
}

/// The sums of each selection of these.
fn joined<T: Copy>(of: &[T], sum: impl Fn(T) -> Truth) -> Vec<Truth> {
    let selection = |selected: u32| {
        let places = of.iter().enumerate();
        let places = places.filter(|(place, _)| selected & (1 << place) != 0);
        let mut joined = Truth::default();
        places.for_each(|(_, one)| joined += sum(*one));
        joined
    };
    (1..1_u32 << of.len()).map(selection).collect()
}

/// The waits of those who were answered, those of the others, talk.
pub(crate) const fn times(times: &Times) -> [Option<u64>; 3] {
    [times.answered_wait, times.unanswered_wait, times.talk]
}

const fn is_of_few(contacts: u64) -> bool {
    0 < contacts && contacts < SHARED_BY_MIN
}

#[test]
fn sums_are_exact() {
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        let days = Days::of(year);
        for (told, truth) in Month::all(year).iter().flat_map(|month| month.told(&days)) {
            assert_eq!(told.arrived, truth.arrived);
            assert_eq!(told.ended, truth.ended);
            assert_eq!(told.answered, truth.answered);
            assert_eq!(told.answered_in_time, truth.answered_in_time);
            if let Some(unanswered) = told.unanswered {
                assert_eq!(unanswered.overflowed, truth.overflowed);
                assert_eq!(unanswered.abandoned + unanswered.lost, truth.given_up);
            }
        }
    }
}

#[test]
fn months_follow_each_other_and_parts_tile_theirs() {
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        let mut next = Date::new(2027, 1, 1);
        for month in Month::all(year) {
            assert_eq!(Some(*month.days.start()), next);
            let mut of_part = next;
            for (part, _) in &month.parts {
                assert_eq!(Some(*part.start()), of_part);
                of_part = after(*part.end());
            }
            next = after(*month.days.end());
            assert!(month.parts.is_empty() || of_part == next);
        }
    }
    assert!(Month::all(&QUIET).len() < 12);
}

fn after(date: Date) -> Option<Date> {
    DATES.iter().copied().find(|other| *other > date)
}

#[test]
fn no_sum_of_times_is_about_fewer_than_ten() {
    println!("sums              of times  of <10  of <10 by difference");
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        let days = Days::of(year);
        let (mut told, mut few, mut by_difference) = (0, 0, 0);
        for month in Month::all(year) {
            for (sums, truth) in month.told(&days) {
                for (time, contacts) in times(&sums.times).into_iter().zip(truth.timed()) {
                    told += u64::from(time.is_some());
                    few += u64::from(time.is_some() && contacts < SHARED_BY_MIN);
                }
            }
            let total = days.total(month.days.clone());
            for timed in 0..3 {
                let is_told = |class: &Class| times(&month.classes[class].times)[timed].is_some();
                let classes = month.classes.keys().copied();
                let classes: Vec<Class> = classes.filter(is_told).collect();
                for joined in joined(&classes, |class| month.of_class(&days, class)) {
                    by_difference += u64::from(is_of_few(total.less(joined).timed()[timed]));
                }
            }
        }

        println!(
            "{:16}  {told:>8}  {few:>6}  {by_difference:>20}",
            year.name()
        );
        assert!(told > 0);
        assert_eq!((few, by_difference), (0, 0));
    }
}

#[test]
fn no_split_but_those_of_exact_months_has_fewer_than_ten_on_a_side() {
    println!("splits            told apart  of <10  months with a side of <10, exactly");
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        let days = Days::of(year);
        let (mut splits, mut few, mut exact) = (0, 0, 0);
        for month in Month::all(year) {
            for truth in month.apart(&days) {
                assert!(!is_of_few(truth.arrived) && !is_of_few(truth.ended));
                for (part, rest) in truth.splits() {
                    splits += 1;
                    few += u64::from(is_of_few(part) || is_of_few(rest));
                }
            }
            let sides = days.total(month.days.clone()).splits();
            let is_few = |(part, rest): &(u64, u64)| is_of_few(*part) || is_of_few(*rest);
            exact += u64::from(sides.iter().any(is_few));
        }

        println!("{:16}  {splits:>10}  {few:>6}  {exact:>34}", year.name());
        assert_eq!(few, 0);
    }
}

#[test]
fn parts_and_classes_tell_neither_times_of_parts_nor_how_others_ended() {
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        for month in Month::all(year) {
            for (_, sums) in &month.parts {
                assert_eq!(sums.times, Times::default());
            }
            let parts = month.parts.iter().map(|(_, sums)| *sums);
            for sums in parts.chain(month.classes.values()) {
                assert_eq!(sums.unanswered, None);
            }
        }
    }
}
