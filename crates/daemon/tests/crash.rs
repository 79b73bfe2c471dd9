//! `kill -9`, and what is there again after the next start (the crash of the design's section 3).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a failed test is repeated by its seed")]

mod peers;
#[path = "../../store/tests/contract/server.rs"]
mod server;

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use peers::baresip::Softphone;
use peers::eventually;
use peers::linka::{Linka, PASSWORD, Site};
use peers::sipp::Scenario;
use peers::wire::{Caller, WirePhone};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const KILLS: u32 = 50;
const ADRIFT_SECONDS: u64 = 2;
/// Longer than any month.
const A_MONTH: Duration = Duration::from_secs(32 * 24 * 3_600);
/// Longer than contents may be entered.
const SETTLES: Duration = Duration::from_secs(3 * 3_600);
/// How many may have come between a look and the kill, in all rounds of an ordinary run: the trunk is frozen then.
const LATE_MAX: u64 = 5;
/// In every such round the contacts that are adrift are waited for.
const ROUNDS_UNTIL_RESOLVED: u32 = 10;

fn site(adrift_seconds: u64) -> Site {
    let site = Site::new();
    let adrift = format!("adrift_seconds = {adrift_seconds}");
    site.change("queues.toml", "adrift_seconds = 180", &adrift);
    site.change("queues.toml", "wrap_up_seconds = 60", "wrap_up_seconds = 1");
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    let hour = "registration_max_seconds = 3600";
    site.change("linka.toml", "registration_max_seconds = 120", hour);
    site
}

/// The ids of contacts in some of the states, in the order of the status.
fn contacts(status: &Value, states: &[&str]) -> Vec<String> {
    let contacts = status["contacts"].as_array().unwrap().iter();
    let of_states = contacts.filter(|contact| states.contains(&contact["state"].as_str().unwrap()));
    of_states
        .map(|contact| contact["contact"].as_str().unwrap().to_owned())
        .collect()
}

const ANY: [&str; 4] = ["waiting", "offered", "talking", "adrift"];

fn count(status: &Value, name: &str) -> u64 {
    status["counts"][name].as_u64().unwrap()
}

fn ended(status: &Value) -> u64 {
    ["answered", "abandoned", "lost", "overflowed"]
        .map(|name| count(status, name))
        .iter()
        .sum()
}

fn intents(status: &Value) -> Vec<(String, String)> {
    let operators = status["operators"].as_array().unwrap().iter();
    let of = |operator: &Value, key: &str| operator[key].as_str().unwrap().to_owned();
    operators
        .map(|operator| (of(operator, "name"), of(operator, "intent")))
        .collect()
}

#[track_caller]
fn reachable(linka: &Linka<'_>, name: &str) {
    linka.wait_for(&format!("{name} is reachable"), SOON, |status| {
        let operators = status["operators"].as_array()?;
        let operator = operators.iter().find(|operator| operator["name"] == name)?;
        (operator["reachability"] == "reachable").then_some(())
    });
}

/// Chance that its seed repeats (splitmix64).
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var("LINKA_SEED").map_or_else(
            |_| u64::from(std::process::id()),
            |seed| seed.parse().unwrap(),
        );
        eprintln!("LINKA_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % limit
    }
}

/// Looks at the status until the time is over, and gives the last one.
fn watch(linka: &Linka<'_>, time: Duration, mut look: impl FnMut(&Value)) -> Value {
    let end = Instant::now() + time;
    eventually("linka tells its status", time + SOON, || {
        let status = linka.status()?;
        look(&status);
        (Instant::now() >= end).then_some(status)
    })
}

/// The status once nothing changes any more: what the callers sent last may still be on its way to the journal.
fn settled(linka: &Linka<'_>) -> Value {
    let mut last = Value::Null;
    eventually("nothing changes any more", SOON, || {
        let status = linka.status()?;
        adds_up(&status);
        let shown = json!([contacts(&status, &ANY), status["counts"]]);
        let same = shown == last;
        last = shown;
        same.then_some(status)
    })
}

/// What holds at every moment: who arrived is there, or was counted once. Who talks is both, for
/// she was answered already; so may be who is adrift.
#[track_caller]
fn adds_up(status: &Value) {
    let live = |states: &[&str]| u64::try_from(contacts(status, states).len()).unwrap();
    let both = (ended(status) + live(&ANY)).checked_sub(count(status, "arrived"));
    let (talking, adrift) = (live(&["talking"]), live(&["adrift"]));
    assert!(
        both.is_some_and(|both| (talking..=talking + adrift).contains(&both)),
        "{status}"
    );
}

