//! A live contact, as the dispatcher keeps it.

use std::time::Duration;

use crate::demand::{asks_more, required_where};
use crate::slots::{OperatorSlot, QueueSlot};
use crate::{
    Class, ContactId, LegId, Miss, Moment, Needs, OperatorId, Origin, Outcome, Overflow,
    OverflowPhase, PartnerId, Relaxation, SkillId, Sought, Speech, Standing, Strategy, Told,
    Widened,
};

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) origin: Origin,
    pub(crate) queue: QueueSlot,
    pub(crate) class: Class,
    pub(crate) speech: Speech,
    pub(crate) standing: Standing,
    pub(crate) needs: Needs,
    /// When a choice added a need or asked for more of it, for as long as it is needed: those relax
    /// by their wait since then.
    pub(crate) chosen: Vec<(SkillId, Moment)>,
    pub(crate) arrived: Moment,
    pub(crate) answered: Option<Moment>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) state: State,
    pub(crate) relaxed: Duration,
    pub(crate) steps_taken: usize,
    pub(crate) widened: Widened,
    /// The people at home who may be offered it, in the order in which steps called them.
    pub(crate) called: Vec<OperatorId>,
    /// Who of them was the last not to take it: whoever comes after her is next.
    pub(crate) passed_at_home: Option<OperatorId>,
    pub(crate) more_operators: u32,
    pub(crate) progress: u32,
    pub(crate) progress_at: Option<Moment>,
    pub(crate) overflows: Vec<Overflow>,
    pub(crate) rests: Vec<Rest>,
    /// To whom a person gave it, while that offer rings: she may have it whatever it needs.
    pub(crate) given: Option<OperatorSlot>,
    pub(crate) told: Told,
    /// Where the index has it; derived.
    pub(crate) placed: Placed,
}

/// Where the index has a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The bucket whose signature is its own, as long as its needs and those called for it stay.
    pub(crate) bucket: Option<usize>,
    /// Where it stands in line, while it wants an operator.
    pub(crate) listed: Option<Listed>,
    /// When something of it is due.
    pub(crate) due: Option<Moment>,
}

/// A place in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its own bucket, or the one of the same needs at the desk while nobody else at home is wanted.
    pub(crate) bucket: usize,
    pub(crate) key: (Standing, ContactId),
}

/// Whom a contact may be offered to, besides those who ring for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Nobody,
    /// Operators at a desk, but nobody at home.
    AtDesk,
    Anybody,
}

#[derive(Clone, Debug)]
pub(crate) enum State {
    Waiting {
        offers: Vec<Ring>,
    },
    Talking {
        with: Far,
    },
    Adrift {
        until: Moment,
        caller: Sought,
        with: Option<(Far, Sought)>,
    },
}

/// A claim that rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) operator: OperatorSlot,
    pub(crate) since: Moment,
    pub(crate) until: Moment,
}

/// The other side of a contact that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Far {
    Operator {
        operator: OperatorSlot,
        /// None where she took a device's contact without one.
        leg: Option<LegId>,
        since: Moment,
    },
    Partner {
        partner: PartnerId,
        leg: LegId,
        since: Moment,
    },
}

impl Far {
    pub(crate) const fn leg(self) -> Option<LegId> {
        match self {
            Self::Operator { leg, .. } => leg,
            Self::Partner { leg, .. } => Some(leg),
        }
    }
}

/// The rest of the contact from an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) operator: OperatorSlot,
    pub(crate) until: Moment,
    pub(crate) miss: Miss,
}

impl Contact {
    /// The offers that ring for it.
    pub(crate) fn offers(&self) -> &[Ring] {
        match &self.state {
            State::Waiting { offers } => offers,
            State::Talking { .. } | State::Adrift { .. } => &[],
        }
    }

    pub(crate) const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    pub(crate) fn is_offered_to(&self, operator: OperatorSlot) -> bool {
        self.offers().iter().any(|offer| offer.operator == operator)
    }

    pub(crate) fn rests_from(&self, operator: OperatorSlot) -> bool {
        self.rests.iter().any(|rest| rest.operator == operator)
    }

    /// From now on these people at home may be offered it, too.
    pub(crate) fn call(&mut self, people: &[OperatorId]) {
        for person in people {
            if !self.called.contains(person) {
                self.called.push(*person);
            }
        }
    }

    /// The people at home who may be offered it, whose turn it is first.
    pub(crate) fn called_in_turn(&self) -> impl Iterator<Item = OperatorId> {
        let passed = |last| self.called.iter().position(|person| *person == last);
        let next = self.passed_at_home.and_then(passed).map_or(0, |at| at + 1);
        let (before, after) = self.called.split_at(next);
        after.iter().chain(before).copied()
    }

