//! The wallboard shows who waits, who talks and what was counted, and supervisors act from it.

use crate::peers::baresip::Answering;
use crate::peers::browser::{Browser, css, role, text};
use crate::peers::linka::LINE;
use crate::peers::people::people;
use crate::peers::{eventually, throughout};
use crate::{SOON, address, caller, quick_site, registered, sign_in, signed_in};
use serde_json::{Value, json};
use std::time::Duration;

/// The numbers of the strip by their labels.
fn strip(page: &crate::peers::browser::Page) -> Value {
    page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-tile]')]\
         .map((tile) => [tile.dataset.tile, tile.querySelector('[data-value]').textContent.trim()]))",
    )
}

#[test]
fn caller_appears_waits_is_answered_and_is_counted() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor"), ("jana", "operator")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);
    board.see(role("heading", "Waiting contacts"));
    board.see(text("Nobody waits."));

    let mut waiting = caller(&site);
    waiting.dial(LINE);
    board.see(css("[data-contact]"));
    let before = strip(&board);
    let mut jana = registered(&site, "jana", Answering::ByHand);
    let hers = signed_in(&browser, &site, &people[2]);
    hers.click(role("button", "Ready"));
    jana.wait_for("CALL_INCOMING", SOON);
    board.see(text("rings at jana"));
    jana.accept();
    board.miss(css("[data-contact]"));
    let during = eventually("she talks", SOON, || {
        let strip = strip(&board);
        (strip["talking"] == "1").then_some(strip)
    });
    let talking = linka.status().unwrap();
    board.see(css(".sums dd"));
    let sums = board.texts(css(".sums .share"));
    waiting.hang_up();

    let after = eventually("it is counted", SOON, || {
        let strip = strip(&board);
        (strip["talking"] == "0").then_some(strip)
    });
    assert_eq!(before["waiting"], "1", "{before}");
    assert_eq!(during["waiting"], "0", "{during}");
    assert_eq!(talking["counts"]["answered"], 1, "{talking}");
    assert!(
        sums.iter().all(|share| share.ends_with(" of 1")),
        "{sums:?}"
    );
    let status = linka.status().unwrap();
    assert_eq!(status["counts"]["answered"], 1, "{after} {status}");
    assert_eq!(board.faults(), [""; 0]);
    assert_eq!(hers.faults(), [""; 0]);
    assert_eq!(board.evaluate("document.title"), "Linka");
}

#[test]
fn page_greys_when_the_server_is_lost_and_recovers_without_reload() {
    let site = quick_site();
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);
    board.see(text("Nobody waits."));
    board.evaluate("window.seenBefore = true");

    linka.kill();
    board.see(css("[data-stale=yes]"));
    let linka = site.start();

    board.miss(css("[data-stale=yes]"));
    assert_eq!(board.evaluate("window.seenBefore"), true);
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    board.see(css("[data-contact]"));
    drop(linka);
}

#[test]
fn call_of_before_a_start_stands_apart_until_it_is_found() {
    let site = quick_site();
    let linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    waiting.wait_for("CALL_ESTABLISHED", SOON);
    board.see(css("[data-contact]"));

    linka.kill();
    let _linka = site.start();
    board.see(css("[data-adrift]"));

    let tiles = strip(&board);
    assert_eq!(tiles["waiting"], "0", "{tiles}");
    assert_eq!(tiles["longest"], "–", "{tiles}");
    board.see(text("+ 1 looked for after a restart"));
    let words = site.command(&["status"]);
    let words = String::from_utf8(words.stdout).unwrap();
    let first = words.lines().next().unwrap();
    assert_eq!(
        first,
        "serving: 0 waiting (longest –), 0 talking, 1 looked for after the restart"
    );
    waiting.hang_up();
    board.miss(css("[data-adrift]"));
    board.miss(text("looked for after a restart"));
}

#[test]
fn hours_are_those_of_the_site_on_every_screen() {
    let site = quick_site();
    site.change("linka.toml", "\"Europe/Prague\"", "\"Asia/Kathmandu\"");
    let _linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let chosen = json!({"language": "en", "theme": "system"}).to_string();
    let elsewhere = json!({"storage": {"linka": chosen}, "zone": "America/New_York"});

    let board = browser.page_with("sona", elsewhere);
    sign_in(&board, &site, &people[1]);
    board.see(css(".sums .since"));

    let since = board.texts(css(".sums .since"));
    let words = site.command(&["status"]);
    let words = String::from_utf8(words.stdout).unwrap();
    let told = format!("today ({}): ", since.last().unwrap());
    assert!(words.contains(&told), "{since:?} {words}");
}

#[test]
fn supervisor_raises_a_contact_and_the_order_changes() {
    let site = quick_site();
    let _linka = site.start();
    let (administrator, people) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let board = signed_in(&browser, &site, &people[1]);
    let mut callers = [caller(&site), caller(&site)];
    for (n, caller) in callers.iter_mut().enumerate() {
        caller.dial(LINE);
        let both = format!(
            "document.querySelectorAll('[data-contact]').length === {}",
            n + 1
        );
        eventually("they wait", SOON, || {
            (board.evaluate(&both) == true).then_some(())
        });
    }
    let ids = |page: &crate::peers::browser::Page| {
        page.evaluate(
            "[...document.querySelectorAll('[data-contact]')].map((row) => row.dataset.contact)",
        )
    };
    let before = ids(&board);
    let second = before[1].as_str().unwrap().to_owned();

    board.click(css(&format!("[data-contact='{second}'] .wide a")));
    board.see(role("heading", "Why she waits now"));
    board.click(role("button", "Raise the urgency"));
    board.click(json!({
        "role": "button",
        "name": "Raise the urgency",
        "within": {"css": "dialog[open]"},
    }));
    board.see(text("The urgency is changed."));
    board.click(role("link", "Overview"));

    eventually("the order changed", SOON, || {
        (ids(&board)[0].as_str() == Some(&second)).then_some(())
    });
    // The audit is told when the day is over.
    let audit = administrator.done("GET", "/audit", None).to_string();
    assert!(!audit.contains("class_changed"), "{audit}");
}

#[test]
fn wall_shows_numbers_and_no_names() {
    let site = quick_site();
    site.operator("jana", "");
    let _linka = site.start();
    let (_, people) = people(&site, &[("hall", "wall"), ("jana", "operator")]);
    let browser = Browser::start();
    let wall = browser.page("hall");
    wall.open(&address(&site, "/sign-in"));
    wall.fill(crate::peers::browser::label("Login name"), "hall");
    wall.fill(
        crate::peers::browser::label("Password"),
        &people[1].password,
    );
    wall.click(role("button", "Sign in"));
    wall.see(css("main"));
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    eventually("the wall shows her", SOON, || {
        (wall.evaluate("document.body.innerText.includes('1')") == true).then_some(())
    });

    throughout("no name is on the wall", Duration::from_secs(3), || {
        wall.evaluate("document.body.innerText.includes('jana')") == false
    });
    assert_eq!(wall.path(), "/wall");
    let feed = wall.evaluate(
        "new Promise((told) => { const feed = new EventSource('/api/v1/feed'); \
         feed.addEventListener('snapshot', (event) => { feed.close(); told(event.data); }); })",
    );
    assert!(!feed.as_str().unwrap().contains("jana"), "{feed}");
    assert_eq!(wall.count(css("button, a")), 0);
}
