//! What is kept comes back from one sealed file; whoever changed the audit or the file is noticed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;
#[path = "../../store/tests/contract/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use peers::eventually;
use peers::linka::Site;
use peers::wire::callers_hang_up;

const SOON: Duration = Duration::from_secs(20);
/// Longer than any month.
const A_MONTH: Duration = Duration::from_secs(32 * 24 * 3_600);
/// Longer than contents may be entered.
const SETTLES: Duration = Duration::from_secs(3 * 3_600);
/// How many calls make a month that is told.
const CALLS: usize = 10;
/// Longer than entries of the audit are kept.
const THIRTEEN_MONTHS: Duration = Duration::from_secs(400 * 24 * 3_600);

#[track_caller]
fn said(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Everything that a site tells of its past.
fn told(site: &Site) -> Vec<String> {
    let commands: [&[&str]; 4] = [
        &["report", "--csv"],
        &["report"],
        &["report", "--records", "--csv"],
        &["report", "--tables"],
    ];
    commands.map(|command| said(site.command(command))).into()
}

/// A site with a closed month and an audit, not running, and a backup of it.
fn site_with_backup() -> (Site, PathBuf) {
    let site = Site::new();
    let linka = site.start();
    callers_hang_up(&site, &linka, CALLS);
    linka.advance(A_MONTH);
    linka.wait_for("another day has begun", SOON, |status| {
        (status["counts"]["arrived"] == 0).then_some(())
    });
    linka.advance(SETTLES);
    eventually("the month is told", SOON, || {
        let report = said(site.command(&["report"]));
        report.contains("offers missed").then_some(())
    });
    eventually("something is in the audit", SOON, || {
        let listed = said(site.command(&["audit", "list"]));
        listed.contains("retention").then_some(())
    });
    linka.kill();
    let file = site.config().with_file_name("linka.backup");
    let made = said(site.command(&["backup", file.to_str().unwrap()]));
    assert!(made.contains("in another place than the file"), "{made}");
    (site, file)
}

fn copy_keys(from: &Site, to: &Site) {
    for key in ["audit.key", "backup.key"] {
        fs::copy(from.keys().join(key), to.keys().join(key)).unwrap();
    }
}

fn restore(site: &Site, file: &Path) -> Output {
    site.command(&["restore", file.to_str().unwrap()])
}

#[test]
fn restored_site_tells_the_same_and_serves() {
    let (site, file) = site_with_backup();
    let other = Site::new();
    copy_keys(&site, &other);

    let restored = said(restore(&other, &file));

    assert!(
        restored.contains("The audit is whole from its first entry."),
        "{restored}"
    );
    // Before anything else is told: the audit says who took a report.
    let listed = said(other.command(&["audit", "list"]));
    let before = said(site.command(&["audit", "list"]));
    assert!(listed.starts_with(&before), "{listed}");
    assert!(listed.ends_with("command line restored\n"), "{listed}");
    assert_eq!(told(&other), told(&site));
    let again = refused(&restore(&other, &file));
    assert!(again.contains("the database is not empty"), "{again}");
    let linka = other.start();
    assert_eq!(linka.get("/readyz").0, 200);
    let serving = refused(&restore(&other, &file));
    assert!(serving.contains("stop it before"), "{serving}");
}

#[test]
fn site_moves_into_postgresql_and_back() {
    let (site, file) = site_with_backup();
    let (server, last) = (Site::new(), Site::new());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    server.keep_records_in(&runtime.block_on(server::fresh_database()));
    copy_keys(&site, &server);
    copy_keys(&site, &last);

    said(restore(&server, &file));
    let second = file.with_extension("second");
    said(server.command(&["backup", second.to_str().unwrap()]));
    said(restore(&last, &second));

    assert_eq!(told(&server), told(&site));
    assert_eq!(told(&last), told(&site));
    let again = refused(&restore(&server, &file));
    assert!(again.contains("the database is not empty"), "{again}");
    let audit = said(last.command(&["audit", "verify"]));
    assert!(audit.contains("The audit is whole"), "{audit}");
}

#[test]
fn file_that_is_not_as_it_was_made_restores_nothing() {
    let (site, file) = site_with_backup();
    let other = Site::new();
    let bytes = fs::read(&file).unwrap();
    let bad = file.with_extension("bad");

    let without = refused(&restore(&other, &file));
    fs::write(other.keys().join("backup.key"), [7; 32]).unwrap();
    let wrong = refused(&restore(&other, &file));
    copy_keys(&site, &other);
    fs::write(&bad, &bytes[..bytes.len() - 9]).unwrap();
    let cut = refused(&restore(&other, &bad));
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    fs::write(&bad, changed).unwrap();
    let changed = refused(&restore(&other, &bad));

    assert!(without.contains("there is no key"), "{without}");
    assert!(
        wrong.contains("the key does not open the backup"),
        "{wrong}"
    );
    assert!(cut.contains("the backup is cut off"), "{cut}");
    assert!(changed.contains("the backup is damaged"), "{changed}");
    assert!(!other.data().join("linka.db").exists());
    let before = refused(&site.command(&["backup", file.to_str().unwrap()]));
    assert!(before.contains("is there already"), "{before}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn changed_entry_of_the_audit_is_named() {
    let (site, _) = site_with_backup();
    assert!(said(site.command(&["audit", "verify"])).contains("The audit is whole"));

    let file = rusqlite::Connection::open(site.data().join("linka.db")).unwrap();
    let changes = [
        "UPDATE audit SET day = day + 10000 WHERE seq = 2",
        "UPDATE audit SET day = 20261200 WHERE seq = 2",
        "UPDATE audit SET hash = zeroblob(4) WHERE seq = 2",
        "UPDATE audit SET payload = NULL WHERE seq = 2",
    ];
    for change in changes {
        assert_eq!(file.execute(change, []).unwrap(), 1);

        let broken = refused(&site.command(&["audit", "verify"]));
        assert!(broken.contains("audit entry 2 was changed"), "{broken}");
    }
}

#[test]
fn audit_that_is_cut_off_before_it_was_ever_verified_is_noticed() {
    let site = Site::new();
    let linka = site.start();
    let listed = || said(site.command(&["audit", "list"])).lines().count();
    let entries = eventually("something is in the audit", SOON, || {
        Some(listed()).filter(|entries| *entries >= 2)
    });
    eventually("its end is remembered", SOON, || {
        let end = fs::read_to_string(site.data().join("audit.end")).ok()?;
        end.starts_with(&format!("{entries} ")).then_some(())
    });

    let file = rusqlite::Connection::open(site.data().join("linka.db")).unwrap();
    let cut = "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit);
        UPDATE audit_end SET seq = (SELECT max(seq) FROM audit),
        hash = (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1) WHERE which = 'head'";
    file.execute_batch(cut).unwrap();

    eventually("people are told", SOON, || {
        linka.log().contains("audit-not-whole").then_some(())
    });
    linka.kill();
    let refused = refused(&site.command(&["audit", "verify"]));
    assert!(refused.contains("was seen before"), "{refused}");
}

#[test]
fn audit_that_was_emptied_or_written_anew_is_not_believed() {
    let (site, _) = site_with_backup();
    assert!(said(site.command(&["audit", "verify"])).contains("The audit is whole"));
    let path = site.data().join("linka.db");
    let file = rusqlite::Connection::open(&path).unwrap();

    file.execute_batch("DELETE FROM audit; DELETE FROM audit_end")
        .unwrap();
    let emptied = refused(&site.command(&["audit", "verify"]));
    // Whoever has the file alone may write what she likes into an empty one, but not with the key.
    let anew = "INSERT INTO audit (seq, day, previous, commitment, hash, salt, payload)
        VALUES (1, 20261129, zeroblob(32), zeroblob(32), zeroblob(32), NULL, NULL);
        INSERT INTO audit_end (which, seq, hash) VALUES ('head', 1, zeroblob(32))";
    file.execute_batch(anew).unwrap();
    let written = refused(&site.command(&["audit", "verify"]));

    assert!(
        emptied.contains("it ends with entry 0, and entry"),
        "{emptied}"
    );
    assert!(written.contains("audit entry 1 was changed"), "{written}");
}

#[test]
fn operator_who_was_added_and_her_new_password_are_in_the_audit() {
    let site = Site::new();
    let _linka = site.start();
    let is_listed = |words: &str| {
        eventually(words, SOON, || {
            let listed = said(site.command(&["audit", "list"]));
            listed.contains(words).then_some(())
        });
    };
    is_listed("configuration_changed");

    said(site.command(&["operator", "add", "dana"]));
    is_listed("added=[\"dana\"]");
    said(site.command(&["operator", "password", "dana"]));
    is_listed("password=[\"dana\"]");
    site.change(
        "queues.toml",
        "wrap_up_seconds = 60",
        "wrap_up_seconds = 90",
    );
    said(site.command(&["reload"]));
    is_listed("files=[\"queues.toml\"]");
}

#[test]
fn audit_of_more_than_a_year_ago_is_deleted_and_the_rest_stays_whole() {
    let site = Site::new();
    let linka = site.start();
    eventually("the first day is in the audit", SOON, || {
        let listed = said(site.command(&["audit", "list"]));
        let both = ["retention audit=0", "configuration_changed"];
        both.iter().all(|what| listed.contains(what)).then_some(())
    });

    linka.advance(THIRTEEN_MONTHS);

    eventually("the old entries were deleted", SOON, || {
        let listed = said(site.command(&["audit", "list"]));
        listed.contains("retention audit=2").then_some(())
    });
    let verified = said(site.command(&["audit", "verify"]));
    assert!(
        verified.contains("Entries up to 2 were kept long enough"),
        "{verified}"
    );
}
