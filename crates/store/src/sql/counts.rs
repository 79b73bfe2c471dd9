use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use async_trait::async_trait;
use dispatch::LineId;
use records::{ClosedPeriod, Date, QuarterHour};

use super::period::{self, Of, PeriodKey};
use super::store::attempt;
use super::{Backend, Fault, SqlStore, StoreError, Transaction, Value};

/// How many contacts arrived in a quarter-hour on a line.
pub type ArrivedCount = (QuarterHour, LineId, u64);

/// Counts that are over. Open periods never come here; closed ones are written by
/// [`RecordStore::put_period`](super::RecordStore::put_period).
///
/// Values are absolute: writing something again replaces it, so what is counted once stays counted
/// once however often it is written.
#[async_trait]
pub trait CountStore: Send + Sync {
    /// Writes *arrived* of quarter-hours, all of them or none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn put_arrived(&self, counts: &[ArrivedCount]) -> Result<(), StoreError>;

    /// *Arrived* of the quarter-hours of a range, by quarter-hour and line.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn arrived(&self, range: Range<QuarterHour>) -> Result<Vec<ArrivedCount>, StoreError>;

    /// The periods whose first day is in a range, by that day, shorter ones first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn closed(&self, range: RangeInclusive<Date>) -> Result<Vec<ClosedPeriod>, StoreError>;
}

#[async_trait]
impl<B: Backend> CountStore for SqlStore<B> {
    async fn put_arrived(&self, counts: &[ArrivedCount]) -> Result<(), StoreError> {
        let attempted = || format!("writing {} counts of arrivals", counts.len());
        attempt(attempted, async {
            let mut work = self.backend.begin().await?;
            if let Some(first) = counts.iter().map(|(quarter, _, _)| quarter.0).min() {
                let first = [Value::from(period::count(first)?)];
                work.execute(BEGIN_ARRIVED, &first).await?;
            }
            for (quarter, line, arrived) in counts {
                let quarter = Value::from(period::count(quarter.0)?);
                let arrived = Value::from(period::count(*arrived)?);
                let values = [quarter, line.0.as_str().into(), arrived];
                work.execute(PUT_ARRIVED, &values).await?;
            }
            work.commit().await
        })
        .await
    }

    async fn arrived(&self, range: Range<QuarterHour>) -> Result<Vec<ArrivedCount>, StoreError> {
        let attempted = || format!("reading arrivals from {} to {}", range.start.0, range.end.0);
        attempt(attempted, async {
            let limits = [period::count(range.start.0)?, period::count(range.end.0)?];
            let mut work = self.backend.read().await?;
            let rows = work.rows(ARRIVED, &limits.map(Value::from)).await?;
            let read = rows.into_iter().map(|mut row| {
                let quarter = QuarterHour(row.count()?);
                Ok((quarter, period::line_of(&row.text()?)?, row.count()?))
            });
            read.collect()
        })
        .await
    }

    async fn closed(&self, range: RangeInclusive<Date>) -> Result<Vec<ClosedPeriod>, StoreError> {
        let days = period::number_of(*range.start())..=period::number_of(*range.end());
        let attempted = || {
            format!(
                "reading the periods from {} to {}",
                days.start(),
                days.end()
            )
        };
        attempt(attempted, async {
            let mut work = self.backend.read().await?;
            let closed = read_closed(&mut *work, days.clone()).await?;
            Ok(closed.into_values().collect())
        })
        .await
    }
}

/// A quarter-hour before the one in which the database was made, from a journal that is older than it.
const BEGIN_ARRIVED: &str = "
    INSERT INTO arrived_since (which, quarter) VALUES ('first', $1)
    ON CONFLICT (which) DO UPDATE SET quarter = excluded.quarter
    WHERE excluded.quarter < arrived_since.quarter";

const PUT_ARRIVED: &str = "
    INSERT INTO arrived (quarter, line, arrived) VALUES ($1, $2, $3)
    ON CONFLICT (quarter, line) DO UPDATE SET arrived = excluded.arrived
    WHERE arrived.arrived <> excluded.arrived";

const ARRIVED: &str = "
    SELECT quarter, line, arrived FROM arrived WHERE quarter >= $1 AND quarter < $2
    ORDER BY quarter, line";

const FORGET_PERIOD: &str =
    "DELETE FROM closed_period WHERE first_day = $1 AND span = $2 AND line = $3";

const FORGET_MISSES: &str = "DELETE FROM closed_misses WHERE first_day = $1";

