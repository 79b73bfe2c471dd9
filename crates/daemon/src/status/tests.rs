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

/// An operator who missed three offers, of which so many were the last ones.
fn operator(misses_in_row: u32) -> Operator {
    let told = json!({
        "name": "jana", "status": { "is": "free", "since_ms": AT }, "there": true,
        "intent": "ready", "paused_by_machine": false, "reachability": "reachable",
        "occupancy": "free", "claim": null, "wrap_up_seconds": null,
        "misses": { "no_answer": 3, "declined": 0, "unreachable": 0 },
        "misses_in_row": misses_in_row, "phones": 1
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
fn with_nobody_waiting_nobody_has_waited_longest() {
    let words = told(&status("UTC", &[]));

    let first = words.lines().next().unwrap();
    assert_eq!(first, "serving: 0 waiting (longest –), 0 talking");
}

#[test]
fn misses_of_an_operator_are_those_in_a_row_as_on_the_pages() {
    let mut status = status("UTC", &[]);
    status.operators = vec![operator(1)];

    let words = told(&status);

    let hers: Vec<&str> = words.lines().rev().take(2).collect();
    assert!(hers[1].ends_with(" missed in a row"), "{words}");
    assert!(hers[0].ends_with(" 1"), "{words}");
}

#[test]
fn misses_never_touch_the_words_of_a_status_however_long() {
    let mut status = status("UTC", &[]);
    let mut hers = operator(7);
    hers.status = board::Status::Paused {
        reason: "r".repeat(60),
        since_ms: AT,
        back_at_ms: None,
    };
    status.operators = vec![hers];

    let words = told(&status);

    assert!(words.trim_end().ends_with(" 0:00 7"), "{words}");
}

#[test]
fn while_the_clock_is_doubted_no_hour_is_told() {
    let mut status = status("Europe/Prague", &[]);
    status.at_ms = AT + 125_000;
    status.clock_doubt = Some("it went back".to_owned());

    let words = told(&status);

    assert!(words.contains("today (for 2:05 so far): "), "{words}");
    assert!(!words.contains("19:"), "{words}");
}

#[test]
fn clock_is_that_of_the_site() {
    let words = told(&status("Europe/Prague", &[]));

    assert!(words.contains("today (since 19:39): "), "{words}");
}
