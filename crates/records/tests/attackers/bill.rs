//! Who holds a caller's telephone bill: he knows the second and the length of her call.

use std::collections::BTreeMap;

use records::{ClosedPeriod, SHARED_BY_MIN, Sums, Unstored};

use crate::common::{Call, YEAR};
use crate::year::{Published, YEARS, Year, share};

/// Of the calls, those that hour of start and minutes tell from all others: what the bill would do
/// to rows with times.
fn told_by_hour_and_minute(calls: &[Call]) -> u64 {
    let key = |call: &Call| {
        let seconds = call.start.since(YEAR).as_secs();
        (seconds / 3_600, call.end().since(call.start).as_secs() / 60)
    };
    let mut counts = BTreeMap::<_, u64>::new();
    for call in calls {
        *counts.entry(key(call)).or_default() += 1;
    }
    counts.values().filter(|count| **count == 1).count() as u64
}

/// The sums that are published.
fn sums(closed: &[Unstored]) -> Vec<&Sums> {
    let mut sums = Vec::new();
    for closed in closed {
        match &closed.period {
            ClosedPeriod::Piece { total, .. } => sums.push(total),
            ClosedPeriod::Month { total, classes, .. } => {
                sums.push(total);
                sums.extend(classes.values());
            }
            ClosedPeriod::Misses { .. } => {}
        }
    }
    sums
}

#[test]
fn bill_holder_pins_no_row_and_learns_no_count_but_arrived() {
    println!("the bill          calls   by hour+minute  rows    of <10  sums  of <10");
    for year in &*YEARS {
        let (mut rows, mut of_few) = (0, 0);

        for published in &year.published {
            // He knows the second of his call, so its period; all rows of the period may be it.
            let candidates = published.rows.len() as u64;
            rows += candidates;
            of_few += if candidates < SHARED_BY_MIN {
                candidates
            } else {
                0
            };
        }
        let sums = sums(&year.closed);
        let is_small = |sum: &&&Sums| sum.arrived < SHARED_BY_MIN || sum.ended < SHARED_BY_MIN;
        let small = sums.iter().filter(is_small).count();

        let calls = year.calls.len() as u64;
        let told = told_by_hour_and_minute(&year.calls);
        println!(
            "{:16}  {calls:>6}  {:>14}  {rows:>6}  {of_few:>6}  {:>4}  {small:>6}",
            year.name(),
            share(told, calls),
            sums.len(),
        );
        // The attack works where there are times.
        assert!(told * 3 > calls);
        assert!(rows * 100 > year.answered().count() as u64 * 99);
        assert_eq!((of_few, small), (0, 0));
    }
}

#[test]
fn rows_stand_in_no_order_of_calls() {
    for year in YEARS.iter().filter(|year| year.world.per_day <= 15) {
        let mut calls = year.calls.clone();
        let Published { first, last, .. } = year.published[0];
        let answered = year
            .ended(first, last)
            .filter(|(_, call)| call.is_answered());
        let answered: Vec<usize> = answered.map(|(place, _)| place).collect();
        let (first, last) = (answered[0], answered[answered.len() - 1]);
        let said_last = calls[last].content.clone();
        assert_ne!(said_last, calls[first].content);
        calls[last].content = std::mem::replace(&mut calls[first].content, said_last);

        let exchanged = Year::new(year.world, calls);

        for (one, other) in year.published.iter().zip(&exchanged.published) {
            assert_eq!(one.rows, other.rows);
        }
    }
}

#[test]
fn rows_that_tell_the_same_do_not_stand_together() {
    for year in YEARS.iter().filter(|year| year.world.per_day > 1) {
        for Published { rows, .. } in year.attacked() {
            let pairs = rows.iter().zip(&rows[1..]);
            let alike = pairs.filter(|(one, next)| one.traits == next.traits);
            assert!(alike.count() * 3 < rows.len() * 2);
        }
    }
}
