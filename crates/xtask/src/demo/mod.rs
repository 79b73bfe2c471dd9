//! `cargo xtask demo`: a lively little centre against a real `linka serve`, over real SIP and RTP.

mod centre;
mod chance;
#[path = "../../../daemon/tests/peers/sound/keys.rs"]
mod keys;
pub(crate) mod program;
#[path = "../../../daemon/tests/peers/scenario.rs"]
pub(crate) mod scenario;
mod sipp;
mod site;

use crate::dashboards;
use crate::packages::{CHROMIUM, CHROMIUM_PROGRAM, SIPP, SOX, ensure};
use crate::shell;
use anyhow::{Context, Result, bail};
use centre::{Centre, Pace, Tally};
use program::Program;
use site::Site;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nobody stays so long as this after the door was closed.
const LAST_CALLERS_MAX: Duration = Duration::from_secs(90);
const TICK: Duration = Duration::from_millis(100);
const START_MAX: Duration = Duration::from_secs(20);
/// The packages of programs that are built, and their names.
pub(crate) const LINKA: (&str, &str) = ("daemon", "linka");
const YEAR: (&str, &str) = ("benches", "year");
/// Callers of the pictures come alike each time.
const SEED_OF_PICTURES: u64 = 11;

/// How the demo runs.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Lets nobody in any more after so many seconds, and ends when the last caller has left.
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Repeats the callers of an earlier run, which printed its seed.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Uses this `linka`, and the program `year` beside it, and builds neither.
    #[arg(long, value_name = "FILE")]
    linka: Option<PathBuf>,
    /// Where it is to be seen: on the wallboard in a browser, or as words on this terminal.
    #[arg(long, value_enum, default_value = "wallboard")]
    view: View,
}

/// Where a demo is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum View {
    /// The wallboard, with a supervisor signed in. Without a display a picture of it is written every few seconds.
    Wallboard,
    /// `linka status --follow`.
    Terminal,
}

