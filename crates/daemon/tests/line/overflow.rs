//! With nobody at a desk and nobody at home, a partner's line takes the caller.

use crate::peers::sipp::{Scenario, TRUNK_HOST};
use crate::{Counted, SOON, caller, counted, quick_site, talks};

#[test]
fn a_partner_who_answers_talks_with_the_caller_and_sees_our_number_only() {
    let site = quick_site();
    site.change(
        "queues.toml",
        "[[queue.timeline]]\nafter_seconds = 45\naction = \"on-call\"\npartners = [\"on-call-first\", \"on-call-second\"]\n",
        "",
    );
    let partner = Scenario::waiting("answers")
        .at(TRUNK_HOST, site.trunk().port())
        .start(site.ports());
    let linka = site.start();

    let mut call = caller(&site)
        .with("from", "+420777123456")
        .with("talk_ms", "4000")
        .start(site.ports());
    talks(&linka, "neighbour-line");

    call.succeeds(1, SOON);
    partner.wait_for("ended", SOON);
    let overflowed = Counted {
        arrived: 1,
        overflowed: 1,
        ..Counted::default()
    };
    counted(&linka, overflowed);
    let received = partner.messages();
    assert!(received.contains("sip:+420000000001@"), "{received}");
    assert!(!received.contains("777123456"), "{received}");
}
