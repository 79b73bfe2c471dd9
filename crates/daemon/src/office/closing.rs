//! Counts, rows, tables and the acts of past days on their way to the records database: the day's
//! begin is told, what is closed is written. A database that fails costs no call: what it did not take stays in the
//! journal's state until it does.

use std::sync::Arc;
use std::time::Duration;

use dispatch::Moment;
use exchange::{Command, Reply, Unwritten};
use records::{
    ActsOfDay, ClosedPeriod, Date, Fact, QuarterHour, SEED_BYTES, Unstored, generalise, tables,
};
use store::sql::{AuditDay, AuditKey, Store, StoreError};
use tokio::sync::watch;
use tokio::time::interval;
use web::{NotAudited, acts_entry};

use super::records::RecordsDatabase;
use super::{ANSWER_TIME, Office, ToSignalling};
use crate::calendar::Calendar;
use crate::keys::chance;
use crate::signalling::FromOffice;

/// How often it is looked which day it is, and whether there is something to write.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a database that failed is left alone.
const RETRY: Duration = Duration::from_secs(15);

/// What writes to the records database.
pub(crate) struct Closing {
    pub(crate) calendar: Calendar,
    pub(crate) database: Arc<RecordsDatabase>,
    /// The day that the exchange was told at its start.
    pub(crate) today: Date,
    pub(crate) key: AuditKey,
    /// Until when everything that closed is in the records database.
    pub(crate) written: watch::Sender<Moment>,
}

