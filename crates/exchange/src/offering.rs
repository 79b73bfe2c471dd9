//! Offers: which phones ring for a contact, and what becomes of an offer when they stop.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dispatch::{ContactId, Fact, LegId, Miss, OperatorId, PartnerId, Withdrawal};
use media::ThreadId;

use crate::engine::{Exchange, Timer};
use crate::legs::{Again, CalledStage, Offer, Whom};
use crate::ports::{Offered, Shortage};
use crate::settings::Who;

/// How long before its deadline an offer is given up that still has no port.
const GIVEN_UP_BEFORE: Duration = Duration::from_millis(200);

/// Why somebody at home or a partner is not called at all.
const NO_WAY_OUT: &str = "no trunk leads to somebody who is to be called";

impl Exchange {
    /// Rings an operator for a contact: every phone that she registered, or her number at home. A
    /// trunk that is tried later is left alone by what the machine repeats, not by what a person decides.
    pub(crate) fn offer(&mut self, now: Instant, contact: ContactId, operator: OperatorId) {
        let Some(thread) = self.thread_of(contact) else {
            return;
        };
        let is_given = self.dispatcher().is_given(contact, operator);
        if !is_given && self.is_called_later(now, operator) {
            return self.on_not_called(now, contact, operator);
        }
        let Some(calls) = self.calls_of(contact, operator) else {
            return self.on_nothing_to_ring(now, contact, operator);
        };
        if self.ports.ready(thread) < calls.len() {
            return self.wait_for_port(now, thread, (contact, operator));
        }
        let legs: BTreeSet<LegId> = calls
            .into_iter()
            .filter_map(|call| self.call(now, call, thread))
            .collect();
        if let Some(live) = self.contacts.get_mut(&contact) {
            live.offers.insert(
                operator,
                Offer {
                    legs,
                    miss: Miss::Ours,
                    again: Again::No,
                },
            );
        }
    }

    /// Nothing rings: no phone of hers is registered, which is a miss of hers; or no trunk leads to her, which is not.
    fn on_nothing_to_ring(&mut self, now: Instant, contact: ContactId, operator: OperatorId) {
        let miss = match self.directory(Who::OnCall(operator)) {
            None => Miss::Unreachable,
            Some(_) => {
                self.refused(now, NO_WAY_OUT);
                Miss::Ours
            }
        };
        self.append(
            now,
            Fact::Missed {
                contact,
                operator,
                miss,
            },
        );
    }

    /// She is not called for now, which is no miss of hers: the dispatcher goes on to others, and comes back to her.
    fn on_not_called(&mut self, now: Instant, contact: ContactId, operator: OperatorId) {
        let miss = Miss::Ours;
        let fact = Fact::Missed {
            contact,
            operator,
            miss,
        };
        self.append(now, fact);
    }

    /// An offer that finds no port waits for one, and is given up before it would count as rung out.
    fn wait_for_port(&mut self, now: Instant, thread: ThreadId, offered: Offered) {
        if self.ports.wait(thread, offered) == Shortage::New {
            self.refused(now, "no port is ready for an offer");
        }
        let (contact, operator) = offered;
        let Some((_, until)) = self.claim_of(operator) else {
            return;
        };
        let given_up = until.checked_sub(GIVEN_UP_BEFORE).unwrap_or(until);
        let timer = Timer::NoPort(contact, operator);
        self.timers.arm(given_up.max(now), timer);
    }

    /// An offer that never rang is nobody's miss.
    pub(crate) fn on_no_port(&mut self, now: Instant, contact: ContactId, operator: OperatorId) {
        let ends_now = |(claimed, until)| claimed == contact && until <= now + GIVEN_UP_BEFORE;
        let rings = self
            .contacts
            .get(&contact)
            .is_some_and(|legs| legs.offers.contains_key(&operator));
        if rings || !self.claim_of(operator).is_some_and(ends_now) {
            return;
        }
        self.ports.forget((contact, operator));
        self.on_not_called(now, contact, operator);
    }

    /// Offers that waited for ports of this thread are made as soon as there are enough.
    pub(crate) fn offer_with_new_port(&mut self, now: Instant, thread: ThreadId) {
        while let Some((contact, operator)) = self.ports.first_waiting(thread) {
            // Those that are no longer offered must not keep the ports from the next one.
            let offered = self.is_offered(contact, operator);
            let needed = || {
                self.calls_of(contact, operator)
                    .map_or(0, |calls| calls.len())
            };
            if offered && self.ports.ready(thread) < needed() {
                return;
            }
            self.ports.forget((contact, operator));
            if offered {
                self.offer(now, contact, operator);
            }
        }
    }

    pub(crate) fn is_offered(&self, contact: ContactId, operator: OperatorId) -> bool {
        let claim = self.claim_of(operator);
        claim.is_some_and(|(claimed, _)| claimed == contact)
    }

    /// The contact that an operator is offered, and until when.
    fn claim_of(&self, operator: OperatorId) -> Option<(ContactId, Instant)> {
        let (contact, until) = self.dispatcher().operator(operator)?.claim?;
        Some((contact, self.instant(until)))
    }

