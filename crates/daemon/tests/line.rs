//! The line, end to end: SIPp and baresip call a running `linka` through a trunk, and operators' phones answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::time::Duration;

use peers::baresip::{Answering, Baresip, Softphone};
use peers::linka::{LINE, Linka, PASSWORD, Site};
use peers::sipp::{Scenario, Sipp, Transport};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);

/// A softphone of an operator, registered and ready.
#[track_caller]
fn ready(site: &Site, linka: &Linka<'_>, name: &str, answering: Answering) -> Baresip {
    let mut phone = Softphone::registered(name, PASSWORD, site.sip())
        .answering(answering)
        .saying("tone-1100.wav")
        .start(site.ports());
    phone.dial("*40");
    phone.wait_for("CALL_CLOSED", SOON);
    linka.wait_for("the operator is ready", SOON, |status| {
        let operator = operator(status, name)?;
        (operator["intent"] == "ready" && operator["occupancy"] == "free").then_some(())
    });
    phone
}

fn operator<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    status["operators"]
        .as_array()?
        .iter()
        .find(|operator| operator["name"] == name)
}

fn caller(site: &Site) -> Scenario {
    Scenario::towards("caller", site.sip()).with("to", LINE)
}

/// Waits until a count has that value, and no contact is left.
#[track_caller]
fn counted(linka: &Linka<'_>, count: &str, value: u64) {
    linka.wait_for(&format!("{value} {count}"), SOON, |status| {
        let all_over = status["contacts"].as_array()?.is_empty();
        (all_over && status["counts"][count] == value).then_some(())
    });
}

fn a_call_is_answered_and_both_hear_each_other(
    transport: Transport,
    sound: &str,
    codec: (&str, &str),
) {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "jana", Answering::AtOnce);

    let call = caller(&site)
        .over(transport)
        .saying(sound)
        .with("codec", codec.0)
        .with("codec_name", codec.1);
    let mut call: Sipp = call.calls(1).start(site.ports());
    call.succeeds(1, SOON);
    counted(&linka, "answered", 1);

    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    let heard: f64 = phone
        .heard()
        .iter()
        .map(|sound| sound.seconds_of_tone(700))
        .sum();
    assert!(
        heard > 2.0,
        "the operator heard {heard:.1} s of the caller's tone"
    );
}

#[test]
fn a_call_over_udp_is_answered_and_heard() {
    a_call_is_answered_and_both_hear_each_other(Transport::Udp, "tone-700.al", ("8", "PCMA"));
}

#[test]
fn a_call_over_tcp_in_mu_law_is_answered_and_heard() {
    a_call_is_answered_and_both_hear_each_other(Transport::Tcp, "tone-700.ul", ("0", "PCMU"));
}
