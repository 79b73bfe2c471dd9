//! The records database, as commands reach it that end by themselves.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use dispatch::Moment;
use records::Date;
use store::sql::{Database, Store};

use crate::calendar::Calendar;
use crate::cli::{Data, Folders};
use crate::configuration;

/// Who is named in the audit where a command did something.
pub(crate) const BY_COMMAND: &str = "command line";

/// Where the records database of a configuration is, and the calendar of its site.
pub(crate) struct Records {
    pub(crate) database: Database,
    calendar: Calendar,
}

impl Records {
    /// Finds it; what is wrong with the configuration is printed.
    pub(crate) fn find(folders: &Folders, data: &Data) -> anyhow::Result<Self> {
        let configuration =
            configuration::load(&folders.config, &folders.keys).map_err(|problems| {
                crate::cli::print_problems(&problems);
                anyhow::anyhow!(
                    "the configuration is not valid: where the records are is not known"
                )
            })?;
        Ok(Self {
            database: configuration.node.database_in(&data.data),
            calendar: Calendar::new(configuration.node.time_zone),
        })
    }

    /// The day at the site.
    pub(crate) fn today(&self) -> Date {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(u64::MAX);
        self.calendar.date(Moment::from_micros(micros))
    }

    /// Opens it; a running linka may write it meanwhile.
    pub(crate) async fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        let opened = store::sql::open(&self.database).await;
        opened.context("the records database cannot be opened")
    }
}

/// Runs a command's work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(work)
}
