//! What people were told of trunks while it lasts, over a change of the configuration.

use super::reach::{Unreached, probed_every};
use super::{TrunkState, Trunks, literal};
use crate::engine::Exchange;
use crate::input::{TrunkTrouble, Warning};
use crate::settings::Trunk;

impl Unreached {
    /// Whether anything will tell when a trunk that was told to be so is well again: a probe of it,
    /// or a look-up of its name.
    pub(super) fn may_mend(self, settings: &Trunk) -> bool {
        let has_name = || settings.host().is_some_and(|host| literal(host).is_none());
        probed_every(settings).is_some()
            || match self {
                Self::Silent => false,
                Self::Nowhere => has_name(),
            }
    }
}

impl TrunkState {
    /// What people were told of it that lasts.
    fn troubles(&self) -> impl Iterator<Item = TrunkTrouble> {
        let unreached = self.told.map(|_| TrunkTrouble::Unreached);
        let calls = self.refuses_calls.then_some(TrunkTrouble::CarriesNoCalls);
        let registering = self.registering.as_ref();
        let registration = registering.filter(|registering| registering.is_told());
        let registration = registration.map(|_| TrunkTrouble::NotRegistered);
        [unreached, calls, registration].into_iter().flatten()
    }
}

impl Trunks {
    /// The troubles that people were told of and that last, with the names of their trunks.
    pub(super) fn troubles(&self) -> Vec<(String, TrunkTrouble)> {
        let of = |trunk: &TrunkState| {
            let name = trunk.settings.name.clone();
            let troubles = trunk.troubles();
            troubles
                .map(move |trouble| (name.clone(), trouble))
                .collect::<Vec<_>>()
        };
        self.iter().flat_map(of).collect()
    }
}

impl Exchange {
    /// The trunks were exchanged: what was told of them before and does not last has come to its end.
    pub(super) fn troubles_end(&mut self, told: Vec<(String, TrunkTrouble)>) {
        let last = self.trunks.troubles();
        for (trunk, trouble) in told.into_iter().filter(|told| !last.contains(told)) {
            self.warn(Warning::TrunkTroubleEnds { trunk, trouble });
        }
    }
}
