use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use async_trait::async_trait;
use dispatch::LineId;
use records::{ClosedPeriod, Date, QuarterHour};

use super::period::{self, PeriodKey};
use super::store::attempt;
use super::{Backend, Fault, SqlStore, StoreError, Transaction, Value};

/// How many contacts arrived in a quarter-hour on a line.
pub type ArrivedCount = (QuarterHour, LineId, u64);

/// Counts that are over. Open periods never come here.
///
/// Values are absolute: writing something again replaces it, so what is counted once stays counted once however often it is written.
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

    /// Writes a period in the place of what was written of it before. Writing the same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn put_closed(&self, closed: &ClosedPeriod) -> Result<(), StoreError>;

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

    async fn put_closed(&self, closed: &ClosedPeriod) -> Result<(), StoreError> {
        let attempted = || format!("writing the counts of {}", period::name_of(closed));
        attempt(attempted, async {
            let key = period::key_of(closed);
            let mut work = self.backend.begin().await?;
            let days = key.first_day..=key.first_day;
            let before = read_closed(&mut *work, days).await?;
            if before.get(&key) != Some(closed) {
                replace(&mut *work, key, closed).await?;
            }
            work.commit().await?;
            self.backend.settle().await
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

const PUT_ARRIVED: &str = "
    INSERT INTO arrived (quarter, line, arrived) VALUES ($1, $2, $3)
    ON CONFLICT (quarter, line) DO UPDATE SET arrived = excluded.arrived
    WHERE arrived.arrived <> excluded.arrived";

const ARRIVED: &str = "
    SELECT quarter, line, arrived FROM arrived WHERE quarter >= $1 AND quarter < $2
    ORDER BY quarter, line";

const FORGET_PERIOD: &str = "DELETE FROM closed_period WHERE first_day = $1 AND span = $2";

const PUT_PERIOD: &str = "
    INSERT INTO closed_period
        (first_day, span, last_day, missed_no_answer, missed_declined, missed_unreachable)
    VALUES ($1, $2, $3, $4, $5, $6)";

const PUT_TALLY: &str = "
    INSERT INTO closed_tally
        (first_day, span, line, class, arrived, answered, answered_in_time, abandoned,
         abandoned_early, overflowed, lost, answered_wait, unanswered_wait, talk)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

const PERIODS: &str = "
    SELECT first_day, span, last_day, missed_no_answer, missed_declined, missed_unreachable
    FROM closed_period WHERE first_day BETWEEN $1 AND $2";

const TALLIES: &str = "
    SELECT first_day, span, last_day, missed_no_answer, missed_declined, missed_unreachable,
        line, class, closed_tally.arrived, answered, answered_in_time, abandoned,
        abandoned_early, overflowed, lost, answered_wait, unanswered_wait, talk
    FROM closed_tally JOIN closed_period USING (first_day, span)
    WHERE first_day BETWEEN $1 AND $2";

async fn replace(
    work: &mut dyn Transaction,
    key: PeriodKey,
    closed: &ClosedPeriod,
) -> Result<(), Fault> {
    let key = [
        Value::from(key.first_day),
        Value::from(period::name_of_span(key.span)),
    ];
    work.execute(FORGET_PERIOD, &key).await?;
    let [no_answer, declined, unreachable] = period::miss_numbers(&closed.sums.misses)?;
    let last_day = period::last_day_of(closed);
    let rest = [last_day, no_answer, declined, unreachable].map(Value::from);
    work.execute(PUT_PERIOD, &[&key[..], &rest].concat())
        .await?;
    for ((line, class), tally) in &closed.sums.tallies {
        let place = [
            Value::from(line.0.as_str()),
            Value::from(period::name_of_class(*class)),
        ];
        let sums = period::tally_numbers(tally)?.map(Value::from);
        work.execute(PUT_TALLY, &[&key[..], &place, &sums].concat())
            .await?;
    }
    Ok(())
}

/// The periods whose first day is in a range, in order.
async fn read_closed(
    work: &mut dyn Transaction,
    days: RangeInclusive<i64>,
) -> Result<BTreeMap<PeriodKey, ClosedPeriod>, Fault> {
    let limits = [*days.start(), *days.end()].map(Value::from);
    let rows = work.rows(PERIODS, &limits).await?;
    let periods = rows
        .into_iter()
        .map(|mut row| period::read_period(&mut row));
    let mut periods: BTreeMap<_, _> = periods.collect::<Result<_, _>>()?;
    for mut row in work.rows(TALLIES, &limits).await? {
        let (key, _) = period::read_period(&mut row)?;
        let (place, tally) = period::read_tally(&mut row)?;
        let Some(closed) = periods.get_mut(&key) else {
            return Err(Fault::Damaged("sums of no period"));
        };
        closed.sums.tallies.insert(place, tally);
    }
    Ok(periods)
}
