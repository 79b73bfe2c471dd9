//! Callers: from INVITE to the end, and the routing of SIP's news.

use std::time::Instant;

use bytes::Bytes;
use dispatch::{ContactId, EndCause, Fact, LegId, Miss};
use sip::header::Name;
use sip::message::Message;
use sip::{DialogId, Event, Flow, PhoneNumber, Status, Tag, Target, User};

use crate::caller::CallerNumber;
use crate::engine::{Exchange, Timer};
use crate::legs::{Caller, Doubt, Hearing, Legs, Stage};
use crate::presence::Acquaintance;
use crate::session::{Session, SessionError, Terms};
use crate::sound::Sound;
use crate::star::{self, PhoneCall};
use crate::trunks::TrunkId;

/// Seconds after which a refused caller's trunk may try again.
const RETRY_AFTER_SECONDS: &str = "2";

impl Exchange {
    pub(crate) fn on_sip(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming {
                dialog,
                request,
                flow,
                user,
            } => self.on_incoming(now, dialog, &request, &flow, user),
            Event::Cancelled { dialog } => self.on_over(now, dialog, EndCause::Caller),
            Event::Acknowledged { dialog, sdp } => {
                self.on_acknowledged(dialog, sdp.as_ref().map(|sdp| &sdp.0))
            }
            Event::NotAcknowledged { dialog } => self.on_not_acknowledged(now, dialog),
            Event::Followed { dialog, flow } => self.on_followed(dialog, &flow),
            Event::Trying { dialog } => self.on_trying(now, dialog),
            Event::Progress {
                dialog,
                status: _,
                sdp: _,
            } => self.on_sign_of_life(dialog),
            Event::Established {
                dialog,
                sdp,
                response: _,
            } => self.on_established(now, dialog, sdp.as_ref().map(|sdp| &sdp.0)),
            Event::Failed {
                dialog,
                reason,
                retry_after: _,
            } => self.on_call_failed(now, dialog, reason),
            Event::Offered { dialog, sdp } => self.on_offered(now, dialog, &sdp.0),
            Event::OfferWanted { dialog } => self.on_offer_wanted(now, dialog),
            Event::Reanswered { dialog, sdp } => self.on_reanswered(now, dialog, &sdp.0),
            Event::Refused { dialog, reason } => self.on_reoffer_refused(now, dialog, reason),
            Event::RefreshFailed { dialog, in_a_row } => {
                self.on_refresh_failed(now, dialog, in_a_row)
            }
            Event::Ended { dialog, cause: _ } => self.on_over(now, dialog, EndCause::Caller),
            Event::Signalled { dialog, signal } => self.on_signalled(now, dialog, signal),
            Event::StraySuccess {
                local_tag,
                response,
                flow,
            } => self.on_stray_success(now, &local_tag, (response, flow)),
            Event::StrayBye { local_tag, flow: _ } => self.on_stray_bye(now, &local_tag),
            Event::StrangerRefused { request, flow } => {
                self.on_stranger_refused(now, &request, &flow)
            }
            Event::Request {
                request,
                message: _,
                flow: _,
                user: _,
            } => self.refuse_request(now, request),
            Event::BindingsChanged { user, bindings } => self.on_bindings(now, &user, bindings),
            Event::RegistrationChanged {
                registration,
                state,
            } => self.on_registration(now, registration, state),
            Event::RefusedForLoad { load } => self.on_refused_for_load(now, load),
            Event::Probed { probe, outcome } => self.on_probed(now, probe, outcome.is_ok()),
        }
    }

    fn on_incoming(
        &mut self,
        now: Instant,
        dialog: DialogId,
        request: &Message,
        flow: &Flow,
        user: Option<User>,
    ) {
        if self.is_of_phone(request, flow, user.as_ref()) {
            return self.on_phone_calls(
                now,
                PhoneCall {
                    dialog,
                    request,
                    flow,
                    user,
                },
            );
        }
        let Some(trunk) = self.trunk_of_call(flow, request) else {
            return self.reject(now, dialog, Status::FORBIDDEN);
        };
        let Some(state) = self.trunks.get(trunk) else {
            return self.reject(now, dialog, Status::FORBIDDEN);
        };
        let laws = state.settings.codecs.clone();
        let Some(line) = self.lines.dialled(request, &state.settings) else {
            return self.reject(now, dialog, Status::NOT_FOUND);
        };
        if self.is_full(trunk) {
            self.refused(
                now,
                "as many calls are live as the port range or the trunk can carry",
            );
            return self.reject_for_now(now, dialog);
        }
        let leg = self.next_leg();
        let hosts = self.hosts_of_trunk(trunk, flow.remote);
        let offer = request.session_description().unwrap_or_default();
        match self.open_sound(leg, flow, &offer, &laws, hosts) {
            Ok(sound) => {
                let number = CallerNumber::in_invite(request, |number| self.is_ours(number));
                self.admit(
                    now,
                    Arrival {
                        leg,
                        dialog,
                        line,
                        trunk,
                        sound,
                        number,
                    },
                );
            }
            Err(OpenError::NoPort) => {
                self.refused(now, "no port is ready for a caller");
                self.reject_for_now(now, dialog);
            }
            Err(OpenError::Session(error)) => self.reject(now, dialog, error.status()),
        }
    }

    /// Whether an INVITE is that of an operator's phone. Phones may be behind a trunk, at its very
    /// address and port: there what dials a line without credentials is a caller, who is never
    /// refused for what a phone does.
    fn is_of_phone(&self, request: &Message, flow: &Flow, user: Option<&User>) -> bool {
        if user.is_some() {
            return true;
        }
        let tries = request.value(Name::Authorization).is_some();
        let calls_line = || {
            let trunk = self.trunk_of_call(flow, request);
            let trunk = trunk.and_then(|trunk| self.trunks.get(trunk));
            trunk.is_some_and(|trunk| self.lines.dialled(request, &trunk.settings).is_some())
        };
        match self.presences.acquaintance(flow) {
            Acquaintance::Phone => tries || !calls_line(),
            Acquaintance::HostOfPhone => star::is_code(request) && !calls_line(),
            Acquaintance::Nobody => false,
        }
    }

    /// Takes a port, answers the offer of an INVITE and opens the stream: a port that is out and
    /// unopened is missing to others.
    pub(crate) fn open_sound(
        &mut self,
        leg: LegId,
        flow: &Flow,
        offer: &Bytes,
        laws: &[media::Law],
        hosts: media::Hosts,
    ) -> Result<Sound, OpenError> {
        let port = self.ports.take_any().ok_or(OpenError::NoPort)?;
        let seat = self.seat(port, &Target::Flow(*flow));
        let number = self.seal.number(leg);
        match Session::answering(
            offer,
            Terms {
                at: seat.told,
                peer: flow.remote,
                laws,
                hosts,
                number,
            },
        ) {
            Ok(session) => Ok(self.opened(leg, seat, session)),
            Err(error) => {
                self.order(port.thread, media::Order::Release { port: port.id });
                Err(OpenError::Session(error))
            }
        }
    }

    /// Rings and appends: nothing here waits.
    fn admit(&mut self, now: Instant, arrival: Arrival) {
        let Arrival {
            leg,
            dialog,
            line,
            trunk,
            sound,
            number,
        } = arrival;
        let standing = self.repeats.came(now, leg, number.as_ref());
        let fact = line.arrival(leg, standing);
        let moment = self.moment(now);
        let Ok(seq) = self.log.append(moment, fact) else {
            self.repeats.went(leg);
            self.close_sound(leg, &sound);
            self.refused(now, "too many entries wait for the journal");
            return self.reject_for_now(now, dialog);
        };
        let contact = ContactId(seq);
        let answer = self.timers.arm(now + line.ring_time, Timer::Answer(leg));
        let at_once = line.ring_time.is_zero();
        let caller = Caller {
            dialog,
            line,
            trunk,
            sound,
            stage: Stage::Ringing { answer },
            contact,
            hearing: Hearing::Words { next: 0 },
            last_key: None,
            doubt: Doubt::default(),
        };
        self.callers.insert(leg, caller);
        self.by_dialog.insert(dialog, leg);
        self.contacts.insert(contact, Legs::of(leg));
        if at_once {
            self.timers.cancel(answer);
            self.answer_by_itself(now, leg);
        } else {
            let local_tag = self.tag(leg);
            self.command(
                now,
                sip::Command::Progress {
                    dialog,
                    status: Status::RINGING,
                    local_tag,
                },
            );
        }
    }

    pub(crate) fn tag(&self, leg: LegId) -> Option<Tag> {
        Tag::new(self.seal.seal(leg))
    }

    /// Whether one more call is more than the port range or the trunk carries.
    fn is_full(&self, trunk: TrunkId) -> bool {
        if self.has_no_room() {
            return true;
        }
        let Some(limit) = self
            .trunks
            .get(trunk)
            .and_then(|trunk| trunk.settings.calls_max)
        else {
            return false;
        };
        let callers = self
            .callers
            .values()
            .filter(|caller| caller.trunk == trunk)
            .count();
        let called = self
            .called
            .values()
            .filter(|called| called.gateway.is_some_and(|gateway| gateway.trunk == trunk))
            .count();
        callers + called >= limit
    }

    pub(crate) fn reject(&mut self, now: Instant, dialog: DialogId, status: Status) {
        self.command(
            now,
            sip::Command::Reject {
                dialog,
                status,
                headers: Vec::new(),
            },
        );
    }

    pub(crate) fn reject_for_now(&mut self, now: Instant, dialog: DialogId) {
        self.command(now, refusal_for_now(dialog));
    }

    fn refuse_request(&mut self, now: Instant, request: sip::RequestId) {
        let body = sip::Body::default();
        self.command(
            now,
            sip::Command::Respond {
                request,
                status: Status::METHOD_NOT_ALLOWED,
                headers: Vec::new(),
                body,
            },
        );
    }

    /// Whether a number is one that lines are called by, or that our own calls show.
    fn is_ours(&self, number: &PhoneNumber) -> bool {
        let mut shown = self
            .trunks
            .iter()
            .filter_map(|trunk| trunk.settings.outgoing_number.as_ref());
        self.lines.have(number) || shown.any(|shown| shown.may_be(number))
    }

    /// The ACK proves that our 200 went to who called. It brings the answer, if the offer was ours.
    fn on_acknowledged(&mut self, dialog: DialogId, sdp: Option<&Bytes>) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        sound.session.meet();
        if let Some(sdp) = sdp {
            // An answer that nobody understands leaves the sound as it was.
            let _not_understood = sound.session.accept(sdp);
        }
        self.settle_sound(leg);
    }

    /// A 2xx that answers no INVITE of this start is hung up if the INVITE was ours, and otherwise nobody's business.
    fn on_stray_success(
        &mut self,
        now: Instant,
        local_tag: &Tag,
        (response, flow): (Message, Flow),
    ) {
        if self.seal.open(local_tag.bytes()).is_some() {
            self.command(now, sip::Command::EndStray { response, flow });
        }
    }

    /// A dialog is over, whoever ended it.
    fn on_over(&mut self, now: Instant, dialog: DialogId, cause: EndCause) {
        let Some(leg) = self.by_dialog.remove(&dialog) else {
            return;
        };
        if self.callers.contains_key(&leg) {
            self.caller_left(now, leg, cause);
        } else if self.called.contains_key(&leg) {
            self.called_left(now, leg, Miss::Declined);
        } else {
            self.star_left(now, leg);
        }
    }

    /// The caller's leg is gone: its contact ends.
    pub(crate) fn caller_left(&mut self, now: Instant, leg: LegId, cause: EndCause) {
        let Some(caller) = self.forget_caller(now, leg) else {
            return;
        };
        let cause = match (cause, caller.stage) {
            // An operator's answer may be on its way through the journal; the caller's 200 never went out.
            (EndCause::Caller, Stage::Ringing { .. }) => EndCause::GaveUp,
            (cause, _) => cause,
        };
        self.append(
            now,
            Fact::Ended {
                contact: caller.contact,
                cause,
            },
        );
    }

    /// Forgets a caller's leg: ports, timers, the place of its number.
    pub(crate) fn forget_caller(&mut self, now: Instant, leg: LegId) -> Option<Caller> {
        let caller = self.callers.remove(&leg)?;
        self.by_dialog.remove(&caller.dialog);
        match caller.stage {
            Stage::Ringing { answer } => self.timers.cancel(answer),
            Stage::Waiting { words: Some(words) } => self.timers.cancel(words),
            Stage::Waiting { words: None } | Stage::Talking { .. } => {}
        }
        self.close_sound(leg, &caller.sound);
        if let Some(next) = self.repeats.went(leg)
            && let Some(next) = self.callers.get(&next)
        {
            let contact = next.contact;
            self.append(
                now,
                Fact::Stands {
                    contact,
                    standing: dispatch::Standing::Arrival,
                },
            );
        }
        Some(caller)
    }

    /// A contact is over: whatever of its legs still lives is hung up.
    pub(crate) fn close(&mut self, now: Instant, contact: ContactId) {
        let Some(legs) = self.contacts.remove(&contact) else {
            return;
        };
        for offer in legs.offers.into_values() {
            for leg in offer.legs {
                self.stop_calling(now, leg, None);
            }
        }
        for leg in legs.partners.into_values().chain(legs.joined) {
            self.hang_up(now, leg);
        }
        if let Some(caller) = self.forget_caller(now, legs.caller) {
            self.command(now, end_of(&caller, Ends::Over));
        }
    }

    /// A BYE for a leg of an earlier start: its contact need not be looked for any longer.
    fn on_stray_bye(&mut self, now: Instant, local_tag: &Tag) {
        if let Some(leg) = self.seal.open(local_tag.bytes())
            && leg.node == self.node
            && leg.start < self.start
        {
            self.append(now, Fact::LegLost { leg });
        }
    }

    /// The media thread did not take an order: the leg is torn down, and shown.
    pub(crate) fn on_order_lost(&mut self, now: Instant, leg: LegId) {
        self.refused(now, "a media thread is overloaded");
        if let Some(caller) = self.callers.get(&leg) {
            let end = end_of(caller, Ends::NoRoom);
            self.command(now, end);
            self.caller_left(now, leg, EndCause::LegLost);
        } else if self.stars.contains_key(&leg) {
            self.hang_up_star(now, leg);
        } else {
            self.called_leg_is_lost(now, leg);
        }
    }
}

