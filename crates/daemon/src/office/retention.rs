//! What was kept long enough is deleted once a day: sessions that ran out, entries of the audit that
//! are older than a year, and *arrived* of the quarter-hours of a month that is over, of which sums
//! per hour of the week stay. Other counts and rows stay. What an upgrade withdrew is noted here, too.
//!
//! The audit does not say how many quarter-hours went: on a small line that is how many people
//! called on a day.

use std::sync::Arc;
use std::time::Duration;

use dispatch::Moment;
use records::{Date, MONTH_KEPT, QuarterHour};
use serde_json::Value;
use store::sql::{AuditKey, Store, StoreError, Withdrawn};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, sleep, timeout};
use web::{Event, note_now};

use super::Office;
use super::pages::unix_seconds;
use super::records::RecordsDatabase;
use crate::calendar::Calendar;

/// How often it is looked whether another day has begun.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a database that failed is left alone.
const RETRY: Duration = Duration::from_secs(15 * 60);
/// How long nothing may have been deleted before somebody is told.
const OVERDUE: Duration = Duration::from_secs(48 * 60 * 60);
/// How many of the newest entries of the audit are looked at; further back it may be done twice a day.
const NEWEST: u64 = 500;
/// How lately all that closed has to have been written before a month is summed, which ended [`MONTH_KEPT`] ago. It waits no
/// longer for that: no quarter-hour is kept beyond 35 days. (DESIGN §7.1)
const WRITTEN_LATELY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a start waits for that before it deletes what else is too old.
const WRITTEN_WITHIN: Duration = Duration::from_secs(60);
/// Who is named in the audit.
const BY: &str = "linka";

/// What deletes.
pub(crate) struct Retention {
    pub(crate) database: Arc<RecordsDatabase>,
    pub(crate) calendar: Calendar,
    pub(crate) key: AuditKey,
    /// Until when everything that closed is in the records database.
    pub(crate) written: watch::Receiver<Moment>,
}

/// How much was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Deleted {
    audit: u64,
    sessions: u64,
}

