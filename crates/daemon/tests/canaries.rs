//! The two canaries of privacy: marked numbers, and marked seconds, of which nothing is left where somebody could look.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;
#[path = "../../store/tests/contract/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use peers::eventually;
use peers::linka::{LINE, Linka, Site};
use peers::people::{Client, people};
use peers::process::text_of;
use peers::sipp::TRUNK_HOST;
use peers::wire::{Caller, Wire, WirePhone};
use rusqlite::Connection;

const SOON: Duration = Duration::from_secs(20);
const DRAINED: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// So many digits in a row are enough to find a person.
const RUN: usize = 6;

/// Numbers that nothing else is: one for each place in a message where a carrier puts one.
const FROM: &str = "+420731846205";
const ASSERTED: &str = "+420748293615";
const CONTACT: &str = "+420765918234";
const DISPLAY: &str = "739485162";
const DIVERSION: &str = "+420784615293";
const MALFORMED: &str = "+420796351827";
const STRANGER: &str = "+420713598264";
const MARKED: [&str; 7] = [
    FROM, ASSERTED, CONTACT, DISPLAY, DIVERSION, MALFORMED, STRANGER,
];

/// Every run of six digits of a marked number, in every form that text can have.
fn forms_of_numbers() -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for number in MARKED {
        for run in number.trim_start_matches('+').as_bytes().windows(RUN) {
            let (mut percent, mut lower) = (String::new(), String::new());
            for byte in run {
                write!(percent, "%{byte:02X}").unwrap();
                write!(lower, "{byte:02x}").unwrap();
            }
            let upper = lower.to_uppercase();
            forms.extend([percent, lower, upper].map(String::into_bytes));
            forms.push(run.to_vec());
            forms.extend((0..3).map(|before| base64_within(run, before)));
        }
    }
    forms
}

/// The characters of base64 that depend on these bytes alone, when so many bytes stand before them in their group.
fn base64_within(bytes: &[u8], before: usize) -> Vec<u8> {
    let text = STANDARD.encode([&vec![0; before], bytes].concat());
    let first = (before * 8).div_ceil(6);
    let last = (before + bytes.len()) * 8 / 6;
    text.as_bytes()[first..last].to_vec()
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    memmem::find(text, wanted).is_some()
}

/// A place where somebody could look, and what stands there.
type Place = (String, Vec<u8>);

fn files(folder: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            places.extend(files(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            // A socket cannot be read, and nothing stands in it.
            places.push((path.display().to_string(), bytes));
        }
    }
    places
}

/// The log without the time that each line begins with.
fn log(site: &Site) -> Place {
    let log = text_of(&site.log());
    let lines = log
        .lines()
        .map(|line| line.split_once(' ').map_or(line, |(_, rest)| rest));
    (
        "the log".to_owned(),
        lines.collect::<Vec<_>>().join("\n").into_bytes(),
    )
}

/// The warnings' command writes here.
fn told(site: &Site) -> std::path::PathBuf {
    site.keys().with_file_name("told")
}

fn site() -> Site {
    let site = Site::new();
    site.operator("jana", "");
    let command = format!(
        "command = [\"sh\", \"-c\", \"echo \\\"$LINKA_WARNING: $0\\\" >> {}\"]",
        told(&site).display()
    );
    site.change(
        "linka.toml",
        "[warnings]",
        &format!("[warnings]\n{command}"),
    );
    let hour = "registration_max_seconds = 7200";
    site.change("linka.toml", "registration_max_seconds = 120", hour);
    // A warning that the trunk does not answer would have a time of its own.
    let path = site.config().join("trunks.toml");
    let trunks = fs::read_to_string(&path).unwrap();
    let interval = trunks
        .lines()
        .find(|line| line.starts_with("options_interval_seconds"))
        .unwrap();
    site.change("trunks.toml", interval, "options_interval_seconds = 0");
    site
}

/// What a supervisor and an administrator see: the live feed, the stories of all contacts so far,
/// reports, accounts, audit.
fn pages(clients: &[&Client]) -> Vec<Place> {
    let mut places = Vec::new();
    for client in clients {
        places.push(("the feed".to_owned(), client.feed().into_bytes()));
        let reports = [
            "counts",
            "counts.csv",
            "hours",
            "records",
            "records.csv",
            "tables",
        ];
        let mut paths = vec![
            "/audit".to_owned(),
            "/accounts".to_owned(),
            "/lockouts".to_owned(),
        ];
        paths.extend(reports.map(|report| format!("/reports/{report}")));
        paths.extend((1..60).map(|contact| format!("/contacts/{contact}")));
        for path in paths {
            let (status, text) = client.read(&path);
            assert!(matches!(status, 200 | 403 | 404), "{path}: {status}");
            places.push((path, text.into_bytes()));
        }
    }
    places
}

