//! Requests made up from the API's own description find no fault of the server: schemathesis against a running `linka`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::path::Path;
use std::process::Command;

use peers::linka::Site;
use peers::people::{Client, people};

/// Requests made up for each operation.
const EXAMPLES: &str = "25";
/// What a stranger to the description cannot try: the feed has no end, and who signs out or changes
/// her password ends the run.
const LEFT_OUT: [&str; 2] = ["/api/v1/feed", "/api/v1/session"];
/// Tried last: an administrator whose own account or session was ended by it may do nothing more.
const LAST: [&str; 3] = [
    "/api/v1/accounts/{id}",
    "/api/v1/accounts/{id}/password",
    "/api/v1/sessions/{id}",
];

/// Makes up requests for the operations of some paths, or of all others.
fn schemathesis(site: &Site, administrator: &Client, paths: &[String]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(root.join(".tools/schemathesis/bin/schemathesis"));
    command
        .arg("run")
        .arg(format!("http://localhost:{}/api/openapi.json", site.web()))
        .args(["--checks", "not_a_server_error"])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", EXAMPLES, "--seed", "7", "--no-color"])
        .arg("--header")
        .arg(format!("Cookie: {}", administrator.cookies()))
        .args(paths)
        .current_dir(folder.path());
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("schemathesis: {error} (cargo xtask test installs it)"));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    told
}

#[test]
fn no_request_that_is_made_up_makes_the_server_fail() {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    let (administrator, _) = people(&site, &[]);
    let without = |path: &&str| format!("--exclude-path={path}");
    let only = |path: &&str| format!("--include-path={path}");

    let most: Vec<String> = LEFT_OUT.iter().chain(&LAST).map(without).collect();
    let first = schemathesis(&site, &administrator, &most);
    let still = administrator.ask("GET", "/session", None).0;
    let rest: Vec<String> = LAST.iter().map(only).collect();
    schemathesis(&site, &administrator, &rest);

    assert!(!first.contains("Authentication failed"), "{first}");
    assert_eq!(still, 200);
    assert_eq!(linka.get("/readyz").0, 200);
}
