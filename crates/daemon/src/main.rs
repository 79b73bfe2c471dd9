//! `linka`: one binary that answers a crisis line.

mod anchors;
mod audit;
mod audit_end;
mod backup;
mod bindings;
mod calendar;
mod cli;
mod clock;
mod configuration;
mod database;
mod erasures;
mod expiry;
mod keys;
mod media_threads;
mod office;
mod opening;
mod operators;
mod report;
mod routes;
mod running;
mod serve;
mod signalling;
mod small_file;
mod status;
mod ticks;
mod unwritten;
mod wall_clock;
mod watchdog;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::run(cli::Arguments::parse())
}
