//! When a leg is dead: its refresh failed twice and nothing was heard for 60 s, or it was never
//! acknowledged, never heard and does not answer when it is asked; or it was never acknowledged,
//! its sound is to go to a host that is none of its trunk's or flow's, and these know no such call.
//! Nothing else hangs up on a caller.

use std::time::{Duration, Instant};

use dispatch::{EndCause, Fact, HandBack, LegId, Miss};
use media::Order;
use sip::DialogId;

use crate::engine::{Exchange, Timer};
use crate::incoming::{Ends, end_of};
use crate::legs::{Asking, CalledStage, Doubt, Whom};
use crate::session::Known;
use crate::sound::stream;

/// Refreshes that fail in a row before silence counts.
const REFRESHES_FAILED: u32 = 2;
/// Silence that counts once the refreshes failed.
const SILENCE: Duration = Duration::from_secs(60);
/// Time from one look at a leg in doubt to the next.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Time from one listening to all legs in a call to the next.
pub(crate) const LISTEN_EVERY: Duration = Duration::from_secs(10);
/// Silence in a call after which the peer is asked whether it is there.
const SILENCE_ASKED: Duration = Duration::from_secs(20);

impl Exchange {
    pub(crate) fn on_heard(&mut self, leg: LegId, at: Option<Instant>) {
        if let Some(sound) = self.sound_mut(leg).filter(|_| at.is_some()) {
            sound.session.hear();
        }
        if let Some(doubt) = self.doubt_mut(leg) {
            doubt.heard = doubt.heard.max(at);
        }
    }

    /// Asks the media threads when the legs in a call were last heard, and silent peers whether they are there.
    pub(crate) fn listen(&mut self, now: Instant) {
        self.timers.arm(now + LISTEN_EVERY, Timer::Listen);
        self.repeats.renew(now);
        let talking = self
            .called
            .iter()
            .filter(|(_, called)| called.stage == CalledStage::Talking);
        let called: Vec<LegId> = talking.map(|(leg, _)| *leg).collect();
        for leg in called {
            let callers = self
                .called
                .get(&leg)
                .and_then(|called| self.contacts.get(&called.contact))
                .map(|legs| legs.caller);
            for leg in [Some(leg), callers].into_iter().flatten() {
                self.ask_if_silent(now, leg);
            }
        }
    }

    fn ask_if_silent(&mut self, now: Instant, leg: LegId) {
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        let (thread, held) = (sound.port.thread, sound.session.is_held());
        self.order(
            thread,
            Order::Ask {
                stream: stream(leg),
            },
        );
        let Some(doubt) = self.doubt_mut(leg) else {
            return;
        };
        let heard = *doubt.heard.get_or_insert(now);
        let silent = now.saturating_duration_since(heard) >= SILENCE_ASKED;
        if silent && !held {
            self.ask_peer(now, leg);
        }
    }

    /// Asks by re-INVITE whether the peer of a leg is there, unless that is asked already.
    fn ask_peer(&mut self, now: Instant, leg: LegId) {
        let Some(sdp) = self.sound_mut(leg).map(|sound| sound.session.local()) else {
            return;
        };
        let Some(dialog) = self.dialog_of(leg) else {
            return;
        };
        let Some(doubt) = self.doubt_mut(leg) else {
            return;
        };
        if std::mem::replace(&mut doubt.asking, Asking::Yes) == Asking::No {
            let sdp = sdp.into();
            self.command(now, sip::Command::Reoffer { dialog, sdp });
        }
    }

