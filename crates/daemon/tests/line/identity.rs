//! Nothing that tells who calls reaches an operator's phone.

use crate::peers::hexadecimal;
use crate::peers::linka::Site;
use crate::{SOON, answered, caller, counted, phone, ready_sipp};

/// A marked number, and headers that carriers tell numbers in.
const NUMBER: &str = "420777123456";
const TOLD: &str = "\nP-Asserted-Identity: \"Marked\" <sip:+420777123456@carrier.example>\
    \nP-Preferred-Identity: <sip:+420777123456@carrier.example>\
    \nRemote-Party-ID: <sip:+420777123456@carrier.example>;party=calling\
    \nDiversion: <sip:+420777123456@carrier.example>;reason=unconditional\
    \nHistory-Info: <sip:+420777123456@carrier.example>;index=1\
    \nIdentity: marked-token;info=<https://carrier.example/420777123456>\
    \nSubject: marked 420777123456\
    \nUser-Agent: marked-agent";

#[test]
fn no_byte_of_the_number_and_no_header_that_tells_it_crosses() {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "answers"));

    let told = caller(&site)
        .with("from", &format!("+{NUMBER}"))
        .with("told", TOLD);
    let mut call = told.start(site.ports());
    call.succeeds(1, SOON);
    counted(&linka, answered(1));
    jana.wait_for("ended", SOON);

    let (sent, received) = (call.messages(), jana.messages());
    assert!(sent.contains("P-Asserted-Identity: \"Marked\""), "{sent}");
    assert!(received.contains("From: \"Anonymous\" <sip:anonymous@anonymous.invalid>"));
    for mark in [
        "777123456",
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "Remote-Party-ID",
        "Diversion",
        "History-Info",
        "Identity:",
        "marked",
        "Marked",
        "carrier.example",
        "127.0.0.2",
    ] {
        assert!(!received.contains(mark), "{mark} crossed:\n{received}");
    }
    let call_id = |messages: &str| -> Vec<String> {
        let ids = messages
            .lines()
            .filter_map(|line| line.strip_prefix("Call-ID: "));
        ids.map(str::to_owned).collect()
    };
    let crossed = call_id(&sent)
        .into_iter()
        .find(|id| call_id(&received).contains(id));
    assert_eq!(crossed, None);
}

/// Every run of six digits of the number, plain and in hexadecimal.
fn marks() -> Vec<String> {
    let runs = NUMBER.as_bytes().windows(6);
    runs.flat_map(|run| [String::from_utf8_lossy(run).into_owned(), hexadecimal(run)])
        .collect()
}

/// The first mark that stands in the bytes.
fn found(bytes: &[u8]) -> Option<String> {
    let holds = |mark: &String| {
        bytes
            .windows(mark.len())
            .any(|part| part == mark.as_bytes())
    };
    marks().into_iter().find(holds)
}

#[test]
fn no_run_of_six_digits_of_a_caller_is_kept_anywhere() {
    let site = Site::new();
    site.operator("jana", "");
    let mut linka = site.start();
    let _jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "answers"));
    let told = caller(&site)
        .with("from", &format!("+{NUMBER}"))
        .with("told", TOLD);
    let mut call = told.start(site.ports());
    crate::talks(&linka, "jana");
    let live = linka.status().unwrap().to_string();
    let (_, metrics) = linka.get("/metrics");
    call.succeeds(1, SOON);
    counted(&linka, answered(1));

    assert!(found(call.messages().as_bytes()).is_some());
    for (what, bytes) in [("status", live), ("metrics", metrics), ("log", linka.log())] {
        assert_eq!(found(bytes.as_bytes()), None, "{what}");
    }
    nothing_in(&site, "while it runs");
    linka.terminate();
    assert!(linka.wait(SOON).success());
    nothing_in(&site, "after its end");
}

#[track_caller]
fn nothing_in(site: &Site, moment: &str) {
    let entries = std::fs::read_dir(site.data()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    for file in files.filter(|file| file.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(found(&bytes), None, "{} {moment}", file.display());
    }
}
