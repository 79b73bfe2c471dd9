//! Peers whose Contact leads nowhere, or to somebody else: what we have to say in a call reaches them by their flow.

use std::time::Duration;

use crate::peers::eventually;
use crate::peers::linka::{Linka, Site};
use crate::peers::sipp::{PHONES_HOST, TRUNK_HOST};
use crate::peers::wire::{Caller, Wire, dial, fresh, header, sdp, status};
use crate::{SOON, quick_site, talks, wait_until_free};

const LOOK: Duration = Duration::from_millis(50);
/// Longer than an INVITE that was answered is remembered.
const FORGOTTEN: Duration = Duration::from_secs(34);
const CALLER: &str = "<sip:+420777000001@127.0.0.2>";

/// A phone of jana's that says it is there, registered and ready: the confirmation was heard to its end.
#[track_caller]
fn ready(site: &Site, linka: &Linka<'_>, contact: &str) -> Wire {
    let phone = Wire::at(PHONES_HOST, site).saying(contact);
    phone.registers("jana", site);
    dial(&phone, "*40", "jana", site);
    wait_until_free(linka, "jana");
    phone
}

/// The phone takes its call; the INVITE and the session description that it answers with.
#[track_caller]
fn takes(phone: &Wire, site: &Site) -> [String; 2] {
    let invite = phone.is_asked("INVITE");
    let sdp = sdp(PHONES_HOST, site.ports().take());
    phone.accepts(&invite, &sdp);
    [invite, sdp]
}

/// Hangs up the call of that INVITE.
#[track_caller]
fn hangs_up(phone: &Wire, invite: &str) {
    let line = |name: &str| header(invite, name).unwrap();
    let (to, from, call) = (line("From"), line("To"), line("Call-ID"));
    let contact = line("Contact").trim_matches(['<', '>']);
    let (address, n) = (phone.address(), fresh());
    phone.send(format!(
        "BYE {contact} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK-bye-{n}\r\nFrom: {from};tag=phone\r\n\
         To: {to}\r\nCall-ID: {call}\r\nCSeq: 9 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ));
}

#[test]
fn a_phone_whose_contact_leads_nowhere_hears_ack_and_bye() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "127.0.0.77:5070");
    let mut caller = Caller::calls(&site, CALLER, "");

    takes(&phone, &site);
    phone.is_asked("ACK");
    caller.is_answered(SOON);
    talks(&linka, "jana");
    assert_eq!(caller.hangs_up(), 200);

    phone.is_asked("BYE");
}

#[test]
fn a_gateway_whose_contact_leads_nowhere_is_told_that_the_call_is_over() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "127.0.0.77:5070");
    let own = site.sip().to_string();
    for contact in ["[2003:fa:efff:a71::1]", "127.0.0.2:0", "224.0.1.75", &own] {
        let contact = format!("Contact: <sip:gw@{contact}>\r\n");
        let sdp = sdp(TRUNK_HOST, site.ports().take());
        let mut caller = Caller::calls_with(&site, CALLER, &contact, sdp);
        let [invite, _] = takes(&phone, &site);
        caller.is_answered(SOON);
        talks(&linka, "jana");

        hangs_up(&phone, &invite);

        eventually(&format!("she is told: {contact}"), SOON, || {
            let message = caller.receive(LOOK)?;
            message.starts_with("BYE ").then_some(())
        });
        wait_until_free(&linka, "jana");
    }
}

#[test]
fn an_answer_that_comes_again_after_half_a_minute_ends_no_call() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "127.0.0.77:5070");
    let mut caller = Caller::calls(&site, CALLER, "");
    let [invite, sdp] = takes(&phone, &site);
    caller.is_answered(SOON);
    phone.is_asked("ACK");
    talks(&linka, "jana");

    linka.advance(FORGOTTEN);
    // A BYE beside the first ACK would come before the second one.
    for _ in 0..2 {
        phone.accepts(&invite, &sdp);
        let next = eventually("the phone is answered", SOON, || {
            let message = phone.receive(LOOK)?;
            let options = message.starts_with("OPTIONS ") || status(&message).is_some();
            (!options).then_some(message)
        });
        assert!(next.starts_with("ACK "), "{next}");
    }
    talks(&linka, "jana");
}
