//! Phones that send from another port than they hear on.

use std::time::Duration;

use crate::peers::eventually;
use crate::peers::linka::{PASSWORD, Site};
use crate::peers::sipp::PHONES_HOST;
use crate::peers::wire::{Wire, credentials_with, header, sdp, status};
use crate::{SOON, operator, quick_site};

const LOOK: Duration = Duration::from_millis(50);

/// A phone with a socket for each direction.
struct Phone<'a> {
    site: &'a Site,
    sends: Wire,
    hears: Wire,
}

impl Phone<'_> {
    /// Sends a request and gives the final response, which must come where it hears.
    #[track_caller]
    fn asks(&self, request: &str) -> String {
        self.sends.send(request);
        eventually("a final response comes where the phone hears", SOON, || {
            let answer = self.hears.receive(LOOK)?;
            let final_one = status(&answer).is_some_and(|code| code >= 200);
            let own = header(&answer, "Call-ID") == header(request, "Call-ID");
            (final_one && own).then_some(answer)
        })
    }

    /// Sends a request and answers its challenge.
    #[track_caller]
    fn does(&self, request: &str) -> String {
        let challenge = self.asks(request);
        assert_eq!(status(&challenge), Some(401), "{challenge}");
        let (method, rest) = request.split_once(' ').unwrap();
        let (uri, _) = rest.split_once(' ').unwrap();
        let with = credentials_with(&challenge, "eva", PASSWORD, method, uri);
        let again = request
            .replace("CSeq: 1", "CSeq: 2")
            .replace("branch=z9hG4bK-wire", "branch=z9hG4bK-again")
            .replace("Max-Forwards", &format!("{with}Max-Forwards"));
        self.asks(&again)
    }

    fn registers(&self) -> String {
        let registrar = format!("sip:{}", self.site.sip());
        let request = self.hears.request("REGISTER", &registrar, "eva", "");
        let account = format!("sip:eva@{}", self.site.sip());
        self.does(&request.replace(&format!("To: <{registrar}>"), &format!("To: <{account}>")))
    }

    fn dials(&self, code: &str) -> String {
        let uri = format!("sip:{code}@{}", self.site.sip());
        let body = sdp(PHONES_HOST, self.site.ports().take());
        let kind = "Content-Type: application/sdp\r\n";
        let request = self.hears.request("INVITE", &uri, "eva", kind);
        let length = format!("Content-Length: {}", body.len());
        self.does(&(request.replace("Content-Length: 0", &length) + &body))
    }
}

#[test]
fn a_phone_that_sends_from_another_port_registers_and_dials() {
    let site = quick_site();
    // The host of phones is no trunk here.
    site.change(
        "trunks.toml",
        "addresses = [\"127.0.0.2\", \"127.0.0.1\"]",
        "addresses = [\"127.0.0.2\"]",
    );
    site.operator("eva", "");
    let linka = site.start();
    let phone = Phone {
        site: &site,
        sends: Wire::at(PHONES_HOST, &site),
        hears: Wire::at(PHONES_HOST, &site),
    };

    let registered = phone.registers();
    let ready = phone.dials("*40");

    assert_eq!(status(&registered), Some(200), "{registered}");
    assert_eq!(status(&ready), Some(200), "{ready}");
    linka.wait_for("eva is ready", SOON, |status| {
        (operator(status, "eva")?["intent"] == "ready").then_some(())
    });
}
