//! One status of an operator: her page, the board, the wall and the command line say the same.

use crate::peers::baresip::Answering;
use crate::peers::browser::{Browser, Page, css, role, text};
use crate::peers::eventually;
use crate::peers::linka::{LINE, Linka, Site};
use crate::peers::people::people;
use crate::{SOON, address, caller, quick_site, registered, signed_in};
use serde_json::Value;

/// Two operators, the first of whom is asked first and paused after one miss.
fn site_of_two() -> Site {
    let site = quick_site();
    site.change("queues.toml", "\"longest-idle\"", "\"ordered-list\"");
    site.change(
        "queues.toml",
        "misses_before_pause = 3",
        "misses_before_pause = 1",
    );
    site.change(
        "queues.toml",
        "offer_time_seconds = 20",
        "offer_time_seconds = 3",
    );
    site.operator("jana", "order = 1");
    site.operator("eva", "order = 2");
    site
}

/// What the command line says of an operator.
fn operator(linka: &Linka<'_>, name: &str) -> Value {
    let status = linka.status().unwrap();
    let operators = status["operators"].as_array().unwrap();
    let hers = operators.iter().find(|one| one["name"] == name);
    hers.unwrap().clone()
}

/// Waits until an operator has a status, on the command line and on a board.
#[track_caller]
fn is_everywhere(linka: &Linka<'_>, board: &Page, name: &str, status: &str) {
    eventually("the command line says it", SOON, || {
        (operator(linka, name)["status"]["is"] == status).then_some(())
    });
    board.see(css(&format!(
        "[data-operator={name}][data-status={status}]"
    )));
}

#[test]
fn whom_the_machine_paused_is_told_so_on_every_screen_and_comes_back_by_one_button() {
    let site = site_of_two();
    let linka = site.start();
    let (_, people) = people(
        &site,
        &[
            ("sona", "supervisor"),
            ("jana", "operator"),
            ("eva", "operator"),
        ],
    );
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);
    let hers = signed_in(&browser, &site, &people[2]);
    let _jana = registered(&site, "jana", Answering::ByHand);
    let _eva = registered(&site, "eva", Answering::ByHand);
    hers.click(role("button", "Ready"));
    is_everywhere(&linka, &board, "jana", "free");
    hers.see(role("heading", "All quiet"));
    let client = people[3].signed_in(&site);
    client.done(
        "PUT",
        "/me/intent",
        Some(serde_json::json!({"wants": "ready"})),
    );
    is_everywhere(&linka, &board, "eva", "free");

    let mut waiting = caller(&site);
    waiting.dial(LINE);
    is_everywhere(&linka, &board, "jana", "paused_by_machine");

    hers.see(text("Linka gave you a pause after 1 missed call."));
    hers.see(text("Nothing will ring."));
    hers.miss(role("heading", "All quiet"));
    let paused = operator(&linka, "jana");
    assert_eq!(paused["there"], false, "{paused}");
    let words = site.command(&["status"]);
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("PAUSE (1 missed)"), "{words}");
    board.see(role("button", "End the pause: jana"));
    board.see(text("pause (1 missed)"));
    hers.click(role("button", "I am back"));
    eventually("she is back", SOON, || {
        (operator(&linka, "jana")["there"] == true).then_some(())
    });
    assert_eq!(hers.faults(), [""; 0]);
    assert_eq!(board.faults(), [""; 0]);
}

#[test]
fn who_has_no_phone_is_told_where_it_ought_to_register_and_counts_nowhere() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor"), ("jana", "operator")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);
    let hers = signed_in(&browser, &site, &people[2]);

    hers.click(role("button", "Start shift"));

    is_everywhere(&linka, &board, "jana", "unreachable");
    hers.see(role("heading", "No phone of yours is signed in"));
    let panel = hers.text(css("[data-now=unreachable]"));
    let server = site.sip().to_string();
    assert!(panel.contains("jana") && panel.contains(&server), "{panel}");
    assert_eq!(operator(&linka, "jana")["there"], false);
    assert_eq!(board.text(css("[data-tile=free] [data-value]")), "0");
    let wall = browser.page("admin");
    crate::sign_in(&wall, &site, &people[0]);
    wall.open(&address(&site, "/wall"));
    wall.see(text("phone unreachable:"));
}

#[test]
fn who_starts_her_shift_is_ready_and_hears() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let _phone = registered(&site, "jana", Answering::ByHand);
    page.see(role("heading", "You are off shift"));

    page.click(role("button", "Start shift"));

    page.see(role("heading", "All quiet"));
    page.see(text("sound is on"));
    assert_eq!(operator(&linka, "jana")["status"]["is"], "free");
}

#[test]
fn operators_are_shown_by_the_names_that_colleagues_see() {
    let site = quick_site();
    site.operator("jana", "");
    site.change(
        "operators.toml",
        "display_name = \"jana\"",
        "display_name = \"Jana N.\"",
    );
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);

    let row = || board.text(css("[data-operator=jana] th"));
    let at_first = eventually("she is on the board", SOON, || Some(row()));
    site.change("operators.toml", "Jana N.", "Jana Nová");
    linka.reload();

    assert_eq!(at_first.trim(), "Jana N.");
    eventually("her new name is shown", SOON, || {
        (row().trim() == "Jana Nová").then_some(())
    });
    assert_eq!(operator(&linka, "jana")["display_name"], "Jana Nová");
}

#[test]
fn trunk_that_nobody_probes_is_grey_and_check_advises() {
    let site = quick_site();
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);

    board.see(css("[data-trunk=not_probed].unknown"));
    board.see(text("not probed"));
    assert_eq!(linka.status().unwrap()["trunks"][0]["status"], "not probed");
    let check = site.command(&["check"]);
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(
        check.contains("advice: trunks.toml: nobody would notice that trunk loopback is dead"),
        "{check}"
    );
}