impl Retention {
    /// Works until the process ends: soon after its start, and whenever a day begins.
    pub(crate) async fn run(self, office: Arc<Office>) {
        office.left_acts_written.wait().await;
        // The first calls after a start need the disk more.
        let mut ticks = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        let mut done: Option<Date> = None;
        let mut last = office.screens.moment();
        loop {
            ticks.tick().await;
            let now = office.screens.moment();
            let today = self.calendar.date(now);
            if done == Some(today) {
                continue;
            }
            // A start first writes what the last end left.
            let mut written = self.written.clone();
            let enough = written.wait_for(|written| is_enough(*written, now));
            let _ = timeout(WRITTEN_WITHIN, enough).await;
            match self.delete_once(now, today).await {
                Ok(()) => (done, last) = (Some(today), now),
                Err(error) => {
                    let error = format!("{error:#}");
                    tell_failure(&error, last, now);
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Deletes; what the audit tells of, unless that was done today before this start.
    async fn delete_once(&self, now: Moment, today: Date) -> anyhow::Result<()> {
        let store = self.database.store().await?;
        // An upgrade or a backup may just have brought years of them. What else is too old waits for none of them.
        let kept = self.keep_arrived(&*store, now).await;
        note_withdrawn(&*store, &self.key, today).await?;
        if !was_done(&*store, today).await? {
            self.delete_and_tell(today).await?;
        }
        kept
    }

    async fn delete_and_tell(&self, today: Date) -> anyhow::Result<()> {
        let Deleted { audit, sessions } = self.delete(today).await?;
        // The audit says it. In the ordinary log its second could be that of a call.
        tracing::debug!(audit, sessions, "what was kept long enough was deleted");
        Ok(())
    }

    /// A month is summed once: what the database did not take in time has to be there first.
    async fn keep_arrived(&self, store: &dyn Store, now: Moment) -> anyhow::Result<()> {
        let is_enough = is_enough(*self.written.borrow(), now);
        let waits = if is_enough {
            Duration::ZERO
        } else {
            WRITTEN_LATELY
        };
        let kept = QuarterHour::of(now - MONTH_KEPT - waits);
        let local = |quarter| self.calendar.hour(quarter);
        store.keep_arrived(kept, &local).await?;
        anyhow::ensure!(
            is_enough,
            "quarter-hours wait until all that closed is in the records database"
        );
        Ok(())
    }

    async fn delete(&self, today: Date) -> anyhow::Result<Deleted> {
        let store = self.database.store().await?;
        let sessions = store.prune_sessions(unix_seconds()).await?;
        let audit = prune(&*store, &self.key, today).await?;
        let event = Event::Retention { audit, sessions };
        note_now(&*store, &self.key, today, BY, &event).await?;
        Ok(Deleted { audit, sessions })
    }
}

/// Notes what bringing the database up to date withdrew; a crash in between notes it twice.
async fn note_withdrawn(store: &dyn Store, key: &AuditKey, today: Date) -> anyhow::Result<()> {
    let Some(withdrawn) = store.withdrawn().await? else {
        return Ok(());
    };
    let Withdrawn {
        rows,
        parts,
        classes,
        cells,
        months,
    } = withdrawn;
    let event = Event::Withdrawn {
        rows,
        parts,
        classes,
        cells,
        months,
    };
    note_now(store, key, today, BY, &event).await?;
    Ok(store.forget_withdrawn().await?)
}

/// Whether the audit's newest entries say that it was done on this day: a node that starts again
/// and again notes it once.
async fn was_done(store: &dyn Store, today: Date) -> Result<bool, StoreError> {
    let end = store.audit_head().await?.seq + 1;
    let newest = store.audit_chain(end.saturating_sub(NEWEST)..end).await?;
    let done = newest.iter().any(|entry| {
        let payload = entry.payload.as_ref();
        let event =
            payload.and_then(|payload| serde_json::from_slice::<Value>(&payload.bytes).ok());
        entry.day == today && event.is_some_and(|event| event["what"] == "retention")
    });
    Ok(done)
}

fn tell_failure(error: &str, last: Moment, now: Moment) {
    if is_overdue(last, now) {
        tracing::warn!(
            error,
            "for more than 48 hours no sessions, entries of the audit and quarter-hours were deleted that are too old"
        );
    } else {
        tracing::info!(error, "what was kept long enough is not deleted yet");
    }
}

/// Whether everything that closed until this moment is enough for the months that are summed now.
fn is_enough(written: Moment, now: Moment) -> bool {
    now.since(written) < WRITTEN_LATELY
}

fn is_overdue(last: Moment, now: Moment) -> bool {
    now.since(last) >= OVERDUE
}

/// Deletes the entries that are older than a year and tells how many they were; the place after them is vouched for.
async fn prune(store: &dyn Store, key: &AuditKey, today: Date) -> anyhow::Result<u64> {
    let before = store.audit_beginning().await?.anchor().seq;
    let Some(anchor) = store.audit_before(a_year_before(today)).await? else {
        return Ok(0);
    };
    store.prune_audit(&key.sign(anchor)).await?;
    Ok(anchor.seq.saturating_sub(before))
}

/// The same day of the year before; the day before it where there is none.
fn a_year_before(day: Date) -> Date {
    let (year, month) = (day.year().saturating_sub(1), day.month());
    let same = Date::new(year, month, day.day());
    same.or_else(|| Date::new(year, month, day.day().saturating_sub(1)))
        .unwrap_or(Date::FIRST)
}

#[cfg(test)]
mod tests {
    use dispatch::LineId;
    use exchange::Unwritten;
    use records::MonthHours;
    use store::sql::{AuditBeginning, AuditPayload, BackupKey, Database, verify_audit};

    use super::super::ToSignalling;
    use super::super::closing::Books;
    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);
    const DAY: u64 = 24 * 3_600;
    /// 2026-12-05T00:00:05Z.
    const NOW: Moment = Moment::from_micros(1_796_428_805_000_000);

    fn date(year: u16, month: u8, day: u8) -> Date {
        Date::new(year, month, day).unwrap()
    }

    fn retention(folder: &std::path::Path) -> Retention {
        let database = Database::File(folder.join("linka.db"));
        Retention {
            database: Arc::new(RecordsDatabase::new(database)),
            calendar: Calendar::new(jiff::tz::TimeZone::get("Europe/Prague").unwrap()),
            key: KEY,
            written: watch::channel(NOW).1,
        }
    }

    async fn note(store: &dyn Store, day: Date) {
        let what = AuditPayload {
            salt: [0; 32],
            bytes: b"{}".to_vec(),
        };
        store.append_audit(day, what, &KEY).await.unwrap();
    }

    #[test]
    fn year_before_a_leap_day_ends_the_day_before() {
        assert_eq!(a_year_before(date(2028, 2, 29)), date(2027, 2, 28));
        assert_eq!(a_year_before(date(2026, 11, 23)), date(2025, 11, 23));
    }

    #[test]
    fn two_days_without_deletion_are_too_long() {
        let last = Moment::from_micros(1);

        assert!(!is_overdue(last, last + Duration::from_secs(47 * 60 * 60)));
        assert!(is_overdue(last, last + OVERDUE));
    }

    #[tokio::test]
    async fn entries_older_than_a_year_go_and_the_audit_says_how_many() {
        let folder = tempfile::tempdir().unwrap();
        let retention = retention(folder.path());
        let store = retention.database.store().await.unwrap();
        for day in [date(2025, 11, 21), date(2025, 11, 22), date(2025, 11, 23)] {
            note(&*store, day).await;
        }

        let deleted = retention.delete(date(2026, 11, 23)).await.unwrap();
        let again = retention.delete(date(2026, 11, 23)).await.unwrap();

        assert_eq!((deleted.audit, again.audit), (2, 0));
        let entries = store.audit_chain(0..10).await.unwrap();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(numbers, [3, 4, 5]);
        let told = entries[1].payload.as_ref().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&told.bytes),
            r#"{"by":"linka","what":"retention","audit":2,"sessions":0}"#
        );
    }

    #[tokio::test]
    async fn start_on_the_same_day_notes_nothing_again() {
        let folder = tempfile::tempdir().unwrap();
        let retention = retention(folder.path());
        let store = retention.database.store().await.unwrap();

        for day in [22, 22, 23, 23] {
            let today = date(2026, 11, day);
            retention.delete_once(NOW, today).await.unwrap();
        }

        assert_eq!(store.audit_head().await.unwrap().seq, 2);
    }

    #[tokio::test]
    async fn what_weaker_rules_told_is_withdrawn_and_the_audit_says_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let retention = retention(folder.path());
        let store = retention.database.store().await.unwrap();
        let kept = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../store/tests/upgrade/format_2.backup"
        );
        let file = std::fs::read(kept).unwrap();
        let key = BackupKey([3; 32]);
        store.restore(&key, &mut &file[..], &[]).await.unwrap();