/// What a caller's trunk is told of a call that cannot be carried now.
fn refusal_for_now(dialog: DialogId) -> sip::Command {
    let retry_after = sip::Header {
        name: "Retry-After",
        value: sip::HeaderValue::literal(RETRY_AFTER_SECONDS),
    };
    sip::Command::Reject {
        dialog,
        status: Status::SERVICE_UNAVAILABLE,
        headers: vec![retry_after],
    }
}

/// Why a caller's leg is ended by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// It cannot be carried now: her trunk may try another way, and us again later.
    NoRoom,
    /// Its contact is over, or it is dead: that says nothing of other calls (RFC 3261 §21.5.4 would).
    Over,
}

/// How a caller's leg is ended by us, as far as it has come.
pub(crate) fn end_of(caller: &Caller, why: Ends) -> sip::Command {
    let dialog = caller.dialog;
    match (&caller.stage, why) {
        (Stage::Ringing { .. }, Ends::NoRoom) => refusal_for_now(dialog),
        (Stage::Ringing { .. }, Ends::Over) => sip::Command::Reject {
            dialog,
            status: Status::TEMPORARILY_UNAVAILABLE,
            headers: Vec::new(),
        },
        (Stage::Waiting { .. } | Stage::Talking { .. }, _) => sip::Command::Bye {
            dialog,
            reason: None,
        },
    }
}

struct Arrival {
    leg: LegId,
    dialog: DialogId,
    line: std::sync::Arc<crate::settings::Line>,
    trunk: TrunkId,
    sound: Sound,
    number: Option<CallerNumber>,
}

/// Why a leg has no sound.
pub(crate) enum OpenError {
    NoPort,
    Session(SessionError),
}
