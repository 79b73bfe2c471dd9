//! Legs that we call: operators' phones, on-call people at home, partners.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dispatch::{ContactId, Fact, LegId, Miss, OperatorId, Speech};
use media::ThreadId;
use sip::{DialogId, Failure, Status, Target};

use crate::engine::{Exchange, Timer};
use crate::gateways::{SIGN_OF_LIFE_OF_GATEWAY, is_of_gateway};
use crate::legs::{Asking, Called, CalledStage, Doubt, Gateway, Whom};
use crate::session::{Session, Terms};
use crate::settings::{Contactable, DoNotDisturb, Who};
use crate::sound::hosts_of_phone;

/// A phone that sends no response above 100 within this time is not reachable.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// The same through a trunk, whose network may look for a mobile for a while after its 100.
pub(crate) const SIGN_OF_LIFE_BY_TRUNK: Duration = Duration::from_secs(15);

/// The display name of a caller on an operator's phone. Our own words, never the trunk's.
const ANONYMOUS: &str = "Anonymous";
const CANNOT_SPEAK: &str = "cannot speak";

/// One call to be made.
pub(crate) struct Call {
    contact: ContactId,
    whom: Whom,
    target: Target,
    request_uri: sip::Uri,
    from: sip::Party,
    pub(crate) gateway: Option<Gateway>,
}

impl Exchange {
    pub(crate) fn thread_of(&self, contact: ContactId) -> Option<ThreadId> {
        let legs = self.contacts.get(&contact)?;
        self.callers
            .get(&legs.caller)
            .map(|caller| caller.sound.port.thread)
    }

    pub(crate) fn calls_of(&self, contact: ContactId, operator: OperatorId) -> Option<Vec<Call>> {
        if let Some(entry) = self.directory(Who::OnCall(operator)) {
            return self.call_by_trunk(contact, &entry).map(|call| vec![call]);
        }
        let words = match self.contacts.get(&contact)?.speech {
            Speech::CannotSpeak => CANNOT_SPEAK,
            Speech::Expected => ANONYMOUS,
        };
        let from = sip::Party {
            display: Some(words.to_owned()),
            uri: sip::Uri::parse("sip:anonymous@anonymous.invalid").ok()?,
        };
        let phones = self.presences.phones(operator).iter();
        let calls: Vec<Call> = phones
            .map(|binding| Call {
                contact,
                whom: Whom::Desk(operator),
                target: Target::Flow(binding.flow),
                request_uri: binding.contact.clone(),
                from: from.clone(),
                gateway: None,
            })
            .collect();
        (!calls.is_empty()).then_some(calls)
    }

    pub(crate) fn directory(&self, who: Who) -> Option<Contactable> {
        self.settings
            .directory
            .iter()
            .find(|entry| entry.who == who)
            .cloned()
    }

    /// A call to a number of the directory, showing the site's outgoing number.
    pub(crate) fn call_by_trunk(&self, contact: ContactId, entry: &Contactable) -> Option<Call> {
        let trunk = self.trunks.named(&entry.trunk)?;
        let (target, host) = self.trunk_target(trunk.id)?;
        let own = self.own_uri(&target)?;
        let shown = trunk.settings.outgoing_number.as_ref()?;
        Some(Call {
            contact,
            whom: entry.who.into(),
            target,
            request_uri: host.user(entry.number.reveal()).build(),
            from: sip::Party {
                display: None,
                uri: own.user(shown.reveal()).build(),
            },
            gateway: Some(trunk.gateway()?),
        })
    }

