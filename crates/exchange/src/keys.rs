//! Keys and other news from the media threads.

use std::time::Instant;

use dispatch::{Cause, Class, Fact, LegId, Needs};
use media::{Digit, Event};
use sip::{DialogId, Signal};

use crate::engine::Exchange;
use crate::legs::{CalledStage, Caller, Stage};
use crate::presses::Way;
use crate::settings::CannotSpeak;
use crate::sound::leg;
use crate::waiting::TWICE_WITHIN;

impl Exchange {
    pub(crate) fn on_media(&mut self, now: Instant, event: Event) {
        match event {
            Event::PortReady(port) => {
                self.ports.add(port);
                self.offer_with_new_port(now, port.thread);
            }
            Event::Heard { stream } => self.on_heard(leg(stream), Some(now)),
            Event::LastHeard { stream, at } => self.on_heard(leg(stream), at),
            Event::Digit {
                stream,
                digit,
                source: _,
            } => self.on_key(now, leg(stream), digit, Way::Sound),
            Event::Finished { stream, sound: _ } => {
                self.on_confirmed(now, leg(stream));
            }
            Event::Refused {
                stream: Some(stream),
                error: _,
            } => self.on_order_lost(now, leg(stream)),
            Event::Refused {
                stream: None,
                error: _,
            }
            | Event::DigitsSent { .. }
            | Event::Closed { .. } => {}
        }
    }

    /// A key came by INFO: it counts as one in the sound does.
    pub(crate) fn on_signalled(&mut self, now: Instant, dialog: DialogId, signal: Signal) {
        if let (Some(leg), Some(digit)) = (self.leg_of(dialog), Digit::from_char(signal.as_char()))
        {
            self.on_key(now, leg, digit, Way::Info);
        }
    }

    fn on_key(&mut self, now: Instant, leg: LegId, digit: Digit, way: Way) {
        let sound = self.sound_mut(leg);
        if !sound.is_some_and(|sound| sound.presses.is_new(now, digit, way)) {
            return;
        }
        if self.callers.contains_key(&leg) {
            self.on_callers_key(now, leg, digit);
        } else if digit.as_char() == '1'
            && let Some(called) = self.called.get(&leg)
            && matches!(called.stage, CalledStage::Asked { .. })
        {
            self.on_pressed_one(now, leg);
        }
    }

    /// Any key pressed twice within 3 s makes a waiting caller `Danger`; one key may choose what she needs.
    fn on_callers_key(&mut self, now: Instant, leg: LegId, digit: Digit) {
        let Some(caller) = self.callers.get_mut(&leg) else {
            return;
        };
        let contact = caller.contact;
        let meaning = match caller.stage {
            Stage::Waiting { .. } => caller.meaning_of(now, digit),
            Stage::Ringing { .. } | Stage::Talking { .. } => Meaning::Nothing,
        };
        self.tell_tap(contact, digit);
        match meaning {
            Meaning::CannotSpeak => self.append(
                now,
                Fact::Classed {
                    contact,
                    class: Class::Danger,
                    cause: Cause::Caller,
                },
            ),
            Meaning::Needs(needs) => self.append(now, Fact::Needed { contact, needs }),
            Meaning::Nothing => {}
        }
    }
}

/// What a waiting caller means by a key.
enum Meaning {
    /// It was pressed twice: she cannot speak.
    CannotSpeak,
    /// She chose what she needs.
    Needs(Needs),
    Nothing,
}

impl Caller {
    fn meaning_of(&mut self, now: Instant, digit: Digit) -> Meaning {
        let twice = self.last_key.is_some_and(|(key, at)| {
            key == digit && now.saturating_duration_since(at) <= TWICE_WITHIN
        });
        self.last_key = if twice { None } else { Some((digit, now)) };
        match self.line.cannot_speak {
            CannotSpeak::AnyKeyTwice if twice => Meaning::CannotSpeak,
            CannotSpeak::AnyKeyTwice | CannotSpeak::Off => {
                let mut choices = self.line.choices.iter();
                let chosen = choices.find(|choice| choice.key == digit);
                chosen.map_or(Meaning::Nothing, |it| Meaning::Needs(it.needs.clone()))
            }
        }
    }
}
