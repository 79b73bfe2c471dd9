//! Why did she wait: what happened to each contact, in memory alone, until half an hour after its end.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{
    Act, Cause, ContactId, Decision, EndCause, Fact, HandBack, Miss, Moment, Outcome, Standing,
    StepCause as Climbed, Why, Withdrawal,
};
use exchange::{Happening, What};
use web::line::{Happened, Reason, Rule, Step, StepCause};

use super::millis;

/// How long the story of a contact that is over is kept.
pub(super) const KEPT_AFTER_END: Duration = Duration::from_secs(30 * 60);
/// How many stories are kept; beyond it the oldest are forgotten.
pub(super) const STORIES_MAX: usize = 20_000;
/// How many steps of a story are kept: the first half of them, and then the newest.
pub(super) const STEPS_MAX: usize = 400;

#[derive(Default)]
pub(super) struct Stories {
    contacts: BTreeMap<ContactId, Told>,
}

#[derive(Default)]
struct Told {
    steps: Vec<Step>,
    ended: Option<Moment>,
}

impl Stories {
    pub(super) fn add(&mut self, happening: Happening) {
        let Happening { contact, at, what } = happening;
        if !self.contacts.contains_key(&contact) && self.contacts.len() >= STORIES_MAX {
            self.contacts.pop_first();
        }
        let told = self.contacts.entry(contact).or_default();
        if let What::Decided(Decision::Closed(_)) = what {
            told.ended = Some(at);
        }
        let Some(step) = step(at, &what) else { return };
        if told.steps.len() >= STEPS_MAX {
            told.steps.remove(STEPS_MAX / 2);
        }
        told.steps.push(step);
    }

    pub(super) fn steps(&self, contact: ContactId) -> Option<Vec<Step>> {
        Some(self.contacts.get(&contact)?.steps.clone())
    }

    pub(super) fn forget(&mut self, now: Moment) {
        self.contacts.retain(|_, told| {
            told.ended
                .is_none_or(|ended| now.since(ended) < KEPT_AFTER_END)
        });
    }
}

/// A rule that holds a contact back, as screens tell it.
pub(crate) fn reason(why: &Why) -> Reason {
    let of = |rule| Reason {
        rule,
        whom: None,
        class: None,
        busy: None,
        until_ms: None,
    };
    match why {
        Why::Answered => of(Rule::Answered),
        Why::Offered { operator, until } => Reason {
            whom: Some(operator.to_string()),
            until_ms: Some(millis(*until)),
            ..of(Rule::Rings)
        },
        Why::Adrift { until } => Reason {
            until_ms: Some(millis(*until)),
            ..of(Rule::Adrift)
        },
        Why::NobodyThere => of(Rule::NobodyThere),
        Why::NobodyFree { busy } => Reason {
            busy: Some(*busy),
            ..of(Rule::NobodyFree)
        },
        Why::Reserved { operator, class } => Reason {
            whom: Some(operator.to_string()),
            class: Some((*class).into()),
            ..of(Rule::Reserved)
        },
        Why::Resting { operator, until } => Reason {
            whom: Some(operator.to_string()),
            until_ms: Some(millis(*until)),
            ..of(Rule::Resting)
        },
        Why::LastMinutes { operator } => Reason {
            whom: Some(operator.to_string()),
            ..of(Rule::LastMinutes)
        },
        Why::NotYetOnCall { operator } => Reason {
            whom: Some(operator.to_string()),
            ..of(Rule::NotYetOnCall)
        },
    }
}

fn step(at: Moment, what: &What) -> Option<Step> {
    let mut step = match what {
        What::Decided(decision) => decided(decision)?,
        What::Done(fact) => done(fact)?,
    };
    step.at_ms = millis(at);
    Some(step)
}

/// A step of which nothing but its name is known yet.
const fn of(what: Happened) -> Step {
    Step {
        at_ms: 0,
        what,
        cause: None,
        whom: None,
        class: None,
    }
}

fn about(what: Happened, whom: &impl ToString) -> Step {
    Step {
        whom: Some(whom.to_string()),
        ..of(what)
    }
}

fn because(step: Step, cause: StepCause) -> Step {
    Step {
        cause: Some(cause),
        ..step
    }
}

