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

/// A site whose timeline ends with the people at home, and whose line asks for a skill that nobody there has.
fn site_at_night() -> Site {
    let site = quick_site();
    without_partner(&site);
    site.change("lines.toml", "# skills = { cs = 1 }", "skills = { cs = 1 }");
    site
}

fn at_trunk(site: &Site, scenario: &'static str) -> Scenario {
    Scenario::waiting(scenario).at(TRUNK_HOST, site.trunk().port())
}

#[test]
fn somebody_at_home_presses_one_and_is_joined() {
    let site = site_at_night();
    let both = "partners = [\"on-call-first\", \"on-call-second\"]";
    site.change("queues.toml", both, "partners = [\"on-call-first\"]");
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

#[test]
fn who_is_named_by_a_later_step_does_not_ring_at_the_first() {
    let site = site_at_night();
    site.change(
        "queues.toml",
        "partners = [\"on-call-first\", \"on-call-second\"]",
        "partners = [\"on-call-first\"]\n\n[[queue.timeline]]\nafter_seconds = 3600\naction = \"on-call\"\npartners = [\"on-call-second\"]",
    );
    site.change(
        "queues.toml",
        "rest_declined_seconds = 10",
        "rest_declined_seconds = 1",
    );
    let mobiles = at_trunk(&site, "declines").start(site.ports());
    let linka = site.start();
    let mut call = caller(&site).with("talk_ms", "12000").start(site.ports());

    mobiles.wait_for_times("declined", 3, SOON);

    call.succeeds(1, SOON);
    let received = mobiles.messages();
    assert!(received.contains("+420000000011@"), "{received}");
    assert!(!received.contains("+420000000012@"), "{received}");
    counted(&linka, abandoned(1));
}