    /// Rings a partner's line for a contact.
    pub(crate) fn overflow(&mut self, now: Instant, contact: ContactId, partner: PartnerId) {
        let entry = self.directory(Who::Partner(partner));
        let call = entry.and_then(|entry| self.call_by_trunk(contact, &entry));
        if call.is_none() {
            self.refused(now, NO_WAY_OUT);
        }
        let leg = call
            .zip(self.thread_of(contact))
            .and_then(|(call, thread)| self.call(now, call, thread));
        match (leg, self.contacts.get_mut(&contact)) {
            (Some(leg), Some(legs)) => {
                legs.partners.insert(partner, leg);
            }
            (Some(_) | None, _) => self.append(now, Fact::PartnerMissed { contact, partner }),
        }
    }

    pub(crate) fn withdraw_overflow(
        &mut self,
        now: Instant,
        contact: ContactId,
        partner: PartnerId,
    ) {
        if let Some(leg) = self
            .contacts
            .get_mut(&contact)
            .and_then(|legs| legs.partners.remove(&partner))
        {
            self.hang_up(now, leg);
        }
    }

    /// Takes an offer back. Phones that stop because another answered are told so.
    pub(crate) fn withdraw(
        &mut self,
        now: Instant,
        contact: ContactId,
        operator: OperatorId,
        cause: Withdrawal,
    ) {
        self.ports.forget((contact, operator));
        let Some(offer) = self
            .contacts
            .get_mut(&contact)
            .and_then(|legs| legs.offers.remove(&operator))
        else {
            return;
        };
        if let Again::Soon { at_the_latest, .. } = offer.again {
            self.timers.cancel(at_the_latest);
        }
        let elsewhere = cause == Withdrawal::AnsweredElsewhere;
        for leg in offer.legs {
            let reason = elsewhere.then(|| {
                sip::HeaderValue::literal("SIP;cause=200;text=\"Call completed elsewhere\"")
            });
            self.stop_calling(now, leg, reason);
        }
    }

    pub(crate) fn stop_calling(
        &mut self,
        now: Instant,
        leg: LegId,
        reason: Option<sip::HeaderValue>,
    ) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let (dialog, stage) = (called.dialog, called.stage);
        if stage == CalledStage::Ringing {
            self.on_call_carried(leg);
        }
        match stage {
            CalledStage::Calling { .. } | CalledStage::Ringing => {
                self.leave(leg);
                self.command(now, sip::Command::Cancel { dialog, reason });
            }
            CalledStage::Asked { .. }
            | CalledStage::Answered
            | CalledStage::Talking
            | CalledStage::Leaving => self.hang_up(now, leg),
        }
    }

    /// Of the phones of an offer this one alone counts: the others stop ringing.
    pub(crate) fn stop_other_phones(
        &mut self,
        now: Instant,
        leg: LegId,
        reason: Option<sip::HeaderValue>,
    ) {
        let others = self.offer_of(leg).map(|offer| {
            let all = std::mem::take(&mut offer.legs);
            offer.legs.extend(all.contains(&leg).then_some(leg));
            all.into_iter().filter(|other| *other != leg)
        });
        for other in others.into_iter().flatten().collect::<Vec<_>>() {
            self.stop_calling(now, other, reason.clone());
        }
    }

    fn offer_of(&mut self, leg: LegId) -> Option<&mut Offer> {
        let called = self.called.get(&leg)?;
        let operator = match called.whom {
            Whom::Desk(operator) | Whom::Home(operator) => operator,
            Whom::Partner(_) => return None,
        };
        let legs = self.contacts.get_mut(&called.contact)?;
        legs.offers.get_mut(&operator)
    }

    /// One phone of an offer failed; when it was the last one the offer is missed.
    pub(crate) fn offer_leg_failed(
        &mut self,
        now: Instant,
        leg: LegId,
        contact: ContactId,
        whom: Whom,
        miss: Miss,
    ) {
        let Some(legs) = self.contacts.get_mut(&contact) else {
            return;
        };
        match whom {
            Whom::Partner(partner) => {
                if legs.partners.remove(&partner).is_some() {
                    self.append(now, Fact::PartnerMissed { contact, partner });
                }
            }
            Whom::Desk(operator) | Whom::Home(operator) => {
                let Some(offer) = legs.offers.get_mut(&operator) else {
                    return;
                };
                offer.legs.remove(&leg);
                offer.miss = friendlier(offer.miss, miss);
                let miss = offer.miss;
                if offer.legs.is_empty() {
                    legs.offers.remove(&operator);
                    self.append(
                        now,
                        Fact::Missed {
                            contact,
                            operator,
                            miss,
                        },
                    );
                    match miss {
                        Miss::Unreachable | Miss::Ours => self.phone_did_not_answer(now, operator),
                        Miss::NoAnswer | Miss::Declined => {}
                    }
                }
            }
        }
    }
}

/// Of what two phones of one operator said, the word that tells more of her.
const fn friendlier(one: Miss, other: Miss) -> Miss {
    match (one, other) {
        (Miss::Declined, _) | (_, Miss::Declined) => Miss::Declined,
        (Miss::NoAnswer, _) | (_, Miss::NoAnswer) => Miss::NoAnswer,
        (Miss::Unreachable, _) | (_, Miss::Unreachable) => Miss::Unreachable,
        (Miss::Ours, Miss::Ours) => Miss::Ours,
    }
}
