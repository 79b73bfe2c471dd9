//! The line opens whatever its disk says: full, read-only, damaged, under another key, or no folder at all.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use serde_json::json;

use crate::peers::eventually;
use crate::peers::linka::{Linka, Site};
use crate::peers::people::Client;
use crate::peers::process::text_of;
use crate::peers::wire::{Caller, WirePhone};
use crate::{SOON, SmallDisk, talking, told_after_a_kill, warnings_of};

/// A start that does not wait for the control socket, which a sick disk may not let be made.
#[track_caller]
fn opens(site: &Site) -> Linka<'_> {
    let mut linka = site.start_unready();
    eventually("the line is open", SOON, || {
        let ended = linka.process().ended();
        assert!(ended.is_none(), "linka ended: {}", linka.log());
        linka.get_if_there("/healthz")
    });
    linka
}

#[track_caller]
fn is_answered(site: &Site, from: u8) -> Caller {
    let from = format!("<sip:+42077700000{from}@127.0.0.2>");
    let mut caller = Caller::calls(site, &from, "");
    caller.is_answered(SOON);
    caller
}

#[track_caller]
fn serves_unsaved(linka: &Linka<'_>) {
    eventually("it is told that nothing is saved", SOON, || {
        let (code, why) = linka.get("/readyz");
        (code == 503 && why.contains("not on disk")).then_some(())
    });
    assert_eq!(linka.get("/healthz").0, 200);
}

/// What was kept before the start holds on the sick disk, and everything is saved once it is well.
fn serves_and_heals(sicken: impl Fn(&SmallDisk), mend: impl Fn(&SmallDisk)) {
    let site = Site::new();
    for name in ["jana", "petra"] {
        site.operator(name, "");
    }
    let told = warnings_of(&site);
    let disk = SmallDisk::under(&site);
    let linka = site.start();
    let phones = ["jana", "petra"].map(|name| WirePhone::dials("*40", name, &site));
    let calls = || phones.iter().map(WirePhone::calls).sum::<usize>();
    let first = is_answered(&site, 1);
    talking(&linka, 1);
    assert_eq!(first.hangs_up(), 200);
    linka.wait_for("she is counted", SOON, |status| {
        (status["counts"]["answered"] == 1).then_some(())
    });
    linka.kill();
    sicken(&disk);

    let linka = opens(&site);
    serves_unsaved(&linka);
    eventually("people are told", SOON, || {
        text_of(&told).contains("journal-unsaved: ").then_some(())
    });
    // The other operator is called because it is known that she was ready, and where her phone is.
    let second = is_answered(&site, 2);
    eventually("she is called", SOON, || (calls() == 2).then_some(()));

    mend(&disk);
    linka.wait_for("the journal heals", SOON, |status| {
        status["unsaved"].is_null().then_some(())
    });
    talking(&linka, 1);
    assert_eq!(second.hangs_up(), 200);
    linka.wait_for("both are over", SOON, |status| {
        (status["contacts"].as_array()?.is_empty()).then_some(())
    });
    let _linka = told_after_a_kill(&site, linka);
}

#[test]
fn start_on_a_full_disk_opens_the_line_and_heals() {
    serves_and_heals(SmallDisk::fill, SmallDisk::free);
}

#[test]
fn start_on_a_read_only_disk_opens_the_line_and_heals() {
    serves_and_heals(
        |disk| disk.remount("remount,ro"),
        |disk| disk.remount("remount,rw"),
    );
}

#[test]
fn first_start_on_a_full_disk_opens_the_line() {
    let site = Site::new();
    let disk = SmallDisk::under(&site);
    disk.fill();

    let linka = opens(&site);

    serves_unsaved(&linka);
    assert_eq!(is_answered(&site, 1).hangs_up(), 200);
    disk.free();
    linka.wait_for("the journal heals", SOON, |status| {
        status["unsaved"].is_null().then_some(())
    });
}

/// Whatever room is left when the records database is opened: SQLite maps a file with holes there,
/// and a write to a hole for which the disk has no block ends the process.
#[test]
fn hardly_any_room_on_a_disk_of_small_blocks_ends_nothing() {
    let site = Site::new();
    let disk = SmallDisk::of_small_blocks(&site);
    site.start().kill();

    let mut told = 0;
    for kibibytes in 0..=96 {
        // An ordinary end takes it away.
        let _not_there = fs::remove_file(site.data().join("linka.db-shm"));
        disk.leaves(kibibytes);

        let output = site.command(&["report"]);

        let code = output.status.code();
        assert!(code.is_some(), "{kibibytes} KiB left: {output:?}");
        told += usize::from(code == Some(0));
    }
    assert!(
        (1..90).contains(&told),
        "the disk was full or it was not: {told}"
    );
}

#[test]
fn data_folder_that_cannot_be_made_opens_the_line() {
    let site = Site::new();
    fs::write(site.data(), "a file").unwrap();

    let linka = opens(&site);

    serves_unsaved(&linka);
    assert_eq!(is_answered(&site, 1).hangs_up(), 200);
}

/// A file that cannot be read is kept and named, and the line saves again at once.
#[track_caller]
fn sets_aside_and_saves(site: &Site, why: &str) -> PathBuf {
    let told = warnings_of(site);

    let linka = site.start();

    let kept = site.data().join("live.db.damaged-1");
    eventually("the file is named", SOON, || {
        let told = text_of(&told);
        let named = told.contains("journal-set-aside: ")
            && told.contains(&kept.display().to_string())
            && told.contains(why);
        named.then_some(())
    });
    assert_eq!(linka.get("/readyz").0, 200);
    assert_eq!(is_answered(site, 1).hangs_up(), 200);
    kept
}

#[test]
fn damaged_journal_is_set_aside_and_named() {
    let site = Site::new();
    drop(site.start());
    let damaged = vec![0x55; 8_192];
    fs::write(site.data().join("live.db"), &damaged).unwrap();
    let _none = fs::remove_file(site.data().join("live.db-wal"));

    let kept = sets_aside_and_saves(&site, "damaged");

    assert_eq!(fs::read(kept).unwrap(), damaged);
}

#[test]
fn journal_under_another_key_is_set_aside_and_named() {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    drop(WirePhone::dials("*40", "jana", &site));
    linka.kill();
    fs::write(site.keys().join("journal.key"), [3; 32]).unwrap();

    let kept = sets_aside_and_saves(&site, "under another key");

    assert!(kept.exists());
}

#[test]
fn pages_are_served_while_the_records_database_is_silent() {
    let site = Site::new();
    // It takes connections, as the kernel does for a server that was stopped, and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    site.keep_records_in(&format!("postgres://linka@127.0.0.1:{port}/linka"));
    let _linka = site.start();
    let client = Client::new(&site);

    let credentials = json!({"login": "jana", "password": "correct horse battery"});
    let description = format!("http://localhost:{}/api/openapi.json", site.web());
    let described = ureq::get(description).call().unwrap().status();
    let (signed_in, problem) = client.ask("POST", "/session", Some(credentials));

    assert_eq!(described, 200);
    assert_eq!(signed_in, 503, "{problem}");
    assert_eq!(problem["type"], "/problems/unavailable", "{problem}");
}
