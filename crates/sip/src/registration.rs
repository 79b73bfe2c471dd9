//! Our own registrations at a trunk (RFC 3261 §10.2), kept alive and tried again when they fail.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::dialog::CHALLENGES_MAX;
use crate::endpoint::{
    Core, Event, Failure, InputError, Outgoing, Register, RegistrationId, RegistrationState, auth,
};
use crate::header::NameAddr;
use crate::message::{HeaderValue, Message, Value};
use crate::timers::TimerHandle;
use crate::token::decimal_u32;
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::wire::TimerKey;
use crate::{Method, Name, Status, Tag};

/// The pause after the first failure; it doubles up to [`RETRY_MAX`], spread so that many do not come together.
pub const RETRY_MIN: Duration = Duration::from_secs(5);
/// The longest pause after a failure.
pub const RETRY_MAX: Duration = Duration::from_secs(120);
/// How long before its end a registration is refreshed at the latest.
const REFRESH_BEFORE: Duration = Duration::from_secs(30);

/// The registrations that were asked for.
pub(crate) struct Registrations(BTreeMap<RegistrationId, Registration>);

struct Registration {
    register: Register,
    call_id: HeaderValue,
    tag: Tag,
    cseq: u32,
    /// What was sent last.
    contact: Option<HeaderValue>,
    aim: Aim,
    attempt: Option<Attempt>,
    failures: u32,
    next: Option<Next>,
    /// When what was granted ends.
    end: Option<TimerHandle>,
    login: Option<auth::Login>,
    expires: Duration,
    told: Option<RegistrationState>,
}

/// Whether it is to be kept.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Aim {
    Keep,
    End,
}

/// The next REGISTER.
struct Next {
    timer: TimerHandle,
    pause: Pause,
}

/// Whose the pause before a REGISTER is.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Pause {
    /// Ours: it ends where our address is another.
    Ours,
    /// The registrar's, which asked for it by Retry-After.
    Theirs,
}

/// A REGISTER without a final response.
struct Attempt {
    key: ClientKey,
    tries: Tries,
}

/// Whether the challenge was answered, and the interval changed, in this attempt.
#[derive(Copy, Clone, Eq, PartialEq, Default)]
struct Tries {
    challenges: u8,
    longer: bool,
}

impl Registrations {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Registers, now and for good.
    pub(crate) fn register(&mut self, core: &mut Core, register: Register) {
        let id = register.registration;
        if let Some(old) = self.0.remove(&id) {
            stop(core, old.next.map(|next| next.timer));
            stop(core, old.end);
        }
        let mut registration = Registration {
            expires: register.expires,
            login: register.credentials.as_ref().map(auth::Login::new),
            call_id: HeaderValue::from(&core.call_id()),
            tag: core.tag(),
            cseq: core.first_cseq(),
            contact: None,
            aim: Aim::Keep,
            attempt: None,
            failures: 0,
            next: None,
            end: None,
            told: None,
            register,
        };
        registration.send(core, Tries::default());
        self.0.insert(id, registration);
    }

    /// Removes the Contact that was told; whatever the registrar answers, it is over then.
    pub(crate) fn unregister(
        &mut self,
        core: &mut Core,
        id: RegistrationId,
    ) -> Result<(), InputError> {
        let registration = self
            .0
            .get_mut(&id)
            .ok_or(InputError::NoSuchRegistration(id))?;
        registration.put_off(core);
        stop(core, registration.end.take());
        registration.aim = Aim::End;
        registration.send(core, Tries::default());
        Ok(())
    }

    /// It is time to register again.
    pub(crate) fn on_timer(&mut self, core: &mut Core, id: RegistrationId) {
        let Some(registration) = self.0.get_mut(&id) else {
            return;
        };
        registration.next = None;
        registration.send(core, Tries::default());
    }

    /// The machine's routes are others: a registrar that knows us by an address that we had is told
    /// the one that we have.
    pub(crate) fn follow_routes(&mut self, core: &mut Core) {
        for registration in self.0.values_mut() {
            registration.follow_routes(core);
        }
    }

    /// What was granted is over. Who was told of a failure since then knows more than that.
    pub(crate) fn on_end(&mut self, core: &mut Core, id: RegistrationId) {
        let Some(registration) = self.0.get_mut(&id) else {
            return;
        };
        registration.end = None;
        if let Some(RegistrationState::Registered { .. }) = registration.told {
            registration.tell(core, RegistrationState::Lapsed);
        }
    }

