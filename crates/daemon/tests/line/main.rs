//! The line, end to end: SIPp and baresip call a running `linka` through a trunk, and operators' phones answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../peers/mod.rs"]
mod peers;

mod behind_nat;
mod busy_for_ever;
mod cannot_speak;
mod checked;
mod connections;
mod draining;
mod early_hang_up;
mod greeting;
mod hold;
mod identity;
mod linphone;
mod misses;
mod negotiation;
mod no_options;
mod numbers;
mod on_call;
mod order;
mod other_port;
mod overflow;
mod registering_trunk;
mod reload;
mod ring_all;
mod star_codes;
mod strangers;
mod the_last_one_there;
mod tones;
mod trunk_by_name;
mod two_networks;
mod warnings;

use std::time::Duration;

use peers::baresip::{Answering, Baresip, Softphone};
use peers::linka::{LINE, Linka, PASSWORD, Site};
use peers::sipp::{PHONES_HOST, Scenario, Sipp};
use serde_json::Value;

/// Enough for anything that takes seconds, on a machine that is busy with the other tests.
const SOON: Duration = Duration::from_secs(40);

/// A site that also takes 127.0.0.1 for its trunk, since softphones that call have to live there.
fn site() -> Site {
    let site = Site::new();
    site.change(
        "trunks.toml",
        "addresses = [\"127.0.0.2\"]",
        "addresses = [\"127.0.0.2\", \"127.0.0.1\"]",
    );
    site
}

/// A site whose line answers by itself after a second, and whose operators rest a second after a call.
fn quick_site() -> Site {
    let site = site();
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 1",
    );
    site.change("queues.toml", "wrap_up_seconds = 60", "wrap_up_seconds = 1");
    site
}

/// Leaves the timeline without the step that overflows to a partner.
fn without_partner(site: &Site) {
    site.change(
        "queues.toml",
        "[[queue.timeline]]\nafter_seconds = 120\naction = \"partner\"\npartners = [\"neighbour-line\"]\n",
        "",
    );
}

/// An operator's softphone, registered and ready.
#[track_caller]
fn ready(site: &Site, linka: &Linka<'_>, name: &str, answering: Answering) -> Baresip {
    let mut phone = registered(site, name, answering);
    dial(&mut phone, "*40");
    wait_until_free(linka, name);
    phone
}

/// An operator's softphone that is registered only: she is off.
#[track_caller]
fn registered(site: &Site, name: &str, answering: Answering) -> Baresip {
    Softphone::registered(name, PASSWORD, site.sip())
        .answering(answering)
        .start(site.ports())
}

/// Dials a star code and listens to its confirmation.
#[track_caller]
fn dial(phone: &mut Baresip, code: &str) {
    let closed = phone.seen("CALL_CLOSED");
    phone.dial(code);
    phone.wait_for_nth("CALL_CLOSED", closed + 1, SOON);
}

/// An operator's phone played by SIPp, registered and ready; it meets its calls with the scenario.
#[track_caller]
fn ready_sipp(site: &Site, linka: &Linka<'_>, name: &str, answers: Scenario) -> Sipp {
    let phone = answers.dialling("*40").start(site.ports());
    phone.wait_for("ready", SOON);
    wait_until_free(linka, name);
    phone
}

/// A phone of SIPp's for the operator.
fn phone(site: &Site, name: &str, answers: &'static str) -> Scenario {
    Scenario::phone(name, PASSWORD, site.sip(), answers)
}

#[track_caller]
fn wait_until_free(linka: &Linka<'_>, name: &str) {
    linka.wait_for(&format!("{name} is ready and free"), SOON, |status| {
        let operator = operator(status, name)?;
        let free = operator["occupancy"] == "free" && operator["wrap_up_seconds"].is_null();
        (operator["intent"] == "ready" && free).then_some(())
    });
}

fn operator<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    let mut operators = status["operators"].as_array()?.iter();
    operators.find(|operator| operator["name"] == name)
}