/// Plays until Ctrl-C or the end of the given time, then ends everything it started. Fails when too few of those who
/// stayed on the line were answered.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let stop = stop_on_signal().context("catching Ctrl-C")?;
    ensure(&[SIPP, SOX])?;
    if options.view == View::Wallboard {
        ensure(&[CHROMIUM])?;
        dashboards::build()?;
    }
    let linka = match &options.linka {
        Some(linka) => linka
            .canonicalize()
            .with_context(|| format!("{}", linka.display()))?,
        None => build(&[LINKA, YEAR])?,
    };
    let seed = options.seed.unwrap_or_else(seed_from_clock);
    let site = Site::prepare(shell::target().join("demo"), &linka)?;
    println!(
        "xtask: linka serve on {} with everything in {} (seed {seed})",
        site.sip(),
        site.folder().display()
    );
    fill_a_year(&site)?;
    let mut serve = start_serve(&site, &stop)?;
    let centre = Centre::new(&site, seed, Pace::Evening)?;
    let view = match options.view {
        View::Wallboard => browser(&site, "tests/demo.mjs", site.folder())?,
        View::Terminal => status(&site)?,
    };
    let end = options
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let played = play(centre, &mut serve, end, &stop);
    drop(view);
    let tally = played?;
    println!("\nxtask: {tally}");
    Ok(if tally.is_well_answered() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Takes a picture of every page while the centre plays, for the README.
pub(crate) fn screenshots() -> Result<ExitCode> {
    let stop = stop_on_signal().context("catching Ctrl-C")?;
    ensure(&[SIPP, SOX, CHROMIUM])?;
    dashboards::build()?;
    let site = Site::prepare(shell::target().join("demo"), &build(&[LINKA, YEAR])?)?;
    fill_a_year(&site)?;
    let pictures = shell::root().join("dashboards/screenshots");
    std::fs::create_dir_all(&pictures)?;
    let mut serve = start_serve(&site, &stop)?;
    let mut centre = Centre::new(&site, SEED_OF_PICTURES, Pace::Throng)?;
    let mut camera = browser(&site, "tests/screenshots.mjs", &pictures)?;
    while !stop.load(Ordering::Relaxed) {
        centre.tick(Instant::now())?;
        if let Some(status) = camera.ended()? {
            centre.finish();
            anyhow::ensure!(status.success(), "no pictures were taken ({status})");
            println!("xtask: pictures are in {}", pictures.display());
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(status) = serve.ended()? {
            bail!("linka ended ({status}):\n{}", serve.last_words());
        }
        thread::sleep(TICK);
    }
    Ok(ExitCode::FAILURE)
}

/// A past year of calls that nobody made, so that reports have something to show. It is written
/// before `linka` serves, by a program that counts and closes as `linka` does and stores with its
/// own store.
fn fill_a_year(site: &Site) -> Result<()> {
    let year = site.linka().with_file_name(YEAR.1);
    std::fs::create_dir_all(site.data())?;
    let output = Command::new(&year)
        .arg(site.data().join("linka.db"))
        .output()
        .with_context(|| format!("starting {}", year.display()))?;
    anyhow::ensure!(
        output.status.success(),
        "no year was written ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// Chromium at the pages, driven by a script of the dashboards.
fn browser(site: &Site, script: &str, folder: &Path) -> Result<Program> {
    let dashboards = shell::root().join("dashboards");
    let mut command = dashboards::Node::find()?.command("node", &dashboards);
    command
        .arg(script)
        .arg(CHROMIUM_PROGRAM)
        .arg(site.pages())
        .arg(site.data().join("first-sign-in.txt"))
        .arg(folder);
    Program::start_visible(&mut command)
}

/// `linka status --follow` on our terminal.
fn status(site: &Site) -> Result<Program> {
    let mut command = Command::new(site.linka());
    command
        .args(["status", "--follow", "--data"])
        .arg(site.data());
    Program::start_visible(&mut command)
}

fn play(
    mut centre: Centre<'_>,
    serve: &mut Program,
    end: Option<Instant>,
    stop: &AtomicBool,
) -> Result<Tally> {
    let given_up = end.map(|end| end + LAST_CALLERS_MAX);
    while !stop.load(Ordering::Relaxed) && !centre.is_empty() {
        let now = Instant::now();
        centre.tick(now)?;
        if end.is_some_and(|end| now >= end) {
            centre.close_door();
        }
        if given_up.is_some_and(|given_up| now >= given_up) {
            break;
        }
        if let Some(status) = serve.ended()? {
            bail!(
                "linka ended while callers were on the line ({status}):\n{}",
                serve.last_words()
            );
        }
        thread::sleep(TICK);
    }
    Ok(centre.finish())
}

/// Starts `linka serve` and waits until it listens on its control socket.
fn start_serve(site: &Site, stop: &AtomicBool) -> Result<Program> {
    let folder = |path: &Path| path.to_string_lossy().into_owned();
    let arguments = [
        "serve",
        "--config",
        &folder(&site.config()),
        "--data",
        &folder(&site.data()),
        "--keys",
        &folder(&site.keys()),
    ];
    let mut serve = Program::start(site.linka(), &arguments, site.folder(), "linka.log")?;
    let deadline = Instant::now() + START_MAX;
    while std::os::unix::net::UnixStream::connect(site.data().join("linka.sock")).is_err() {
        if let Some(status) = serve.ended()? {
            bail!(
                "linka ended at its start ({status}):\n{}",
                serve.last_words()
            );
        }
        if stop.load(Ordering::Relaxed) || Instant::now() > deadline {
            bail!(
                "linka did not listen within {} s:\n{}",
                START_MAX.as_secs(),
                serve.last_words()
            );
        }
        thread::sleep(TICK);
    }
    Ok(serve)
}

/// Builds these programs, each a package and its binary, and returns where the first one is.
pub(crate) fn build(programs: &[(&str, &str)]) -> Result<PathBuf> {
    let names: Vec<&str> = programs.iter().map(|(_, name)| *name).collect();
    println!(
        "xtask: building {} (release; the first time takes minutes)",
        names.join(" and ")
    );
    let mut cargo = shell::cargo();
    cargo.args(["build", "--release"]);
    for (package, name) in programs {
        cargo.args(["-p", package, "--bin", name]);
    }
    let status = cargo.status().context("starting cargo")?;
    anyhow::ensure!(
        status.success(),
        "{} does not build ({status})",
        names.join(" or ")
    );
    let first = names.first().context("nothing to build")?;
    Ok(shell::target().join("release").join(first))
}

fn stop_on_signal() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

fn seed_from_clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs())
}