/// After a start the contacts of before are adrift, in their order, and none is forgotten.
#[track_caller]
fn found_again(before: &Value, after: &Value) {
    let (were, are) = (contacts(before, &ANY), contacts(after, &ANY));
    let adrift = contacts(after, &["adrift"]);
    assert_eq!(are, adrift, "somebody is not adrift: {after}");
    let gone = were.iter().filter(|contact| !are.contains(contact)).count();
    // A start empties the sums, and begins them with those who are there.
    let ended = ended(after);
    assert!(
        u64::try_from(gone).unwrap() <= ended,
        "{gone} gone, {ended} ended"
    );
    let queue = contacts(before, &["waiting", "offered"]);
    let queue: Vec<_> = queue
        .iter()
        .filter(|contact| are.contains(contact))
        .collect();
    let again: Vec<_> = are
        .iter()
        .filter(|contact| queue.contains(contact))
        .collect();
    assert_eq!(queue, again, "the order changed:\n{before}\n{after}");
    assert_eq!(intents(before), intents(after));
}

/// With nobody calling, all who are adrift are counted as lost when their time is over, and no phone rings meanwhile.
#[track_caller]
fn resolved_without_a_ring(linka: &Linka<'_>, phones: &[&WirePhone], after: &Value) {
    let (calls, started) = (rings(phones), Instant::now());
    let last = linka.wait_for("nobody is adrift any more", SOON, |status| {
        contacts(status, &ANY).is_empty().then(|| status.clone())
    });
    let took = started.elapsed();
    // Nobody calls: each who arrived has come to her one outcome.
    assert_eq!(ended(&last), count(after, "arrived"));
    assert_eq!(rings(phones), calls, "a phone rang for a ghost");
    assert!(took < Duration::from_secs(ADRIFT_SECONDS + 3), "{took:?}");
}

/// The closed month has everybody of all starts once: those who were seen, and whoever came between
/// a look and the kill.
#[track_caller]
fn all_are_told(site: &Site, linka: &Linka<'_>, seen: RangeInclusive<u64>) {
    linka.advance(A_MONTH);
    // Since midnight, and not since the last start, which empties the sums as well.
    linka.wait_for("another day has begun", SOON, |status| {
        status["counts"]["since_ms"].is_null().then_some(())
    });
    linka.advance(SETTLES);
    let figures = eventually("the month is in the report", SOON, || {
        let output = site.command(&["report", "--csv"]);
        let csv = String::from_utf8(output.stdout).unwrap();
        let rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let months = rows.filter(|row| row[0] == "month");
        let figures: Vec<(String, u64)> = months
            .filter_map(|row| Some((row[4].to_owned(), row[5].parse().ok()?)))
            .collect();
        (!figures.is_empty()).then_some(figures)
    });
    let told = |name: &str| figures.iter().find(|(figure, _)| figure == name).unwrap().1;
    assert_eq!(told("offered"), told("ended"), "{figures:?}");
    assert!(
        seen.contains(&told("offered")),
        "{seen:?} were seen, and told are {figures:?}"
    );
    let output = site.command(&["report", "--records", "--csv"]);
    let rows = String::from_utf8(output.stdout).unwrap().lines().count() - 1;
    assert_eq!(
        rows as u64,
        told("answered"),
        "every answered call has one row"
    );
}

fn rings(phones: &[&WirePhone]) -> usize {
    phones.iter().map(|phone| phone.calls()).sum()
}

#[test]
fn fifty_kills_under_load_lose_and_double_nobody() {
    kills_lose_and_double_nobody(&site(ADRIFT_SECONDS));
}

#[test]
fn fifty_kills_lose_and_double_nobody_in_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = site(ADRIFT_SECONDS);
    site.keep_records_in(&runtime.block_on(server::fresh_database()));

    kills_lose_and_double_nobody(&site);
}