const PUT_PERIOD: &str = "
    INSERT INTO closed_period (first_day, span, line, last_day) VALUES ($1, $2, $3, $4)";

const PUT_SUMS: &str = "
    INSERT INTO closed_sums
        (first_day, span, line, class, arrived, ended, answered, answered_in_time, abandoned,
         abandoned_early, overflowed, lost, answered_wait, unanswered_wait, talk)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

const PUT_MISSES: &str = "
    INSERT INTO closed_misses (first_day, last_day, no_answer, declined, unreachable)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (first_day) DO UPDATE SET
        last_day = excluded.last_day, no_answer = excluded.no_answer, declined = excluded.declined,
        unreachable = excluded.unreachable";

const PERIODS: &str = "
    SELECT first_day, span, line, last_day FROM closed_period
    WHERE first_day <= $2 AND last_day >= $1";

const SUMS: &str = "
    SELECT first_day, span, line, last_day,
        class, arrived, ended, answered, answered_in_time, abandoned,
        abandoned_early, overflowed, lost, answered_wait, unanswered_wait, talk
    FROM closed_sums JOIN closed_period USING (first_day, span, line)
    WHERE first_day <= $2 AND last_day >= $1";

const MISSES: &str = "
    SELECT first_day, last_day, no_answer, declined, unreachable
    FROM closed_misses WHERE first_day <= $2 AND last_day >= $1";

/// Deletes a period with everything that was written of it.
pub(super) async fn forget(work: &mut dyn Transaction, key: PeriodKey) -> Result<(), Fault> {
    let first = Value::from(key.first_day);
    let Some(line) = &key.line else {
        return work.execute(FORGET_MISSES, &[first]).await.map(drop);
    };
    let values = [first, key.kind.name().into(), line.0.as_str().into()];
    work.execute(FORGET_PERIOD, &values).await.map(drop)
}

/// Writes the counts of a period in the place of everything that was written of it before.
pub(super) async fn replace(
    work: &mut dyn Transaction,
    key: PeriodKey,
    closed: &ClosedPeriod,
) -> Result<(), Fault> {
    let (line, last, total, classes) = match closed {
        ClosedPeriod::Piece {
            line, last, total, ..
        } => (line, *last, total, None),
        ClosedPeriod::Month {
            line,
            last,
            total,
            classes,
            ..
        } => (line, *last, total, Some(classes)),
        ClosedPeriod::Misses { last, misses, .. } => {
            let [no_answer, declined, unreachable] = period::miss_numbers(misses)?;
            let days = [key.first_day, period::number_of(*last)];
            let values = [days[0], days[1], no_answer, declined, unreachable].map(Value::from);
            return work.execute(PUT_MISSES, &values).await.map(drop);
        }
    };
    let key = [
        Value::from(key.first_day),
        Value::from(key.kind.name()),
        Value::from(line.0.as_str()),
    ];
    work.execute(FORGET_PERIOD, &key).await?;
    let last = [Value::from(period::number_of(last))];
    work.execute(PUT_PERIOD, &[&key[..], &last].concat())
        .await?;
    let classes = classes.into_iter().flatten();
    let classes = classes.map(|(class, sums)| (Of::Class(*class), sums));
    for (of, sums) in std::iter::once((Of::All, total)).chain(classes) {
        let place = [Value::from(of.name())];
        let sums = period::sums_numbers(sums)?.map(Value::Integer);
        work.execute(PUT_SUMS, &[&key[..], &place, &sums].concat())
            .await?;
    }
    Ok(())
}

/// The periods whose first day is in a range, in order.
pub(super) async fn read_closed(
    work: &mut dyn Transaction,
    days: RangeInclusive<i64>,
) -> Result<BTreeMap<PeriodKey, ClosedPeriod>, Fault> {
    let limits = [*days.start(), *days.end()].map(Value::from);
    let mut periods = BTreeMap::new();
    for mut row in work.rows(PERIODS, &limits).await? {
        periods.extend([period::read_period(&mut row)?]);
    }
    for mut row in work.rows(SUMS, &limits).await? {
        let (key, _) = period::read_period(&mut row)?;
        let (of, sums) = period::read_sums(&mut row)?;
        let closed = periods.get_mut(&key);
        let closed = closed.ok_or(Fault::Damaged("sums of no period"))?;
        period::add_sums(closed, of, sums)?;
    }
    for mut row in work.rows(MISSES, &limits).await? {
        periods.extend([period::read_misses(&mut row)?]);
    }
    Ok(periods)
}
