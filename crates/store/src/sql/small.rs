//! Months that an earlier release told alone though fewer than ten contacts ended in them, and its
//! missed offers of months in which no line is told: they lie apart until the next month is
//! written, and no report and no backup has them. What the fold closes today never comes here but
//! to take them in.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use dispatch::LineId;
use records::{ClosedPeriod, Joined, SHARED_BY_MIN, Unstored, join_small};

use super::counts::{self, read_closed};
use super::period::{self, Kind, PeriodKey};
use super::store::{count_of, take_turn};
use super::withdrawn::put_withdrawn;
use super::{Backend, Fault, Transaction, Value, Withdrawn};

/// Tables that lie apart, and how their rows are counted.
pub(super) const TABLES: [(&str, &str); 2] = [
    ("small_month", "SELECT count(*) FROM small_month"),
    ("small_misses", "SELECT count(*) FROM small_misses"),
];

const EVERY_DAY: RangeInclusive<i64> = 0..=99_991_231;

const COUNT_TOLD: &str = "
    SELECT count(*) FROM closed_sums WHERE span = 'month' AND class = 'all' AND ended < 10";

const MONTHS: &str = "
    SELECT first_day, 'month', line, last_day, 'all', arrived, ended, answered, answered_in_time,
        abandoned, abandoned_early, overflowed, lost, NULL, NULL, NULL
    FROM small_month ORDER BY first_day, line";

const MISSES: &str = "
    SELECT first_day, last_day, no_answer, declined, unreachable FROM small_misses
    ORDER BY first_day";

const FORGET_MONTHS: &str = "DELETE FROM small_month";
const FORGET_MONTH: &str = "DELETE FROM small_month WHERE line = $1";
const FORGET_MISSES: &str = "DELETE FROM small_misses";

const PUT_MONTH: &str = "
    INSERT INTO small_month
        (line, first_day, last_day, arrived, ended, answered, answered_in_time, abandoned,
         abandoned_early, overflowed, lost)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

const PUT_MISSES: &str = "
    INSERT INTO small_misses (first_day, last_day, no_answer, declined, unreachable)
    VALUES ($1, $2, $3, $4, $5)";

const COUNT_MONTHS_AROUND: &str = "
    SELECT count(*) FROM closed_period
    WHERE span = 'month' AND line = $1 AND first_day < $2 AND last_day >= $3";
const COUNT_MISSES_AROUND: &str = "
    SELECT count(*) FROM closed_misses WHERE first_day < $1 AND last_day >= $2";

const COUNT_ROWS: &str = "SELECT count(*) FROM record_row";
const COUNT_CELLS: &str = "SELECT count(*) FROM record_cell";
const COUNT_CLASSES: &str = "SELECT count(*) FROM closed_sums WHERE class <> 'all'";

/// What is to be done for a period that is to be written.
pub(super) enum Becomes {
    /// It is written as it is.
    Itself,
    /// It is written together with what lay apart: without rows and tables, which would be of fewer.
    Joined(ClosedPeriod),
    /// Nothing: it lies apart, or is in a longer one that is told.
    Kept,
}

/// Takes what lies apart into a period that is to be written; puts it apart where it is told nowhere yet.
pub(super) async fn take_in(
    work: &mut dyn Transaction,
    closed: &ClosedPeriod,
) -> Result<Becomes, Fault> {
    let key = period::key_of(closed);
    if key.kind == Kind::Piece {
        return Ok(Becomes::Itself);
    }
    let days = [key.first_day, last_day(closed)];
    if is_in_a_longer_one(work, key.line, days).await? {
        return Ok(Becomes::Kept);
    }
    let apart = read_apart(work).await?.into_iter();
    let mut apart = apart.filter(|apart| is_of(apart, key));
    let before = apart.next();
    if before.is_none() && !is_small(closed) {
        return Ok(Becomes::Itself);
    }
    // What lies apart may be this one: then it is written anew.
    let before = before.filter(|before| period::key_of(before) != key);
    if before
        .as_ref()
        .is_some_and(|before| last_day(before) >= days[1])
    {
        return Ok(Becomes::Kept);
    }
    let around = read_closed(work, days[0]..=days[1]).await?.into_values();
    let around = around.filter(|around| decides(around, closed));
    let periods = before.into_iter().chain(around).chain([closed.clone()]);
    let Joined { told, waiting } = join_small(periods.map(Unstored::without_contents));
    forget_apart(work, key).await?;
    for waiting in waiting.iter().filter(|waiting| is_of(&waiting.period, key)) {
        put_apart(work, &waiting.period).await?;
    }
    let told = told.into_iter().map(|told| told.period);
    let mut told = told.filter(|told| is_of(told, key) && last_day(told) == days[1]);
    Ok(match told.next() {
        None => Becomes::Kept,
        Some(told) if told == *closed => Becomes::Itself,
        Some(told) => Becomes::Joined(told),
    })
}

/// Joins the small months that are told alone, once a database was brought up to date: they lie
/// apart, or are told with the next. What was withdrawn for that waits for the audit.
pub(super) async fn join_told(backend: &dyn Backend) -> Result<(), Fault> {
    let mut work = backend.read().await?;
    if count_of(&mut *work, COUNT_TOLD, &[]).await? == 0 {
        return Ok(());
    }
    drop(work);
    let mut work = backend.begin().await?;
    take_turn(&mut *work).await?;
    let withdrawn = join_all(&mut *work).await?;
    put_withdrawn(&mut *work, withdrawn).await?;
    work.commit().await?;
    backend.settle().await
}

