//! Writes the twelve months before this one of a line that nobody called into a records database:
//! `year FILE [CALLS_A_DAY]`.
#![allow(clippy::print_stderr, reason = "a command line speaks on its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use dispatch::LineId;
use jiff::tz::TimeZone;
use store::sql::Database;

const CALLS_A_DAY: u64 = 300;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), calls) = (arguments.next(), arguments.next()) else {
        eprintln!("year FILE [CALLS_A_DAY]");
        return ExitCode::from(2);
    };
    let calls = calls.and_then(|calls| calls.parse().ok());
    match write(PathBuf::from(file), calls.unwrap_or(CALLS_A_DAY)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("year: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(file: PathBuf, calls_a_day: u64) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = store::sql::open(&Database::File(file)).await?;
        let line = LineId::parse("help")?;
        let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
        benches::year::fill(&*store, line, calls_a_day, today).await?;
        store.close().await;
        Ok(())
    })
}
