//! Closed periods as rows. Nothing else of this module knows what a closed period is made of.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{Class, LineId};
use records::{ClosedPeriod, Date, Misses, Period, PeriodId, Span, Tally};

use super::{Fault, Row};

/// The key of a period: its first day, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PeriodKey {
    pub(super) first_day: i64,
    pub(super) span: Span,
}

pub(super) fn key_of(closed: &ClosedPeriod) -> PeriodKey {
    PeriodKey {
        first_day: number_of(closed.period.first()),
        span: closed.period.span(),
    }
}

pub(super) fn last_day_of(closed: &ClosedPeriod) -> i64 {
    number_of(closed.period.last())
}

/// How it is named where something failed.
pub(super) fn name_of(closed: &ClosedPeriod) -> String {
    let PeriodKey { first_day, span } = key_of(closed);
    format!("the {} from {first_day}", name_of_span(span))
}

/// A day as `YYYYMMDD`.
pub(super) fn number_of(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

pub(super) fn date_of(number: i64) -> Result<Date, Fault> {
    let part = |divisor: i64, modulus: i64| number.div_euclid(divisor).rem_euclid(modulus);
    let year = u16::try_from(number.div_euclid(10_000));
    let (month, day) = (u8::try_from(part(100, 100)), u8::try_from(part(1, 100)));
    let (Ok(year), Ok(month), Ok(day)) = (year, month, day) else {
        return Err(Fault::Damaged("a day that is none"));
    };
    Date::new(year, month, day).ok_or(Fault::Damaged("a day that is none"))
}

/// Reads a row of `first_day, span, last_day, missed_no_answer, missed_declined, missed_unreachable`.
pub(super) fn read_period(row: &mut Row) -> Result<(PeriodKey, ClosedPeriod), Fault> {
    let first = date_of(row.integer()?)?;
    let span = span_of(&row.text()?)?;
    let last = date_of(row.integer()?)?;
    let period = PeriodId::of(span, first);
    if (period.first(), period.last()) != (first, last) {
        return Err(Fault::Damaged("a period that is none"));
    }
    let sums = Period {
        tallies: BTreeMap::new(),
        misses: Misses {
            no_answer: row.count()?,
            declined: row.count()?,
            unreachable: row.count()?,
        },
    };
    let closed = ClosedPeriod { period, sums };
    Ok((key_of(&closed), closed))
}

/// Reads the sums of a row of `line, class` and the columns of [`tally_numbers`], in their order.
pub(super) fn read_tally(row: &mut Row) -> Result<((LineId, Class), Tally), Fault> {
    let line = line_of(&row.text()?)?;
    let class = class_of(&row.text()?)?;
    let tally = Tally {
        arrived: row.count()?,
        answered: row.count()?,
        answered_in_time: row.count()?,
        abandoned: row.count()?,
        abandoned_early: row.count()?,
        overflowed: row.count()?,
        lost: row.count()?,
        answered_wait: Duration::from_micros(row.count()?),
        unanswered_wait: Duration::from_micros(row.count()?),
        talk: Duration::from_micros(row.count()?),
    };
    Ok(((line, class), tally))
}

/// The sums of a tally, times in microseconds.
pub(super) fn tally_numbers(tally: &Tally) -> Result<[i64; 10], Fault> {
    Ok([
        count(tally.arrived)?,
        count(tally.answered)?,
        count(tally.answered_in_time)?,
        count(tally.abandoned)?,
        count(tally.abandoned_early)?,
        count(tally.overflowed)?,
        count(tally.lost)?,
        micros(tally.answered_wait)?,
        micros(tally.unanswered_wait)?,
        micros(tally.talk)?,
    ])
}

/// The offers that were missed: no answer, declined, unreachable.
pub(super) fn miss_numbers(misses: &Misses) -> Result<[i64; 3], Fault> {
    Ok([
        count(misses.no_answer)?,
        count(misses.declined)?,
        count(misses.unreachable)?,
    ])
}

pub(super) fn count(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_| Fault::TooLarge)
}

fn micros(duration: Duration) -> Result<i64, Fault> {
    i64::try_from(duration.as_micros()).map_err(|_| Fault::TooLarge)
}

pub(super) fn line_of(name: &str) -> Result<LineId, Fault> {
    LineId::parse(name).map_err(|_| Fault::Damaged("a line that is none"))
}

pub(super) const fn name_of_span(span: Span) -> &'static str {
    match span {
        Span::Day => "day",
        Span::Week => "week",
        Span::Month => "month",
    }
}

fn span_of(name: &str) -> Result<Span, Fault> {
    [Span::Day, Span::Week, Span::Month]
        .into_iter()
        .find(|span| name_of_span(*span) == name)
        .ok_or(Fault::Damaged("a period of unknown length"))
}

pub(super) const fn name_of_class(class: Class) -> &'static str {
    match class {
        Class::Alarm => "alarm",
        Class::Danger => "danger",
        Class::Crisis => "crisis",
        Class::Information => "information",
    }
}

fn class_of(name: &str) -> Result<Class, Fault> {
    [
        Class::Alarm,
        Class::Danger,
        Class::Crisis,
        Class::Information,
    ]
    .into_iter()
    .find(|class| name_of_class(*class) == name)
    .ok_or(Fault::Damaged("an unknown class"))
}
