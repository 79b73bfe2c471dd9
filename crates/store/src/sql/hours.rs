use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use async_trait::async_trait;
use dispatch::LineId;
use records::{
    Date, HourOfWeek, Hours, MonthBefore, MonthHours, PeriodId, QuarterHour, Span, ToldHours,
};

use super::period::{self, count};
use super::store::attempt;
use super::{Backend, Fault, SqlStore, StoreError, Transaction, Value};

/// In which day and hour of the week a quarter-hour is, where the line is answered.
pub type LocalHour<'a> = &'a (dyn Fn(QuarterHour) -> (Date, HourOfWeek) + Send + Sync);

/// *Arrived* of what is too old for quarter-hours.
#[async_trait]
pub trait HourStore: Send + Sync {
    /// Keeps *arrived* of quarter-hours from the month of this one on: the months before are summed,
    /// unless they are, and all of their quarter-hours are deleted. All of it or nothing; done again
    /// it changes nothing.
    ///
    /// So nobody finds sums beside some of the quarter-hours that are in them. Quarter-hours that
    /// come after their month, or a later one, was summed of any line are in no sum. Nor is any hour
    /// told of a month that is not whole: one that had begun when this database was made, as for a
    /// restore, and when the first quarter-hour that it has came.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn keep_arrived(&self, kept: QuarterHour, local: LocalHour<'_>)
    -> Result<(), StoreError>;

    /// The sums per hour of the week of the months whose first day is in a range, by that day and line.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn arrived_hours(
        &self,
        range: RangeInclusive<Date>,
    ) -> Result<Vec<MonthHours>, StoreError>;
}

#[async_trait]
impl<B: Backend> HourStore for SqlStore<B> {
    async fn keep_arrived(
        &self,
        kept: QuarterHour,
        local: LocalHour<'_>,
    ) -> Result<(), StoreError> {
        let first_kept = month_of(local(kept).0);
        let attempted = || format!("summing arrivals before {first_kept} by hour of the week");
        attempt(attempted, async {
            let mut work = self.backend.begin().await?;
            let summed = summed(&mut *work).await?;
            let first_whole = first_whole(&mut *work, local).await?;
            let Over { months, last } = over(&mut *work, first_kept, local, &summed).await?;
            put_months(&mut *work, &months, summed, first_whole).await?;
            if let Some(last) = last {
                let through = [Value::from(count(last.0)?)];
                work.execute(FORGET_ARRIVED, &through).await?;
            }
            work.commit().await?;
            self.backend.settle().await
        })
        .await
    }

    async fn arrived_hours(
        &self,
        range: RangeInclusive<Date>,
    ) -> Result<Vec<MonthHours>, StoreError> {
        let attempted = || {
            let (first, last) = (range.start(), range.end());
            format!("reading hours of the week from {first} to {last}")
        };
        attempt(attempted, async {
            let first = month_of(*range.start());
            let days = [first, *range.end()].map(period::number_of);
            let mut work = self.backend.read().await?;
            let mut months = BTreeMap::<(i64, LineId), ToldHours>::new();
            for mut row in work.rows(HOURS, &days.map(Value::from)).await? {
                let month = (row.integer()?, period::line_of(&row.text()?)?);
                let hour = usize::try_from(row.count()?).ok();
                let told = months.entry(month).or_insert(ToldHours::NONE);
                let told = hour.and_then(|hour| told.0.get_mut(hour));
                *told.ok_or(Fault::Damaged("an hour of no week"))? = row.optional_count()?;
            }
            let month = |((first, line), hours)| {
                let first = period::date_of(first)?;
                Ok(MonthHours { line, first, hours })
            };
            months.into_iter().map(month).collect()
        })
        .await
    }
}

const FORGET_ARRIVED: &str = "DELETE FROM arrived WHERE quarter <= $1";

const ARRIVED: &str = "SELECT quarter, line, arrived FROM arrived ORDER BY quarter, line";

const SINCE: &str = "SELECT quarter FROM arrived_since";

const MONTHS: &str = "
    SELECT first_day, line, count(arrived) FROM arrived_hours GROUP BY first_day, line
    ORDER BY first_day, line";

const HOURS: &str = "
    SELECT first_day, line, hour, arrived FROM arrived_hours WHERE first_day BETWEEN $1 AND $2
    ORDER BY first_day, line, hour";