    pub(crate) fn on_refresh_failed(&mut self, now: Instant, dialog: DialogId, in_a_row: u32) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        if let Some(doubt) = self.doubt_mut(leg) {
            doubt.refreshes_failed = doubt.refreshes_failed.max(in_a_row);
        }
        self.look_again(now, leg);
    }

    /// A 200 of ours was never acknowledged: that alone ends nothing, but the peer is asked whether it is there.
    pub(crate) fn on_not_acknowledged(&mut self, now: Instant, dialog: DialogId) {
        if let Some(leg) = self.leg_of(dialog) {
            self.ask_peer(now, leg);
        }
    }

    pub(crate) fn peer_did_not_answer(&mut self, now: Instant, leg: LegId) {
        if self.known_of(leg) == Some(Known::Offer) {
            return self.leg_is_dead(now, leg);
        }
        if let Some(doubt) = self.doubt_mut(leg) {
            doubt.asking = Asking::No;
            doubt.refreshes_failed += 1;
            doubt.heard.get_or_insert(now);
        }
        self.look_again(now, leg);
    }

    /// The peer says that it knows no such call. Whoever forges an offer forges packets in its name
    /// as well; but then what we say goes to the peer itself, or the offer names another host.
    pub(crate) fn peer_knows_no_call(&mut self, now: Instant, leg: LegId) {
        let sound = self.sound_mut(leg);
        let is_elsewhere = sound.is_some_and(|sound| !sound.session.is_at_its_hosts());
        match self.known_of(leg) {
            Some(Known::Heard) if is_elsewhere => self.leg_is_dead(now, leg),
            Some(Known::Offer | Known::Heard | Known::Met) | None => {
                self.peer_did_not_answer(now, leg);
            }
        }
    }

    /// The peer says no to our question, which shows that it is there, unless it never acknowledged and never spoke.
    pub(crate) fn peer_says_no(&mut self, now: Instant, leg: LegId) {
        match self.known_of(leg) {
            Some(Known::Offer) => self.leg_is_dead(now, leg),
            Some(Known::Heard | Known::Met) | None => self.peer_is_there(now, leg),
        }
    }

    fn known_of(&mut self, leg: LegId) -> Option<Known> {
        self.sound_mut(leg).map(|sound| sound.session.known())
    }

    pub(crate) fn peer_is_there(&mut self, now: Instant, leg: LegId) {
        if let Some(doubt) = self.doubt_mut(leg) {
            *doubt = Doubt {
                heard: Some(now),
                ..Doubt::default()
            };
        }
    }

    fn look_again(&mut self, now: Instant, leg: LegId) {
        if let Some(thread) = self.sound_mut(leg).map(|sound| sound.port.thread) {
            self.order(
                thread,
                Order::Ask {
                    stream: stream(leg),
                },
            );
            self.timers.arm(now + LOOK_EVERY, Timer::Doubt(leg));
        }
    }

    /// The answer of the media thread is there by now.
    pub(crate) fn on_doubt(&mut self, now: Instant, leg: LegId) {
        let Some(doubt) = self.doubt_mut(leg) else {
            return;
        };
        let failed = doubt.refreshes_failed;
        if failed == 0 {
            return;
        }
        let heard = *doubt.heard.get_or_insert(now);
        if now.saturating_duration_since(heard) < SILENCE {
            return self.look_again(now, leg);
        }
        if failed < REFRESHES_FAILED {
            return self.ask_peer(now, leg);
        }
        self.leg_is_dead(now, leg);
    }

    fn leg_is_dead(&mut self, now: Instant, leg: LegId) {
        if let Some(caller) = self.callers.get(&leg) {
            let end = end_of(caller, Ends::Over);
            self.command(now, end);
            return self.caller_left(now, leg, EndCause::LegLost);
        }
        let stage = self.called.get(&leg).map(|called| called.stage);
        self.called_leg_is_lost(now, leg);
        if stage == Some(CalledStage::Talking)
            && let Some(operator) = self
                .called
                .get(&leg)
                .and_then(|called| called.whom.operator())
        {
            self.phone_did_not_answer(now, operator);
        }
    }

    /// A leg that we called cannot go on: it is hung up, and nobody is left alone with it.
    pub(crate) fn called_leg_is_lost(&mut self, now: Instant, leg: LegId) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let (contact, whom, stage) = (called.contact, called.whom, called.stage);
        self.hang_up(now, leg);
        match stage {
            CalledStage::Talking => {
                if let Some(legs) = self.contacts.get_mut(&contact) {
                    legs.joined = None;
                }
                let cause = match whom {
                    Whom::Desk(_) | Whom::Home(_) => HandBack::LegLost,
                    Whom::Partner(_) => HandBack::Partner,
                };
                self.append(now, Fact::HandedBack { contact, cause });
            }
            CalledStage::Calling { .. } | CalledStage::Ringing | CalledStage::Asked { .. } => {
                self.offer_leg_failed(now, leg, contact, whom, Miss::Unreachable);
            }
            // The journal decides whether it won; if it did, `join` hands her back.
            CalledStage::Answered | CalledStage::Leaving => {}
        }
    }

    fn dialog_of(&self, leg: LegId) -> Option<DialogId> {
        let caller = self.callers.get(&leg).map(|caller| caller.dialog);
        caller.or_else(|| self.called.get(&leg).map(|called| called.dialog))
    }

    fn doubt_mut(&mut self, leg: LegId) -> Option<&mut Doubt> {
        if let Some(caller) = self.callers.get_mut(&leg) {
            return Some(&mut caller.doubt);
        }
        self.called.get_mut(&leg).map(|called| &mut called.doubt)
    }
}
