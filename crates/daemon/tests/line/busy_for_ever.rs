//! A phone that is always busy is asked again, calmly, and its operator keeps her place.

use std::time::Duration;

use crate::peers::throughout;
use crate::{SOON, abandoned, caller, counted, misses, phone, quick_site, ready_sipp};

/// A declined offer rests 10 s: within twice that it is made thrice at most.
const WATCHED: Duration = Duration::from_secs(20);
const OFFERS_MAX: usize = 3;

#[test]
fn a_phone_that_declines_for_ever_is_asked_again_but_never_in_a_loop() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "declines"));

    let mut call = caller(&site).with("talk_ms", "30000").start(site.ports());
    jana.wait_for("declined", SOON);
    throughout("the phone is not flooded", WATCHED, || {
        jana.messages().matches("\nINVITE sip:jana@").count() <= OFFERS_MAX
    });
    jana.wait_for_times("declined", 2, SOON);
    let asked = jana.logged("declined");

    let [no_answer, declined, unreachable] = misses(&linka, "jana");
    assert_eq!((no_answer, unreachable), (0, 0));
    assert!(declined >= 2 && declined.abs_diff(asked as u64) <= 1);
    linka.wait_for("she waits and the operator is not paused", SOON, |status| {
        let jana = crate::operator(status, "jana")?;
        (status["contacts"][0]["state"] != "talking" && jana["paused_by_machine"] == false)
            .then_some(())
    });
    call.succeeds(1, SOON);
    counted(&linka, abandoned(1));
}
