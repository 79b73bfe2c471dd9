//! What a peer says and hears in its calls.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use media::Digit;
use sip::DialogId;
use sip::sdp::{self, Capabilities, Description};

use super::call::{CallStage, Hold, Voice};
use super::{Peer, Plan, Power};
use crate::network::Datagram;
use crate::rtp::speaker_in;

impl Peer {
    /// The exchange said where it hears.
    pub(super) fn note_description(&mut self, dialog: DialogId, description: &Bytes) {
        let Ok(description) = Description::parse(description) else {
            return;
        };
        if let (Some(call), Ok(settled)) = (
            self.calls.get_mut(&dialog),
            sdp::negotiate(&description, &Capabilities::default()),
        ) {
            call.towards = Some(settled.rtp);
        }
    }

    /// Somebody speaks in a call from now on; her first sound comes when her phone is so far.
    pub(super) fn begin_to_speak(&mut self, now: Instant, dialog: DialogId) {
        let begins = now + self.habits.sound_after;
        if let Some(call) = self.calls.get_mut(&dialog)
            && call.voice == Voice::Silent
        {
            call.voice = Voice::Speaks;
            call.changed = begins;
            self.plan_next(begins, dialog, Plan::Sound);
        }
    }

    /// The next packet of sound.
    pub(super) fn speak(&mut self, now: Instant, dialog: DialogId) {
        let Some(call) = self.calls.get_mut(&dialog) else {
            return;
        };
        if call.voice == Voice::Silent || matches!(call.stage, CallStage::Over(_)) {
            return;
        }
        if let Some(to) = call.towards {
            let (from, bytes) = (call.sound, call.speech.sound(now));
            self.said.push_back(Datagram { from, to, bytes });
        }
        self.plan_next(now + self.habits.sound_every, dialog, Plan::Sound);
    }

    /// A key, told in the sound.
    pub(super) fn press(&mut self, now: Instant, dialog: DialogId, digit: Digit) {
        let Some(call) = self.calls.get_mut(&dialog) else {
            return;
        };
        let Some(to) = call.towards else {
            return;
        };
        let from = call.sound;
        let packets = call.speech.key(now, digit).into_iter();
        self.said
            .extend(packets.map(|bytes| Datagram { from, to, bytes }));
    }

    pub(crate) fn poll_said(&mut self) -> Option<Datagram> {
        let said = self.said.pop_front()?;
        (self.power == Power::On).then_some(said)
    }

    pub(crate) fn has_said(&self) -> bool {
        !self.said.is_empty()
    }

    /// Sound arrived at one of its addresses.
    pub(crate) fn hear(&mut self, now: Instant, at: SocketAddr, packet: &[u8]) {
        if self.power == Power::On
            && let Some(speaker) = speaker_in(packet)
            && let Some(dialog) = self.call_at(at)
            && let Some(call) = self.calls.get_mut(&dialog)
        {
            call.heard = Some((now, speaker));
        }
    }

    /// Whether somebody there means to be heard, or to hear: she is in the call, and does not hold it.
    pub(crate) fn takes_part(&self, dialog: DialogId) -> bool {
        let call = self.calls.get(&dialog);
        self.power == Power::On
            && call.is_some_and(|call| {
                call.stage == CallStage::Talking
                    && call.hold == Hold::Off
                    && call.voice == Voice::Speaks
            })
    }

    /// The call that an address of sound belongs to.
    pub(crate) fn call_at(&self, sound: SocketAddr) -> Option<DialogId> {
        let found = self.calls.iter().find(|(_, call)| call.sound == sound);
        found.map(|(dialog, _)| *dialog)
    }
}