fn kills_lose_and_double_nobody(site: &Site) {
    for name in ["jana", "petra", "eva"] {
        site.operator(name, "");
    }
    let mut linka = site.start();
    let jana = WirePhone::dials("*40", "jana", site);
    let petra = WirePhone::dials("*40", "petra", site);
    let eva = WirePhone::dials("*41", "eva", site);
    let phones = [&jana, &petra, &eva];
    let callers = Scenario::towards("caller-quiet", site.sip()).with("talk_ms", "400");
    let mut callers = callers.calls_per_minute(480).start(site.ports());
    let mut chance = Chance::new();
    let soak = std::env::var("LINKA_SOAK").map_or(1, |times| times.parse().unwrap());
    let kills = KILLS * soak;
    let (mut recovered, mut ghosts_seen) = (0, Vec::new());
    let (mut arrived, mut carried) = (0, 0);

    for round in 1..=kills {
        let time = Duration::from_millis(200 + chance.below(1_000));
        watch(&linka, time, |status| {
            adds_up(status);
            let alive = contacts(status, &["waiting", "offered", "talking"]);
            assert!(
                ghosts_seen.iter().all(|ghost| !alive.contains(ghost)),
                "{status}"
            );
        });
        callers.process().freeze();
        let before = settled(&linka);
        arrived += count(&before, "arrived") - carried;
        linka.kill();
        phones.iter().for_each(|phone| phone.hears_nothing_more());
        let (calls, probes) = (rings(&phones), jana.probes());
        linka = site.start();

        let after = watch(&linka, Duration::ZERO, adds_up);
        found_again(&before, &after);
        carried = count(&after, "arrived");
        ghosts_seen = contacts(&after, &["adrift"]);
        recovered += ghosts_seen.len();
        reachable(&linka, "jana");
        assert!(jana.probes() > probes, "the phone was not asked");
        assert_eq!(rings(&phones), calls, "a phone rang for a ghost");
        if round % ROUNDS_UNTIL_RESOLVED == 0 {
            resolved_without_a_ring(&linka, &phones, &after);
        }
        // After the last kill nobody calls any more: who was there is adrift.
        if round < kills {
            callers.process().thaw();
        }
    }

    drop(callers);
    let last = linka.wait_for("all is over", Duration::from_secs(60), |status| {
        contacts(status, &ANY).is_empty().then(|| status.clone())
    });
    adds_up(&last);
    all_are_told(site, &linka, arrived..=arrived + LATE_MAX * u64::from(soak));
    eprintln!(
        "{kills} kills, {recovered} contacts found again, {}",
        last["counts"]
    );
    assert!(recovered > 0, "nobody was in the journal at any kill");
    assert!(rings(&[&jana, &petra]) > 0 && eva.calls() == 0);
}

#[test]
fn softphone_is_asked_again_after_a_kill_and_takes_the_next_call() {
    let site = site(ADRIFT_SECONDS);
    site.operator("jana", "");
    let linka = site.start();
    let mut phone = Softphone::registered("jana", PASSWORD, site.sip()).start(site.ports());
    phone.dial("*40");
    phone.wait_for("CALL_CLOSED", SOON);
    reachable(&linka, "jana");
    let registered = phone.seen("REGISTER_OK");

    linka.kill();
    let linka = site.start();
    reachable(&linka, "jana");
    let mut caller = Caller::calls(&site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    phone.wait_for_nth("CALL_ESTABLISHED", 2, SOON);

    assert_eq!(phone.seen("REGISTER_OK"), registered);
    assert_eq!(caller.hangs_up(), 200);
    linka.wait_for("the call is counted", SOON, |status| {
        (count(status, "answered") == 1).then_some(())
    });
}

/// A caller who was answered and whose arrival is on the disk: the answer itself does not wait for
/// that. Told is her contact.
fn a_caller_waits(site: &Site, linka: &Linka<'_>) -> (Caller, String) {
    let mut caller = Caller::calls(site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    let contact = linka.wait_for("her arrival is saved", SOON, |status| {
        adds_up(status);
        contacts(status, &ANY).pop()
    });
    (caller, contact)
}

#[test]
fn late_bye_of_a_caller_resolves_her_contact_at_once() {
    let site = site(180);
    let linka = site.start();
    let (caller, _) = a_caller_waits(&site, &linka);

    linka.kill();
    let linka = site.start();
    let found = watch(&linka, Duration::ZERO, adds_up);
    let answer = caller.hangs_up();

    assert_eq!(contacts(&found, &["adrift"]).len(), 1);
    assert_eq!(answer, 481);
    let after = linka.wait_for("the contact is over", Duration::from_secs(2), |status| {
        contacts(status, &ANY).is_empty().then(|| status.clone())
    });
    assert_eq!(count(&after, "lost"), 1);
}

/// What a replay leaves that died at this entry for so many times in a row.
fn leave_mark(site: &Site, entry: &str, times: u32) {
    let entry: u64 = entry.parse().unwrap();
    let bytes = [&entry.to_le_bytes()[..], &times.to_le_bytes()].concat();
    std::fs::write(site.data().join("live.replaying"), bytes).unwrap();
}

#[test]
fn entry_at_which_replay_died_twice_is_skipped_and_told() {
    let site = site(180);
    let linka = site.start();
    let (_caller, contact) = a_caller_waits(&site, &linka);

    linka.kill();
    leave_mark(&site, &contact, 2);
    let linka = site.start();

    let after = watch(&linka, Duration::ZERO, adds_up);
    assert!(contacts(&after, &ANY).is_empty(), "{after}");
    let told = format!("entry {contact} crashed the replay twice and was skipped");
    assert!(linka.log().contains(&told), "{}", linka.log());
    assert_eq!(linka.get("/readyz").0, 200);
}

#[test]
fn entry_at_which_replay_died_once_is_tried_again() {
    let site = site(180);
    let linka = site.start();
    let (_caller, contact) = a_caller_waits(&site, &linka);

    linka.kill();
    leave_mark(&site, &contact, 1);
    let linka = site.start();

    let after = watch(&linka, Duration::ZERO, adds_up);
    assert_eq!(contacts(&after, &["adrift"]), [contact]);
    assert!(!linka.log().contains("was skipped"));
}
