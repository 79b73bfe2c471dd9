//! What supervisors and administrators do with contacts is in the audit when its day is over, and
//! nothing of it is on the disk in clear before.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

use peers::linka::{Linka, Site};
use peers::people::{Client, people};
use peers::wire::Caller;
use peers::{eventually, throughout};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
/// Longer than anything waits that writes what it was told.
const A_WHILE: Duration = Duration::from_secs(4);
const HOUR_SECONDS: u64 = 3_600;
const QUARTER_HOUR_SECONDS: u64 = 15 * 60;
/// Longer than what is acted on takes, from the arrival on.
const ACTS_WITHIN_SECONDS: u64 = 180;
/// Past the end of a day that was at noon or up to an hour later.
const PAST_MIDNIGHT: Duration = Duration::from_secs(12 * HOUR_SECONDS);

fn now_seconds() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A site where it is noon, or less than an hour later.
fn site_at_noon() -> Site {
    let site = Site::new();
    let hour = now_seconds() / HOUR_SECONDS % 24;
    // West of Greenwich has a plus.
    let zone = match hour.checked_sub(12) {
        Some(west) => format!("\"Etc/GMT+{west}\""),
        None => format!("\"Etc/GMT-{}\"", 12 - hour),
    };
    site.change("linka.toml", "\"Europe/Prague\"", &zone);
    site
}

/// A caller waits, and her quarter-hour does not end while she is acted on.
#[track_caller]
fn somebody_waits(site: &Site, linka: &Linka<'_>) -> (Caller, String) {
    let left = QUARTER_HOUR_SECONDS - now_seconds() % QUARTER_HOUR_SECONDS;
    if left < ACTS_WITHIN_SECONDS {
        linka.advance(Duration::from_secs(left + 5));
    }
    let caller = Caller::calls(site, "<sip:+420777000001@127.0.0.2>", "");
    // It may ring for her already; those of before a start are adrift.
    let waits = |contact: &&Value| contact["state"] == "waiting" || contact["state"] == "offered";
    let contact = linka.wait_for("she waits", SOON, |status| {
        let contact = status["contacts"].as_array()?.iter().find(waits)?;
        Some(contact["contact"].as_str().unwrap().to_owned())
    });
    (caller, contact)
}

#[track_caller]
fn class(by: &Client, contact: &str, class: &str) {
    let path = format!("/contacts/{contact}/class");
    by.done("PUT", &path, Some(json!({ "class": class })));
}

/// What `linka audit list` says of acts on contacts.
fn acts(site: &Site) -> Vec<String> {
    let listed = site.command(&["audit", "list", "--last", "500"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let acts = listed.lines().filter(|line| line.contains("on shift"));
    acts.map(str::to_owned).collect()
}

#[track_caller]
fn is_whole(site: &Site) {
    let verified = site.command(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// Length, time and content of the records database and of its log.
fn records(site: &Site) -> [(u64, i64, i64, Vec<u8>); 2] {
    ["linka.db", "linka.db-wal"].map(|name| {
        let file = site.data().join(name);
        let told = fs::metadata(&file).unwrap();
        let bytes = fs::read(file).unwrap();
        (told.len(), told.mtime(), told.mtime_nsec(), bytes)
    })
}

#[test]
fn acts_write_nothing_into_the_records_database_until_their_day_is_over() {
    let site = site_at_noon();
    let linka = site.start();
    let (administrator, people) = people(&site, &[("sona", "supervisor")]);
    let (_caller, contact) = somebody_waits(&site, &linka);
    let supervisor = people[1].signed_in(&site);
    eventually("the start and the sign-in are in the audit", SOON, || {
        let told = administrator.done("GET", "/audit", None).to_string();
        let of_sona = told.contains(r#""by":"sona""#) && told.contains("signed_in");
        (of_sona && told.contains("retention")).then_some(())
    });
    let before = records(&site);

    for to in ["danger", "crisis", "danger"] {
        class(&supervisor, &contact, to);
    }
    class(&administrator, &contact, "information");

    throughout("nothing is written", A_WHILE, || records(&site) == before);
    linka.advance(Duration::from_secs(2 * QUARTER_HOUR_SECONDS));
    eventually("arrivals are written", SOON, || {
        (records(&site) != before).then_some(())
    });
    let before = records(&site);
    linka.advance(Duration::from_secs(10 * HOUR_SECONDS));
    throughout("nothing is written", A_WHILE, || records(&site) == before);
    linka.advance(PAST_MIDNIGHT);

    let told = eventually("they are in the audit", SOON, || {
        let acts = acts(&site);
        (!acts.is_empty()).then_some(acts)
    });
    let has = |at: usize, words: &[&str]| words.iter().all(|word| told[at].contains(word));
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(
        has(
            0,
            &[
                "a supervisor on shift",
                "class_changed",
                "danger",
                "times=2"
            ]
        ),
        "{told:#?}"
    );
    assert!(
        has(1, &["a supervisor on shift", "class_changed", "crisis"]),
        "{told:#?}"
    );
    assert!(
        has(
            2,
            &["an administrator on shift", "class_changed", "information"]
        ),
        "{told:#?}"
    );
    assert!(
        !told
            .iter()
            .any(|act| act.contains("sona") || act.contains("admin "))
    );
    is_whole(&site);
}

#[test]
fn acts_before_a_crash_are_in_the_audit_once_whenever_it_comes() {
    let site = site_at_noon();
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let supervisor = people[1].signed_in(&site);
    let (_caller, contact) = somebody_waits(&site, &linka);
    class(&supervisor, &contact, "danger");
    linka.kill();
    let journal = ["live.db", "live.db-wal"].map(|name| site.data().join(name));
    let before_midnight = journal.each_ref().map(|file| fs::read(file).unwrap());

    let linka = site.start();
    assert_eq!(acts(&site), Vec::<String>::new());
    linka.advance(PAST_MIDNIGHT);
    let told = eventually("it is in the audit", SOON, || {
        let acts = acts(&site);
        (!acts.is_empty()).then_some(acts)
    });
    assert!(
        told.len() == 1 && told[0].contains("class=danger"),
        "{told:#?}"
    );
    // The journal forgets them by an entry of its own: after this crash it has none.
    linka.kill();
    for (file, bytes) in journal.iter().zip(before_midnight) {
        fs::write(file, bytes).unwrap();
    }
    let linka = site.start();
    linka.advance(PAST_MIDNIGHT);
    linka.wait_for("she is lost, and another day has begun", SOON, |status| {
        (status["counts"]["arrived"] == 0).then_some(())
    });
    let (_caller, contact) = somebody_waits(&site, &linka);
    class(&supervisor, &contact, "crisis");
    linka.advance(2 * PAST_MIDNIGHT);

    let all = eventually("what was done after it is in the audit", SOON, || {
        let acts = acts(&site);
        acts.last()?.contains("class=crisis").then_some(acts)
    });
    assert_eq!(all[..all.len() - 1], told);
    is_whole(&site);
}