    pub(crate) fn on_response(
        &mut self,
        core: &mut Core,
        id: RegistrationId,
        key: ClientKey,
        status: Status,
        response: &Message,
    ) {
        let Some(registration) = self.0.get_mut(&id) else {
            return;
        };
        if status.is_provisional() {
            return;
        }
        let Some(attempt) = registration.attempt.take_if(|attempt| attempt.key == key) else {
            return;
        };
        if status.is_success() {
            registration.on_success(core, status, response);
        } else if !registration.try_again(core, attempt.tries, status, response) {
            registration.on_failure(
                core,
                Failure::Status(status),
                crate::dialog::retry_after(response),
            );
        }
        registration.follow_routes(core);
        self.remove_ended(core, id);
    }

    /// No response came.
    pub(crate) fn on_silence(
        &mut self,
        core: &mut Core,
        id: RegistrationId,
        key: ClientKey,
        failure: Failure,
    ) {
        let Some(registration) = self.0.get_mut(&id) else {
            return;
        };
        if registration
            .attempt
            .take_if(|attempt| attempt.key == key)
            .is_some()
        {
            registration.on_failure(core, failure, None);
            registration.follow_routes(core);
        }
        self.remove_ended(core, id);
    }

    fn remove_ended(&mut self, core: &mut Core, id: RegistrationId) {
        let ended = self.0.get(&id).is_some_and(|registration| {
            registration.aim == Aim::End && registration.attempt.is_none()
        });
        if ended && let Some(registration) = self.0.remove(&id) {
            stop(core, registration.next.map(|next| next.timer));
            stop(core, registration.end);
            core.wire.tell(Event::RegistrationChanged {
                registration: id,
                state: RegistrationState::Unregistered,
            });
        }
    }
}

impl Registration {
    fn contact_now(&self, core: &Core) -> HeaderValue {
        let target = self.register.target;
        core.face(&target)
            .contact_of(target.protocol(), &self.register.contact_user)
    }

    /// Whether the registrar reaches us by another address than it was told. Without a route there is none to tell.
    fn is_elsewhere_now(&self, core: &Core) -> bool {
        let is_reached = core.face(&self.register.target).is_reached_by_others();
        is_reached && self.contact.as_ref() != Some(&self.contact_now(core))
    }

    /// Tells the registrar where we are now. While it owes a final response (RFC 3261 §10.2), or
    /// asked for a pause, the next REGISTER does.
    fn follow_routes(&mut self, core: &mut Core) {
        let theirs = |next: &Next| next.pause == Pause::Theirs;
        let waits = self.attempt.is_some() || self.next.as_ref().is_some_and(theirs);
        if self.aim == Aim::Keep && !waits && self.is_elsewhere_now(core) {
            self.put_off(core);
            self.send(core, Tries::default());
        }
    }

    /// What is told as where we are: to end it, what was told before.
    fn contact_to_send(&self, core: &Core) -> HeaderValue {
        match (self.aim, &self.contact) {
            (Aim::End, Some(told)) => told.clone(),
            (Aim::End, None) | (Aim::Keep, _) => self.contact_now(core),
        }
    }

    fn send(&mut self, core: &mut Core, tries: Tries) {
        self.cseq += 1;
        let key = core.client_key();
        let (target, uri) = (self.register.target, &self.register.registrar);
        let from = HeaderValue::address("", &self.register.address_of_record, Some(&self.tag));
        let to = HeaderValue::address("", &self.register.address_of_record, None);
        let request = Outgoing {
            method: Method::Register,
            uri,
            routes: &[],
            key,
            target,
            from: &from,
            to: &to,
            call_id: &self.call_id,
            cseq: self.cseq,
        };
        let contact = self.contact_to_send(core);
        let expires = match self.aim {
            Aim::Keep => u32::try_from(self.expires.as_secs()).unwrap_or(u32::MAX),
            Aim::End => 0,
        };
        let mut writer = request
            .begin(core)
            .header(Name::Contact, contact.clone())
            .header(Name::Expires, expires);
        if let Some(login) = self.login.as_mut().filter(|_| tries.challenges > 0) {
            writer = login.authorize(core, writer, Method::Register, uri);
        }
        let bytes = writer.finish();
        self.contact = Some(contact);
        self.attempt = Some(Attempt { key, tries });
        core.send(
            key,
            Kind::NonInvite,
            target,
            bytes,
            ClientOwner::Registration(self.register.registration),
        );
    }

