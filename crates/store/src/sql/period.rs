//! Closed periods as rows. Nothing else of this module knows what a closed period is made of.

use std::collections::BTreeMap;

use dispatch::{Class, LineId};
use records::{ClosedPeriod, Date, Misses, PeriodId, Span, Sums, Times, Unanswered};

use super::{Fault, Row};

/// What is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Piece,
    Month,
    Misses,
}

impl Kind {
    /// How the column `span` names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Piece => "piece",
            Self::Month => "month",
            Self::Misses => "misses",
        }
    }
}

/// The key of a period; missed offers are of no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PeriodKey {
    pub(super) first_day: i64,
    pub(super) kind: Kind,
    pub(super) line: Option<LineId>,
}

pub(super) fn key_of(closed: &ClosedPeriod) -> PeriodKey {
    let (first, kind, line) = match closed {
        ClosedPeriod::Piece { line, first, .. } => (*first, Kind::Piece, Some(*line)),
        ClosedPeriod::Month { line, first, .. } => (*first, Kind::Month, Some(*line)),
        ClosedPeriod::Misses { first, .. } => (*first, Kind::Misses, None),
    };
    PeriodKey {
        first_day: number_of(first),
        kind,
        line,
    }
}

/// How it is named where something failed.
pub(super) fn name_of(closed: &ClosedPeriod) -> String {
    let PeriodKey {
        first_day, kind, ..
    } = key_of(closed);
    format!("the {} from {first_day}", kind.name())
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

/// Whose sums they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    All,
    Class(Class),
}

impl Of {
    /// How the column `class` names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Class(class) => name_of_class(class),
        }
    }

    fn named(name: &str) -> Result<Self, Fault> {
        if name == "all" {
            return Ok(Self::All);
        }
        class_of(name).map(Self::Class)
    }
}

/// Reads a row of `first_day, span, line, last_day`; its sums come later.
pub(super) fn read_period(row: &mut Row) -> Result<(PeriodKey, ClosedPeriod), Fault> {
    let first = date_of(row.integer()?)?;
    let span = row.text()?;
    let line = line_of(&row.text()?)?;
    let last = date_of(row.integer()?)?;
    let total = Sums::default();
    let closed = match span.as_str() {
        "piece" => ClosedPeriod::Piece {
            line,
            first,
            last,
            total,
        },
        "month" => ClosedPeriod::Month {
            line,
            first: of_month(first, PeriodId::first)?,
            last: of_month(last, PeriodId::last)?,
            total,
            classes: BTreeMap::new(),
        },
        _ => return Err(Fault::Damaged("a period of unknown length")),
    };
    Ok((key_of(&closed), closed))
}

/// Reads a row of `first_day, last_day, no_answer, declined, unreachable`.
pub(super) fn read_misses(row: &mut Row) -> Result<(PeriodKey, ClosedPeriod), Fault> {
    let closed = ClosedPeriod::Misses {
        first: of_month(date_of(row.integer()?)?, PeriodId::first)?,
        last: of_month(date_of(row.integer()?)?, PeriodId::last)?,
        misses: Misses {
            no_answer: row.count()?,
            declined: row.count()?,
            unreachable: row.count()?,
        },
    };
    Ok((key_of(&closed), closed))
}

/// The day, if it is this one of its month.
fn of_month(day: Date, which: impl Fn(PeriodId) -> Date) -> Result<Date, Fault> {
    if which(PeriodId::of(Span::Month, day)) != day {
        return Err(Fault::Damaged("a month that is none"));
    }
    Ok(day)
}

/// Puts sums that were read in their place.
pub(super) fn add_sums(closed: &mut ClosedPeriod, of: Of, sums: Sums) -> Result<(), Fault> {
    match (closed, of) {
        (ClosedPeriod::Piece { total, .. } | ClosedPeriod::Month { total, .. }, Of::All) => {
            *total = sums;
        }
        (ClosedPeriod::Month { classes, .. }, Of::Class(class)) => {
            classes.insert(class, sums);
        }
        (ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. }, _) => {
            return Err(Fault::Damaged("sums of no period"));
        }
    }
    Ok(())
}

/// Reads a row of `class` and the columns of [`sums_numbers`], in their order.
pub(super) fn read_sums(row: &mut Row) -> Result<(Of, Sums), Fault> {
    let of = Of::named(&row.text()?)?;
    let sums = Sums {
        arrived: row.count()?,
        ended: row.count()?,
        answered: row.count()?,
        answered_in_time: row.count()?,
        unanswered: read_unanswered(row)?,
        times: Times {
            answered_wait: row.optional_count()?,
            unanswered_wait: row.optional_count()?,
            talk: row.optional_count()?,
        },
    };
    Ok((of, sums))
}

fn read_unanswered(row: &mut Row) -> Result<Option<Unanswered>, Fault> {
    let mut counts = [None; 4];
    for count in &mut counts {
        *count = row.optional_count()?;
    }
    match counts {
        [
            Some(abandoned),
            Some(abandoned_early),
            Some(overflowed),
            Some(lost),
        ] => Ok(Some(Unanswered {
            abandoned,
            abandoned_early,
            overflowed,
            lost,
        })),
        [None, None, None, None] => Ok(None),
        _ => Err(Fault::Damaged("ends of contacts that are told in part")),
    }
}

/// The sums, times in seconds; nothing where it is not told.
pub(super) fn sums_numbers(sums: &Sums) -> Result<[Option<i64>; 11], Fault> {
    let optional = |number: Option<u64>| number.map(count).transpose();
    let of_unanswered = |of: fn(Unanswered) -> u64| optional(sums.unanswered.map(of));
    Ok([
        Some(count(sums.arrived)?),
        Some(count(sums.ended)?),
        Some(count(sums.answered)?),
        Some(count(sums.answered_in_time)?),
        of_unanswered(|unanswered| unanswered.abandoned)?,
        of_unanswered(|unanswered| unanswered.abandoned_early)?,
        of_unanswered(|unanswered| unanswered.overflowed)?,
        of_unanswered(|unanswered| unanswered.lost)?,
        optional(sums.times.answered_wait)?,
        optional(sums.times.unanswered_wait)?,
        optional(sums.times.talk)?,
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

pub(super) fn line_of(name: &str) -> Result<LineId, Fault> {
    LineId::parse(name).map_err(|_| Fault::Damaged("a line that is none"))
}

const fn name_of_class(class: Class) -> &'static str {
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
