//! A year of a line that nobody called: counts, rows and tables, for measurements, pictures and the demo.
//!
//! Nothing of it is made up but the calls: they are folded, closed, generalised and stored by what does so in service.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil;
use jiff::tz::TimeZone;

use dispatch::{
    Class, Closed, ContactId, Decision, LegId, LineId, Moment, NodeId, OperatorId, Origin, Outcome,
    QueueId, Seq,
};
use records::content::{Content, Field};
use records::{
    CONTENT_SETTLES, ClosedPeriod, Counts, Date, Holds, HourOfWeek, MONTH_KEPT, QuarterHour,
    generalise, tables,
};
use store::sql::{Store, StoreError};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Contacts in a thousand that end before anybody answers.
const ABANDONED_PERMILLE: u64 = 90;

/// Numbers by chance that are always the same (a 64-bit linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        let (factor, step) = (6_364_136_223_846_793_005, 1_442_695_040_888_963_407);
        self.0 = self.0.wrapping_mul(factor).wrapping_add(step);
        (self.0 >> 33) % end
    }
}

/// Writes the twelve whole months before this day, of a line with so many calls a day, as they are
/// kept when the last one has just closed.
///
/// # Errors
/// [`StoreError`] when the store does not take it.
pub async fn fill(
    store: &dyn Store,
    line: LineId,
    calls_a_day: u64,
    today: civil::Date,
) -> Result<(), StoreError> {
    let (mut dice, mut counts, mut contact) = (Dice(7), Counts::default(), 0);
    let mut now = Moment::ZERO;
    for (midnight, date) in days(today) {
        now = midnight;
        counts.turn(now, date);
        write(store, &mut counts, &mut dice, now).await?;
        for _ in 0..calls_a_day * (80 + dice.below(41)) / 100 {
            contact += 1;
            call(
                &mut counts,
                &mut dice,
                (ContactId(Seq(contact)), line),
                midnight,
            );
        }
    }
    now = now + CONTENT_SETTLES;
    counts.settle(now);
    write(store, &mut counts, &mut dice, now).await?;
    let kept = QuarterHour::of(now - MONTH_KEPT);
    store.keep_arrived(kept, &hour_in_utc).await
}

fn hour_in_utc(quarter: QuarterHour) -> (Date, HourOfWeek) {
    let hour = || {
        let seconds = i64::try_from(quarter.start().as_micros() / 1_000_000).ok()?;
        let at = jiff::Timestamp::from_second(seconds).ok()?;
        let at = at.to_zoned(TimeZone::UTC);
        let day = u8::try_from(at.weekday().to_monday_zero_offset()).ok()?;
        let hour = HourOfWeek::new(day, u8::try_from(at.hour()).ok()?)?;
        Some((Date::parse(&at.date().to_string())?, hour))
    };
    hour().unwrap_or((Date::FIRST, HourOfWeek::FIRST))
}

/// The days of the twelve months, and the one that ends them, each with its midnight in UTC.
fn days(today: civil::Date) -> impl Iterator<Item = (Moment, Date)> {
    let end = today.first_of_month();
    let days = (end - 1.year()).series(1.day());
    days.take_while(move |day| *day <= end).filter_map(|day| {
        let midnight = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let micros = u64::try_from(midnight.as_microsecond()).ok()?;
        let date = Date::parse(&day.to_string())?;
        Some((Moment::from_micros(micros), date))
    })
}