fn decided(decision: &Decision) -> Option<Step> {
    Some(match decision {
        Decision::Offer { operator, .. } => about(Happened::Offered, operator),
        Decision::Withdraw {
            operator, cause, ..
        } => because(about(Happened::Withdrawn, operator), withdrawal(*cause)),
        Decision::Bridge { operator, .. } | Decision::Taken { operator, .. } => {
            about(Happened::Joined, operator)
        }
        Decision::Overflow { partner, .. } => about(Happened::Overflowed, partner),
        Decision::WithdrawOverflow { partner, .. } => about(Happened::OverflowWithdrawn, partner),
        Decision::BridgePartner { partner, .. } => about(Happened::JoinedPartner, partner),
        Decision::Missed { operator, miss, .. } => {
            because(about(Happened::Missed, operator), missed(*miss))
        }
        Decision::Climbed { step, cause, .. } => because(
            about(Happened::Climbed, &(step + 1)),
            match cause {
                Climbed::Waited => StepCause::Waited,
                Climbed::NobodyThere => StepCause::NobodyThere,
            },
        ),
        Decision::Closed(closed) => because(
            of(Happened::Closed),
            match closed.outcome {
                Outcome::Answered | Outcome::Taken => StepCause::WasAnswered,
                Outcome::Overflowed => StepCause::WasOverflowed,
                Outcome::Abandoned => StepCause::WasAbandoned,
                Outcome::Lost => StepCause::WasLost,
                Outcome::Untaken => StepCause::ContactEnded,
            },
        ),
        Decision::HangUp { .. }
        | Decision::Waits { .. }
        | Decision::Classed { .. }
        | Decision::Paused { .. }
        | Decision::PauseLifted { .. }
        | Decision::WrapUp { .. }
        | Decision::WrapUpOver { .. }
        | Decision::Tell(_) => return None,
    })
}

const fn withdrawal(cause: Withdrawal) -> StepCause {
    match cause {
        Withdrawal::AnsweredElsewhere => StepCause::AnsweredElsewhere,
        Withdrawal::Ended => StepCause::ContactEnded,
        Withdrawal::RangOut => StepCause::RangOut,
        Withdrawal::Restarted => StepCause::Restarted,
        Withdrawal::NoLongerFits => StepCause::NoLongerFits,
        Withdrawal::MoreUrgent => StepCause::MoreUrgent,
        Withdrawal::ByHand => StepCause::ByHand,
    }
}

const fn missed(miss: Miss) -> StepCause {
    match miss {
        Miss::NoAnswer => StepCause::NoAnswer,
        Miss::Declined => StepCause::Declined,
        Miss::Unreachable => StepCause::Unreachable,
        Miss::Ours => StepCause::OurFault,
    }
}

fn done(fact: &Fact) -> Option<Step> {
    Some(match fact {
        Fact::Arrived { class, .. } => Step {
            class: Some((*class).into()),
            ..of(Happened::Arrived)
        },
        Fact::Classed { class, cause, .. } => classed(*class, *cause),
        Fact::Needed { .. } => of(Happened::Needed),
        Fact::Acted { act, .. } => match act {
            Act::Class(class) => classed(*class, Cause::Supervisor),
            Act::Move(queue) => about(Happened::Moved, queue),
            Act::Give(operator) => about(Happened::Given, operator),
        },
        Fact::Stands { standing, .. } => because(
            of(Happened::Stands),
            match standing {
                Standing::Arrival => StepCause::ByArrival,
                Standing::BehindBand => StepCause::BehindBand,
            },
        ),
        Fact::HandedBack { cause, .. } => because(
            of(Happened::HandedBack),
            match cause {
                HandBack::Operator => StepCause::Operator,
                HandBack::LegLost => StepCause::LegLost,
                HandBack::Partner => StepCause::Partner,
            },
        ),
        Fact::Answered { operator, .. } | Fact::Taken { operator, .. } => {
            about(Happened::Answered, operator)
        }
        Fact::PartnerAnswered { partner, .. } => about(Happened::PartnerAnswered, partner),
        Fact::PartnerMissed { partner, .. } => about(Happened::PartnerMissed, partner),
        Fact::Ended { cause, .. } => because(
            of(Happened::Ended),
            match cause {
                EndCause::Caller | EndCause::GaveUp => StepCause::Caller,
                EndCause::Operator => StepCause::Operator,
                EndCause::LegLost => StepCause::LegLost,
                EndCause::Case => StepCause::ContactEnded,
            },
        ),
        Fact::Configured(_)
        | Fact::Intends { .. }
        | Fact::Reached { .. }
        | Fact::ShiftEnds { .. }
        | Fact::Engaged { .. }
        | Fact::Disengaged { .. }
        | Fact::PickedUp { .. }
        | Fact::Missed { .. }
        | Fact::WrapUp { .. }
        | Fact::Restarted { .. }
        | Fact::LegFound { .. }
        | Fact::LegLost { .. } => return None,
    })
}

