//! Star codes: what an operator with a plain phone and no page can say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dispatch::{
    ContactId, Fact, HandBack, Intent, IntentCause, Key, LegId, Occupancy, OperatorId, WrapUpChange,
};
use media::{Background, Playlist};
use sip::message::Message;
use sip::{DialogId, Flow, PhoneNumber, Status, UriRef, User};

use crate::engine::{Exchange, Timer};
use crate::incoming::OpenError;
use crate::legs::StarCall;
use crate::settings::{Language, Prompt};
use crate::sound::hosts_of_phone;

/// How long each prompt of a confirmation may last before we hang up, whether it was heard or not.
const PROMPT_MAX: Duration = Duration::from_secs(4);
/// From the end of the confirmation to our hanging up: what a phone's jitter buffer still has to play.
const HEARD_OUT: Duration = Duration::from_millis(500);
/// What one `*42` adds to a wrap-up.
const LONGER: Duration = Duration::from_secs(300);

/// How many star calls an operator makes at once: each takes a port, which rests for a while afterwards.
const AT_ONCE: u32 = 6;
/// How long she waits for one more.
const ONE_MORE: Duration = Duration::from_secs(2);

/// Keeps the star calls of each operator few, so that no phone takes the ports of callers.
#[derive(Debug, Default)]
pub(crate) struct Paces {
    /// From when on she may make [`AT_ONCE`] again; each call moves it on by [`ONE_MORE`].
    all_at: BTreeMap<OperatorId, Instant>,
}

/// Whether an operator may make a star call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Kept,
    Exceeded,
}

impl Paces {
    fn take(&mut self, now: Instant, operator: OperatorId) -> Pace {
        self.all_at.retain(|_, all_at| *all_at > now);
        let all_at = self.all_at.get(&operator).copied().unwrap_or(now) + ONE_MORE;
        if all_at > now + ONE_MORE * AT_ONCE {
            return Pace::Exceeded;
        }
        self.all_at.insert(operator, all_at);
        Pace::Kept
    }
}

/// A star code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Ready,
    Pause,
    Longer,
    State,
    Off,
    HandBack,
}

impl Code {
    fn of(request: &Message) -> Option<Self> {
        Self::dialled(&request.uri().ok()?)
    }

    fn dialled(uri: &UriRef<'_>) -> Option<Self> {
        // Some phones send the hash by which she ended what she dialled.
        let dialled = PhoneNumber::in_uri(uri).next()?;
        let code = dialled.reveal();
        match code.strip_suffix('#').unwrap_or(code) {
            "*40" => Some(Self::Ready),
            "*41" => Some(Self::Pause),
            "*42" => Some(Self::Longer),
            "*43" => Some(Self::State),
            "*44" => Some(Self::Off),
            "*45" => Some(Self::HandBack),
            _ => None,
        }
    }
}

/// Whether an INVITE dials a star code.
pub(crate) fn is_code(request: &Message) -> bool {
    Code::of(request).is_some()
}

impl Exchange {
    /// An operator's phone calls us: star codes, after a challenge, and nothing else.
    pub(crate) fn on_phone_calls(&mut self, now: Instant, call: PhoneCall<'_>) {
        let PhoneCall {
            dialog,
            request,
            flow,
            user,
        } = call;
        // Several accounts may share the phone's flow: the credentials alone say who calls.
        let Some(user) = user else {
            return self.reject(now, dialog, Status::UNAUTHORIZED);
        };
        let Ok(operator) = OperatorId::parse(&user.0) else {
            return self.reject(now, dialog, Status::FORBIDDEN);
        };
        let code = Code::of(request);
        // There is no free dialling: the directory alone is called, and by the machine. Whom it
        // paused hears so, whatever she dials.
        let paused = self.is_paused_by_the_machine(operator);
        let Some(code) = code.or_else(|| paused.then_some(Code::State)) else {
            return self.reject(now, dialog, Status::FORBIDDEN);
        };
        if self.has_no_room_for_star(now) {
            return self.reject_for_now(now, dialog);
        }
        match self.star_paces.take(now, operator) {
            Pace::Kept => {}
            Pace::Exceeded => return self.reject_for_now(now, dialog),
        }
        let leg = self.next_leg();
        let laws = [media::Law::ALaw, media::Law::MuLaw];
        let hosts = hosts_of_phone(flow.remote);
        let offer = request.session_description().unwrap_or_default();
        match self.open_sound(leg, flow, &offer, &laws, hosts) {
            Ok(sound) => {
                let call = StarCall {
                    dialog,
                    operator,
                    sound,
                    hang_up: None,
                    prompts_left: 0,
                };
                // The new one is begun before the old one ends: nothing is offered to her in between.
                let older = self.star_of(operator);
                self.confirm(now, leg, code, call);
                if let Some(older) = older {
                    self.hang_up_star(now, older);
                }
            }
            Err(OpenError::NoPort) => self.reject(now, dialog, Status::SERVICE_UNAVAILABLE),
            Err(OpenError::Session(error)) => self.reject(now, dialog, error.status()),
        }
    }

