//! Several phones ring for one caller: one answer wins, the others stop and are told why.

use crate::{SOON, answered, caller, counted, misses, phone, quick_site, ready_sipp, talks};

#[test]
fn one_answer_wins_and_the_other_phone_is_told_that_it_was_answered_elsewhere() {
    let site = quick_site();
    site.change("queues.toml", "\"longest-idle\"\n", "\"ring-all\"\n");
    site.operator("jana", "");
    site.operator("eva", "");
    let linka = site.start();
    let eva = ready_sipp(&site, &linka, "eva", phone(&site, "eva", "never-answers"));
    let answers = phone(&site, "jana", "answers").with("ring_ms", "1500");
    let jana = ready_sipp(&site, &linka, "jana", answers);

    let mut call = caller(&site).start(site.ports());
    talks(&linka, "jana");

    call.succeeds(1, SOON);
    eva.wait_for("cancelled", SOON);
    jana.wait_for("ended", SOON);
    let reason = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"";
    assert!(eva.messages().contains(reason), "{}", eva.messages());
    counted(&linka, answered(1));
    assert_eq!(misses(&linka, "eva"), [0, 0, 0]);
}

#[test]
fn one_operator_with_two_phones_answers_on_either() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let second = phone(&site, "jana", "never-answers").start(site.ports());
    second.wait_for("registered", SOON);
    let answers = phone(&site, "jana", "answers").with("ring_ms", "1500");
    let first = ready_sipp(&site, &linka, "jana", answers);

    let mut call = caller(&site).start(site.ports());
    talks(&linka, "jana");

    call.succeeds(1, SOON);
    first.wait_for("ended", SOON);
    second.wait_for("cancelled", SOON);
    counted(&linka, answered(1));
}
