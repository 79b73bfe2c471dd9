//! Audited acts outlive an end before which the records database took none of them.

use std::fs;

use serde_json::json;

use crate::SOON;
use crate::hangs::WAITED_FOR;
use crate::peers::eventually;
use crate::peers::linka::Site;
use crate::peers::people::people;

/// What `linka audit` says.
fn audit(site: &Site, what: &str) -> String {
    let said = site.command(&["audit", what]);
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn acts_that_no_database_took_before_an_end_are_in_the_audit_after_the_next_start() {
    let site = Site::new();
    site.operator("jana", "");
    let mut linka = site.start();
    let (_, people) = people(&site, &[("sona", "supervisor")]);
    let supervisor = people[1].signed_in(&site);
    // Who was there a moment before goes on while the database is silent.
    supervisor.done("GET", "/session", None);
    let set = |wants: &str| {
        let wants = json!({"wants": wants});
        supervisor.done("PUT", "/operators/jana/intent", Some(wants));
    };
    // Who writes waits from now on; who reads does not.
    let database = rusqlite::Connection::open(site.data().join("linka.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();

    set("ready");
    set("off");
    linka.terminate();
    let status = linka.wait(WAITED_FOR);

    let log = linka.log();
    assert!(status.success(), "{status}: {log}");
    assert!(log.contains("the next start writes them"), "{log}");
    let file = site.data().join("audit.unwritten");
    let sealed = fs::read(&file).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("jana"));

    drop(database);
    assert!(!audit(&site, "list").contains("operator_set"));
    let _linka = site.start();
    eventually("both acts are in the audit", SOON, || {
        let acts = audit(&site, "list");
        let acts = acts.lines().filter(|line| line.contains("operator_set"));
        let wants: Vec<bool> = acts.map(|line| line.contains("wants=ready")).collect();
        (wants == [true, false]).then_some(())
    });
    eventually("they are kept no more", SOON, || {
        (!file.exists()).then_some(())
    });
    assert!(audit(&site, "verify").starts_with("The audit is whole"));
}