fn call(counts: &mut Counts, dice: &mut Dice, of: (ContactId, LineId), midnight: Moment) {
    let (contact, line) = of;
    let arrived = midnight + Duration::from_secs(dice.below(DAY.as_secs() - 3_600));
    let wait = Duration::from_secs(dice.below(45));
    let operator = OperatorId::parse("jana");
    counts.arrive(arrived, line, Class::Crisis);
    let is_answered = dice.below(1_000) >= ABANDONED_PERMILLE;
    if let (true, Ok(operator)) = (is_answered, operator) {
        counts.decide(&Decision::Bridge {
            contact,
            operator,
            leg: LegId::new(NodeId::ONLY, 1, 1),
        });
        let _only_hers = counts.enter(contact, operator, content(dice));
    }
    let Ok(queue) = QueueId::parse("crisis") else {
        return;
    };
    counts.decide(&Decision::Closed(Closed {
        contact,
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, 1),
            line,
        },
        queue,
        class: Class::Crisis,
        arrived,
        answered: is_answered.then_some(arrived + wait),
        ended: arrived + wait + Duration::from_secs(60 + dice.below(1_800)),
        outcome: if is_answered {
            Outcome::Answered
        } else {
            Outcome::Abandoned
        },
    }));
}

/// The commonest values more often than the others.
fn content(dice: &mut Dice) -> Content {
    let mut content = Content::default();
    for field in Field::ALL {
        let domain = field.domain();
        let last = domain.len() as u64;
        let at = dice.below(last).min(dice.below(last));
        let value = usize::try_from(at).ok().and_then(|at| domain.get(at));
        if field.holds() == Holds::One || at > 0 {
            let _domain_holds_it = value.map(|value| content.set(*field, value));
        }
    }
    content
}

async fn write(
    store: &dyn Store,
    counts: &mut Counts,
    dice: &mut Dice,
    now: Moment,
) -> Result<(), StoreError> {
    let arrived: Vec<_> = counts.closed_quarter_hours(now).collect();
    store.put_arrived(&arrived).await?;
    if let Some((through, _, _)) = arrived.last() {
        counts.arrived_stored(now, *through);
    }
    for unstored in std::mem::take(&mut counts.closed) {
        let mut seed = [0; records::SEED_BYTES];
        seed.fill_with(|| u8::try_from(dice.below(256)).unwrap_or(0));
        let rows = generalise(&unstored.rows, seed);
        let month = match unstored.period {
            ClosedPeriod::Month { .. } => Some(tables(&unstored.tables)),
            ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
        };
        store
            .put_period(&unstored.period, &rows, month.as_ref())
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::sql::{Database, LINKA_DB};

    use super::*;

    #[tokio::test]
    async fn year_of_a_line_is_kept_as_in_service() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::File(folder.path().join(LINKA_DB));
        let store = store::sql::open(&database).await.unwrap();
        let line = LineId::parse("help").unwrap();

        let today = civil::date(2026, 11, 30);
        fill(&*store, line, 30, today).await.unwrap();

        let days = || Date::FIRST..=Date::LAST;
        let closed = store.closed(days()).await.unwrap();
        let of = |is: fn(&ClosedPeriod) -> bool| closed.iter().filter(|one| is(one)).count();
        assert_eq!(of(|one| matches!(one, ClosedPeriod::Month { .. })), 12);
        assert!(of(|one| matches!(one, ClosedPeriod::Piece { .. })) > 30);
        // Of the last month there are quarter-hours.
        assert_eq!(store.arrived_hours(days()).await.unwrap().len(), 11);
        let all = QuarterHour(0)..QuarterHour(1 << 40);
        let quarters = store.arrived(all).await.unwrap();
        let october = Moment::from_micros(1_793_491_200_000_000) - 31 * DAY;
        assert!(
            quarters
                .first()
                .is_some_and(|(quarter, _, _)| *quarter >= QuarterHour::of(october))
        );
    }

    #[test]
    fn a_year_is_the_twelve_whole_months_before_today() {
        let days: Vec<(Moment, Date)> = days(civil::date(2026, 11, 30)).collect();

        let [first, last] = [days.first(), days.last()].map(|day| day.copied());
        let midnight = |seconds: u64| Moment::from_micros(seconds * 1_000_000);
        assert_eq!(days.len(), 366);
        assert_eq!(
            first,
            Date::new(2025, 11, 1).map(|date| (midnight(1_761_955_200), date))
        );
        assert_eq!(
            last,
            Date::new(2026, 11, 1).map(|date| (midnight(1_793_491_200), date))
        );
    }
}