        for _ in 0..2 {
            retention.delete_once(NOW, date(2026, 1, 5)).await.unwrap();
        }

        let entries = store.audit_chain(0..10).await.unwrap();
        let told = entries.iter().filter_map(|entry| entry.payload.as_ref());
        let told: Vec<_> = told
            .map(|told| String::from_utf8_lossy(&told.bytes))
            .filter(|told| told.contains("withdrawn"))
            .collect();
        assert_eq!(
            told,
            [
                r#"{"by":"linka","what":"withdrawn","rows":40,"parts":1,"classes":4,"cells":113,"months":0}"#
            ]
        );
    }

    #[tokio::test]
    async fn audit_stays_whole_and_its_beginning_is_vouched_for() {
        let folder = tempfile::tempdir().unwrap();
        let retention = retention(folder.path());
        let store = retention.database.store().await.unwrap();
        note(&*store, date(2024, 1, 1)).await;

        retention.delete(date(2026, 11, 23)).await.unwrap();

        let whole = verify_audit(&*store, &KEY).await.unwrap();
        let AuditBeginning::Pruned(signed) = whole.beginning else {
            panic!("nothing was deleted")
        };
        assert!(retention.key.vouches_for(&signed));
    }

    #[tokio::test]
    async fn old_quarter_hours_become_hours_of_the_week_of_the_site() {
        let folder = tempfile::tempdir().unwrap();
        let retention = retention(folder.path());
        let store = retention.database.store().await.unwrap();
        let line = LineId::parse("help").unwrap();
        let quarter = |text: &str| {
            let at: jiff::Timestamp = text.parse().unwrap();
            QuarterHour(u64::try_from(at.as_second()).unwrap() / 900)
        };
        // On the night of the clock change 2:30 comes twice; midnight of the site is at 22:00 or 23:00 UTC.
        let counts = [
            ("2026-09-30T22:00Z", 10),
            ("2026-10-25T00:30Z", 6),
            ("2026-10-25T01:30Z", 7),
            ("2026-10-31T22:45Z", 20),
            ("2026-10-31T23:00Z", 50),
            ("2026-11-01T00:00Z", 1),
        ];
        let counts = counts.map(|(at, arrived)| (quarter(at), line, arrived));
        store.put_arrived(&counts).await.unwrap();

        for _ in 0..2 {
            let today = date(2026, 12, 5);
            retention.delete_once(NOW, today).await.unwrap();
        }

        let months = store.arrived_hours(Date::FIRST..=Date::LAST).await.unwrap();
        let [october, november] = &months[..] else {
            panic!("{months:?}")
        };
        let told = |month: &MonthHours| month.hours.0.iter().flatten().sum::<u64>();
        assert_eq!(october.first, date(2026, 10, 1));
        // Sunday at two, and Saturday before midnight; Thursday's midnight is kept back for the month before.
        assert_eq!(october.hours.0[6 * 24 + 2], Some(13));
        assert_eq!(october.hours.0[5 * 24 + 23], Some(20));
        assert_eq!(told(october), 33);
        assert_eq!((november.first, told(november)), (date(2026, 11, 1), 0));
        let all = QuarterHour(0)..QuarterHour::of(NOW);
        assert_eq!(store.arrived(all).await.unwrap(), []);
    }

    #[tokio::test]
    async fn month_that_is_over_keeps_its_quarter_hours_for_three_days_and_loses_them_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let retention = retention(folder.path());
        let store = retention.database.store().await.unwrap();
        let line = LineId::parse("help").unwrap();
        // The first and the last of November in Prague, and the first of December.
        let first_of_december = QuarterHour::of(NOW - Duration::from_secs(4 * DAY + 3_605));
        let days = [30 * 24 * 4, 1, 0];
        let counts = days.map(|before| (QuarterHour(first_of_december.0 - before), line, 1));
        store.put_arrived(&counts).await.unwrap();
        let all = || QuarterHour(0)..QuarterHour::of(NOW);

        // An hour before the third day of December ends in Prague.
        let on_the_third = NOW - Duration::from_secs(DAY + 2 * 3_600);
        let today = date(2026, 12, 3);
        retention.delete_once(on_the_third, today).await.unwrap();
        let kept = store.arrived(all()).await.unwrap();
        retention.delete_once(NOW, date(2026, 12, 5)).await.unwrap();

        assert_eq!(kept, counts);
        assert_eq!(store.arrived(all()).await.unwrap(), counts[2..]);
    }

    #[tokio::test]
    async fn what_a_database_did_not_take_in_time_is_there_before_its_month_is_summed() {
        let folder = tempfile::tempdir().unwrap();
        // The first moment at which November is summed, and an hour.
        let now = NOW - Duration::from_secs(DAY);
        let (to_retention, written) = watch::channel(Moment::ZERO);
        let retention = Retention {
            written,
            ..retention(folder.path())
        };
        let store = retention.database.store().await.unwrap();
        let away = RecordsDatabase::new(Database::File(folder.path().join("away/linka.db")));
        let signalling = ToSignalling::unheard();
        let mut books = Books::new(to_retention);
        let line = LineId::parse("help").unwrap();
        let of_december = QuarterHour::of(NOW - Duration::from_secs(4 * DAY + 3_605));
        let november = |before, arrived| (QuarterHour(of_december.0 - before), line, arrived);
        let early = [november(30 * 24 * 4, 30), november(14 * 24 * 4, 20)];
        store.put_arrived(&early).await.unwrap();
        let late = || Unwritten {
            at: now,
            arrived: vec![november(1, 40)],
            closed: Vec::new(),
            acts: Vec::new(),
        };
        let today = date(2026, 12, 4);

        // The database went over the turn of the month, and came back; its deletion comes first.
        books.write(&signalling, late(), &away).await.unwrap_err();
        retention.delete_once(now, today).await.unwrap_err();
        let waits = store.arrived_hours(Date::FIRST..=Date::LAST).await.unwrap();
        let noted = store.audit_head().await.unwrap().seq;
        books
            .write(&signalling, late(), &retention.database)
            .await
            .unwrap();
        retention.delete_once(now, today).await.unwrap();

        assert_eq!((waits, noted), (vec![], 1));
        let months = store.arrived_hours(Date::FIRST..=Date::LAST).await.unwrap();
        let [november] = &months[..] else {
            panic!("{months:?}")
        };
        // Sunday at midnight, and Monday before midnight; the smallest of them is kept back.
        let told: Vec<u64> = november.hours.0.iter().flatten().copied().collect();
        assert_eq!(told, [40, 30]);
        let all = QuarterHour(0)..QuarterHour::of(NOW);
        assert_eq!(store.arrived(all).await.unwrap(), []);
    }

    #[tokio::test]
    async fn what_can_never_be_written_keeps_no_quarter_hour_beyond_35_days() {
        let folder = tempfile::tempdir().unwrap();
        let retention = Retention {
            written: watch::channel(Moment::ZERO).1,
            ..retention(folder.path())
        };
        let store = retention.database.store().await.unwrap();
        let line = LineId::parse("help").unwrap();
        // The last of November in Prague.
        let last = QuarterHour::of(NOW - Duration::from_secs(4 * DAY + 3_605));
        let counts = [(QuarterHour(last.0 - 1), line, 20)];
        store.put_arrived(&counts).await.unwrap();
        let all = || QuarterHour(0)..QuarterHour::of(NOW);

        let before = NOW - Duration::from_secs(DAY);
        let early = retention.delete_once(before, date(2026, 12, 4)).await;
        let kept = store.arrived(all()).await.unwrap();
        let late = retention.delete_once(NOW, date(2026, 12, 5)).await;

        assert!(early.is_err() && late.is_err());
        assert_eq!(kept, counts);
        assert_eq!(store.arrived(all()).await.unwrap(), []);
    }

    #[test]
    fn what_was_written_a_day_ago_is_not_all_that_closed() {
        let before = |hours: u64| NOW - Duration::from_secs(hours * 3_600);

        assert!(is_enough(before(23), NOW));
        assert!(!is_enough(before(24), NOW));
        assert!(!is_enough(Moment::ZERO, NOW));
    }
}
