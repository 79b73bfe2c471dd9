//! An operator at linphone: the phone of another maker than the one of all other tests.

use crate::peers::eventually;
use crate::peers::linka::{LINE, Linka, PASSWORD, Site};
use crate::peers::linphone::Linphone;
use crate::peers::sipp::Transport;
use crate::peers::sound::Sound;
use crate::{SOON, answered, counted, listening_caller, listens, operator, site, wait_until_free};

/// More of a tone than chance or the click of a phone could make.
const TONE_SECONDS: f64 = 2.0;

/// Her linphone, registered and ready by star code, once it has heard so.
#[track_caller]
fn ready(site: &Site, linka: &Linka<'_>, transport: Transport) -> Linphone {
    let mut phone = Linphone::registering("jana", PASSWORD, site.sip(), transport, site.ports());
    linka.wait_for("she has a phone", SOON, |status| {
        (operator(status, "jana")?["phones"] == 1).then_some(())
    });
    phone.dial("*40");
    wait_until_free(linka, "jana");
    phone.has_ended(1, SOON);
    let prompt = Sound::prompt("cs/ready.wav");
    eventually("linphone hears that she is ready", SOON, || {
        phone.heard().find(&prompt).is_there().then_some(())
    });
    phone
}

fn takes_a_call(transport: Transport) {
    let site = site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, transport);
    let mut caller = listening_caller(&site);

    caller.dial(LINE);
    caller.wait_for("CALL_ESTABLISHED", SOON);
    listens(&caller, TONE_SECONDS + 1.0);
    caller.hang_up();

    counted(&linka, answered(1));
    phone.has_ended(2, SOON);
    caller.wait_for("CALL_CLOSED", SOON);
    let by_caller = &caller.heard()[0];
    assert!(by_caller.seconds_of_tone(1100) > TONE_SECONDS);
    assert!(by_caller.seconds_of_tone(700) == 0.0);
    let at_desk = eventually("linphone has heard the caller", SOON, || {
        let heard = phone.heard();
        (heard.seconds_of_tone(700) > TONE_SECONDS).then_some(heard)
    });
    assert!(at_desk.seconds_of_tone(1100) == 0.0);
}

#[test]
fn over_udp_she_gets_ready_takes_a_call_hears_and_is_heard() {
    takes_a_call(Transport::Udp);
}

#[test]
fn over_tcp_she_gets_ready_takes_a_call_hears_and_is_heard() {
    takes_a_call(Transport::Tcp);
}