/// All hours of a month, withheld.
const PUT_MONTH: &str = "
    INSERT INTO arrived_hours (first_day, line, hour)
    WITH RECURSIVE week (hour) AS (
        SELECT 0 UNION ALL SELECT hour + 1 FROM week WHERE hour < 167
    )
    SELECT $1, $2, hour FROM week";

const TELL_HOUR: &str =
    "UPDATE arrived_hours SET arrived = $4 WHERE first_day = $1 AND line = $2 AND hour = $3";

/// Which months of which lines are summed, and whether any of their hours is told.
type Summed = BTreeMap<(LineId, Date), MonthBefore>;

async fn summed(work: &mut dyn Transaction) -> Result<Summed, Fault> {
    let mut told = Summed::new();
    for mut row in work.rows(MONTHS, &[]).await? {
        let first = period::date_of(row.integer()?)?;
        let line = period::line_of(&row.text()?)?;
        let before = match row.count()? {
            0 => MonthBefore::Hidden,
            _ => MonthBefore::Told,
        };
        told.insert((line, first), before);
    }
    Ok(told)
}

/// Months that are over.
#[derive(Default)]
struct Over {
    /// Those that are not summed yet.
    months: BTreeMap<(LineId, Date), Hours>,
    /// The last quarter-hour of them all.
    last: Option<QuarterHour>,
}

/// The months before this one.
async fn over(
    work: &mut dyn Transaction,
    first_kept: Date,
    local: LocalHour<'_>,
    summed: &Summed,
) -> Result<Over, Fault> {
    let mut over = Over::default();
    let last_summed = summed.keys().map(|(_, first)| *first).max();
    for mut row in work.rows(ARRIVED, &[]).await? {
        let quarter = QuarterHour(row.count()?);
        let (day, hour) = local(quarter);
        let (line, arrived) = (period::line_of(&row.text()?)?, row.count()?);
        let month = (line, month_of(day));
        if month.1 >= first_kept {
            continue;
        }
        over.last = over.last.max(Some(quarter));
        if Some(month.1) > last_summed {
            over.months.entry(month).or_default().add(hour, arrived);
        }
    }
    Ok(over)
}

fn month_of(day: Date) -> Date {
    PeriodId::of(Span::Month, day).first()
}

/// The first month of which all quarter-hours came into this database.
async fn first_whole(work: &mut dyn Transaction, local: LocalHour<'_>) -> Result<Date, Fault> {
    let Some(mut row) = work.rows(SINCE, &[]).await?.into_iter().next() else {
        return Ok(Date::LAST);
    };
    let since = row.count()?;
    let month = month_of(local(QuarterHour(since)).0);
    let before = since
        .checked_sub(1)
        .map(|before| local(QuarterHour(before)));
    if before.is_none_or(|(day, _)| day < month) {
        return Ok(month);
    }
    let (year, month) = match month.month() {
        12 => (month.year() + 1, 1),
        other => (month.year(), other + 1),
    };
    Date::new(year, month, 1).ok_or(Fault::Damaged("a month that is none"))
}

/// Writes the sums of months, the earliest of each line first: what is told of one depends on the one before.
async fn put_months(
    work: &mut dyn Transaction,
    months: &BTreeMap<(LineId, Date), Hours>,
    mut told: Summed,
    first_whole: Date,
) -> Result<(), Fault> {
    for ((line, first), hours) in months {
        let hours = if *first < first_whole {
            ToldHours::NONE
        } else {
            // Of a month that is not whole nobody knows whether it is told together with this one.
            let earlier = told.range((*line, first_whole)..(*line, *first));
            let before = earlier.last().map(|(_, told)| *told);
            hours.told(before.unwrap_or(MonthBefore::Hidden))
        };
        told.insert((*line, *first), hours.before_the_next());
        put_month(work, *line, *first, &hours).await?;
    }
    Ok(())
}

async fn put_month(
    work: &mut dyn Transaction,
    line: LineId,
    first: Date,
    hours: &ToldHours,
) -> Result<(), Fault> {
    let month = [
        Value::from(period::number_of(first)),
        Value::from(line.0.as_str()),
    ];
    work.execute(PUT_MONTH, &month).await?;
    for (hour, told) in (0_i64..).zip(hours.0) {
        if let Some(told) = told {
            let values = [month[0], month[1], hour.into(), count(told)?.into()];
            work.execute(TELL_HOUR, &values).await?;
        }
    }
    Ok(())
}
