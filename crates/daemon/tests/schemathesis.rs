//! Requests made up from the API's own description find no fault of the server: schemathesis against a running `linka`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::path::Path;
use std::process::Command;

use peers::linka::Site;
use peers::people::people;

/// Requests made up for each operation.
const EXAMPLES: &str = "25";
/// What a stranger to the description cannot try: the feed has no end, and who signs out or changes her password ends the run.
const LEFT_OUT: [&str; 2] = ["/api/v1/feed", "/api/v1/session"];

#[test]
fn no_request_that_is_made_up_makes_the_server_fail() {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    let (administrator, _) = people(&site, &[]);
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/schemathesis/bin/schemathesis");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command
        .arg("run")
        .arg(format!("http://localhost:{}/api/openapi.json", site.web()))
        .args(["--checks", "not_a_server_error,status_code_conformance"])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", EXAMPLES, "--seed", "7", "--no-color"])
        .arg("--header")
        .arg(format!("Cookie: {}", administrator.cookies()))
        .current_dir(folder.path());
    for path in LEFT_OUT {
        command.args(["--exclude-path", path]);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("schemathesis: {error} (cargo xtask test installs it)"));

    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("No issues found"), "{told}");
    assert_eq!(linka.get("/readyz").0, 200);
    assert_eq!(administrator.ask("GET", "/session", None).0, 200);
}
