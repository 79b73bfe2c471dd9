//! What a waiting caller hears, and the keys she presses.

use std::time::{Duration, Instant};

use dispatch::{Class, ContactId, LegId, Speech};
use media::{Background, Level, Order, Playlist};

use crate::engine::{Exchange, Timer};
use crate::legs::{Hearing, Stage};
use crate::sound::stream;

impl Exchange {
    /// Nobody was free within the ring time: the line answers, greets neutrally, and she waits with a calm sound.
    pub(crate) fn answer_by_itself(&mut self, now: Instant, leg: LegId) {
        let Some(caller) = self.callers.get(&leg) else {
            return;
        };
        if !matches!(caller.stage, Stage::Ringing { .. }) {
            return;
        }
        let greeting = caller.line.greeting.clone();
        self.answer(now, leg);
        self.say(now, leg, greeting);
    }

    /// Sends the 200 and opens the sound.
    pub(crate) fn answer(&mut self, now: Instant, leg: LegId) {
        let local_tag = self.tag(leg);
        let Some(caller) = self.callers.get_mut(&leg) else {
            return;
        };
        let Stage::Ringing { answer } = caller.stage else {
            return;
        };
        caller.stage = Stage::Waiting { words: None };
        let (dialog, sdp) = (caller.dialog, caller.sound.session.local());
        self.timers.cancel(answer);
        self.command(
            now,
            sip::Command::Accept {
                dialog,
                sdp: sdp.into(),
                local_tag,
                headers: Vec::new(),
            },
        );
    }

    /// Says prompts, then goes on with the waiting sound; the next words are said after their time.
    fn say(&mut self, now: Instant, leg: LegId, prompts: Vec<media::SoundId>) {
        let Some(caller) = self.callers.get(&leg) else {
            return;
        };
        let Stage::Waiting { words } = caller.stage else {
            return;
        };
        let playlist = match caller.hearing {
            Hearing::Words { .. } => Playlist {
                prompts,
                then: background(&caller.line, Level::Full),
            },
            Hearing::NearSilence => Playlist {
                prompts: Vec::new(),
                then: background(&caller.line, Level::NearSilent),
            },
        };
        if let Some(words) = words {
            self.timers.cancel(words);
        }
        self.say_words_later(now, leg);
        self.play(leg, playlist);
    }

    /// Has the next words of her line said after their time, if it has any for her.
    pub(crate) fn say_words_later(&mut self, now: Instant, leg: LegId) {
        let Some(caller) = self.callers.get_mut(&leg) else {
            return;
        };
        let Stage::Waiting { words } = &mut caller.stage else {
            return;
        };
        let more = matches!(caller.hearing, Hearing::Words { .. })
            && !caller.line.waiting_words.is_empty();
        let at = now + caller.line.waiting_words_every;
        *words = more.then(|| self.timers.arm(at, Timer::Words(leg)));
    }

    /// The next honest words.
    pub(crate) fn say_words(&mut self, now: Instant, leg: LegId) {
        let Some(caller) = self.callers.get_mut(&leg) else {
            return;
        };
        let Hearing::Words { next } = caller.hearing else {
            return;
        };
        let Some(words) = caller
            .line
            .waiting_words
            .get(next % caller.line.waiting_words.len().max(1))
            .cloned()
        else {
            return;
        };
        caller.hearing = Hearing::Words { next: next + 1 };
        if let Stage::Waiting { words } = &mut caller.stage {
            *words = None;
        }
        self.say(now, leg, words);
    }

    /// A contact waits, for the first time or again. Whoever talked with her is gone; she hears the
    /// waiting sound, not silence.
    pub(crate) fn wait(&mut self, now: Instant, contact: ContactId) {
        let Some(legs) = self.contacts.get_mut(&contact) else {
            return;
        };
        let caller = legs.caller;
        if let Some(joined) = legs.joined.take() {
            self.hang_up(now, joined);
        }
        let Some(talking) = self.callers.get_mut(&caller) else {
            return;
        };
        if matches!(talking.stage, Stage::Talking { .. }) {
            talking.stage = Stage::Waiting { words: None };
            let thread = talking.sound.port.thread;
            let words = talking
                .line
                .waiting_words
                .first()
                .cloned()
                .unwrap_or_default();
            // Whoever talked with her may not have hung up yet, or her phone may never say so: she
            // is heard there no longer.
            let stream = stream(caller);
            self.order(thread, Order::Part { stream });
            self.say(now, caller, words);
        }
    }

    /// A contact's class changed, or whether its caller speaks. Who told that she cannot hears near
    /// silence, her sign that it worked, and the phones that ring for her show it; whom a person
    /// raised hears her words on, for nobody near her is to notice.
    pub(crate) fn classed(
        &mut self,
        now: Instant,
        contact: ContactId,
        class: Class,
        speech: Speech,
    ) {
        let Some(legs) = self.contacts.get_mut(&contact) else {
            return;
        };
        let told = (legs.speech, speech) == (Speech::Expected, Speech::CannotSpeak);
        legs.speech = speech;
        let leg = legs.caller;
        if told {
            self.ring_again(now, contact);
        }
        let Some(caller) = self.callers.get_mut(&leg) else {
            return;
        };
        let quiet = speech == Speech::CannotSpeak || class == Class::Alarm;
        caller.hearing = match (quiet, caller.hearing) {
            (true, _) => Hearing::NearSilence,
            (false, Hearing::NearSilence) => Hearing::Words { next: 0 },
            (false, hearing @ Hearing::Words { .. }) => hearing,
        };
        if matches!(caller.stage, Stage::Waiting { .. }) {
            self.say(now, leg, Vec::new());
        }
    }
}

fn background(line: &crate::settings::Line, level: Level) -> Background {
    Background::Sound {
        sound: line.waiting_sound,
        level,
    }
}

/// Two presses of one key within this time tell that she cannot speak.
pub(crate) const TWICE_WITHIN: Duration = Duration::from_secs(3);
