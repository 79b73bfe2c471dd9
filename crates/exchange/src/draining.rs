//! Draining: no new calls; over when the last call is.

use std::time::{Duration, Instant};

use sip::NewCalls;

use crate::engine::{Exchange, Timer};
use crate::input::{Mode, Output};
use crate::legs::CalledStage;

/// How long a call that is taken back may keep a drained exchange from its end. A CANCEL waits for
/// a first word of the peer (RFC 3261 §9.1); who was sent the INVITE four times by then and said
/// nothing is gone, and would be waited for 32 s.
const GOODBYES: Duration = Duration::from_secs(4);

impl Exchange {
    /// Takes no more calls. Those that are there may end.
    pub(crate) fn drain(&mut self, now: Instant) {
        self.mode = Mode::Draining;
        self.untold.others();
        self.command(now, sip::Command::Admit(NewCalls::Refused));
    }

    /// Tells once that all calls are over.
    pub(crate) fn note_drained(&mut self, now: Instant) {
        if self.mode != Mode::Draining || !self.are_goodbyes_all() {
            return;
        }
        if self.called.is_empty() {
            self.drained();
        } else if self.goodbyes.is_none() {
            self.goodbyes = Some(self.timers.arm(now + GOODBYES, Timer::Goodbyes));
        }
    }

    /// Who was hung up on had time to hear it.
    pub(crate) fn on_goodbyes_over(&mut self) {
        self.goodbyes = None;
        if self.mode == Mode::Draining && self.are_goodbyes_all() {
            self.drained();
        }
    }

    /// Whether no call is left but such as are hung up already.
    fn are_goodbyes_all(&self) -> bool {
        let mut called = self.called.values();
        self.callers.is_empty()
            && self.stars.is_empty()
            && called.all(|called| called.stage == CalledStage::Leaving)
    }

    fn drained(&mut self) {
        self.mode = Mode::Drained;
        self.untold.others();
        self.push(Output::Drained);
    }
}
