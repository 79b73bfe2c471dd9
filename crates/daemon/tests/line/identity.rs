//! Nothing that tells who calls reaches an operator's phone.

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
