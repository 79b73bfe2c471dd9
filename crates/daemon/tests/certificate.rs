//! A certificate that runs out is told before it does: to people, to the command line, to machines
//! and on the wallboard.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use peers::certificate::Certificate;
use peers::eventually;
use peers::linka::{Linka, Site};
use peers::people::people;
use peers::process::text_of;
use serde_json::Value;

const SOON: Duration = Duration::from_secs(40);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes a certificate that runs out at a moment, and its key.
fn write_certificate(folder: &Path, ends: SystemTime) {
    let mut params = rcgen::CertificateParams::new(vec!["linka.example".to_owned()]).unwrap();
    params.not_before = (ends - 90 * DAY).into();
    params.not_after = ends.into();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(folder.join("chain.pem"), certificate.pem()).unwrap();
}

/// A site that shows a certificate which runs out at a moment, and whose warnings go to a file.
fn site_until(ends: SystemTime) -> Site {
    let site = Site::new();
    write_certificate(&site.config(), ends);
    site.serve_https(&Certificate {
        chain: site.config().join("chain.pem"),
        key: site.config().join("key.pem"),
    });
    let told = site.config().join("told");
    let command = format!(
        "command = [\"sh\", \"-c\", 'echo \"$LINKA_WARNING $1\" >> {}', \"sh\"]",
        told.display()
    );
    site.change(
        "linka.toml",
        "[warnings]",
        &format!("[warnings]\n{command}"),
    );
    site
}

fn told(site: &Site) -> String {
    text_of(&site.config().join("told"))
}

fn metric(linka: &Linka<'_>) -> Option<u64> {
    let (_, text) = linka.get("/metrics");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("linka_certificate_expires_timestamp_seconds "))?;
    line.parse().ok()
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn words(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn certificate_that_runs_out_is_told_everywhere_until_it_is_renewed() {
    let ends = SystemTime::now() + 2 * DAY + DAY / 2;
    let site = site_until(ends);
    let check = words(&site.command(&["check"]));
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let supervisor = people[1].signed_in(&site);

    let warned = eventually("people are warned", SOON, || {
        Some(told(&site)).filter(|told| told.contains("certificate"))
    });
    let status = words(&site.command(&["status"]));
    let json = linka.status().unwrap();
    let shown = supervisor.feed();
    let scraped = metric(&linka);
    let renewed = SystemTime::now() + 80 * DAY;
    write_certificate(&site.config(), renewed);
    eventually("the renewal is told", SOON, || {
        told(&site).contains("certificate-renewed").then_some(())
    });

    let in_two_days = "the certificate of the web runs out on ";
    assert!(check.contains(&format!("advice: {in_two_days}")), "{check}");
    assert!(
        warned.starts_with(&format!("certificate-runs-out {in_two_days}")),
        "{warned}"
    );
    assert_eq!(warned.lines().count(), 1, "{warned}");
    assert!(
        status.contains(&format!("RENEW: {in_two_days}")),
        "{status}"
    );
    assert!(status.contains(", in 2 days"), "{status}");
    assert_eq!(json["certificate_ends"], seconds(ends));
    assert_eq!(scraped, Some(seconds(ends)));
    let at = format!("\"certificate_ends_ms\":{}", seconds(ends) * 1_000);
    assert!(shown.contains(&at), "{shown}");
    assert_eq!(metric(&linka), Some(seconds(renewed)));
    assert!(!words(&site.command(&["status"])).contains("RENEW"));
    assert!(supervisor.feed().contains("\"certificate_ends_ms\":null"));
}

#[test]
fn certificate_that_ran_out_is_told_and_calls_go_on() {
    let site = site_until(SystemTime::now() - DAY);
    let check = site.command(&["check"]);
    let linka = site.start();

    let warned = eventually("people are warned", SOON, || {
        Some(told(&site)).filter(|told| told.contains("certificate"))
    });

    assert!(check.status.success(), "{}", words(&check));
    assert!(words(&check).contains("the certificate of the web ran out on "));
    assert!(warned.starts_with("certificate-ran-out "), "{warned}");
    assert_eq!(linka.get("/readyz").0, 200);
}

#[test]
fn certificate_that_is_good_for_long_is_not_spoken_of() {
    let site = site_until(SystemTime::now() + 60 * DAY);
    let check = words(&site.command(&["check"]));
    let linka = site.start();
    let status = words(&site.command(&["status"]));

    assert!(!check.contains("certificate"), "{check}");
    assert!(
        status.contains("\nthe certificate of the web runs out on "),
        "{status}"
    );
    let status: Value = linka.status().unwrap();
    assert!(status["certificate_ends"].is_u64(), "{status}");
}

#[test]
fn line_opens_without_a_certificate_that_cannot_be_read_until_it_can() {
    let site = site_until(SystemTime::now() + 60 * DAY);
    let chain = fs::read(site.config().join("chain.pem")).unwrap();
    fs::write(site.config().join("chain.pem"), "half of a renewal").unwrap();

    let linka = site.start();
    let warned = eventually("people are warned", SOON, || {
        Some(told(&site)).filter(|told| told.contains("certificate-unread "))
    });
    let ready = linka.get("/readyz").0;
    let unknown = metric(&linka);
    fs::write(site.config().join("chain.pem"), chain).unwrap();
    eventually("it is read at last", SOON, || {
        told(&site).contains("certificate-read ").then_some(())
    });

    assert!(warned.contains("web.certificate"), "{warned}");
    assert!(warned.contains("chain.pem has no certificate"), "{warned}");
    assert_eq!((ready, unknown), (200, None));
    assert!(metric(&linka).is_some());
}

#[test]
fn certificate_that_cannot_be_read_fails_the_check() {
    let site = site_until(SystemTime::now() + 60 * DAY);
    fs::write(site.config().join("chain.pem"), "nothing").unwrap();

    let check = site.command(&["check"]);

    assert_eq!(check.status.code(), Some(2));
    assert!(
        words(&check).contains("web.certificate"),
        "{}",
        words(&check)
    );
}
