//! Counts, rows and tables on their way to the records database: the day's begin is told, what is
//! closed is written. A database that fails costs no call: what it did not take stays in the
//! journal's state until it does.

use std::sync::Arc;
use std::time::Duration;

use exchange::{Command, Reply, Unwritten};
use records::{ClosedPeriod, Date, QuarterHour, SEED_BYTES, Unstored, generalise, tables};
use store::sql::{Store, StoreError};
use tokio::time::interval;

use super::Office;
use super::records::RecordsDatabase;
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
}

impl Closing {
    /// Works until the process ends.
    pub(crate) async fn run(mut self, office: Arc<Office>) {
        let mut ticks = interval(LOOK_EVERY);
        let mut books = Books::default();
        loop {
            ticks.tick().await;
            let Some(unwritten) = books.ask(&office).await else {
                continue;
            };
            let date = self.calendar.date(unwritten.at);
            if date > self.today && office.send(FromOffice::DayBegan(date)).await.is_some() {
                self.today = date;
            }
            if let Err(error) = books.write(&office, unwritten, &self.database).await {
                tracing::error!(error = %format!("{error:#}"), "counts are not in the records database yet");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// The database, and how far it is written.
#[derive(Default)]
struct Books {
    arrived_through: Option<QuarterHour>,
}

impl Books {
    async fn ask(&self, office: &Office) -> Option<Unwritten> {
        let command = Command::Records {
            arrived_after: self.arrived_through,
        };
        match office.ask(command).await? {
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

    async fn write(
        &mut self,
        office: &Office,
        unwritten: Unwritten,
        database: &RecordsDatabase,
    ) -> anyhow::Result<()> {
        let Unwritten {
            at: _,
            arrived,
            closed,
        } = unwritten;
        if arrived.is_empty() && closed.is_empty() {
            return Ok(());
        }
        let store = database.store().await?;
        if let Some((through, _, _)) = arrived.last() {
            store.put_arrived(&arrived).await?;
            // Until that is applied they are told again, and need not be written again.
            self.arrived_through = Some(*through);
            office.send(FromOffice::ArrivedStored(*through)).await;
        }
        for closed in closed {
            store_period(&*store, &closed, chance()?).await?;
            office
                .send(FromOffice::PeriodStored(closed.period.key()))
                .await;
        }
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

    use dispatch::LineId;
    use records::content::{Content, Outcome};
    use records::{Contents, Sums};
    use store::sql::Database;

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
            total: Sums::default(),
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