    /// How many operators at a desk may ring for it at once.
    pub(crate) fn operators_wanted(&self, strategy: Strategy) -> usize {
        let at_once = match strategy {
            Strategy::RingAll => return usize::MAX,
            Strategy::RingProgressively { .. } => 1 + self.progress,
            Strategy::LongestIdle
            | Strategy::OrderedList
            | Strategy::RoundRobin
            | Strategy::FewestCalls
            | Strategy::LeastTalkTime => 1,
        };
        at_once.saturating_add(self.more_operators) as usize
    }

    /// Whom it wants now, when `at_home` of its offers ring at home.
    ///
    /// A telephone at home rings long and then asks for a key, so that it keeps no operator at a desk from the caller.
    pub(crate) fn wanted(&self, strategy: Strategy, at_home: usize) -> Wanted {
        let (ringing, at_once) = (self.offers().len(), self.operators_wanted(strategy));
        if !self.is_waiting() || ringing.saturating_sub(at_home) >= at_once {
            Wanted::Nobody
        } else if ringing < at_once && at_home < homes_at_once(strategy) {
            Wanted::Anybody
        } else {
            Wanted::AtDesk
        }
    }

    /// What it asks for now, sorted by skill, where needs relax like this.
    pub(crate) fn required(&self, relaxations: &[Relaxation], into: &mut Vec<(SkillId, u8)>) {
        match self.widened {
            Widened::Yes => into.clear(),
            Widened::No => {
                let reached = |step: &Relaxation| self.relaxes_at(step) <= self.relaxed;
                required_where(&self.needs, relaxations, reached, into);
            }
        }
    }

    /// The next wait at which a need relaxes.
    pub(crate) fn relaxes_after(&self, relaxations: &[Relaxation]) -> Option<Duration> {
        if self.widened == Widened::Yes {
            return None;
        }
        let needed = |step: &&Relaxation| self.needs.iter().any(|need| need.skill == step.skill);
        relaxations
            .iter()
            .filter(needed)
            .map(|step| self.relaxes_at(step))
            .filter(|after| *after > self.relaxed)
            .min()
    }

    /// The wait at which a relaxation comes to it. What was chosen later than it arrived relaxes as much later.
    fn relaxes_at(&self, step: &Relaxation) -> Duration {
        let mut chosen = self.chosen.iter();
        let chosen = chosen.find(|(skill, _)| *skill == step.skill);
        let later = chosen.map_or(Duration::ZERO, |(_, at)| at.since(self.arrived));
        later.saturating_add(step.after)
    }

    /// It needs this from now on. A need that it had already goes on relaxing from where it is.
    pub(crate) fn choose(&mut self, now: Moment, needs: Needs) {
        let asked = needs.iter().filter(|need| asks_more(&self.needs, need));
        let asked: Vec<SkillId> = asked.map(|need| need.skill).collect();
        self.chosen.retain(|(skill, _)| {
            let needed = needs.iter().any(|need| need.skill == *skill);
            needed && !asked.contains(skill)
        });
        self.chosen
            .extend(asked.into_iter().map(|skill| (skill, now)));
        self.chosen.sort_unstable();
        self.chosen.dedup();
        self.needs = needs;
    }

    /// When something of it is due. `next_step` is the wait of its timeline's next step.
    pub(crate) fn due(
        &self,
        next_step: Option<Duration>,
        relaxations: &[Relaxation],
    ) -> Option<Moment> {
        let rests = self.rests.iter().map(|rest| rest.until).min();
        match &self.state {
            State::Talking { .. } => rests,
            State::Adrift { until, .. } => earliest(rests, Some(*until)),
            State::Waiting { offers } => {
                let rings = offers.iter().map(|offer| offer.until).min();
                let partners = self.overflows.iter().map(|overflow| match overflow.phase {
                    OverflowPhase::Ringing(until) | OverflowPhase::Resting(until) => until,
                });
                let waits = [next_step, self.relaxes_after(relaxations)];
                let waits = waits
                    .into_iter()
                    .flatten()
                    .map(|after| self.arrived + after);
                let due = earliest(earliest(rests, rings), self.progress_at);
                earliest(earliest(due, partners.min()), waits.min())
            }
        }
    }
}

/// How many people at home may ring for one contact at once: they are rung in turn, unless everybody is.
const fn homes_at_once(strategy: Strategy) -> usize {
    match strategy {
        Strategy::RingAll => usize::MAX,
        Strategy::LongestIdle
        | Strategy::OrderedList
        | Strategy::RoundRobin
        | Strategy::FewestCalls
        | Strategy::LeastTalkTime
        | Strategy::RingProgressively { .. } => 1,
    }
}

pub(crate) fn earliest(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, None) => one,
        (None, other) => other,
    }
}