    /// The star call that an operator is in.
    fn star_of(&self, operator: OperatorId) -> Option<LegId> {
        let mut stars = self.stars.iter();
        let (leg, _) = stars.find(|(_, star)| star.operator == operator)?;
        Some(*leg)
    }

    fn confirm(&mut self, now: Instant, leg: LegId, code: Code, mut call: StarCall) {
        let (dialog, operator, sdp) = (call.dialog, call.operator, call.sound.session.local());
        let prompts = self.spoken(operator, code);
        call.prompts_left = prompts.len();
        let longest = PROMPT_MAX * u32::try_from(prompts.len()).unwrap_or(1).max(1);
        call.hang_up = Some(self.timers.arm(now + longest, Timer::HangUp(leg)));
        self.stars.insert(leg, call);
        self.by_dialog.insert(dialog, leg);
        self.append(now, Fact::Engaged { operator, leg });
        self.obey(now, operator, code);
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
        self.play(
            leg,
            Playlist {
                prompts,
                then: Background::Silence,
            },
        );
    }

    /// What confirms the code, in the operator's language. It is chosen before the code changes her state.
    ///
    /// Whom the machine paused hears so first, whatever she dialled. It is said nowhere else: while
    /// she is paused nothing is offered or given to her, so that her next call is one that she
    /// makes, in which no caller waits for the end of our words.
    fn spoken(&self, operator: OperatorId, code: Code) -> Vec<media::SoundId> {
        let mut prompts = match code {
            Code::Ready => vec![self.prompt_of(operator, Some(Intent::Ready))],
            Code::Pause => vec![Prompt::Paused],
            Code::Longer if self.has_wrap_up(operator) => vec![Prompt::WrapUpLonger],
            Code::Longer => vec![Prompt::NotPossible],
            Code::State if self.talks_with(operator).is_some() => {
                vec![Prompt::State, Prompt::InCall]
            }
            Code::State => vec![Prompt::State, self.prompt_of(operator, None)],
            Code::Off => vec![Prompt::Off],
            Code::HandBack if self.talks_with(operator).is_some() => vec![Prompt::WrapUp],
            Code::HandBack => vec![Prompt::NotPossible],
        };
        let paused = self.is_paused_by_the_machine(operator);
        if paused && !prompts.contains(&Prompt::PausedAfterMisses) {
            prompts.insert(0, Prompt::PausedAfterMisses);
        }
        let language = self.language_of(operator);
        let sounds = &self.settings.sounds.prompts;
        let sound = |prompt| sounds.get(&(language, prompt)).copied();
        prompts.into_iter().filter_map(sound).collect()
    }

    /// Does what the code says.
    fn obey(&mut self, now: Instant, operator: OperatorId, code: Code) {
        let intent = match code {
            Code::Ready => Intent::Ready,
            Code::Pause => {
                let Ok(reason) = Key::parse("phone") else {
                    return;
                };
                Intent::Paused {
                    reason,
                    back_at: None,
                }
            }
            Code::Off => Intent::Off,
            Code::Longer if self.has_wrap_up(operator) => {
                let change = WrapUpChange::Longer(LONGER);
                return self.append(now, Fact::WrapUp { operator, change });
            }
            Code::HandBack => {
                if let Some(contact) = self.talks_with(operator) {
                    let cause = HandBack::Operator;
                    self.append(now, Fact::HandedBack { contact, cause });
                }
                return;
            }
            Code::Longer | Code::State => return,
        };
        let said = Fact::Intends {
            operator,
            intent,
            cause: IntentCause::Phone,
        };
        self.append(now, said);
    }

