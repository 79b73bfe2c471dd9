//! With nobody at a desk, people at home are called through the trunk; only a pressed 1 takes the caller.

use std::time::Duration;

use crate::peers::linka::LINE;
use crate::peers::linka::Site;
use crate::peers::sipp::{Scenario, TRUNK_HOST};
use crate::peers::throughout;
use crate::{
    SOON, abandoned, answered, caller, counted, listening_caller, quick_site, talks,
    without_partner,
};

/// A site whose timeline ends with the people at home.
fn site_at_night() -> Site {
    let site = quick_site();
    without_partner(&site);
    site
}

fn at_trunk(site: &Site, scenario: &'static str) -> Scenario {
    Scenario::waiting(scenario).at(TRUNK_HOST, site.trunk().port())
}

#[test]
fn somebody_at_home_presses_one_and_is_joined() {
    let site = site_at_night();
    let mobile = at_trunk(&site, "mobile-presses-one")
        .pressing("1")
        .with("talk_ms", "2000")
        .start(site.ports());
    let linka = site.start();
    let mut call = caller(&site)
        .with("from", "+420777123456")
        .with("talk_ms", "12000")
        .start(site.ports());

    mobile.wait_for("pressed", SOON);
    talks(&linka, "on-call-first");

    call.succeeds(1, SOON);
    mobile.wait_for("ended", SOON);
    counted(&linka, answered(1));
    let received = mobile.messages();
    assert!(received.contains("sip:+420000000001@"), "{received}");
    assert!(!received.contains("777123456"), "{received}");
}

#[test]
fn a_voicemail_never_takes_the_caller() {
    let site = site_at_night();
    site.change(
        "partners.toml",
        "confirm_time_seconds = 15",
        "confirm_time_seconds = 5",
    );
    let voicemail = at_trunk(&site, "voicemail")
        .saying("speech-cs.al")
        .start(site.ports());
    let linka = site.start();
    let mut caller = listening_caller(&site);

    caller.dial(LINE);
    voicemail.wait_for_times("answered", 2, SOON);
    throughout("nobody talks with her", Duration::from_secs(3), || {
        linka.status().is_none_or(|status| {
            crate::contacts(&status)
                .iter()
                .all(|(_, state)| *state != "talking")
        })
    });
    voicemail.wait_for_times("ended", 2, SOON);
    caller.hang_up();

    counted(&linka, abandoned(1));
    caller.wait_for("CALL_CLOSED", SOON);
    let heard = &caller.heard()[0];
    let speech = crate::peers::sound::wav("speech-cs.wav");
    let speech = crate::peers::sound::Sound::read(&speech).between(0.0, 3.0);
    assert!(!heard.find(&speech).is_there());
}