    pub(crate) fn call(&mut self, now: Instant, call: Call, thread: ThreadId) -> Option<LegId> {
        let port = self.ports.take_of(thread)?;
        let seat = self.seat(port, &call.target);
        let leg = self.next_leg();
        let session = Session::offering(Terms {
            at: seat.told,
            peer: call.target.remote(),
            laws: &self.codecs_for(&call),
            hosts: match call.gateway {
                Some(gateway) => self.hosts_of_trunk(gateway.trunk, call.target.remote()),
                None => hosts_of_phone(call.target.remote()),
            },
            number: self.seal.number(leg),
        });
        let sound = self.opened(leg, seat, session);
        let dialog = self.sip.next_dialog();
        let (patience, timer) = match call.gateway {
            None => (SIGN_OF_LIFE, Timer::Silent(leg)),
            Some(Gateway { others: 0, .. }) => (SIGN_OF_LIFE_BY_TRUNK, Timer::GatewaySilent(leg)),
            Some(_) => (SIGN_OF_LIFE_OF_GATEWAY, Timer::GatewaySilent(leg)),
        };
        let silent = self.timers.arm(now + patience, timer);
        let invite = sip::Invite {
            dialog,
            target: call.target,
            to: sip::Party {
                display: None,
                uri: call.request_uri.clone(),
            },
            request_uri: call.request_uri,
            from: call.from,
            local_tag: self.tag(leg),
            call_id: None,
            sdp: sound.session.local().into(),
            headers: Vec::new(),
            credentials: call
                .gateway
                .and_then(|gateway| self.trunk_credentials(gateway.trunk)),
        };
        self.called.insert(
            leg,
            Called {
                dialog,
                contact: call.contact,
                whom: call.whom,
                gateway: call.gateway,
                sound,
                stage: CalledStage::Calling { silent },
                doubt: Doubt {
                    asking: Asking::No,
                    ..Doubt::default()
                },
            },
        );
        self.by_dialog.insert(dialog, leg);
        self.command(now, sip::Command::Invite(Box::new(invite)));
        Some(leg)
    }

    /// The caller's own codec first, so that nothing need be translated.
    fn codecs_for(&self, call: &Call) -> Vec<media::Law> {
        let trunk = call
            .gateway
            .and_then(|gateway| self.trunks.get(gateway.trunk));
        let mut codecs = trunk.map_or_else(
            || vec![media::Law::ALaw, media::Law::MuLaw],
            |trunk| trunk.settings.codecs.clone(),
        );
        let callers = self
            .contacts
            .get(&call.contact)
            .and_then(|legs| self.callers.get(&legs.caller));
        if let Some(law) = callers.and_then(|caller| caller.sound.session.law()) {
            codecs.sort_by_key(|other| *other != law);
        }
        codecs
    }