fn everything(site: &Site, linka: &Linka<'_>, clients: &[&Client]) -> Vec<Place> {
    let mut places = at_rest(site);
    places.push(backup(site));
    places.extend(pages(clients));
    let reloaded = linka.reload();
    let json = site.command(&["status", "--json"]);
    let words = site.command(&["status"]);
    for (name, output) in [
        ("reload", reloaded),
        ("status --json", json),
        ("status", words),
    ] {
        assert!(!output.stdout.is_empty());
        places.push((name.to_owned(), [output.stdout, output.stderr].concat()));
    }
    for page in ["/metrics", "/readyz", "/healthz"] {
        places.push((page.to_owned(), linka.get(page).1.into_bytes()));
    }
    places
}

/// A backup, sealed as it is.
fn backup(site: &Site) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("linka.backup");
    let output = site.command(&["backup", &file.to_string_lossy()]);
    assert!(output.status.success(), "{output:?}");
    ("the backup".to_owned(), fs::read(file).unwrap())
}

fn at_rest(site: &Site) -> Vec<Place> {
    let mut places = files(&site.data());
    places.extend(files(&site.keys()));
    places.push(("the warnings".to_owned(), text_of(&told(site)).into_bytes()));
    places.push(log(site));
    assert!(places.iter().any(|(name, _)| name.ends_with("live.db")));
    places
}

#[track_caller]
fn no_number_in(places: &[Place]) {
    for form in forms_of_numbers() {
        for (name, text) in places {
            let shown = String::from_utf8_lossy(&form).into_owned();
            assert!(!contains(text, &form), "{name} has {shown}");
        }
    }
}

#[test]
fn search_finds_a_number_in_each_form() {
    let forms = forms_of_numbers();
    let found = |text: &[u8]| forms.iter().any(|form| contains(text, form));

    assert!(found(b"sip:731846@"));
    assert!(found(b"%37%33%31%38%34%36"));
    assert!(found(b"373331383436"));
    for before in 0..9 {
        let text = format!("{}{FROM}, and more", "x".repeat(before));
        assert!(found(STANDARD.encode(text).as_bytes()), "{before}");
    }
    assert!(!found(b"731845 73184 846205x"[..12].as_ref()));
}

/// Messages that nobody can read, with a number in them.
fn malformed(site: &Site, trunk: &Wire) {
    let uri = format!("sip:{LINE}@{}", site.sip());
    let whole = trunk.request("INVITE", &uri, MALFORMED, "");
    trunk.send(whole.replace("Content-Length: 0", "Content-Length: 99"));
    trunk.send(whole.replace("CSeq: 1 INVITE", &format!("CSeq: {MALFORMED}")));
    trunk.send(whole.replace("Via: SIP/2.0/UDP", "Via: garbage"));
    trunk.send(whole.replace("Max-Forwards: 70", &format!("Max-Forwards: {MALFORMED}")));
    trunk.send(&whole[..whole.len() / 2]);
    trunk.send(whole.replace("SIP/2.0\r\n", "SIP/7.0\r\n"));
    trunk.send(trunk.request("INVITE", &uri, MALFORMED, "Require: 100rel, nothing\r\n"));
    let nowhere = format!("sip:{MALFORMED}@{}", site.sip());
    trunk.send(trunk.request(
        "INVITE",
        &nowhere,
        MALFORMED,
        "Content-Type: application/sdp\r\n",
    ));
    trunk.send(trunk.request("REGISTER", &nowhere, MALFORMED, ""));
}

fn marked_numbers_stand_nowhere(level: &str) {
    marked_numbers_stand_nowhere_of(&site(), level);
}

