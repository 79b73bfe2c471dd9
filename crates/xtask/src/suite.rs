//! `cargo xtask test`: what CI runs.

use crate::dashboards;
use crate::packages::{
    BARESIP, CHROMIUM, DNSMASQ, ESPEAK, IP, LINPHONE, Need, POSTGRES, PROMETHEUS, SIPP, SOX, ensure,
};
use crate::python::ensure_schemathesis;
use crate::shell;
use crate::tally::Tally;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

const CARGO_DENY_VERSION: &str = "0.20.2";
/// A line of progress after this long without a line of output.
const QUIET_MAX: Duration = Duration::from_secs(30);
/// Lines of output that may wait to be printed.
const LINES_WAITING_MAX: usize = 1_000;
/// The daemon with a clock that its tests can move.
const TEST_CLOCK: [&str; 2] = ["--features", "daemon/test-clock"];
const PEERS: [Need; 10] = [
    SIPP, BARESIP, LINPHONE, SOX, ESPEAK, IP, DNSMASQ, POSTGRES, CHROMIUM, PROMETHEUS,
];
/// What the tests without peers need.
const RUST: [Need; 2] = [ESPEAK, POSTGRES];
/// How many times their ordinary number of seeds and kills the tests of chance run in the soak.
const SOAK: (&str, &str) = ("LINKA_SOAK", "20");

/// A part of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Formatting, clippy, licences, and every test that needs no real peer.
    Rust,
    /// Only the tests with real peers over the loopback: SIPp, baresip, linphone.
    Peers,
    /// Every test with twenty times the seeds and process kills. Takes an hour; prints its date.
    Soak,
}

/// Runs a part, or everything but soak. The last line printed is `N passed, N failed`.
pub(crate) fn run(part: Option<Part>) -> Result<ExitCode> {
    let mut suite = Suite::default();
    dashboards::build()?;
    match part {
        None => {
            ensure(&PEERS)?;
            ensure(&RUST)?;
            ensure_schemathesis()?;
            suite.checks()?;
            suite.check("pages in a browser", &mut dashboards::script("behave")?)?;
            suite.tests("every test", every_test())?;
        }
        Some(Part::Rust) => {
            ensure(&RUST)?;
            suite.checks()?;
            suite.tests(
                "tests without peers",
                cargo_test(&["--workspace", "--exclude", "daemon"]),
            )?;
            suite.tests(
                "the daemon without peers",
                daemon_tests(&["--bins"], test_files(Peers::Without)?),
            )?;
        }
        Some(Part::Peers) => {
            ensure(&PEERS)?;
            ensure_schemathesis()?;
            suite.check("pages in a browser", &mut dashboards::script("behave")?)?;
            suite.tests(
                "tests with real peers",
                daemon_tests(&[], test_files(Peers::With)?),
            )?;
        }
        Some(Part::Soak) => {
            ensure(&PEERS)?;
            ensure(&RUST)?;
            ensure_schemathesis()?;
            println!(
                "xtask: soak of {}",
                shell::output(shell::command("date").args(["-u", "+%F %H:%M UTC"]))?.trim()
            );
            suite.check("looks of all pages", &mut dashboards::script("look")?)?;
            let mut command = every_test();
            command.env(SOAK.0, SOAK.1);
            suite.tests("every test, many seeds", command)?;
        }
    }
    Ok(suite.finish())
}

#[derive(Default)]
struct Suite {
    tally: Tally,
    failures: Vec<&'static str>,
}

