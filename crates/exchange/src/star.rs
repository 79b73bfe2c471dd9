//! Star codes: what an operator with a plain phone and no page can say.

use std::time::{Duration, Instant};

use dispatch::{Intent, Key, LegId, OperatorId, WrapUpChange};
use journal::Fact;
use media::{Background, Playlist};
use sip::message::Message;
use sip::{DialogId, Flow, Status, User};

use crate::engine::{Exchange, Timer};
use crate::incoming::OpenError;
use crate::legs::StarCall;
use crate::settings::{Language, Prompt};

/// How long a spoken confirmation may last before we hang up.
const CONFIRMATION: Duration = Duration::from_secs(4);
/// What one `*42` adds to a wrap-up.
const LONGER: Duration = Duration::from_secs(300);

/// A star code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Ready,
    Pause,
    Longer,
    State,
    Off,
}

impl Code {
    fn parse(user: &[u8]) -> Option<Self> {
        match user {
            b"*40" => Some(Self::Ready),
            b"*41" => Some(Self::Pause),
            b"*42" => Some(Self::Longer),
            b"*43" => Some(Self::State),
            b"*44" => Some(Self::Off),
            _ => None,
        }
    }
}

impl Exchange {
    /// An operator's phone calls us: star codes, after a challenge, and nothing else.
    pub(crate) fn on_phone_calls(&mut self, now: Instant, call: PhoneCall<'_>) {
        let PhoneCall {
            dialog,
            request,
            flow,
            operator,
            user,
        } = call;
        let Some(user) = user else {
            return self.reject(now, dialog, Status::UNAUTHORIZED);
        };
        if user.0 != operator.0.as_str() {
            return self.reject(now, dialog, Status::FORBIDDEN);
        }
        let dialled = request
            .uri()
            .ok()
            .and_then(|uri| uri.user_unescaped())
            .unwrap_or_default();
        // There is no free dialling: the directory alone is called, and by the machine.
        let Some(code) = Code::parse(&dialled) else {
            return self.reject(now, dialog, Status::FORBIDDEN);
        };
        let leg = self.next_leg();
        let laws = [media::Law::ALaw, media::Law::MuLaw];
        let latch = media::Latch::Anywhere;
        match self.open_sound(leg, flow.listener, &request.body(), &laws, latch) {
            Ok(sound) => {
                let call = StarCall {
                    dialog,
                    operator,
                    sound,
                    hang_up: None,
                };
                self.confirm(now, leg, code, call);
            }
            Err(OpenError::NoPort) => self.reject(now, dialog, Status::SERVICE_UNAVAILABLE),
            Err(OpenError::Session(error)) => self.reject(now, dialog, error.status()),
        }
    }

    fn confirm(&mut self, now: Instant, leg: LegId, code: Code, mut call: StarCall) {
        let (dialog, operator, sdp) = (call.dialog, call.operator, call.sound.session.local());
        call.hang_up = Some(self.timers.arm(now + CONFIRMATION, Timer::HangUp(leg)));
        self.stars.insert(leg, call);
        self.by_dialog.insert(dialog, leg);
        self.append(now, Fact::Engaged { operator, leg });
        let prompt = self.obey(now, operator, code);
        let local_tag = self.tag(leg);
        self.command(
            now,
            sip::Command::Accept {
                dialog,
                sdp: sdp.into(),
                local_tag,
                headers: Vec::new(),
            },
        );
        let language = self.language_of(operator);
        let prompts = self
            .settings
            .sounds
            .prompts
            .get(&(language, prompt))
            .copied()
            .into_iter()
            .collect();
        self.play(
            leg,
            Playlist {
                prompts,
                then: Background::Silence,
            },
        );
    }

    /// Does what the code says and tells which prompt confirms it.
    fn obey(&mut self, now: Instant, operator: OperatorId, code: Code) -> Prompt {
        match code {
            Code::Ready => {
                self.append(
                    now,
                    Fact::Intends {
                        operator,
                        intent: Intent::Ready,
                    },
                );
                Prompt::Ready
            }
            Code::Pause => {
                let Ok(reason) = Key::parse("phone") else {
                    return Prompt::NotPossible;
                };
                self.append(
                    now,
                    Fact::Intends {
                        operator,
                        intent: Intent::Paused {
                            reason,
                            back_at: None,
                        },
                    },
                );
                Prompt::Paused
            }
            Code::Longer if self.is_in_wrap_up(operator) => {
                self.append(
                    now,
                    Fact::WrapUp {
                        operator,
                        change: WrapUpChange::Longer(LONGER),
                    },
                );
                Prompt::WrapUpLonger
            }
            Code::Longer => Prompt::NotPossible,
            Code::State => self.state_prompt(operator),
            Code::Off => {
                self.append(
                    now,
                    Fact::Intends {
                        operator,
                        intent: Intent::Off,
                    },
                );
                Prompt::Off
            }
        }
    }

    fn state_prompt(&self, operator: OperatorId) -> Prompt {
        let Some(view) = self.dispatcher().operator(operator) else {
            return Prompt::Off;
        };
        if view.wrap_up.is_some() {
            return Prompt::WrapUp;
        }
        if view.paused.is_some() {
            return Prompt::PausedAfterMisses;
        }
        match view.intent {
            Intent::Ready => Prompt::Ready,
            Intent::Paused { .. } => Prompt::Paused,
            Intent::Off => Prompt::Off,
        }
    }

    fn is_in_wrap_up(&self, operator: OperatorId) -> bool {
        self.dispatcher()
            .operator(operator)
            .is_some_and(|view| view.wrap_up.is_some())
    }

    fn language_of(&self, operator: OperatorId) -> Language {
        self.settings
            .operators
            .iter()
            .find(|other| other.id == operator)
            .map(|operator| operator.language)
            .unwrap_or_default()
    }

    /// The confirmation is over.
    pub(crate) fn hang_up_star(&mut self, now: Instant, leg: LegId) {
        if let Some(star) = self.stars.get(&leg) {
            let dialog = star.dialog;
            self.command(
                now,
                sip::Command::Bye {
                    dialog,
                    reason: None,
                },
            );
            self.by_dialog.remove(&dialog);
            self.star_left(now, leg);
        }
    }

    pub(crate) fn star_left(&mut self, now: Instant, leg: LegId) {
        let Some(star) = self.stars.remove(&leg) else {
            return;
        };
        if let Some(hang_up) = star.hang_up {
            self.timers.cancel(hang_up);
        }
        self.close_sound(leg, &star.sound);
        self.append(
            now,
            Fact::Disengaged {
                operator: star.operator,
                leg,
            },
        );
    }
}

/// An INVITE from a registered phone.
pub(crate) struct PhoneCall<'a> {
    pub(crate) dialog: DialogId,
    pub(crate) request: &'a Message,
    pub(crate) flow: &'a Flow,
    pub(crate) operator: OperatorId,
    pub(crate) user: Option<User>,
}