    fn on_success(&mut self, core: &mut Core, status: Status, response: &Message) {
        if self.aim == Aim::End {
            return;
        }
        let granted = self.granted(response).unwrap_or(self.expires);
        if granted.is_zero() {
            return self.on_failure(core, Failure::Status(status), None);
        }
        self.failures = 0;
        let before = REFRESH_BEFORE.min(granted / 2);
        self.again_in(core, granted - before, Pause::Ours);
        stop(core, self.end.take());
        let id = self.register.registration;
        self.end = Some(core.wire.after(granted, TimerKey::RegistrationEnds(id)));
        self.tell(core, RegistrationState::Registered { expires: granted });
    }

    /// What the registrar granted (RFC 3261 §10.2.4), zero for nothing; `None` when it does not
    /// say. Many write our Contact anew, as it looks from outside: the only one is ours, and of
    /// several any might be, so that the first to end counts.
    fn granted(&self, response: &Message) -> Option<Duration> {
        let ours = self.contact.as_ref()?;
        let ours = NameAddr::parse(Name::Contact, Value::new(ours.bytes())).ok()?;
        let contacts: Vec<NameAddr<'_>> = response
            .addresses(Name::Contact)
            .filter_map(Result::ok)
            .collect();
        let of_all = response.expires().ok().flatten();
        let seconds = |contact: &NameAddr<'_>| {
            let own = contact.params.value(b"expires");
            own.and_then(decimal_u32).or(of_all)
        };
        let own = contacts
            .iter()
            .find(|contact| contact.uri.equivalent(&ours.uri));
        let granted = match (own, contacts.as_slice()) {
            (Some(own), _) => seconds(own),
            (None, []) => of_all,
            (None, all) => {
                let granted = all.iter().filter_map(seconds);
                granted.min_by_key(|seconds| (*seconds == 0, *seconds))
            }
        };
        granted.map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// Answers a challenge, or asks for the least interval, once in each attempt.
    fn try_again(
        &mut self,
        core: &mut Core,
        tries: Tries,
        status: Status,
        response: &Message,
    ) -> bool {
        if let Some(login) = self
            .login
            .as_mut()
            .filter(|_| tries.challenges < CHALLENGES_MAX)
        {
            if tries.challenges == 0 {
                login.accepted();
            }
            if login.challenged(response) {
                self.send(
                    core,
                    Tries {
                        challenges: tries.challenges + 1,
                        ..tries
                    },
                );
                return true;
            }
        }
        let least = response
            .min_expires()
            .ok()
            .flatten()
            .filter(|_| status == Status::INTERVAL_TOO_BRIEF);
        let Some(least) = least.filter(|_| !tries.longer) else {
            return false;
        };
        self.expires = self.expires.max(Duration::from_secs(least.into()));
        self.send(
            core,
            Tries {
                longer: true,
                ..tries
            },
        );
        true
    }

    fn on_failure(&mut self, core: &mut Core, reason: Failure, retry_after: Option<Duration>) {
        if self.aim == Aim::End {
            return;
        }
        let longest = RETRY_MIN
            .saturating_mul(1 << self.failures.min(10))
            .min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        let spread = core.between(longest / 2, longest);
        let (retry_after, pause) = match retry_after {
            Some(asked) => (asked.clamp(spread, RETRY_MAX), Pause::Theirs),
            None => (spread, Pause::Ours),
        };
        self.again_in(core, retry_after, pause);
        self.tell(
            core,
            RegistrationState::Failing {
                reason,
                retry_after,
            },
        );
    }

    fn again_in(&mut self, core: &mut Core, wait: Duration, pause: Pause) {
        self.put_off(core);
        let key = TimerKey::Registration(self.register.registration);
        let timer = core.wire.after(wait, key);
        self.next = Some(Next { timer, pause });
    }

    /// No REGISTER is planned any longer.
    fn put_off(&mut self, core: &mut Core) {
        stop(core, self.next.take().map(|next| next.timer));
    }

    /// Tells what changed; a refresh that changes nothing is no news.
    fn tell(&mut self, core: &mut Core, state: RegistrationState) {
        if self.told != Some(state) {
            self.told = Some(state);
            core.wire.tell(Event::RegistrationChanged {
                registration: self.register.registration,
                state,
            });
        }
    }
}

fn stop(core: &mut Core, timer: Option<TimerHandle>) {
    if let Some(timer) = timer {
        core.wire.timers.stop(timer);
    }
}
