//! What the journal gives back: entries applied or refused, what the dispatcher decided, and the health of the log.

use std::time::Instant;

use dispatch::{ContactId, Decision, Fact, HandBack, InputError, LegId, Origin, Seq, Standing};
use journal::{Health, LogOutput, Rejection};

use crate::engine::Exchange;
use crate::incoming::{Ends, end_of};
use crate::input::{Output, Reply, Warning};
use crate::sentence::with_causes;

impl Exchange {
    pub(crate) fn on_log(&mut self, now: Instant, output: LogOutput) {
        match output {
            LogOutput::Order(order) => self.push(Output::Journal(order)),
            LogOutput::Decided(decision) => self.on_decision(now, decision),
            LogOutput::Rejected(entry, rejection) => {
                if let (journal::Fact::Dispatch(fact), Rejection::Dispatch(error)) =
                    (&entry.fact, &rejection)
                {
                    self.on_rejected(now, entry.seq, (fact, error));
                }
                self.entering.over(&entry);
                self.answer_act(entry.seq, Reply::Refused(rejection));
            }
            LogOutput::Health(health) => self.on_health(health),
            LogOutput::Applied(entry) => {
                self.note_entry(&entry);
                self.entering.over(&entry);
                self.answer_act(entry.seq, Reply::Done);
                if let journal::Fact::Dispatch(fact) = &entry.fact {
                    self.on_applied(now, entry.seq, fact);
                }
            }
            LogOutput::SnapshotWritten(_) => {}
        }
    }

    fn on_applied(&mut self, now: Instant, seq: Seq, fact: &Fact) {
        if let Fact::Configured(_) = fact {
            self.on_configuration_applied(now, seq);
        }
        let restarted = Fact::Restarted {
            node: self.node,
            start: self.start,
        };
        if *fact == restarted {
            self.take_early_commands(now);
        }
    }

    /// The state rejected a fact. An arrival that it has no room for is refused, or hung up where
    /// it was answered at once; an answer to nothing is hung up; anything else lost a race and
    /// changes nothing.
    fn on_rejected(&mut self, now: Instant, seq: Seq, (fact, error): (&Fact, &InputError)) {
        match fact {
            Fact::Arrived {
                origin: Origin::Caller { leg, .. },
                standing,
                ..
            } => {
                if self.arrive_anew(now, (*leg, *standing), error).is_some() {
                    return;
                }
                self.contacts.remove(&ContactId(seq));
                let Some(caller) = self.forget_caller(now, *leg) else {
                    return;
                };
                self.refused(now, why_rejected(error));
                self.command(now, end_of(&caller, Ends::NoRoom));
            }
            Fact::Answered { leg, .. } | Fact::PartnerAnswered { leg, .. } => {
                self.hang_up(now, *leg);
            }
            Fact::Configured(config) => {
                self.on_configuration_refused(seq, config.clone(), error);
            }
            // No device reaches the exchange yet: none has a leg to be refused or hung up.
            Fact::Arrived {
                origin: Origin::Device { .. },
                ..
            }
            | Fact::Taken { .. }
            | Fact::Stands { .. }
            | Fact::Classed { .. }
            | Fact::Needed { .. }
            | Fact::Acted { .. }
            | Fact::Intends { .. }
            | Fact::Reached { .. }
            | Fact::ShiftEnds { .. }
            | Fact::Engaged { .. }
            | Fact::Disengaged { .. }
            | Fact::PickedUp { .. }
            | Fact::Missed { .. }
            | Fact::PartnerMissed { .. }
            | Fact::HandedBack { .. }
            | Fact::Ended { .. }
            | Fact::WrapUp { .. }
            | Fact::Restarted { .. }
            | Fact::LegFound { .. }
            | Fact::LegLost { .. } => {}
        }
    }

    /// Her line was exchanged while her arrival was on its way: she arrives at what it is now.
    /// `None` where that is nothing else.
    fn arrive_anew(
        &mut self,
        now: Instant,
        (leg, standing): (LegId, Standing),
        error: &InputError,
    ) -> Option<()> {
        let InputError::LineUnknown { line: unknown, .. } = error else {
            return None;
        };
        let caller = self.callers.get(&leg)?;
        let line = self.lines.successor(&caller.line)?;
        if line.id == *unknown {
            return None;
        }
        let fact = line.arrival(leg, standing);
        let moment = self.moment(now);
        let contact = ContactId(self.log.append(moment, fact).ok()?);
        let caller = self.callers.get_mut(&leg)?;
        caller.line = line;
        let before = std::mem::replace(&mut caller.contact, contact);
        if let Some(legs) = self.contacts.remove(&before) {
            self.contacts.insert(contact, legs);
        }
        Some(())
    }

    fn on_health(&mut self, health: Health) {
        self.untold.others();
        match health {
            Health::Saved => {
                self.unsaved = None;
                self.warn(Warning::JournalSaved);
            }
            Health::Unsaved(sickness) => {
                let reason = with_causes(&sickness);
                self.unsaved = Some(reason.clone());
                self.warn(Warning::JournalUnsaved { reason });
            }
            Health::SnapshotFailed(error) => self.warn(Warning::SnapshotFailed {
                reason: with_causes(&error),
            }),
        }
    }

    fn on_decision(&mut self, now: Instant, decision: Decision) {
        self.note_decision(now, &decision);
        match decision {
            Decision::Offer {
                contact,
                operator,
                until: _,
            } => self.offer(now, contact, operator),
            Decision::Withdraw {
                contact,
                operator,
                cause,
            } => self.withdraw(now, contact, operator, cause),
            Decision::Bridge {
                contact,
                operator: _,
                leg,
            } => self.join(now, contact, leg, HandBack::LegLost),
            Decision::BridgePartner {
                contact,
                partner: _,
                leg,
            } => self.join(now, contact, leg, HandBack::Partner),
            Decision::HangUp { leg } => self.hang_up(now, leg),
            Decision::Overflow {
                contact,
                partner,
                until: _,
            } => self.overflow(now, contact, partner),
            Decision::WithdrawOverflow { contact, partner } => {
                self.withdraw_overflow(now, contact, partner)
            }
            Decision::Waits { contact } => self.wait(now, contact),
            Decision::Classed {
                contact,
                class,
                speech,
            } => self.classed(now, contact, class, speech),
            Decision::Closed(closed) => {
                self.close(now, closed.contact);
                self.enter_again(now);
            }
            Decision::Tell(notice) => self.warn(Warning::Distribution(notice)),
            Decision::Paused { operator, cause: _ } => {
                self.warn(Warning::OperatorPaused { operator })
            }
            Decision::PauseLifted { operator } => self.warn(Warning::PauseLifted { operator }),
            Decision::Missed { .. }
            | Decision::Taken { .. }
            | Decision::Climbed { .. }
            | Decision::WrapUp { .. }
            | Decision::WrapUpOver { .. } => {}
        }
    }
}

/// Why a caller is refused whose arrival is rejected.
const fn why_rejected(error: &InputError) -> &'static str {
    if let InputError::LineUnknown { .. } = error {
        "the line of a caller was taken out while she came"
    } else {
        "distribution has no room for another contact"
    }
}
