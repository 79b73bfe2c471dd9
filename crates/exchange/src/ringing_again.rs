//! A phone that rings shows what was known when it began to ring. When its caller tells that she
//! cannot speak it is called off and rings again, with that as its display name; for distribution
//! the offer goes on meanwhile, and nothing is missed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dispatch::{ContactId, LegId, OperatorId};

use crate::engine::{Exchange, Timer};
use crate::legs::{Again, CalledStage, Whom};

/// How long a phone that was called off may take to say so. One that still rings might answer the next call with 486.
const CALLED_OFF_WITHIN: Duration = Duration::from_millis(500);

impl Exchange {
    /// Calls off every phone at a desk that rings for a contact, to ring it again. Whoever has
    /// answered on any of hers is left alone.
    pub(crate) fn ring_again(&mut self, now: Instant, contact: ContactId) {
        let Some(legs) = self.contacts.get(&contact) else {
            return;
        };
        let ringing: Vec<OperatorId> = legs
            .offers
            .iter()
            .filter(|(_, offer)| offer.legs.iter().all(|leg| self.rings_at_a_desk(*leg)))
            .map(|(operator, _)| *operator)
            .collect();
        for operator in ringing {
            self.call_off(now, contact, operator);
        }
    }

    fn rings_at_a_desk(&self, leg: LegId) -> bool {
        let Some(called) = self.called.get(&leg) else {
            return false;
        };
        let rings = match called.stage {
            CalledStage::Calling { .. } | CalledStage::Ringing => true,
            CalledStage::Asked { .. }
            | CalledStage::Answered
            | CalledStage::Talking
            | CalledStage::Leaving => false,
        };
        rings && matches!(called.whom, Whom::Desk(_))
    }

    fn call_off(&mut self, now: Instant, contact: ContactId, operator: OperatorId) {
        let timer = Timer::RingAgain(contact, operator);
        let offer = self
            .contacts
            .get_mut(&contact)
            .and_then(|legs| legs.offers.get_mut(&operator));
        let Some(offer) = offer.filter(|offer| !offer.legs.is_empty()) else {
            return;
        };
        let leaving: BTreeSet<LegId> = std::mem::take(&mut offer.legs);
        offer.again = Again::Soon {
            leaving: leaving.clone(),
            at_the_latest: self.timers.arm(now + CALLED_OFF_WITHIN, timer),
        };
        for leg in leaving {
            self.stop_calling(now, leg, None);
        }
    }

    /// A phone that was called off is silent. After the last one of its offer they ring again.
    pub(crate) fn called_off(&mut self, now: Instant, leg: LegId, contact: ContactId, whom: Whom) {
        let Some(operator) = whom.operator() else {
            return;
        };
        let offers = self.contacts.get_mut(&contact).map(|legs| &mut legs.offers);
        let Some(offer) = offers.and_then(|offers| offers.get_mut(&operator)) else {
            return;
        };
        if let Again::Soon {
            leaving,
            at_the_latest,
        } = &mut offer.again
            && leaving.remove(&leg)
            && leaving.is_empty()
        {
            let timer = *at_the_latest;
            self.timers.cancel(timer);
            self.on_ring_again(now, contact, operator);
        }
    }

    /// The phones of an offer that was called off ring again, whether they are known to be silent or not.
    pub(crate) fn on_ring_again(&mut self, now: Instant, contact: ContactId, operator: OperatorId) {
        let offers = self.contacts.get_mut(&contact).map(|legs| &mut legs.offers);
        let waits = offers.is_some_and(|offers| {
            let offer = offers.get(&operator);
            let waits = offer.is_some_and(|offer| matches!(offer.again, Again::Soon { .. }));
            waits && offers.remove(&operator).is_some()
        });
        if waits && self.is_offered(contact, operator) {
            self.offer(now, contact, operator);
        }
    }
}
