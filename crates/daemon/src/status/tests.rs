use serde_json::json;

use super::*;

/// 2026-11-29 18:39:00 UTC.
const AT: Millis = 1_795_977_540_000;

fn contact(state: &str, age_seconds: u64) -> serde_json::Value {
    json!({
        "contact": "1", "line": "help", "class": "crisis", "state": state, "with": [],
        "age_seconds": age_seconds
    })
}

fn status(time_zone: &str, contacts: &[serde_json::Value]) -> Status {
    let told = json!({
        "at_ms": AT, "mode": "serving", "unsaved": null, "time_zone": time_zone,
        "contacts": contacts, "operators": [], "trunks": [], "refused": {},
        "counts": {
            "since_ms": AT, "arrived": 0, "answered": 0, "answered_within_20_s": 0,
            "abandoned": 0, "abandoned_within_10_s": 0, "lost": 0, "overflowed": 0,
            "wait_seconds": 0, "talk_seconds": 0
        }
    });
    serde_json::from_value(told).unwrap()
}

fn told(status: &Status) -> String {
    in_words(status, UnixSeconds(0))
}

#[test]
fn whom_linka_looks_for_after_a_restart_neither_waits_nor_talks() {
    let contacts = [contact("adrift", 39), contact("waiting", 4)];

    let words = told(&status("UTC", &contacts));

    let first = words.lines().next().unwrap();
    assert_eq!(
        first,
        "serving: 1 waiting (longest 0:04), 0 talking, 1 looked for after the restart"
    );
}

#[test]
fn clock_is_that_of_the_site() {
    let words = told(&status("Europe/Prague", &[]));

    assert!(words.contains("today (since 19:39): "), "{words}");
}
