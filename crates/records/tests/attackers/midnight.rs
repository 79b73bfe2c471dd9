//! Who has the list of the calls that were live at midnight, from the line's itemised bill: he takes the difference of
//! the periods on both sides.
//!
//! What he computes is how many were live at the end of a period: all that arrived until then, less all that ended. Of
//! the rows he computes how many are of calls that ended in a period, so whether an operator talked with them where
//! none or all of the period were answered. What was said in a call stands in the period in which it ended, among
//! the rows and in the tables of at least nine others, and in no other period.

use std::time::Duration;

use records::content::{Category, Content, Language, Outcome};
use records::{ClosedPeriod, Date, SHARED_BY_MIN};

use crate::common::{Call, DAY_SECONDS, YEAR};
use crate::year::{DATES, YEARS, Year};

/// Days of the year that end a told period, each with what was told until then: arrived less ended.
fn live_at_ends(year: &Year) -> Vec<(Date, u64)> {
    let mut periods: Vec<_> = year.closed.iter().map(|closed| &closed.period).collect();
    periods.retain(|period| match period {
        ClosedPeriod::Piece { .. } => true,
        ClosedPeriod::Month { first, .. } => !year.is_in_parts(*first),
        ClosedPeriod::Misses { .. } => false,
    });
    let mut live = 0;
    let mut at_ends = Vec::new();
    for period in periods {
        let (ClosedPeriod::Piece { last, total, .. } | ClosedPeriod::Month { last, total, .. }) =
            period
        else {
            continue;
        };
        live = live + total.arrived - total.ended;
        at_ends.push((*last, live));
    }
    at_ends
}

/// The midnight that ends a day.
fn midnight(date: Date) -> dispatch::Moment {
    let day = DATES.iter().position(|other| *other == date).unwrap() as u64;
    YEAR + Duration::from_secs((day + 1) * DAY_SECONDS)
}

fn is_live(call: &Call, at: dispatch::Moment) -> bool {
    call.start < at && call.end() >= at
}

#[test]
fn how_many_were_live_at_midnight_can_be_computed() {
    for year in YEARS.iter() {
        let at_ends = live_at_ends(year);

        for (date, live) in &at_ends {
            let midnight = midnight(*date);
            let truth = year.calls.iter().filter(|call| is_live(call, midnight));
            assert_eq!(*live, truth.count() as u64, "at the end of {date}");
        }
        assert!(at_ends.len() >= 12);
    }
}

#[test]
fn a_content_is_told_once_where_its_call_ended_among_ten() {
    for year in YEARS.iter() {
        for published in &year.published {
            let ended = year.ended(published.first, published.last);
            let contents = ended.filter(|(_, call)| call.is_answered()).count() as u64;

            assert_eq!(published.rows.len() as u64, contents);
            assert!(contents >= SHARED_BY_MIN);
        }
    }
}

#[test]
fn period_before_midnight_is_told_the_same_whatever_was_said_after() {
    let year = &YEARS[7];
    let ends = year
        .published
        .iter()
        .map(|published| midnight(published.last));
    let ends: Vec<_> = ends.collect();
    let crosses = |call: &Call| {
        let end = ends.iter().position(|end| is_live(call, *end));
        end.filter(|_| call.is_answered())
    };
    let (place, end) = (0..)
        .zip(&year.calls)
        .find_map(|(place, call): (usize, _)| Some((place, crosses(call)?)))
        .unwrap();
    let mut calls = year.calls.clone();
    calls[place].content = Some(Content {
        language: Language::Romani,
        outcome: Outcome::Other,
        category: Category::Stalking,
        ..Content::default()
    });

    let other = Year::new(year.world, calls);

    assert_eq!(year.published[end].contents, other.published[end].contents);
    assert_ne!(
        year.published[end + 1].contents,
        other.published[end + 1].contents
    );
    assert_eq!(year.published[end].rows, other.published[end].rows);
}
