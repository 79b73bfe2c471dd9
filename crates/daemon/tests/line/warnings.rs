//! Who ought to know is told of each caller who waits, by a way that is not the trunk.

use std::fs;
use std::path::PathBuf;

use crate::peers::eventually;
use crate::peers::linka::Site;
use crate::{SOON, abandoned, caller, counted, quick_site};

/// Has every warning written to a file, one a line.
pub(crate) fn written_down(site: &Site) -> PathBuf {
    let told = site.config().join("told");
    let command = format!(
        "command = [\"/bin/sh\", \"-c\", \"echo \\\"$LINKA_WARNING $1\\\" >> {}\", \"sh\"]",
        told.display()
    );
    let example = "# command = [\"/usr/local/bin/send-sms\", \"+420000000000\"]";
    site.change("linka.toml", example, &command);
    told
}

#[test]
fn the_second_caller_who_waits_is_told_too_and_told_from_the_first() {
    let site = quick_site();
    let told = written_down(&site);
    site.change("queues.toml", "after_seconds = 90", "after_seconds = 2");
    let linka = site.start();
    let call = || caller(&site).with("talk_ms", "10000").start(site.ports());

    let mut calls = [call(), call()];

    eventually("both are told of", SOON, || {
        let told = fs::read_to_string(&told).unwrap_or_default();
        let each = ["1", "2"].map(|number| {
            let about = |line: &str| {
                line.starts_with("waits ") && line.ends_with(&format!("(no. {number})"))
            };
            told.lines().any(about)
        });
        each.iter().all(|told| *told).then_some(())
    });
    for call in &mut calls {
        call.succeeds(1, SOON);
    }
    counted(&linka, abandoned(2));
}

#[test]
fn a_test_goes_out_by_every_way_and_says_what_became_of_it() {
    let site = quick_site();
    let nobody = site.command(&["warn", "test"]);
    let told = written_down(&site);

    let sent = site.command(&["warn", "test"]);
    site.change("linka.toml", "/bin/sh", "/nowhere/sh");
    let failed = site.command(&["warn", "test"]);

    assert_eq!(nobody.status.code(), Some(2));
    assert!(sent.status.success(), "{sent:?}");
    assert!(String::from_utf8_lossy(&sent.stdout).contains("the command took the test"));
    assert!(
        fs::read_to_string(told)
            .unwrap()
            .starts_with("test this is a test")
    );
    assert_eq!(failed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("the command failed: /nowhere/sh"));
}
