//! Sound on its way, and whether those who talk hear each other.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use media::StreamId;

use crate::centre::Centre;
use crate::network::{Datagram, Weather};
use crate::peer::{Call, CallRef};
use crate::rtp::{SOUND_EVERY, Speech};
use crate::world::World;

/// Who is joined and undisturbed hears the other after this time: a source that moved is followed after 2 s of silence.
const HEARD_WITHIN: Duration = Duration::from_secs(5);
/// The same in a network that loses datagrams.
const HEARD_WITHIN_IN_BAD_WEATHER: Duration = Duration::from_secs(20);
/// Time between two looks whether those who talk hear each other.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Sound of no peer.
#[derive(Debug)]
pub(super) struct Stranger {
    sound: SocketAddr,
    /// Where SDP says that the sound of the call is, into which it is sent.
    call: SocketAddr,
    speech: Speech,
    due: Instant,
}

impl World {
    /// A datagram arrived that is no message.
    pub(super) fn deliver_sound(&mut self, datagram: &Datagram) {
        if datagram.to.ip() == Centre::exchange().ip() {
            self.media.receive(self.now, datagram);
            self.flush_media();
        } else if let Some(place) = self.owner_of(datagram.to) {
            self.peers[place].hear(self.now, datagram.to, &datagram.bytes);
        }
    }

    /// Sends what the media threads have to send.
    pub(super) fn flush_media(&mut self) {
        while let Some(datagram) = self.media.poll_datagram() {
            self.network.send(self.now, datagram);
        }
    }

    /// From now on sound comes from an address that belongs to no peer, into the call whose sound SDP says is there.
    pub fn speak_from(&mut self, sound: SocketAddr) {
        self.speak_into(sound, sound);
    }

    /// From now on sound comes from an address that belongs to no peer, into the call whose sound
    /// is elsewhere by its SDP.
    pub fn speak_into(&mut self, call: SocketAddr, sound: SocketAddr) {
        let (speech, due) = (Speech::new(self.now, sound), self.now);
        self.strangers.push(Stranger {
            sound,
            call,
            speech,
            due,
        });
        self.strangers_speak();
    }

    pub(super) fn next_stranger(&self) -> Option<Instant> {
        self.strangers.iter().map(|stranger| stranger.due).min()
    }

    pub(super) fn strangers_speak(&mut self) {
        for stranger in &mut self.strangers {
            if stranger.due > self.now {
                continue;
            }
            stranger.due = self.now + SOUND_EVERY;
            let from = stranger.sound;
            let stream = self.media.stream_at(stranger.call);
            if let Some(to) = stream.and_then(|stream| self.media.local_of(stream)) {
                let bytes = stranger.speech.sound(self.now);
                self.network.send(self.now, Datagram { from, to, bytes });
            }
        }
    }

    /// Whether a call has heard the voice of another one in the last seconds.
    #[must_use]
    pub fn hears_voice_of(&self, listener: CallRef, speaker: CallRef) -> bool {
        self.heard_lately(self.call_of(listener), self.call_of(speaker))
    }

    fn heard_lately(&self, listener: &Call, speaker: &Call) -> bool {
        listener
            .heard
            .is_some_and(|(at, whom)| whom == speaker.sound && self.now - at <= self.heard_within())
    }

    fn heard_within(&self) -> Duration {
        if self.network.weather() == Weather::CALM {
            HEARD_WITHIN
        } else {
            HEARD_WITHIN_IN_BAD_WEATHER
        }
    }

    /// Looks from time to time whether all who are joined, and have been undisturbed for a while, hear each other.
    pub(super) fn look_at_talks(&mut self) {
        if self.now < self.looked + LOOKED_EVERY {
            return;
        }
        self.looked = self.now;
        for (speaker, listener, since) in self.media.talks() {
            if let Some(wrong) = self.deaf(speaker, listener, since) {
                self.fail(&wrong);
            }
        }
    }

    /// What is wrong where a listener does not hear whom she is joined with.
    fn deaf(&self, speaker: StreamId, listener: StreamId, since: Instant) -> Option<String> {
        let (speaks, listens) = (self.call_at(speaker)?, self.call_at(listener)?);
        let mut since = since.max(self.weather_changed);
        for call in [speaks, listens] {
            let peer = &self.peers[call.peer];
            if !peer.takes_part(call.dialog) {
                return None;
            }
            since = since.max(peer.moved).max(self.call_of(call).changed);
        }
        let undisturbed = self.now.saturating_duration_since(since);
        let (speaks, listens) = (self.call_of(speaks), self.call_of(listens));
        if undisturbed <= self.heard_within() || self.heard_lately(listens, speaks) {
            return None;
        }
        Some(format!(
            "for {undisturbed:?} the call at {} does not hear the one at {}; it heard {:?}",
            listens.sound,
            speaks.sound,
            listens.heard.map(|(at, whom)| (self.now - at, whom))
        ))
    }

    /// The call of a peer that a stream speaks with.
    fn call_at(&self, stream: StreamId) -> Option<CallRef> {
        let sound = self.media.remote_of(stream)?;
        let peer = self.owner_of(sound)?;
        let dialog = self.peers[peer].call_at(sound)?;
        Some(CallRef { peer, dialog })
    }

    /// The router of a phone maps anew: what comes from it next has other ports.
    #[track_caller]
    pub fn rebind(&mut self, phone: &str) {
        let (now, place) = (self.now, self.place(phone));
        self.network.rebind(self.peers[place].address.ip());
        self.peers[place].is_mapped_anew(now);
    }

    /// The router of a phone has another address outside, as many do once a night.
    #[track_caller]
    pub fn move_router(&mut self, phone: &str, outside: IpAddr) {
        let (now, place) = (self.now, self.place(phone));
        let inside = self.peers[place].address.ip();
        self.network.move_router(inside, outside);
        self.peers[place].is_mapped_anew(now);
    }
}