impl Suite {
    fn checks(&mut self) -> Result<()> {
        self.check("parts of the dashboards", &mut dashboards::script("test")?)?;
        self.check(
            "formatting of the dashboards",
            &mut dashboards::script("format:check")?,
        )?;
        self.check(
            "formatting",
            shell::cargo().args(["fmt", "--all", "--check"]),
        )?;
        self.check(
            "clippy",
            shell::cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                TEST_CLOCK[0],
                TEST_CLOCK[1],
                "--",
                "-D",
                "warnings",
            ]),
        )?;
        let deny = cargo_deny()?;
        self.check(
            "licences and sources",
            shell::command(deny).args([
                "--config",
                ".deny.toml",
                "check",
                "bans",
                "licenses",
                "sources",
            ]),
        )
    }

    /// Runs a check that counts nothing itself: its failure is one failure of the suite.
    fn check(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        let (succeeded, _) = stream(name, command)?;
        self.note(
            name,
            succeeded,
            Tally {
                passed: 0,
                failed: u64::from(!succeeded),
            },
        );
        Ok(())
    }

    /// Runs tests; a runner that fails without counting a failure (it did not compile, it died) counts as one.
    fn tests(&mut self, name: &'static str, mut command: Command) -> Result<()> {
        let (succeeded, mut tally) = stream(name, &mut command)?;
        if !succeeded && tally.failed == 0 {
            tally.failed = 1;
        }
        self.note(name, succeeded, tally);
        Ok(())
    }

    fn note(&mut self, name: &'static str, succeeded: bool, tally: Tally) {
        self.tally += tally;
        if !succeeded {
            self.failures.push(name);
        }
    }

    fn finish(self) -> ExitCode {
        for name in &self.failures {
            println!("xtask: failed: {name}");
        }
        println!("{}", self.tally);
        if self.failures.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn cargo_test(arguments: &[&str]) -> Command {
    let mut command = shell::cargo();
    command.args(["test", "--no-fail-fast"]).args(arguments);
    if let Ok(node) = dashboards::Node::find() {
        node.put_on_path(&mut command);
    }
    command
}

fn every_test() -> Command {
    let mut command = cargo_test(&["--workspace"]);
    command.args(TEST_CLOCK);
    command
}

fn daemon_tests(arguments: &[&str], files: Vec<String>) -> Command {
    let mut command = cargo_test(&["-p", "daemon"]);
    command.args(TEST_CLOCK).args(arguments);
    for file in files {
        command.args(["--test", &file]);
    }
    command
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Peers {
    With,
    Without,
}

/// The daemon's tests that use the module of real peers, or those that do not.
fn test_files(wanted: Peers) -> Result<Vec<String>> {
    let folder = shell::root().join("crates/daemon/tests");
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?
    {
        let path = entry?.path();
        let Some((name, file)) = test_at(&path) else {
            continue;
        };
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("reading {}", file.display()))?;
        let uses = if text.lines().any(|line| line == "mod peers;") {
            Peers::With
        } else {
            Peers::Without
        };
        if uses == wanted {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The test of this file or folder as cargo finds it: `NAME.rs`, or `NAME/main.rs`.
fn test_at(path: &Path) -> Option<(String, PathBuf)> {
    let name = path.file_stem()?.to_string_lossy().into_owned();
    let main = path.join("main.rs");
    if main.is_file() {
        return Some((name, main));
    }
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    is_rust.then(|| (name, path.to_owned()))
}

/// Runs the command, passing its output on as it comes; says whether it succeeded, and what it counted.
fn stream(name: &str, command: &mut Command) -> Result<(bool, Tally)> {
    println!("xtask: {name}");
    let started = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let output = child.stdout.take().context("the runner's output")?;
    let (sender, lines) = mpsc::sync_channel(LINES_WAITING_MAX);
    std::thread::spawn(move || {
        for line in BufReader::new(output)
            .split(b'\n')
            .map_while(std::io::Result::ok)
        {
            if sender
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                return;
            }
        }
    });
    let mut tally = Tally::default();
    loop {
        match lines.recv_timeout(QUIET_MAX) {
            Ok(line) => {
                tally += Tally::of_line(&line);
                println!("{line}");
            }
            Err(RecvTimeoutError::Timeout) => println!(
                "xtask: {name}: {} s, still running",
                started.elapsed().as_secs()
            ),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("waiting for {name}"))?;
    println!(
        "xtask: {name}: {} after {} s",
        if status.success() { "ok" } else { "FAILED" },
        started.elapsed().as_secs()
    );
    Ok((status.success(), tally))
}

/// cargo-deny from PATH, from `.tools/`, or compiled into `.tools/`.
fn cargo_deny() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let installed = shell::root().join(".tools/bin/cargo-deny");
    let ready = [
        shell::find("cargo-deny"),
        home.map(|home| home.join("bin/cargo-deny")),
        Some(installed.clone()),
    ];
    if let Some(program) = ready
        .into_iter()
        .flatten()
        .find(|program| program.is_file())
    {
        return Ok(program);
    }
    println!(
        "xtask: compiling cargo-deny {CARGO_DENY_VERSION} into .tools/ (checks licences and sources; about a minute on two cores)"
    );
    let work = shell::target().join("cargo-deny");
    let mut cargo = shell::cargo();
    cargo.args([
        "install",
        "cargo-deny",
        "--version",
        CARGO_DENY_VERSION,
        "--locked",
        "--quiet",
        "--debug",
        "--root",
        ".tools",
    ]);
    // It runs for two seconds: unoptimised and without debug information it compiles in a fifth of the time.
    cargo
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .arg("--target-dir")
        .arg(&work);
    stream("cargo-deny", &mut cargo)?;
    std::fs::remove_dir_all(&work).with_context(|| format!("removing {}", work.display()))?;
    anyhow::ensure!(
        installed.is_file(),
        "cargo install cargo-deny left no program at {}",
        installed.display()
    );
    Ok(installed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell_line(line: &str) -> Command {
        let mut command = shell::command("sh");
        command.args(["-c", line]);
        command
    }

    #[test]
    fn a_runner_that_dies_without_counting_is_one_failure() {
        let mut suite = Suite::default();

        suite
            .tests(
                "tests",
                shell_line("echo 'test result: ok. 2 passed; 0 failed;'; exit 101"),
            )
            .unwrap();

        assert_eq!(
            suite.tally,
            Tally {
                passed: 2,
                failed: 1
            }
        );
        assert_eq!(suite.failures, ["tests"]);
    }

    #[test]
    fn a_passed_check_adds_no_count_and_a_failed_one_adds_a_failure() {
        let mut suite = Suite::default();

        suite.check("first", &mut shell_line("exit 0")).unwrap();
        suite.check("second", &mut shell_line("exit 1")).unwrap();

        assert_eq!(
            suite.tally,
            Tally {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(suite.failures, ["second"]);
    }

    #[test]
    fn a_test_of_many_files_is_a_test_with_peers_too() {
        let with_peers = test_files(Peers::With).unwrap();

        for name in ["crash", "line", "strangers", "wallboard"] {
            assert!(with_peers.contains(&name.to_owned()), "{name}");
        }
        assert!(!with_peers.contains(&"peers".to_owned()));
    }

    #[test]
    fn architecture_needs_no_peer() {
        assert!(
            test_files(Peers::Without)
                .unwrap()
                .contains(&"architecture".to_owned())
        );
    }
}
