//! Phones that answer calls and no OPTIONS.

use std::time::Duration;

use crate::peers::linka::{Linka, Site};
use crate::peers::sipp::PHONES_HOST;
use crate::peers::wire::{Caller, Wire, dial, header};
use crate::{quick_site, wait_until_free};

/// From one OPTIONS to the next, and a bit.
const PROBED: Duration = Duration::from_secs(31);
/// Longer than an answer is waited for.
const GIVEN_UP: Duration = Duration::from_secs(33);
const CALLER: &str = "<sip:+420777000001@127.0.0.2>";

/// A phone of jana's, who is ready, and the first OPTIONS that it is asked.
#[track_caller]
fn probed(site: &Site, linka: &Linka<'_>) -> (Wire, String) {
    let phone = Wire::at(PHONES_HOST, site);
    phone.registers("jana", site);
    dial(&phone, "*40#", "jana", site);
    wait_until_free(linka, "jana");
    linka.advance(PROBED);
    let options = phone.is_asked("OPTIONS");
    (phone, options)
}

/// Waits for an OPTIONS that does not repeat the one before.
#[track_caller]
fn is_asked_anew(phone: &Wire, before: &str) {
    let same = |options: &str| header(options, "Call-ID") == header(before, "Call-ID");
    while same(&phone.is_asked("OPTIONS")) {}
}

#[test]
fn a_phone_that_answers_no_options_is_called_while_it_is_registered() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (phone, _unanswered) = probed(&site, &linka);
    linka.advance(GIVEN_UP);

    let _caller = Caller::calls(&site, CALLER, "");

    phone.is_asked("INVITE");
}

#[test]
fn a_probe_that_fails_is_outweighed_by_a_register_meanwhile() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (phone, options) = probed(&site, &linka);
    phone.answers(&options, "200 OK", "");
    phone.registers("jana", &site);
    linka.advance(PROBED);
    is_asked_anew(&phone, &options);
    phone.registers("jana", &site);
    linka.advance(GIVEN_UP);

    let _caller = Caller::calls(&site, CALLER, "");

    phone.is_asked("INVITE");
}
