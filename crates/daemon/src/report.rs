//! `linka report`: the counts of closed periods, each figure with its formula; anonymous rows and fixed tables.

mod contents;
mod counts;

use std::ops::RangeInclusive;

use anyhow::Context as _;
use clap::Args;
use records::Date;
use store::sql::{AuditKey, Store};
use web::{Event, note_now};

use crate::cli::{Data, Folders};
use crate::database::{BY_COMMAND, Records, block_on};
use crate::keys;

/// What `linka report` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    data: Data,
    /// Only periods that end on this day or later: those that reach into the days are told whole.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    from: Option<Date>,
    /// Only periods that begin on this day or earlier.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    to: Option<Date>,
    /// Show the anonymous rows of calls instead of counts.
    #[arg(long, conflicts_with = "tables")]
    records: bool,
    /// Show the fixed tables of months instead of counts.
    #[arg(long, conflicts_with = "csv")]
    tables: bool,
    /// Print comma-separated values (RFC 4180): a line for each period, line and figure, or for each row.
    #[arg(long)]
    csv: bool,
}

/// Reads the records database; a running linka may write it meanwhile.
pub(crate) fn report(options: &Options) -> anyhow::Result<String> {
    let records = Records::find(&options.folders, &options.data)?;
    let audit = AuditKey(keys::audit_key(&options.folders.keys, &options.data.data)?);
    let days = options.from.unwrap_or(Date::FIRST)..=options.to.unwrap_or(Date::LAST);
    let (from, to) = (days.start(), days.end());
    anyhow::ensure!(from <= to, "--from {from} is after --to {to}");
    block_on(async {
        let store = records.open().await?;
        let report = match (options.records, options.tables) {
            (true, _) => "records",
            (false, true) => "tables",
            (false, false) => "counts",
        };
        // Before it is printed: none goes out of the house without its entry.
        let event = Event::Exported {
            report,
            from: options.from.map(|day| day.to_string()),
            to: options.to.map(|day| day.to_string()),
        };
        note_now(&*store, &audit, records.today(), BY_COMMAND, &event).await?;
        let told = tell(&*store, options, &days).await;
        told.context("the records database cannot be read")
    })
}

async fn tell(
    store: &dyn Store,
    options: &Options,
    days: &RangeInclusive<Date>,
) -> anyhow::Result<String> {
    if options.tables {
        return Ok(contents::tables_in_words(
            &store.tables(days.clone()).await?,
            days,
        ));
    }
    if options.records {
        let periods = store.rows(days.clone()).await?;
        return Ok(if options.csv {
            records::rows_report(&periods)
        } else {
            contents::rows_in_words(&periods, days)
        });
    }
    let closed = store.closed(days.clone()).await?;
    if options.csv {
        return Ok(records::report(&closed));
    }
    Ok(counts::in_words(&closed, days))
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "is a day such as 2026-11-23".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_read_as_it_is_written() {
        let written = Date::new(2026, 2, 28).unwrap();

        assert_eq!(date(&written.to_string()), Ok(written));
        for wrong in ["2026-02-30", "2026-02", "2026-02-28-1", "yesterday", ""] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
    }
}