fn marked_numbers_stand_nowhere_of(site: &Site, level: &str) {
    let linka = site.start_logging(level);
    let (administrator, people) = people(site, &[("sona", "supervisor")]);
    let supervisor = people[1].signed_in(site);
    let clients = [&administrator, &supervisor];
    let phone = WirePhone::dials("*40", "jana", site);
    let from = format!("\"Tel {DISPLAY}\" <sip:{FROM}@127.0.0.2>");
    let more = format!(
        "Contact: <sip:{CONTACT}@127.0.0.2:5999>\r\nP-Asserted-Identity: <sip:{ASSERTED}@127.0.0.2>\r\n\
         Diversion: <sip:{DIVERSION}@127.0.0.2>;reason=unconditional\r\n"
    );

    let mut first = Caller::calls(site, &from, &more);
    // Nobody is left for the second one: she waits, and people are told.
    let mut second = Caller::calls(site, &from, &more);
    first.is_answered(SOON);
    second.is_answered(SOON);
    malformed(site, &Wire::at(TRUNK_HOST, site));
    let stranger = Wire::at("127.9.0.1", site);
    let uri = format!("sip:{LINE}@{}", site.sip());
    stranger.send(stranger.request("INVITE", &uri, STRANGER, ""));
    linka.advance(Duration::from_secs(100));
    eventually("people are told that somebody waits", SOON, || {
        text_of(&told(site)).contains("waits").then_some(())
    });
    no_number_in(&everything(site, &linka, &clients));

    assert_eq!(first.hangs_up(), 200);
    assert_eq!(second.hangs_up(), 200);
    linka.wait_for("both calls are over", SOON, |status| {
        status["contacts"].as_array()?.is_empty().then_some(())
    });
    no_number_in(&everything(site, &linka, &clients));
    assert!(phone.calls() > 0);

    let mut linka = linka;
    linka.terminate();
    // A call to a colleague whom the trunk does not reach ends by itself, after timer B.
    linka.wait(DRAINED);
    no_number_in(&at_rest(site));
}

#[test]
fn marked_numbers_stand_nowhere_in_the_ordinary_log() {
    marked_numbers_stand_nowhere("info");
}

/// A site whose records are in PostgreSQL, and the right to be the only one there: a server writes
/// down when anything of it happened.
fn site_in_postgresql() -> (Site, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = site();
    site.keep_records_in(&runtime.block_on(server::fresh_database()));
    (site, alone)
}

/// Tables, log of writes and log of the server.
fn postgresql() -> Vec<Place> {
    let places = files(&server::folder());
    assert!(places.iter().any(|(name, _)| name.contains("/pg_wal/")));
    places
}

#[test]
fn marked_numbers_stand_nowhere_in_postgresql_and_its_log_of_writes() {
    let (site, _alone) = site_in_postgresql();

    marked_numbers_stand_nowhere_of(&site, "info");

    let places = postgresql();
    let accounts = places.iter().filter(|(_, text)| contains(text, b"sona"));
    assert!(accounts.count() > 0, "the search finds no account");
    no_number_in(&places);
}

