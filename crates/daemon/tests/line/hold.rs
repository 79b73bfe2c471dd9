//! Either side holds the call and takes it back.

use crate::peers::baresip::Answering;
use crate::peers::linka::LINE;
use crate::peers::sipp::Scenario;
use crate::peers::sound::Sound;
use crate::{SOON, answered, counted, listening_caller, listens, ready, site, talks};

#[test]
fn a_caller_on_hold_hears_the_waiting_sound_and_then_the_voice_again() {
    let site = site();
    site.operator("jana", "");
    let linka = site.start();
    let mut phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let mut caller = listening_caller(&site);
    caller.dial(LINE);
    caller.wait_for("CALL_ESTABLISHED", SOON);
    listens(&caller, 2.0);

    phone.hold();
    let held = caller.seconds_heard();
    listens(&caller, 5.0);
    let resumed = caller.seconds_heard();
    phone.resume();
    listens(&caller, 4.0);
    caller.hang_up();

    counted(&linka, answered(1));
    caller.wait_for("CALL_CLOSED", SOON);
    let heard = &caller.heard()[0];
    assert!(heard.between(0.0, held).seconds_of_tone(1100) > 1.0);
    let on_hold = heard.between(held + 1.0, resumed);
    assert!(on_hold.seconds_of_tone(1100) < 0.2);
    let waits = heard.find(&Sound::prompt("waiting.wav").between(0.0, 2.0));
    assert!(
        waits.is_there() && waits.at_seconds > held - 0.5,
        "{waits:?}"
    );
    let again = heard.between(resumed + 1.5, heard.seconds());
    assert!(again.seconds_of_tone(1100) > 1.5);
    assert!(again.seconds_of_sound() - again.seconds_of_tone(1100) < 0.3);
}

#[test]
fn a_caller_holds_and_comes_back() {
    let site = site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "jana", Answering::AtOnce);

    let mut caller = Scenario::towards("caller-holds", site.sip())
        .with("to", LINE)
        .with("talk_ms", "2000")
        .with("ring_ms", "1500")
        .calls(1)
        .start(site.ports());
    talks(&linka, "jana");

    caller.succeeds(1, SOON);
    assert_eq!((caller.logged("held"), caller.logged("resumed")), (1, 1));
    counted(&linka, answered(1));
    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    let heard = phone.heard();
    let tone = heard.last().unwrap().seconds_of_tone(700);
    assert!((3.0..5.0).contains(&tone), "{tone:.1} s of the caller");
}
