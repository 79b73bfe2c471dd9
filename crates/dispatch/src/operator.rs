//! An operator, as the dispatcher keeps her.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::contact::earliest;
use crate::slots::ContactSlot;
use crate::status::Kind;
use crate::{
    Class, ContactId, Intent, IntentCause, LegId, Membership, Misses, Moment, OperatorId,
    PauseCause, Place, Reachability, ShiftPart, Standing,
};

#[derive(Clone, Debug)]
pub(crate) struct OperatorState {
    pub(crate) id: OperatorId,
    pub(crate) place: Place,
    pub(crate) membership: Membership,
    pub(crate) intent: Intent,
    pub(crate) intent_cause: IntentCause,
    pub(crate) paused: Option<PauseCause>,
    pub(crate) reachability: Reachability,
    pub(crate) talking: Option<ContactSlot>,
    pub(crate) claim: Option<ContactSlot>,
    pub(crate) legs: BTreeMap<LegId, Option<Moment>>,
    pub(crate) wrap_up: Option<Moment>,
    pub(crate) longer: Duration,
    pub(crate) rest: Option<Moment>,
    pub(crate) shift_ends: Option<Moment>,
    pub(crate) shift: ShiftPart,
    pub(crate) misses: Misses,
    pub(crate) misses_in_row: u32,
    pub(crate) idle_since: Moment,
    pub(crate) calls: u32,
    pub(crate) talked: Duration,
    /// Since when she has the status that she has.
    pub(crate) status_since: Moment,
    /// Which that is; unknown until she is looked at for the first time.
    pub(crate) kind: Option<Kind>,
    /// The group of operators with the same skills, queues and place; derived.
    pub(crate) group: usize,
    /// Where the index has her; derived.
    pub(crate) posted: Posted,
}

/// Where the index has an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Posted {
    /// Her keys among the free ones.
    pub(crate) free: Option<FreeKey>,
    /// Whether she could be offered a contact, were she not claimed.
    pub(crate) available: bool,
    /// Whether she counts among those who are there.
    pub(crate) there: bool,
    /// Whether she would be there but for a pause of the machine.
    pub(crate) benched: bool,
    /// What she is offered.
    pub(crate) ringing: Option<(Class, Standing, ContactId)>,
    /// When something of her is due.
    pub(crate) due: Option<Moment>,
}

/// What the strategies order free operators by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FreeKey {
    pub(crate) shift: ShiftPart,
    pub(crate) idle_since: Moment,
    pub(crate) calls: u32,
    pub(crate) talked: Duration,
}

impl OperatorState {
    pub(crate) fn new(id: OperatorId, place: Place, now: Moment) -> Self {
        Self {
            id,
            place,
            membership: Membership::Configured,
            intent: intent_at_first(place),
            intent_cause: IntentCause::Unsaid,
            paused: None,
            reachability: reachability_at_first(place),
            talking: None,
            claim: None,
            legs: BTreeMap::new(),
            wrap_up: None,
            longer: Duration::ZERO,
            rest: None,
            shift_ends: None,
            shift: ShiftPart::Within,
            misses: Misses::default(),
            misses_in_row: 0,
            idle_since: now,
            calls: 0,
            talked: Duration::ZERO,
            status_since: now,
            kind: None,
            group: 0,
            posted: Posted::default(),
        }
    }

    /// Whether she wants contacts and the machine did not pause her.
    pub(crate) fn is_ready(&self) -> bool {
        self.intent == Intent::Ready && self.paused.is_none()
    }

    /// Whether she is ready and her phone can be reached, busy or not.
    pub(crate) fn is_there(&self) -> bool {
        self.is_ready()
            && self.reachability == Reachability::Reachable
            && self.membership == Membership::Configured
    }

    /// Whether nothing but a pause of the machine keeps her desk from being there.
    pub(crate) fn is_benched(&self) -> bool {
        self.paused.is_some()
            && self.place == Place::Desk
            && self.intent == Intent::Ready
            && self.reachability == Reachability::Reachable
            && self.membership == Membership::Configured
    }

    /// Answers from another place than before, perhaps: what she wanted there and how she was
    /// reached says nothing of this one.
    pub(crate) fn settle_at(&mut self, place: Place) {
        if self.place != place {
            self.place = place;
            self.intent = intent_at_first(place);
            self.intent_cause = IntentCause::Unsaid;
            self.paused = None;
            self.reachability = reachability_at_first(place);
        }
    }

    /// Whether she has no leg.
    pub(crate) fn has_no_call(&self) -> bool {
        self.talking.is_none() && self.legs.is_empty()
    }

    /// Whether she could be offered a contact, were she not claimed.
    pub(crate) fn is_available(&self) -> bool {
        self.is_there() && self.has_no_call() && self.wrap_up.is_none() && self.rest.is_none()
    }

    pub(crate) fn is_free(&self) -> bool {
        self.is_available() && self.claim.is_none()
    }

    pub(crate) fn free_key(&self) -> Option<FreeKey> {
        self.is_free().then_some(FreeKey {
            shift: self.shift,
            idle_since: self.idle_since,
            calls: self.calls,
            talked: self.talked,
        })
    }

    /// When something of her is due.
    pub(crate) fn due(&self, last_minutes: Duration) -> Option<Moment> {
        let shift = match self.shift {
            ShiftPart::Within => self.shift_ends.map(|at| at - last_minutes),
            ShiftPart::LastMinutes => None,
        };
        let legs = self.legs.values().flatten().min().copied();
        earliest(earliest(self.rest, self.wrap_up), earliest(shift, legs))
    }

    /// Where in her shift she is at `now`.
    pub(crate) fn shift_part(&self, now: Moment, last_minutes: Duration) -> ShiftPart {
        match self.shift_ends {
            Some(at) if now >= at - last_minutes => ShiftPart::LastMinutes,
            Some(_) | None => ShiftPart::Within,
        }
    }
}

/// What somebody wants before she said so: a desk is off until she signs in, who is on call is so by the configuration.
const fn intent_at_first(place: Place) -> Intent {
    match place {
        Place::Desk => Intent::Off,
        Place::Home => Intent::Ready,
    }
}

/// What is known of a phone of which nothing was heard. No registration proves a telephone at home:
/// the trunk finds out by ringing it.
const fn reachability_at_first(place: Place) -> Reachability {
    match place {
        Place::Desk => Reachability::Unreachable,
        Place::Home => Reachability::Reachable,
    }
}