#[test]
fn marked_numbers_stand_nowhere_in_the_log_of_everything() {
    marked_numbers_stand_nowhere("trace");
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Waits for a second in which nothing but the test's own call happens.
fn next_second() -> u64 {
    let now = unix_seconds();
    eventually("a new second begins", SOON, || {
        let then = unix_seconds();
        (then > now + 1).then_some(then)
    })
}

/// Time of day and date of a Unix second, as ISO 8601 writes them (civil time by the era algorithm).
fn iso(seconds: u64) -> (String, String) {
    let (days, of_day) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    let time = format!(
        "{:02}:{:02}:{:02}",
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60
    );
    (time, format!("{year:04}-{month:02}-{day:02}"))
}

/// What a Unix second looks like as text, and as an integer of four bytes.
fn forms_of_second(second: u64) -> Vec<Vec<u8>> {
    let (time, _date) = iso(second);
    let short = u32::try_from(second).unwrap();
    let texts = [
        second.to_string(),
        format!("{second:x}"),
        format!("{second:X}"),
        time,
    ];
    let mut forms: Vec<Vec<u8>> = texts.map(String::into_bytes).into();
    forms.extend([short.to_le_bytes().to_vec(), short.to_be_bytes().to_vec()]);
    forms
}

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts microseconds.
const POSTGRESQL_EPOCH: u64 = 946_684_800;

/// Whether eight bytes in a row are a moment of those seconds, in seconds, or in milli-, micro- or
/// nanoseconds, or as PostgreSQL writes one.
fn has_moment(text: &[u8], first: u64, last: u64) -> bool {
    let is_one = |value: u64| {
        let in_unit = |unit: &u64| (first * unit..(last + 1) * unit).contains(&value);
        let since_2000 = first - POSTGRESQL_EPOCH..last + 1 - POSTGRESQL_EPOCH;
        [1, 1_000, 1_000_000, 1_000_000_000].iter().any(in_unit)
            || (since_2000.start * 1_000_000..since_2000.end * 1_000_000).contains(&value)
    };
    text.windows(8).any(|bytes| {
        let bytes: [u8; 8] = bytes.try_into().unwrap();
        is_one(u64::from_le_bytes(bytes)) || is_one(u64::from_be_bytes(bytes))
    })
}

fn finds_second(text: &[u8], first: u64, last: u64) -> bool {
    let in_words = |second| {
        forms_of_second(second)
            .iter()
            .any(|form| contains(text, form))
    };
    (first..=last).any(in_words) || has_moment(text, first, last)
}

#[test]
fn search_finds_a_second_in_each_form() {
    let second = 1_790_000_000;

    assert_eq!(
        iso(second),
        ("14:13:20".to_owned(), "2026-09-21".to_owned())
    );
    for text in [
        b"at 2026-09-21T14:13:20Z".to_vec(),
        b"at 1790000000123".to_vec(),
        format!("at {second:x}").into_bytes(),
        (second * 1_000_000 + 17).to_be_bytes().to_vec(),
        (second * 1_000_000_000).to_le_bytes().to_vec(),
        ((second - POSTGRESQL_EPOCH) * 1_000_000 + 17)
            .to_le_bytes()
            .to_vec(),
        1_790_000_000_u32.to_le_bytes().to_vec(),
    ] {
        assert!(finds_second(
            &[b"before", &text[..], b"after"].concat(),
            second,
            second
        ));
        assert!(!finds_second(&text, second + 5, second + 9));
    }
}

/// The sealed entries of the journal, read from a copy of its files.
fn sealed_entries(site: &Site) -> BTreeSet<Vec<u8>> {
    let copy = tempfile::tempdir().unwrap();
    for name in ["live.db", "live.db-wal"] {
        let _no_log_of_writes = fs::copy(site.data().join(name), copy.path().join(name));
    }
    let connection = Connection::open(copy.path().join("live.db")).unwrap();
    let mut statement = connection.prepare("SELECT sealed FROM entry").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// What authenticates an entry, behind its nonce and itself.
fn tail(entry: &[u8]) -> &[u8] {
    &entry[entry.len() - 16..]
}

#[test]
fn marked_seconds_stand_nowhere_an_hour_later() {
    marked_seconds_stand_nowhere_of(&site(), Vec::new);
}

#[test]
fn marked_seconds_stand_nowhere_in_postgresql_and_its_log_of_writes() {
    let (site, _alone) = site_in_postgresql();

    marked_seconds_stand_nowhere_of(&site, postgresql);
}

fn marked_seconds_stand_nowhere_of(site: &Site, more: impl Fn() -> Vec<Place>) {
    let linka = site.start();
    let (administrator, people) = people(site, &[("sona", "supervisor")]);
    let supervisor = people[1].signed_in(site);
    let phone = WirePhone::dials("*40", "jana", site);
    // What the start itself writes down has a time of its own.
    eventually("old sessions are deleted", SOON, || {
        let (_, audit) = administrator.read("/audit");
        audit.contains("retention").then_some(())
    });
    let first = next_second();

    let mut caller = Caller::calls(site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    // Usually all of the call; a disk that was slow for a moment is mended by a snapshot, and only
    // what came later is left.
    let entries = eventually("entries are in the journal", SOON, || {
        Some(sealed_entries(site)).filter(|entries| !entries.is_empty())
    });
    let now = files(&site.data());
    let stands = |entry: &Vec<u8>| now.iter().any(|(_, text)| contains(text, tail(entry)));
    assert!(entries.iter().all(stands), "the search finds no entry");
    assert_eq!(caller.hangs_up(), 200);
    linka.wait_for("the call is over", SOON, |status| {
        status["contacts"].as_array()?.is_empty().then_some(())
    });
    let last = unix_seconds();
    next_second();
    linka.advance(HOUR);

    // What comes later, such as news of a phone, may stand there for its own quarter of an hour.
    eventually("the journal has nothing of the call", SOON, || {
        sealed_entries(site).is_disjoint(&entries).then_some(())
    });
    let mut places = files(&site.data());
    places.extend(files(&site.keys()));
    places.push(("the log".to_owned(), fs::read(site.log()).unwrap()));
    places.push(("the warnings".to_owned(), text_of(&told(site)).into_bytes()));
    places.push(("/metrics".to_owned(), linka.get("/metrics").1.into_bytes()));
    let json = site.command(&["status", "--json"]).stdout;
    places.push(("status --json".to_owned(), json));
    // Stories are forgotten when screens hear the next tick.
    eventually("the story of the call is forgotten", SOON, || {
        let told = pages(&[&supervisor]);
        let stories = told
            .iter()
            .filter(|(name, _)| name.starts_with("/contacts/"));
        let found = stories
            .filter(|(_, text)| finds_second(text, first, last))
            .count();
        (found == 0).then_some(())
    });
    places.extend(pages(&[&administrator, &supervisor]));
    places.push(backup(site));
    places.extend(more());
    for (name, text) in &places {
        assert!(
            !finds_second(text, first, last),
            "{name} tells when the call was"
        );
        // What was deleted is gone from the disk as well, not only from the tables.
        let left = entries
            .iter()
            .filter(|entry| contains(text, tail(entry)))
            .count();
        assert_eq!(left, 0, "{name} still has sealed entries of the call");
    }
    assert_eq!(phone.calls(), 1);
}
