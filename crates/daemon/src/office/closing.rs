//! Counts on their way to the records database: the day's begin is told, what is closed is written. A database that fails costs no call: what it
//! did not take stays in the journal's state until it does.

use std::sync::Arc;
use std::time::Duration;

use exchange::{Command, Reply, Unwritten};
use records::{Date, QuarterHour};
use tokio::time::interval;

use super::Office;
use super::records::RecordsDatabase;
use crate::calendar::Calendar;
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
        store.put_arrived(&arrived).await?;
        self.arrived_through = arrived
            .last()
            .map(|(quarter, _, _)| *quarter)
            .max(self.arrived_through);
        for closed in closed {
            store.put_closed(&closed.period).await?;
            office
                .send(FromOffice::PeriodStored(closed.period.key()))
                .await;
        }
        Ok(())
    }
}
