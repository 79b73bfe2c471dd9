//! Nobody answers while the line rings: it answers, greets, and the caller waits with a calm sound.

use std::time::Instant;

use crate::peers::baresip::Answering;
use crate::peers::linka::LINE;
use crate::peers::sound::Sound;
use crate::{SOON, answered, counted, listening_caller, listens, ready, site};

/// At least what the greetings in three languages last.
const GREETINGS_SECONDS: f64 = 9.0;

#[test]
fn after_six_seconds_of_ringing_she_is_greeted_waits_and_is_interrupted_by_a_voice() {
    let site = site();
    site.operator("jana", "");
    let linka = site.start();
    let mut phone = ready(&site, &linka, "jana", Answering::ByHand);
    let mut caller = listening_caller(&site);

    caller.dial(LINE);
    caller.wait_for("CALL_RINGING", SOON);
    let rings = Instant::now();
    phone.wait_for("CALL_INCOMING", SOON);
    caller.wait_for("CALL_ESTABLISHED", SOON);
    let rang = rings.elapsed().as_secs_f64();
    listens(&caller, GREETINGS_SECONDS + 4.0);
    phone.accept();
    phone.wait_for_nth("CALL_ESTABLISHED", 2, SOON);
    let accepted = caller.seconds_heard();
    listens(&caller, 3.0);
    caller.hang_up();

    counted(&linka, answered(1));
    caller.wait_for("CALL_CLOSED", SOON);
    assert!((4.0..8.0).contains(&rang), "it rang {rang:.1} s");
    let heard = &caller.heard()[0];
    let greeted = ["cs", "en", "uk"].map(|language| {
        let found = heard.find(&Sound::prompt(&format!("{language}/greeting.wav")));
        assert!(found.is_there(), "{language}: {found:?}");
        found.at_seconds
    });
    assert!(greeted[0] < 1.0 && greeted.is_sorted(), "{greeted:?}");
    let waits = heard.find(&Sound::prompt("waiting.wav").between(0.0, 2.0));
    assert!(
        waits.is_there() && waits.at_seconds > greeted[2] + 1.0,
        "{waits:?}"
    );
    let joined = heard.between(accepted + 0.5, heard.seconds());
    assert!(joined.seconds_of_tone(1100) > 1.5);
}
