//! What a peer's SIP engine tells it.

use std::time::{Duration, Instant};

use sip::{Body, Command, DialogId, Event, Status};

use super::Peer;
use super::call::{Call, CallEnd, CallStage, Direction, Manner, Voice};

impl Peer {
    pub(super) fn on_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming {
                dialog, request, ..
            } => self.on_incoming(now, dialog, &request),
            Event::Progress {
                dialog,
                status,
                sdp,
            } => {
                self.note_descriptions(dialog, sdp);
                if let Some(call) = self.calls.get_mut(&dialog) {
                    call.progress.push(status);
                }
            }
            Event::Established { dialog, sdp, .. } | Event::Acknowledged { dialog, sdp } => {
                self.note_descriptions(dialog, sdp);
                self.established(now, dialog);
            }
            Event::Reanswered { dialog, sdp } => self.note_description(dialog, &sdp.0),
            Event::Cancelled { dialog } => self.over(now, dialog, CallEnd::Cancelled),
            Event::Failed { dialog, reason, .. } => self.over(now, dialog, CallEnd::Failed(reason)),
            Event::Ended { dialog, cause } => self.over(now, dialog, CallEnd::of(&cause)),
            Event::Offered { dialog, sdp } => {
                self.note_description(dialog, &sdp.0);
                self.describe(now, dialog);
            }
            Event::OfferWanted { dialog } => self.describe(now, dialog),
            Event::RefreshFailed { dialog, in_a_row } if in_a_row >= 2 => {
                self.command(
                    now,
                    Command::Bye {
                        dialog,
                        reason: None,
                    },
                );
            }
            Event::RegistrationChanged { state, .. } => self.registration = Some(state),
            Event::NotAcknowledged { .. }
            | Event::Refused { .. }
            | Event::RefreshFailed { .. }
            | Event::Signalled { .. }
            | Event::StrayBye { .. }
            | Event::StraySuccess { .. }
            | Event::StrangerRefused { .. }
            | Event::Request { .. }
            | Event::BindingsChanged { .. }
            | Event::RefusedForLoad { .. }
            | Event::Followed { .. }
            | Event::Trying { .. }
            | Event::Probed { .. } => {}
        }
    }

    fn note_descriptions(&mut self, dialog: DialogId, sdp: Option<Body>) {
        if let Some(sdp) = sdp {
            self.note_description(dialog, &sdp.0);
        }
    }

    /// Answers an offer, or makes one.
    fn describe(&mut self, now: Instant, dialog: DialogId) {
        if let Some(call) = self.calls.get(&dialog) {
            let sdp = call.description().into();
            self.command(now, Command::Answer { dialog, sdp });
        }
    }

    fn on_incoming(&mut self, now: Instant, dialog: DialogId, request: &sip::message::Message) {
        let user = request.uri().ok().and_then(|uri| uri.user_unescaped());
        let number = String::from_utf8_lossy(&user.unwrap_or_default()).into_owned();
        let manner = self
            .manners
            .get(&number)
            .or_else(|| self.manners.get(""))
            .copied()
            .unwrap_or(Manner::Declines(Duration::ZERO, Status::NOT_FOUND));
        let sound = self.next_sound();
        let mut call = Call::new(number, Direction::In, now, sound);
        call.shown = request.from().ok().and_then(|from| {
            from.display()
                .text()
                .map(|text| text.trim_matches('"').to_owned())
        });
        self.calls.insert(dialog, call);
        if let Some(offer) = request.session_description() {
            self.note_description(dialog, &offer);
        }
        for (after, act) in manner.acts() {
            self.plan(now + after, dialog, act);
        }
    }

    fn established(&mut self, now: Instant, dialog: DialogId) {
        let Some(call) = self.calls.get_mut(&dialog) else {
            return;
        };
        if let CallStage::Over(_) = call.stage {
            return;
        }
        if call.answered.is_none() {
            call.answered = Some(now);
        }
        if call.stage != CallStage::Talking {
            call.stage = CallStage::Talking;
            self.begin_to_speak(now, dialog);
        }
    }

    pub(super) fn over(&mut self, now: Instant, dialog: DialogId, end: CallEnd) {
        if let Some(call) = self.calls.get_mut(&dialog) {
            call.voice = Voice::Silent;
            call.stage = CallStage::Over(end);
            call.ended = Some(now);
        }
    }
}
