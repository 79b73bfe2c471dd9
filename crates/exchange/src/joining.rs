//! Joining legs, hanging up, and sessions that change while they are joined.

use std::time::Instant;

use bytes::Bytes;
use dispatch::{ContactId, EndCause, Fact, HandBack, LegId, Miss};
use media::{Background, Level, Order, Playlist};
use sip::{DialogId, Status};

use crate::engine::Exchange;
use crate::legs::{CalledStage, Stage, Whom};
use crate::sound::stream;

impl Exchange {
    /// Joins a contact's caller with the leg that won: her voice interrupts any prompt. `gone` says
    /// how she comes back if that leg is gone.
    pub(crate) fn join(&mut self, now: Instant, contact: ContactId, with: LegId, gone: HandBack) {
        let there = self.called.get_mut(&with);
        let Some(called) = there.filter(|called| called.stage != CalledStage::Leaving) else {
            // The winner hung up while the journal was writing: the caller must not be left alone with it.
            return self.append(
                now,
                Fact::HandedBack {
                    contact,
                    cause: gone,
                },
            );
        };
        called.stage = CalledStage::Talking;
        called.doubt.listen_from_now();
        let Some(legs) = self.contacts.get_mut(&contact) else {
            return self.hang_up(now, with);
        };
        legs.joined = Some(with);
        let caller_leg = legs.caller;
        legs.partners.retain(|_, leg| *leg != with);
        for offer in legs.offers.values_mut() {
            offer.legs.remove(&with);
        }
        legs.offers.retain(|_, offer| !offer.legs.is_empty());
        self.answer(now, caller_leg);
        let Some(caller) = self.callers.get_mut(&caller_leg) else {
            return;
        };
        let words = match caller.stage {
            Stage::Waiting { words } => words,
            Stage::Ringing { .. } | Stage::Talking { .. } => None,
        };
        caller.stage = Stage::Talking { with };
        caller.doubt.listen_from_now();
        let thread = caller.sound.port.thread;
        if let Some(words) = words {
            self.timers.cancel(words);
        }
        self.order(
            thread,
            Order::Join {
                a: stream(caller_leg),
                b: stream(with),
            },
        );
    }

    /// Hangs up a called leg, however far it has come.
    pub(crate) fn hang_up(&mut self, now: Instant, leg: LegId) {
        let Some(called) = self.called.get_mut(&leg) else {
            return;
        };
        let dialog = called.dialog;
        let command = match called.stage {
            CalledStage::Calling { .. } | CalledStage::Ringing => sip::Command::Cancel {
                dialog,
                reason: None,
            },
            CalledStage::Asked { .. } | CalledStage::Answered | CalledStage::Talking => {
                sip::Command::Bye {
                    dialog,
                    reason: None,
                }
            }
            CalledStage::Leaving => return,
        };
        self.leave(leg);
        self.command(now, command);
    }

    /// Marks a called leg as leaving and stops its timers.
    pub(crate) fn leave(&mut self, leg: LegId) {
        let Some(called) = self.called.get_mut(&leg) else {
            return;
        };
        match std::mem::replace(&mut called.stage, CalledStage::Leaving) {
            CalledStage::Calling { silent } => self.timers.cancel(silent),
            CalledStage::Asked { repeat } => self.timers.cancel(repeat),
            CalledStage::Ringing
            | CalledStage::Answered
            | CalledStage::Talking
            | CalledStage::Leaving => {}
        }
    }

