//! Whether a trunk carries our calls. One that answers whether it lives may still refuse every call.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dispatch::{LegId, OperatorId};
use sip::Failure;

use super::TrunkState;
use crate::engine::Exchange;
use crate::input::Warning;
use crate::legs::Whom;
use crate::settings::Who;

/// The pause before somebody at home is called again whose call her trunk did not carry; it doubles
/// with each further one.
const CALLED_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// The longest such pause: a trunk that carries calls again is not left alone for longer.
const CALLED_AGAIN_AFTER_MAX: Duration = Duration::from_secs(30);

/// Those at home whose calls a trunk did not carry, until it is seen to carry calls or to be another one than it was.
#[derive(Debug, Default)]
pub(super) struct Uncarried(BTreeMap<OperatorId, Pause>);

/// How often in a row somebody was not called, and until when she is not called again.
#[derive(Clone, Copy, Debug)]
struct Pause {
    times: u32,
    until: Instant,
}

impl Uncarried {
    fn again(&mut self, now: Instant, operator: OperatorId) {
        let times = self.0.get(&operator).map_or(0, |pause| pause.times);
        let after = CALLED_AGAIN_AFTER.saturating_mul(1 << times.min(10));
        let pause = Pause {
            times: times.saturating_add(1),
            until: now + after.min(CALLED_AGAIN_AFTER_MAX),
        };
        self.0.insert(operator, pause);
    }

    fn pauses(&self, now: Instant, operator: OperatorId) -> bool {
        let pause = self.0.get(&operator);
        pause.is_some_and(|pause| now < pause.until)
    }

    /// Everybody is called at once again.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

impl Exchange {
    /// A call came to nothing by the doing of its trunk: people are told, once until it carries one again.
    pub(crate) fn on_call_not_carried(&mut self, now: Instant, leg: LegId, why: Failure) {
        let whom = self.called.get(&leg).map(|called| called.whom);
        let Some(trunk) = self.trunk_of_called(leg) else {
            return;
        };
        if let Some(Whom::Home(operator)) = whom {
            trunk.uncarried.again(now, operator);
        }
        if !std::mem::replace(&mut trunk.refuses_calls, true) {
            let trunk = trunk.settings.name.clone();
            self.warn(Warning::TrunkRefusesCalls { trunk, why });
        }
    }

    /// A telephone behind the trunk rang until we hung up, was answered, or said no. A trunk that
    /// rings by itself and then refuses has carried nothing.
    pub(crate) fn on_call_carried(&mut self, leg: LegId) {
        let Some(trunk) = self.trunk_of_called(leg) else {
            return;
        };
        trunk.uncarried.forget();
        if std::mem::take(&mut trunk.refuses_calls) {
            let trunk = trunk.settings.name.clone();
            self.warn(Warning::TrunkCarriesCalls { trunk });
        }
    }

    /// Whether somebody at home is not called yet, since her trunk did not carry her calls of late.
    pub(crate) fn is_called_later(&self, now: Instant, operator: OperatorId) -> bool {
        let entry = self.directory(Who::OnCall(operator));
        let trunk = entry.and_then(|entry| self.trunks.named(&entry.trunk));
        trunk.is_some_and(|trunk| trunk.uncarried.pauses(now, operator))
    }

    fn trunk_of_called(&mut self, leg: LegId) -> Option<&mut TrunkState> {
        let gateway = self.called.get(&leg)?.gateway?;
        self.trunks.get_mut(gateway.trunk)
    }
}