    pub(crate) fn on_sign_of_life(&mut self, dialog: DialogId) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(called) = self.called.get_mut(&leg) else {
            return;
        };
        if let CalledStage::Calling { silent } = called.stage {
            called.stage = CalledStage::Ringing;
            self.timers.cancel(silent);
        }
    }

    /// No response at all: the phone is dead, and somebody else is tried now, not when it would have rung out.
    pub(crate) fn on_no_sign_of_life(&mut self, now: Instant, leg: LegId, miss: Miss) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let (dialog, contact, whom) = (called.dialog, called.contact, called.whom);
        self.leave(leg);
        self.command(
            now,
            sip::Command::Cancel {
                dialog,
                reason: None,
            },
        );
        self.offer_leg_failed(now, leg, contact, whom, miss);
    }

    pub(crate) fn on_established(&mut self, now: Instant, dialog: DialogId, sdp: Option<&Bytes>) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(called) = self.called.get_mut(&leg) else {
            return;
        };
        let accepted = sdp.is_some_and(|sdp| called.sound.session.accept(sdp).is_ok());
        called.sound.session.meet();
        let (contact, whom, stage) = (called.contact, called.whom, called.stage);
        self.on_call_carried(leg);
        if let CalledStage::Calling { silent } = stage {
            self.timers.cancel(silent);
        }
        if stage == CalledStage::Leaving {
            return;
        }
        if !accepted {
            // A phone whose answer has no sound that we speak cannot take a caller.
            self.set_stage(leg, CalledStage::Answered);
            self.hang_up(now, leg);
            return self.offer_leg_failed(now, leg, contact, whom, Miss::Declined);
        }
        self.settle_sound(leg);
        match whom {
            Whom::Desk(operator) => self.answered(now, leg, contact, operator),
            Whom::Home(operator) => self.ask_first(now, leg, operator),
            Whom::Partner(partner) => {
                self.set_stage(leg, CalledStage::Answered);
                self.append(
                    now,
                    Fact::PartnerAnswered {
                        contact,
                        partner,
                        leg,
                    },
                );
            }
        }
    }

    pub(crate) fn answered(
        &mut self,
        now: Instant,
        leg: LegId,
        contact: ContactId,
        operator: OperatorId,
    ) {
        self.set_stage(leg, CalledStage::Answered);
        self.append(
            now,
            Fact::Answered {
                contact,
                operator,
                leg,
            },
        );
        let reason = sip::HeaderValue::literal("SIP;cause=200;text=\"Call completed elsewhere\"");
        self.stop_other_phones(now, leg, Some(reason));
    }

    pub(crate) fn set_stage(&mut self, leg: LegId, stage: CalledStage) {
        if let Some(called) = self.called.get_mut(&leg) {
            called.stage = stage;
        }
    }

    /// Our INVITE came to nothing.
    pub(crate) fn on_call_failed(&mut self, now: Instant, dialog: DialogId, reason: Failure) {
        let Some(leg) = self.by_dialog.remove(&dialog) else {
            return;
        };
        let goes_on = is_of_gateway(reason) && self.try_next_gateway(now, leg).is_some();
        let miss = self.miss_of(leg, reason);
        match miss {
            Miss::Ours if goes_on => {}
            Miss::Ours => self.on_call_not_carried(now, leg, reason),
            Miss::NoAnswer | Miss::Declined | Miss::Unreachable => self.on_call_carried(leg),
        }
        if is_for_all_phones(reason) && self.is_called(leg) {
            self.stop_other_phones(now, leg, None);
        }
        self.called_left(now, leg, miss);
    }

    /// Whether it is called still, and was not called off.
    fn is_called(&self, leg: LegId) -> bool {
        let stage = self.called.get(&leg).map(|called| called.stage);
        matches!(
            stage,
            Some(CalledStage::Calling { .. } | CalledStage::Ringing)
        )
    }

    fn miss_of(&self, leg: LegId, reason: Failure) -> Miss {
        let by_trunk = self.called.get(&leg).is_some_and(|it| it.gateway.is_some());
        match reason {
            Failure::Timeout if by_trunk => Miss::Ours,
            Failure::Timeout => Miss::Unreachable,
            Failure::Transport => Miss::Ours,
            Failure::Status(status) if by_trunk => miss_by_trunk(status),
            Failure::Status(status) => miss_by_phone(status, self.settings.do_not_disturb),
        }
    }
}

/// Whether a phone speaks for all phones of its owner (RFC 3261 §21.6.1, §21.6.2). What it does not
/// know or cannot do (604, 606) is its own.
fn is_for_all_phones(reason: Failure) -> bool {
    matches!(reason, Failure::Status(status) if matches!(status.code(), 600 | 603))
}

/// What a telephone behind a trunk means: some of its network's answers say that it was not found,
/// and some that the trunk itself does not take our calls, which those behind it do not miss.
fn miss_by_trunk(status: Status) -> Miss {
    match status {
        Status::REQUEST_TIMEOUT => Miss::NoAnswer,
        Status::NOT_FOUND | Status::TEMPORARILY_UNAVAILABLE => Miss::Unreachable,
        Status::UNAUTHORIZED
        | Status::FORBIDDEN
        | Status::PROXY_AUTHENTICATION_REQUIRED
        | Status::SERVICE_UNAVAILABLE => Miss::Ours,
        other if other.code() / 100 == 5 => Miss::Unreachable,
        _ => Miss::Declined,
    }
}

/// What a registered phone means. Whatever it answers, it answers: it lives.
fn miss_by_phone(status: Status, do_not_disturb: DoNotDisturb) -> Miss {
    match (status, do_not_disturb) {
        (Status::REQUEST_TIMEOUT, _)
        | (Status::TEMPORARILY_UNAVAILABLE, DoNotDisturb::NoAnswer) => Miss::NoAnswer,
        _ => Miss::Declined,
    }
}