    /// A called leg's dialog is over.
    pub(crate) fn called_left(&mut self, now: Instant, leg: LegId, miss: Miss) {
        let stage = self.called.get(&leg).map(|called| called.stage);
        self.leave(leg);
        let Some(called) = self.called.remove(&leg) else {
            return;
        };
        self.by_dialog.remove(&called.dialog);
        self.close_sound(leg, &called.sound);
        let contact = called.contact;
        match stage {
            Some(CalledStage::Talking) => self.far_side_left(now, contact, called.whom),
            // She answered and hung up before the journal knew whether she won: if she did, `join`
            // hands the caller back.
            Some(CalledStage::Answered) => {}
            Some(
                CalledStage::Calling { .. } | CalledStage::Ringing | CalledStage::Asked { .. },
            ) => {
                self.offer_leg_failed(now, leg, contact, called.whom, miss);
            }
            Some(CalledStage::Leaving) => self.called_off(now, leg, contact, called.whom),
            None => {}
        }
    }

    /// Who talked with a caller hung up. An operator ends the call by it; after a partner the
    /// caller waits again at her rank.
    fn far_side_left(&mut self, now: Instant, contact: ContactId, whom: Whom) {
        let fact = match whom {
            Whom::Desk(_) | Whom::Home(_) => Fact::Ended {
                contact,
                cause: EndCause::Operator,
            },
            Whom::Partner(_) => Fact::HandedBack {
                contact,
                cause: HandBack::Partner,
            },
        };
        self.append(now, fact);
    }

    /// The peer offers another session: hold, resume, another address. Attributes never cross legs.
    pub(crate) fn on_offered(&mut self, now: Instant, dialog: DialogId, sdp: &Bytes) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        match sound.session.reanswer(sdp) {
            Ok(answer) => {
                self.command(
                    now,
                    sip::Command::Answer {
                        dialog,
                        sdp: answer.into(),
                    },
                );
                self.settle_sound(leg);
                self.play_hold(leg);
            }
            Err(error) => self.command(
                now,
                sip::Command::Refuse {
                    dialog,
                    status: error.status(),
                },
            ),
        }
    }

    /// The peer leaves the offer to us, to come back from a hold for example.
    pub(crate) fn on_offer_wanted(&mut self, now: Instant, dialog: DialogId) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        let sdp = sound.session.offer_again().into();
        self.command(now, sip::Command::Answer { dialog, sdp });
    }

    /// The peer answered an offer of ours. It may hold or resume by that, too.
    pub(crate) fn on_reanswered(&mut self, now: Instant, dialog: DialogId, sdp: &Bytes) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        self.peer_is_there(now, leg);
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        let was_held = sound.session.is_held();
        sound.session.meet();
        // An answer that cannot be used leaves the session as it was, and still tells that the peer is there.
        let _unusable = sound.session.accept(sdp);
        let is_held = sound.session.is_held();
        self.settle_sound(leg);
        if is_held != was_held {
            self.play_hold(leg);
        }
    }

    /// While one side holds, the other hears the waiting sound; silence ends it.
    fn play_hold(&mut self, leg: LegId) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let Some(caller_leg) = self.contacts.get(&called.contact).map(|legs| legs.caller) else {
            return;
        };
        let held = called.sound.session.is_held();
        let Some(caller) = self.callers.get(&caller_leg) else {
            return;
        };
        if !matches!(caller.stage, Stage::Talking { .. }) {
            return;
        }
        let sound = caller.line.waiting_sound;
        let playlist = if held {
            Playlist {
                prompts: Vec::new(),
                then: Background::Sound {
                    sound,
                    level: Level::Full,
                },
            }
        } else {
            Playlist::silence()
        };
        self.play(caller_leg, playlist);
    }

    /// A re-INVITE of ours was refused: the session stays as it was, and a silent peer is doubted more.
    pub(crate) fn on_reoffer_refused(
        &mut self,
        now: Instant,
        dialog: DialogId,
        reason: sip::Failure,
    ) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        match reason {
            sip::Failure::Timeout
            | sip::Failure::Transport
            | sip::Failure::Status(Status::REQUEST_TIMEOUT) => self.peer_did_not_answer(now, leg),
            sip::Failure::Status(Status::CALL_DOES_NOT_EXIST) => self.peer_knows_no_call(now, leg),
            sip::Failure::Status(_) => self.peer_says_no(now, leg),
        }
    }
}