    /// The status that she has, or will have with an intent, when the call in which she asks is over.
    fn prompt_of(&self, operator: OperatorId, intent: Option<Intent>) -> Prompt {
        let status = self.dispatcher().status_between_calls(operator, intent);
        status.map_or(Prompt::Off, named)
    }

    fn is_paused_by_the_machine(&self, operator: OperatorId) -> bool {
        self.dispatcher()
            .operator(operator)
            .is_some_and(|view| view.paused.is_some())
    }

    /// The contact that an operator talks with.
    fn talks_with(&self, operator: OperatorId) -> Option<ContactId> {
        match self.dispatcher().operator(operator)?.occupancy {
            Occupancy::Talking { contact } => Some(contact),
            Occupancy::Free | Occupancy::Case { .. } | Occupancy::Engaged { .. } => None,
        }
    }

    /// Whether a wrap-up of hers runs, or will follow the call that she is in.
    fn has_wrap_up(&self, operator: OperatorId) -> bool {
        let view = self.dispatcher().operator(operator);
        view.is_some_and(|view| view.wrap_up.is_some()) || self.talks_with(operator).is_some()
    }

    fn language_of(&self, operator: OperatorId) -> Language {
        self.settings
            .operators
            .iter()
            .find(|other| other.id == operator)
            .map(|operator| operator.language)
            .unwrap_or_default()
    }

    /// A prompt of a confirmation was played to its end; after the last one we hang up.
    pub(crate) fn on_confirmed(&mut self, now: Instant, leg: LegId) {
        let Some(star) = self.stars.get_mut(&leg) else {
            return;
        };
        star.prompts_left = star.prompts_left.saturating_sub(1);
        if star.prompts_left > 0 {
            return;
        }
        let hang_up = self.timers.arm(now + HEARD_OUT, Timer::HangUp(leg));
        if let Some(before) = star.hang_up.replace(hang_up) {
            self.timers.cancel(before);
        }
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
        self.ports_of_stars.rest(now);
        self.append(
            now,
            Fact::Disengaged {
                operator: star.operator,
                leg,
            },
        );
    }
}

/// What names a status by voice.
const fn named(status: dispatch::Status) -> Prompt {
    use dispatch::Status;
    match status {
        Status::Talking { .. } | Status::Engaged { .. } | Status::Ringing { .. } => Prompt::InCall,
        Status::Off { .. } => Prompt::Off,
        Status::Paused { .. } => Prompt::Paused,
        Status::PausedByMachine { .. } => Prompt::PausedAfterMisses,
        Status::Unassigned { .. } => Prompt::Unassigned,
        Status::Unreachable { .. } | Status::Unproven { .. } => Prompt::Unreachable,
        Status::WrapUp { .. } => Prompt::WrapUp,
        Status::Resting { .. } => Prompt::Resting,
        Status::Free { .. } | Status::OnCall { .. } => Prompt::Ready,
    }
}

/// An INVITE over the flow of a registered phone, or with the credentials of one.
pub(crate) struct PhoneCall<'a> {
    pub(crate) dialog: DialogId,
    pub(crate) request: &'a Message,
    pub(crate) flow: &'a Flow,
    pub(crate) user: Option<User>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_behind_a_star_code_means_nothing() {
        let is_ready = |uri: &str| {
            let uri = UriRef::parse(uri.as_bytes()).unwrap();
            matches!(Code::dialled(&uri), Some(Code::Ready))
        };

        for uri in ["sip:*40@a", "sip:*40%23@a", "sip:*40#@a"] {
            assert!(is_ready(uri), "{uri}");
        }
        assert!(!is_ready("sip:*4@a") && !is_ready("sip:*400@a") && !is_ready("sip:%23*40@a"));
    }
}