impl Closing {
    /// Works until the process ends.
    pub(crate) async fn run(mut self, office: Arc<Office>) {
        let mut ticks = interval(LOOK_EVERY);
        let mut books = Books::new(self.written.clone());
        loop {
            ticks.tick().await;
            let Some(unwritten) = books.ask(&office.signalling).await else {
                continue;
            };
            let date = self.calendar.date(unwritten.at);
            if date > self.today
                && office
                    .send(FromOffice::Recorded(Fact::DayBegan { date }))
                    .await
                    .is_some()
            {
                self.today = date;
            }
            // What cannot be written keeps the other from nothing.
            let audited = self.audit(&office, &unwritten.acts).await;
            let counted = books.write(&office.signalling, unwritten, &self.database);
            let counted = counted.await;
            if let Err(error) = &audited {
                let error = format!("{error:#}");
                tracing::error!(error, "acts on contacts are not in the audit yet");
            }
            if let Err(error) = &counted {
                let error = format!("{error:#}");
                tracing::error!(error, "counts are not in the records database yet");
            }
            if audited.is_err() || counted.is_err() {
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

impl Closing {
    /// Has the acts on contacts of days that are over audited.
    async fn audit(&self, office: &Office, acts: &[(Date, ActsOfDay)]) -> anyhow::Result<()> {
        let Some((through, _)) = acts.last() else {
            return Ok(());
        };
        let days = audit_days(acts)?;
        let store = self.database.store().await?;
        store.append_days(&days, &self.key).await?;
        // Until that is applied they are told again, and not written again.
        let through = *through;
        office
            .send(FromOffice::Recorded(Fact::ActsStored { through }))
            .await;
        Ok(())
    }
}

/// What the audit is told of these days.
fn audit_days(acts: &[(Date, ActsOfDay)]) -> Result<Vec<AuditDay>, NotAudited> {
    let days = acts.iter().map(|(day, acts)| {
        let counts = acts.counts().iter();
        let entries = counts.map(|(act, times)| acts_entry(act, *times));
        Ok(AuditDay {
            day: *day,
            entries: entries.collect::<Result<_, _>>()?,
        })
    });
    days.collect()
}

/// The database, and how far it is written.
pub(super) struct Books {
    arrived_through: Option<QuarterHour>,
    written: watch::Sender<Moment>,
}

impl Books {
    pub(super) const fn new(written: watch::Sender<Moment>) -> Self {
        Self {
            arrived_through: None,
            written,
        }
    }

    async fn ask(&self, signalling: &ToSignalling) -> Option<Unwritten> {
        let command = Command::Records {
            arrived_after: self.arrived_through,
        };
        match signalling.ask_within(ANSWER_TIME, command).await? {
            Reply::Records(unwritten) => Some(*unwritten),
            Reply::Status(_)
            | Reply::Done
            | Reply::Refused(_)
            | Reply::Why(_)
            | Reply::Content(_)
            | Reply::Finished(_)
            | Reply::Draining => None,
        }
    }

    pub(super) async fn write(
        &mut self,
        signalling: &ToSignalling,
        unwritten: Unwritten,
        database: &RecordsDatabase,
    ) -> anyhow::Result<()> {
        let Unwritten {
            at,
            arrived,
            closed,
            acts: _,
        } = unwritten;
        if !arrived.is_empty() || !closed.is_empty() {
            let store = database.store().await?;
            if let Some((through, _, _)) = arrived.last() {
                store.put_arrived(&arrived).await?;
                // Until that is applied they are told again, and need not be written again.
                let through = *through;
                self.arrived_through = Some(through);
                let stored = Fact::ArrivedStored { through };
                signalling.send(FromOffice::Recorded(stored)).await;
            }
            for closed in closed {
                store_period(&*store, &closed, chance()?).await?;
                let key = closed.period.key();
                let stored = Fact::PeriodStored { key };
                signalling.send(FromOffice::Recorded(stored)).await;
            }
        }
        self.written.send_replace(at);
        Ok(())
    }
}

/// Writes a closed period: its counts, the rows and the tables that are made of its contents. Done
/// again with other chance, it replaces all of them.
async fn store_period(
    store: &dyn Store,
    closed: &Unstored,
    seed: [u8; SEED_BYTES],
) -> Result<(), StoreError> {
    let rows = generalise(&closed.rows, seed);
    let tables = match closed.period {
        ClosedPeriod::Month { .. } => Some(tables(&closed.tables)),
        ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
    };
    store
        .put_period(&closed.period, &rows, tables.as_ref())
        .await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dispatch::ActingRole;
    use dispatch::Class;
    use dispatch::LineId;
    use records::content::{Content, Outcome};
    use records::{ContactAct, Contents, Deed, Sums};
    use store::sql::{Database, verify_audit};

    use super::*;

    fn month_of_thirty() -> Unstored {
        let content = |at: usize| Content {
            outcome: [Outcome::Advised, Outcome::Referred][at % 2],
            ..Content::default()
        };
        let contents: Contents = (0..30).map(content).collect();
        let period = ClosedPeriod::Month {
            line: LineId::parse("help").unwrap(),
            first: Date::new(2026, 10, 1).unwrap(),
            last: Date::new(2026, 10, 31).unwrap(),
            total: Sums {
                ended: 30,
                ..Sums::default()
            },
            classes: BTreeMap::new(),
        };
        Unstored {
            period,
            rows: contents.clone(),
            tables: vec![contents],
        }
    }

    #[tokio::test]
    async fn period_that_is_written_anew_after_a_crash_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::File(folder.path().join("linka.db"));
        let store = store::sql::open(&database).await.unwrap();
        let closed = month_of_thirty();

        for seed in [[1; SEED_BYTES], [2; SEED_BYTES]] {
            store_period(&*store, &closed, seed).await.unwrap();
        }

        let days = || Date::FIRST..=Date::LAST;
        let rows = store.rows(days()).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].rows.len(), 30);
        assert_eq!(store.tables(days()).await.unwrap().len(), 1);
        assert_eq!(store.closed(days()).await.unwrap(), [closed.period]);
    }

    /// What the audit says, each entry with its day.
    async fn audited(store: &dyn Store) -> Vec<(u8, String)> {
        let entries = store.audit_chain(0..100).await.unwrap().into_iter();
        let told = entries.map(|entry| (entry.day.day(), entry.payload.unwrap().bytes));
        told.map(|(day, bytes)| (day, String::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[tokio::test]
    async fn acts_are_audited_by_day_in_an_order_that_tells_nothing_and_once_whatever_crashes() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::File(folder.path().join("linka.db"));
        let store = store::sql::open(&database).await.unwrap();
        let key = AuditKey([1; 32]);
        let act = |by, deed| ContactAct { by, deed };
        let raised = Deed::Classed {
            class: Class::Danger,
        };
        let of_day = |day, counts: &[(ContactAct, u64)]| {
            let counts = counts.iter().copied().collect();
            let day = Date::new(2026, 11, day).unwrap();
            (day, ActsOfDay::from_counts(counts))
        };
        let acts = [
            of_day(
                2,
                &[
                    (act(ActingRole::Administrator, raised), 1),
                    (act(ActingRole::Supervisor, Deed::Given), 1),
                    (act(ActingRole::Supervisor, raised), 2),
                ],
            ),
            of_day(3, &[(act(ActingRole::Supervisor, Deed::Given), 1)]),
        ];

        // The second time after a crash before the journal was told of the first.
        for written in [&acts[..1], &acts] {
            let days = audit_days(written).unwrap();
            store.append_days(&days, &key).await.unwrap();
        }

        let given = r#"{"by":"a supervisor on shift","what":"given"}"#;
        let expected = [
            (
                2,
                r#"{"by":"a supervisor on shift","what":"class_changed","class":"danger","times":2}"#,
            ),
            (2, given),
            (
                2,
                r#"{"by":"an administrator on shift","what":"class_changed","class":"danger"}"#,
            ),
            (3, given),
        ];
        let expected = expected.map(|(day, text)| (day, text.to_owned()));
        assert_eq!(audited(&*store).await, expected);
        verify_audit(&*store, &key).await.unwrap();
    }

    #[tokio::test]
    async fn missed_offers_have_neither_rows_nor_tables() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::File(folder.path().join("linka.db"));
        let store = store::sql::open(&database).await.unwrap();
        let misses = Unstored::without_contents(ClosedPeriod::Misses {
            first: Date::new(2026, 10, 1).unwrap(),
            last: Date::new(2026, 10, 31).unwrap(),
            misses: records::Misses::default(),
        });

        store_period(&*store, &misses, [1; SEED_BYTES])
            .await
            .unwrap();

        let days = Date::FIRST..=Date::LAST;
        assert_eq!(store.tables(days).await.unwrap(), []);
    }
}