/// A caller of SIPp's on the trunk who hangs up by herself.
fn caller(site: &Site) -> Scenario {
    Scenario::towards("caller", site.sip())
        .with("to", LINE)
        .calls(1)
}

/// A caller of SIPp's who stays until she is hung up on.
fn caller_who_stays(site: &Site) -> Scenario {
    Scenario::towards("caller-stays", site.sip())
        .with("to", LINE)
        .calls(1)
}

/// A softphone to be started that calls as the trunk does.
fn listening_softphone(site: &Site) -> Softphone {
    Softphone::caller("420777000001", site.sip()).at(PHONES_HOST)
}

/// A caller on the trunk who listens, and says a tone of 700 Hz.
#[track_caller]
fn listening_caller(site: &Site) -> Baresip {
    listening_softphone(site).start(site.ports())
}

/// Waits until the softphone has heard so many seconds more of its call.
#[track_caller]
fn listens(phone: &Baresip, seconds: f64) {
    let until = phone.seconds_heard() + seconds;
    peers::eventually(&format!("{seconds} s more are heard"), SOON, || {
        (phone.seconds_heard() > until).then_some(())
    });
}

/// What the contacts are, in the order of the status: their numbers and what is done with them.
fn contacts(status: &Value) -> Vec<(u64, &str)> {
    let contacts = status["contacts"].as_array().unwrap().iter();
    contacts
        .map(|contact| {
            let number = contact["contact"].as_str().unwrap().parse().unwrap();
            (number, contact["state"].as_str().unwrap())
        })
        .collect()
}

/// Waits until there are so many contacts and none is talked with, and tells their numbers in the
/// order in which they will be offered.
#[track_caller]
fn waiting(linka: &Linka<'_>, count: usize) -> Vec<u64> {
    linka.wait_for(&format!("{count} contacts wait"), SOON, |status| {
        let contacts = contacts(status);
        let all_wait = contacts.iter().all(|(_, state)| *state != "talking");
        (all_wait && contacts.len() == count)
            .then(|| contacts.iter().map(|(number, _)| *number).collect())
    })
}

/// Waits until the contact is talked with by this operator.
#[track_caller]
fn talks(linka: &Linka<'_>, name: &str) -> u64 {
    linka.wait_for(&format!("{name} talks"), SOON, |status| {
        let mut contacts = status["contacts"].as_array()?.iter();
        let contact =
            contacts.find(|contact| contact["state"] == "talking" && contact["with"][0] == name)?;
        contact["contact"].as_str()?.parse().ok()
    })
}

/// What came of all calls, as `linka status` counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    arrived: u64,
    answered: u64,
    abandoned: u64,
    lost: u64,
    overflowed: u64,
}

/// Waits until no contact is left, and compares the counts.
#[track_caller]
fn counted(linka: &Linka<'_>, expected: Counted) {
    let status = linka.wait_for("no contact is left", SOON, |status| {
        status["contacts"]
            .as_array()?
            .is_empty()
            .then(|| status.clone())
    });
    let count = |name: &str| status["counts"][name].as_u64().unwrap();
    let counts = Counted {
        arrived: count("arrived"),
        answered: count("answered"),
        abandoned: count("abandoned"),
        lost: count("lost"),
        overflowed: count("overflowed"),
    };
    assert_eq!(counts, expected);
}

/// So many calls, all answered.
fn answered(calls: u64) -> Counted {
    Counted {
        arrived: calls,
        answered: calls,
        ..Counted::default()
    }
}

/// So many calls whose callers all gave up.
fn abandoned(calls: u64) -> Counted {
    Counted {
        arrived: calls,
        abandoned: calls,
        ..Counted::default()
    }
}

/// Missed offers of an operator: not answered, declined, unreachable.
fn misses(linka: &Linka<'_>, name: &str) -> [u64; 3] {
    let status = linka.wait_for("a status", SOON, |status| Some(status.clone()));
    let misses = &operator(&status, name).unwrap()["misses"];
    ["no_answer", "declined", "unreachable"].map(|kind| misses[kind].as_u64().unwrap())
}