fn classed(class: dispatch::Class, cause: Cause) -> Step {
    let (cause, whom) = match cause {
        Cause::Caller => (StepCause::Caller, None),
        Cause::Operator(operator) => (StepCause::Operator, Some(operator.to_string())),
        Cause::Supervisor => (StepCause::Supervisor, None),
    };
    Step {
        cause: Some(cause),
        whom,
        class: Some(class.into()),
        ..of(Happened::Classed)
    }
}

#[cfg(test)]
mod tests {
    use dispatch::{Closed, LegId, LineId, NodeId, OperatorId, Origin, QueueId, Seq};

    use super::*;

    const NOW: Moment = Moment::from_micros(1_790_000_000_000_000);

    fn offered(contact: u64, at: Moment) -> Happening {
        Happening {
            contact: ContactId(Seq(contact)),
            at,
            what: What::Decided(Decision::Offer {
                contact: ContactId(Seq(contact)),
                operator: OperatorId::parse("jana").unwrap(),
                until: at,
            }),
        }
    }

    fn closed(contact: u64, at: Moment) -> Happening {
        Happening {
            contact: ContactId(Seq(contact)),
            at,
            what: What::Decided(Decision::Closed(Closed {
                contact: ContactId(Seq(contact)),
                origin: Origin::Caller {
                    leg: LegId::new(NodeId::ONLY, 1, 1),
                    line: LineId::parse("help").unwrap(),
                },
                queue: QueueId::parse("help").unwrap(),
                class: dispatch::Class::Crisis,
                arrived: at,
                answered: None,
                ended: at,
                outcome: Outcome::Abandoned,
            })),
        }
    }

    #[test]
    fn story_is_told_in_order_and_forgotten_half_an_hour_after_the_end() {
        let mut stories = Stories::default();
        stories.add(offered(1, NOW));
        stories.add(closed(1, NOW));
        stories.add(offered(2, NOW));

        stories.forget(NOW + KEPT_AFTER_END - Duration::from_secs(1));
        let told = stories.steps(ContactId(Seq(1))).unwrap();
        stories.forget(NOW + KEPT_AFTER_END);

        let what: Vec<_> = told.iter().map(|step| step.what).collect();
        assert_eq!(what, [Happened::Offered, Happened::Closed]);
        assert_eq!(told[0].whom.as_deref(), Some("jana"));
        assert!(stories.steps(ContactId(Seq(1))).is_none());
        assert!(stories.steps(ContactId(Seq(2))).is_some());
    }

    #[test]
    fn stories_and_their_steps_are_limited() {
        let mut stories = Stories::default();

        for step in 0..STEPS_MAX as u64 + 10 {
            stories.add(offered(1, NOW + Duration::from_millis(step)));
        }
        let long = stories.steps(ContactId(Seq(1))).unwrap();
        for contact in 2..STORIES_MAX as u64 + 3 {
            stories.add(offered(contact, NOW));
        }

        assert_eq!(long.len(), STEPS_MAX);
        assert_eq!(long[0].at_ms, millis(NOW));
        assert_eq!(
            long[STEPS_MAX - 1].at_ms,
            millis(NOW) + STEPS_MAX as u64 + 9
        );
        assert_eq!(stories.contacts.len(), STORIES_MAX);
        assert!(stories.steps(ContactId(Seq(1))).is_none());
    }
}