/// The same within a transaction that wrote them; tells what was withdrawn for that.
pub(super) async fn join_all(work: &mut dyn Transaction) -> Result<Withdrawn, Fault> {
    let before = contents(work).await?;
    let stored = read_closed(work, EVERY_DAY).await?;
    let months = stored.values().filter(|closed| is_small(closed)).count() as u64;
    if months == 0 {
        return Ok(Withdrawn::default());
    }
    let mut all = stored.clone();
    let apart = read_apart(work).await?.into_iter();
    all.extend(apart.map(|apart| (period::key_of(&apart), apart)));
    let Joined { told, waiting } = join_small(all.into_values().map(Unstored::without_contents));
    let told = told.into_iter().map(|told| told.period);
    let told: BTreeMap<_, _> = told.map(|told| (period::key_of(&told), told)).collect();
    for (key, _) in stored.iter().filter(|(key, _)| !told.contains_key(key)) {
        counts::forget(work, *key).await?;
    }
    let changed = told
        .iter()
        .filter(|(key, told)| stored.get(key) != Some(told));
    for (key, told) in changed {
        counts::replace(work, *key, told).await?;
    }
    for forget in [FORGET_MONTHS, FORGET_MISSES] {
        work.execute(forget, &[]).await?;
    }
    for waiting in &waiting {
        put_apart(work, &waiting.period).await?;
    }
    let after = contents(work).await?;
    Ok(Withdrawn {
        months,
        rows: before.rows - after.rows,
        classes: before.classes - after.classes,
        cells: before.cells - after.cells,
        parts: 0,
    })
}

/// Whether another period is of the same line and kind.
fn is_of(closed: &ClosedPeriod, key: PeriodKey) -> bool {
    let other = period::key_of(closed);
    (other.kind, other.line) == (key.kind, key.line)
}

/// Whether it decides how another one is joined: pieces of a month do, and months for missed offers.
fn decides(closed: &ClosedPeriod, joined: &ClosedPeriod) -> bool {
    let (closed, joined) = (period::key_of(closed), period::key_of(joined));
    match joined.kind {
        Kind::Month => closed.kind == Kind::Piece && closed.line == joined.line,
        Kind::Misses => closed.kind == Kind::Month,
        Kind::Piece => false,
    }
}

/// Whether it is a month that is told with the next one.
const fn is_small(closed: &ClosedPeriod) -> bool {
    match closed {
        ClosedPeriod::Month { total, .. } => total.ended < SHARED_BY_MIN,
        ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => false,
    }
}

fn last_day(closed: &ClosedPeriod) -> i64 {
    let (ClosedPeriod::Piece { last, .. }
    | ClosedPeriod::Month { last, .. }
    | ClosedPeriod::Misses { last, .. }) = closed;
    period::number_of(*last)
}

/// Whether it was joined already: a crash may have come before that was in the journal.
async fn is_in_a_longer_one(
    work: &mut dyn Transaction,
    line: Option<LineId>,
    days: [i64; 2],
) -> Result<bool, Fault> {
    let days = days.map(Value::from);
    let around = match &line {
        None => count_of(work, COUNT_MISSES_AROUND, &days).await?,
        Some(line) => {
            let values = [Value::from(line.0.as_str()), days[0], days[1]];
            count_of(work, COUNT_MONTHS_AROUND, &values).await?
        }
    };
    Ok(around > 0)
}

/// What lies apart, by its first day.
async fn read_apart(work: &mut dyn Transaction) -> Result<Vec<ClosedPeriod>, Fault> {
    let mut apart = Vec::new();
    for mut row in work.rows(MONTHS, &[]).await? {
        let (_, mut month) = period::read_period(&mut row)?;
        let (of, sums) = period::read_sums(&mut row)?;
        period::add_sums(&mut month, of, sums)?;
        apart.push(month);
    }
    for mut row in work.rows(MISSES, &[]).await? {
        apart.push(period::read_misses(&mut row)?.1);
    }
    Ok(apart)
}

async fn put_apart(work: &mut dyn Transaction, apart: &ClosedPeriod) -> Result<(), Fault> {
    let key = period::key_of(apart);
    let days = [key.first_day, last_day(apart)].map(Value::from);
    match apart {
        ClosedPeriod::Month { line, total, .. } => {
            let line = [Value::from(line.0.as_str())];
            let [counts @ .., _, _, _] = period::sums_numbers(total)?.map(Value::Integer);
            let values = [&line[..], &days, &counts].concat();
            work.execute(PUT_MONTH, &values).await.map(drop)
        }
        ClosedPeriod::Misses { misses, .. } => {
            let misses = period::miss_numbers(misses)?.map(Value::from);
            work.execute(PUT_MISSES, &[days.as_slice(), &misses].concat())
                .await
                .map(drop)
        }
        ClosedPeriod::Piece { .. } => Err(Fault::Invalid("a piece of a month waits for no other")),
    }
}

async fn forget_apart(work: &mut dyn Transaction, key: PeriodKey) -> Result<(), Fault> {
    match &key.line {
        None => work.execute(FORGET_MISSES, &[]).await.map(drop),
        Some(line) => {
            let line = [Value::from(line.0.as_str())];
            work.execute(FORGET_MONTH, &line).await.map(drop)
        }
    }
}

/// How much there is that a joined month does not have.
async fn contents(work: &mut dyn Transaction) -> Result<Withdrawn, Fault> {
    Ok(Withdrawn {
        rows: count_of(work, COUNT_ROWS, &[]).await?,
        classes: count_of(work, COUNT_CLASSES, &[]).await?,
        cells: count_of(work, COUNT_CELLS, &[]).await?,
        ..Withdrawn::default()
    })
}
