//! Whatever a reserve or a pause of the machine says, the last operator who is there takes the caller.

use crate::peers::baresip::Answering;
use crate::{
    SOON, abandoned, answered, caller, caller_who_stays, counted, dial, operator, phone,
    quick_site, ready, ready_sipp, talks, waiting,
};

#[test]
fn one_operator_takes_a_crisis_call_although_the_queue_keeps_one_for_danger() {
    let site = quick_site();
    site.change(
        "queues.toml",
        "# [[queue.reserve]]\n# class = \"danger\"\n# operators = 1\n",
        "[[queue.reserve]]\nclass = \"danger\"\noperators = 1\n",
    );
    site.operator("jana", "");
    let linka = site.start();
    let answers = phone(&site, "jana", "answers-and-hangs-up").with("talk_ms", "500");
    let _jana = ready_sipp(&site, &linka, "jana", answers);

    let mut call = caller_who_stays(&site).start(site.ports());

    call.succeeds(1, SOON);
    counted(&linka, answered(1));
}

#[test]
fn who_was_paused_after_misses_is_offered_callers_again_once_she_is_the_last() {
    let site = quick_site();
    site.change(
        "queues.toml",
        "misses_before_pause = 3",
        "misses_before_pause = 1",
    );
    site.change(
        "queues.toml",
        "strategy = \"longest-idle\"",
        "strategy = \"ordered-list\"",
    );
    site.operator("jana", "order = 1");
    site.operator("eva", "order = 2");
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "declines"));
    let mut eva = ready(&site, &linka, "eva", Answering::AtOnce);
    let mut first = caller(&site).with("talk_ms", "1500").start(site.ports());
    talks(&linka, "eva");
    first.succeeds(1, SOON);
    linka.wait_for("the machine has paused her", SOON, |status| {
        (operator(status, "jana")?["paused_by_machine"] == true).then_some(())
    });

    dial(&mut eva, "*44");
    linka.wait_for("her pause is lifted", SOON, |status| {
        (operator(status, "jana")?["paused_by_machine"] == false).then_some(())
    });
    let mut second = caller(&site).with("talk_ms", "15000").start(site.ports());

    waiting(&linka, 1);
    jana.wait_for_times("declined", 2, SOON);
    second.succeeds(1, SOON);
    let status = linka.status().unwrap();
    assert_eq!(
        operator(&status, "jana").unwrap()["paused_by_machine"],
        false
    );
    assert_eq!(status["counts"]["abandoned"], abandoned(1).abandoned);
}
