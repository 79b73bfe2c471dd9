//! The project's own commands: `cargo xtask test`, `demo`, `load` and `prompts`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its terminal"
)]

mod dashboards;
mod demo;
mod load;
mod packages;
mod prompts;
mod python;
mod shell;
#[path = "../../web/sources.rs"]
mod sources;
mod suite;
mod tally;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Tests Linka, shows it working, and speaks its prompts.
///
/// Nothing has to be installed by hand but Rust: each command says which Debian packages it needs and why,
/// and installs those that are missing.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the checks and tests that CI runs, or one part of them.
    ///
    /// Without a part: formatting, clippy with warnings as errors, every test of the workspace with real SIP peers
    /// (SIPp, baresip, linphone), and the licences and sources of all dependencies. Ends with one line,
    /// "N passed, N failed", and exits with 1 if anything failed.
    Test {
        /// The part to run; left out: everything but soak.
        part: Option<suite::Part>,
    },
    /// Plays a lively little centre against `linka serve`, over real SIP and RTP on the loopback.
    ///
    /// Six operators' phones, callers at random on two lines, some hang up early, some cannot speak
    /// (they press 5 twice), one phone dies every five minutes. Reports show a past year. Opens the
    /// wallboard with a supervisor signed in, until Ctrl-C, then ends everything it started. Exits
    /// with 1 when fewer than 70 % of those who stayed on the line were answered.
    Demo(demo::Options),
    Load(load::Options),
    /// Builds the pages that linka serves, from dashboards/ into dashboards/dist, when anything of theirs changed.
    ///
    /// Uses the machine's Node.js (20.19, or 22.12 and newer); where that is missing or too old,
    /// installs one by npm into .tools/. `cargo build` alone passes without pages: the server then
    /// says that the web is not built. A release refuses pages of other sources.
    Dashboards,
    /// Takes a picture of every page while the demo's centre is at work, into dashboards/screenshots.
    Screenshots,
    /// Speaks config/prompts/prompts.toml with espeak-ng into config/prompts/LANGUAGE/ID.wav.
    ///
    /// Prompts marked `recorded = true` are left alone. Also makes the waiting sound.
    Prompts,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test { part } => suite::run(part),
        Command::Demo(options) => demo::run(&options),
        Command::Load(options) => load::run(&options),
        Command::Dashboards => dashboards::build().map(|()| ExitCode::SUCCESS),
        Command::Screenshots => demo::screenshots(),
        Command::Prompts => prompts::run(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}
