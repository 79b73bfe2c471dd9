//! Whether a trunk carries our calls. One that answers whether it lives may still refuse every call.

use dispatch::LegId;
use sip::Failure;

use super::TrunkState;
use crate::engine::Exchange;
use crate::input::Warning;

impl Exchange {
    /// A call came to nothing by the doing of its trunk: people are told, once until it carries one again.
    pub(crate) fn on_call_not_carried(&mut self, leg: LegId, why: Failure) {
        let Some(trunk) = self.trunk_of_called(leg) else {
            return;
        };
        if !std::mem::replace(&mut trunk.refuses_calls, true) {
            let trunk = trunk.settings.name.clone();
            self.warn(Warning::TrunkRefusesCalls { trunk, why });
        }
    }

    /// A telephone behind the trunk rang until we hung up, was answered, or said no. A trunk that rings by itself and then
    /// refuses has carried nothing.
    pub(crate) fn on_call_carried(&mut self, leg: LegId) {
        let Some(trunk) = self.trunk_of_called(leg) else {
            return;
        };
        if std::mem::take(&mut trunk.refuses_calls) {
            let trunk = trunk.settings.name.clone();
            self.warn(Warning::TrunkCarriesCalls { trunk });
        }
    }

    fn trunk_of_called(&mut self, leg: LegId) -> Option<&mut TrunkState> {
        let gateway = self.called.get(&leg)?.gateway?;
        self.trunks.get_mut(gateway.trunk)
    }
}
