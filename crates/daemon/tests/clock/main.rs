//! A machine's clock that stands far past the last entry of the journal: doubted, told, confirmed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../peers/mod.rs"]
mod peers;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use peers::linka::{Linka, Site};
use peers::people::people;
use peers::process::text_of;
use peers::{eventually, preload};

const SOON: Duration = Duration::from_secs(20);
/// Thirty days.
const EARLIER: &str = "2592000";

/// A site whose last entry is thirty days old, and a system that says this of its clock.
fn thirty_days_ago(says_synchronised: &str) -> (Site, PathBuf) {
    let site = Site::new();
    let programs = site.config().join("programs");
    fs::create_dir(&programs).unwrap();
    let timedatectl = programs.join("timedatectl");
    fs::write(
        &timedatectl,
        format!("#!/bin/sh\necho {says_synchronised}\n"),
    )
    .unwrap();
    fs::set_permissions(&timedatectl, fs::Permissions::from_mode(0o755)).unwrap();
    let library = preload::library("clock/earlier.c", &site);
    let mut linka = site.start_with(&[
        ("LD_PRELOAD", library.as_path()),
        ("EARLIER_SECONDS", Path::new(EARLIER)),
    ]);
    linka.terminate();
    assert!(linka.wait(SOON).success());
    drop(linka);
    (site, programs)
}

fn start<'site>(site: &'site Site, programs: &Path) -> Linka<'site> {
    site.start_with(&[("PATH", programs)])
}

fn clock(site: &Site, arguments: &[&str]) -> String {
    let output = site.command(&[&["clock"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Why the clock is not believed; empty when it is.
#[track_caller]
fn doubt(linka: &Linka<'_>) -> String {
    let status = linka.status().unwrap();
    status["clock_doubt"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn doubted_clock_is_told_and_believed_by_the_start_after_its_confirmation() {
    let (site, programs) = thirty_days_ago("no");
    let told = site.config().join("told");
    let way = format!(
        "[warnings]\ncommand = [\"/bin/sh\", \"-c\", \"echo \\\"$LINKA_WARNING: $0\\\" >> {}\"]",
        told.display()
    );
    site.change("linka.toml", "[warnings]", &way);

    let mut linka = start(&site, &programs);
    let doubted = doubt(&linka);
    assert!(doubted.contains("30 days past the last entry"), "{doubted}");
    eventually("people are told", SOON, || {
        text_of(&told).contains("clock-doubted: ").then_some(())
    });
    let shown = clock(&site, &[]);
    assert!(shown.contains("NOT BELIEVED: "), "{shown}");
    let (administrator, _) = people(&site, &[]);
    let screens = administrator.feed();
    assert!(
        screens.contains(&format!("\"clock_doubt\":\"{doubted}\"")),
        "{screens}"
    );
    let confirmed = clock(&site, &["confirm"]);
    assert!(
        confirmed.contains("the next start goes by it"),
        "{confirmed}"
    );
    linka.terminate();
    assert!(linka.wait(SOON).success());

    let linka = start(&site, &programs);
    assert_eq!(doubt(&linka), "");
    let shown = clock(&site, &[]);
    assert!(shown.contains("The clock is believed."), "{shown}");
}

#[test]
fn clock_is_confirmed_while_no_linka_runs() {
    let (site, programs) = thirty_days_ago("no");

    let confirmed = clock(&site, &["confirm"]);

    assert!(confirmed.contains("The clock is confirmed"), "{confirmed}");
    assert_eq!(doubt(&start(&site, &programs)), "");
}

#[test]
fn clock_is_believed_that_the_system_calls_synchronised() {
    let (site, programs) = thirty_days_ago("yes");

    assert_eq!(doubt(&start(&site, &programs)), "");
}
