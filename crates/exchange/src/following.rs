//! Calls follow a phone to the flow by which it registered anew: after its router mapped it to another port, or its
//! connection was lost, what we have to say in a call would else reach nobody.

use std::time::Instant;

use dispatch::OperatorId;
use sip::{DialogId, Flow};

use crate::engine::Exchange;
use crate::legs::Whom;
use crate::presence::Phone;
use crate::session::Followed;

impl Exchange {
    /// Tells the calls with an operator's phones where these are now, if one of them was not there before.
    pub(crate) fn follow_phones(&mut self, now: Instant, operator: OperatorId, before: &[Phone]) {
        let phones = self.presences.phones(operator);
        let is_old = |phone: &Phone| before.iter().any(|old| old.flow == phone.flow);
        if phones.iter().all(is_old) {
            return;
        }
        let registered = |phones: &[Phone]| phones.iter().map(Phone::registered).collect();
        let rebinding = sip::Rebinding {
            before: registered(before),
            now: registered(phones),
        };
        for dialog in self.dialogs_with(operator) {
            let phones = rebinding.clone();
            self.command(now, sip::Command::Follow { dialog, phones });
        }
    }

    /// A call's phone is there by this flow: its sound comes from there too, where a router has
    /// another address outside now.
    pub(crate) fn on_followed(&mut self, dialog: DialogId, flow: &Flow) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(sound) = self.sound_mut(leg) else {
            return;
        };
        match sound.session.follow(flow.remote) {
            Followed::Elsewhere => self.settle_sound(leg),
            Followed::ToTheSameHost => {}
        }
    }

    fn dialogs_with(&self, operator: OperatorId) -> Vec<DialogId> {
        let called = self.called.values().filter_map(|called| match called.whom {
            Whom::Desk(whose) if whose == operator => Some(called.dialog),
            Whom::Desk(_) | Whom::Home(_) | Whom::Partner(_) => None,
        });
        let stars = self.stars.values();
        let stars = stars.filter(|star| star.operator == operator);
        called.chain(stars.map(|star| star.dialog)).collect()
    }
}
