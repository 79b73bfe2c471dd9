//! What an operator with a plain phone says by star codes, and what she hears in answer.

use serde_json::Value;

use crate::peers::baresip::{Answering, Baresip};
use crate::peers::linka::Linka;
use crate::peers::sound::Sound;
use crate::{SOON, answered, caller, counted, dial, operator, quick_site, registered};

/// Dials the code and tells whether the prompts were heard in answer.
#[track_caller]
fn confirms(phone: &mut Baresip, code: &str, prompt: &str) {
    dial(phone, code);
    let heard = phone.heard();
    let found = heard
        .last()
        .unwrap()
        .find(&Sound::prompt(&format!("cs/{prompt}.wav")));
    assert!(found.is_there(), "{code}: {prompt} is not heard: {found:?}");
}

#[track_caller]
fn intends(linka: &Linka<'_>, intent: &str) {
    linka.wait_for(&format!("she is {intent}"), SOON, |status| {
        (operator(status, "jana")?["intent"] == intent).then_some(())
    });
}

fn wrap_up(status: &Value) -> Option<u64> {
    operator(status, "jana")?["wrap_up_seconds"].as_u64()
}

#[test]
fn each_code_is_obeyed_and_confirmed_by_voice() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let mut phone = registered(&site, "jana", Answering::AtOnce);

    confirms(&mut phone, "*40", "ready");
    intends(&linka, "ready");
    confirms(&mut phone, "*43", "state");
    confirms(&mut phone, "*42", "not-possible");
    confirms(&mut phone, "*41", "paused");
    intends(&linka, "paused");
    confirms(&mut phone, "*43", "paused");
    confirms(&mut phone, "*44", "off");
    intends(&linka, "off");
}

#[test]
fn a_wrap_up_is_made_longer() {
    let site = quick_site();
    site.change("queues.toml", "wrap_up_seconds = 1", "wrap_up_seconds = 60");
    site.operator("jana", "");
    let linka = site.start();
    let mut phone = crate::ready(&site, &linka, "jana", Answering::AtOnce);
    caller(&site)
        .with("talk_ms", "500")
        .start(site.ports())
        .succeeds(1, SOON);
    counted(&linka, answered(1));
    linka.wait_for("she is in wrap-up", SOON, |status| {
        wrap_up(status).map(drop)
    });

    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    confirms(&mut phone, "*42", "wrap-up-longer");
    linka.wait_for("the wrap-up is longer", SOON, |status| {
        (wrap_up(status)? > 240).then_some(())
    });
    confirms(&mut phone, "*43", "wrap-up");
}

#[test]
fn there_is_no_free_dialling() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let mut phone = registered(&site, "jana", Answering::AtOnce);

    for number in ["+420777123456", "158", "*99"] {
        dial(&mut phone, number);
    }

    assert_eq!(phone.seen("CALL_ESTABLISHED"), 0);
    counted(&linka, crate::Counted::default());
}

#[test]
fn a_wrap_up_of_ones_own_stands_in_place_of_the_queues() {
    let site = quick_site();
    site.operator("jana", "wrap_up_seconds = 300");
    let linka = site.start();
    let _phone = crate::ready(&site, &linka, "jana", Answering::AtOnce);

    caller(&site)
        .with("talk_ms", "500")
        .start(site.ports())
        .succeeds(1, SOON);

    counted(&linka, answered(1));
    linka.wait_for("she is in a wrap-up of her own", SOON, |status| {
        (wrap_up(status)? > 200).then_some(())
    });
}
