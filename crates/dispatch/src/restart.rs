//! After a restart: nothing is known of any leg or phone until it is found or given up.

use crate::contact::{Far, State};
use crate::engine::{Dispatcher, LegOwner};
use crate::slots::ContactSlot;
use crate::{
    HandBack, InputError, LegId, Origin, Outcome, Place, Reachability, Sought, Withdrawal,
};

impl Dispatcher {
    /// The node was started again: offers are taken back without a miss, live contacts are adrift,
    /// and no phone at a desk is proven.
    pub(crate) fn restart(&mut self) {
        let until = self.now + self.rules().adrift;
        for slot in self.contact_slots.values().copied().collect::<Vec<_>>() {
            self.withdraw_all(slot, Withdrawal::Restarted);
            self.stop_partners(slot);
            let with = self.far_side(slot);
            let contact = &mut self.contacts[slot];
            let with_leg = with.filter(|with| with.leg().is_some());
            // Nobody looks for a device: what waits waits on, and what is hers without a leg stays so.
            let caller = match (contact.origin, with_leg) {
                (Origin::Caller { .. }, _) => Some(Sought::Missing),
                (Origin::Device { .. }, Some(_)) => Some(Sought::Found),
                (Origin::Device { .. }, None) => None,
            };
            if let Some(caller) = caller {
                contact.state = State::Adrift {
                    until,
                    caller,
                    with: with.map(|with| (with, Sought::Missing)),
                };
            }
            contact.progress = 0;
            contact.progress_at = None;
            self.sync_contact(slot);
        }
        for slot in 0..self.operators.len() {
            let operator = &mut self.operators[slot];
            for adrift in operator.legs.values_mut() {
                *adrift = Some(until);
            }
            match operator.place {
                Place::Desk => operator.reachability = Reachability::Unproven,
                Place::Home => {}
            }
            self.sync_operator(slot);
        }
    }

    /// A leg was found again.
    pub(crate) fn find_leg(&mut self, leg: LegId) -> Result<(), InputError> {
        match self.legs.get(&leg) {
            None => Err(InputError::LegUnknown(leg)),
            Some(&LegOwner::Own(operator)) => {
                match self.operators[operator].legs.get_mut(&leg) {
                    Some(adrift) if adrift.is_some() => *adrift = None,
                    Some(_) | None => return Err(InputError::NotAdrift(leg)),
                }
                self.sync_operator(operator);
                Ok(())
            }
            Some(&(LegOwner::Caller(slot) | LegOwner::Far(slot))) => self.find_leg_of(slot, leg),
        }
    }

    fn find_leg_of(&mut self, slot: ContactSlot, leg: LegId) -> Result<(), InputError> {
        let contact = &mut self.contacts[slot];
        let State::Adrift { caller, with, .. } = &mut contact.state else {
            return Err(InputError::NotAdrift(leg));
        };
        let sought = match with {
            Some((far, sought)) if far.leg() == Some(leg) => sought,
            Some(_) | None => caller,
        };
        if *sought == Sought::Found {
            return Err(InputError::NotAdrift(leg));
        }
        *sought = Sought::Found;
        self.settle(slot);
        Ok(())
    }

    /// Takes a contact out of the search once nothing of it is missing.
    fn settle(&mut self, slot: ContactSlot) {
        match self.contacts[slot].state {
            State::Adrift {
                caller: Sought::Found,
                with: None,
                ..
            } => self.wait_again(slot),
            State::Adrift {
                caller: Sought::Found,
                with: Some((with, Sought::Found)),
                ..
            } => {
                self.rejoin(slot, with);
            }
            State::Adrift { .. } | State::Waiting { .. } | State::Talking { .. } => {
                self.sync_contact(slot);
            }
        }
    }

    fn rejoin(&mut self, slot: ContactSlot, with: Far) {
        self.contacts[slot].state = State::Talking { with };
        self.sync_contact(slot);
        self.tell_joined(slot, with);
    }

    /// A leg is gone.
    pub(crate) fn lose_leg(&mut self, leg: LegId) -> Result<(), InputError> {
        match self.legs.get(&leg) {
            None => return Err(InputError::LegUnknown(leg)),
            Some(&LegOwner::Own(operator)) => {
                self.drop_own_leg(operator, leg);
                self.sync_operator(operator);
            }
            Some(&LegOwner::Caller(slot)) => self.close(slot, Outcome::Lost),
            Some(&LegOwner::Far(slot)) => self.lose_far_side(slot),
        }
        Ok(())
    }

    fn lose_far_side(&mut self, slot: ContactSlot) {
        let Some(with) = self.far_side(slot) else {
            return;
        };
        let cause = match with {
            Far::Operator { .. } => HandBack::LegLost,
            Far::Partner { .. } => HandBack::Partner,
        };
        self.part(slot, with, cause);
        match &mut self.contacts[slot].state {
            State::Adrift { with, .. } => {
                *with = None;
                self.settle(slot);
            }
            State::Talking { .. } | State::Waiting { .. } => self.wait_again(slot),
        }
    }

    /// Ends the search: what was not found is lost.
    pub(crate) fn give_up(&mut self, slot: ContactSlot) {
        match self.contacts[slot].state {
            State::Adrift {
                caller: Sought::Missing,
                ..
            } => self.close(slot, Outcome::Lost),
            State::Adrift {
                caller: Sought::Found,
                ..
            } => self.lose_far_side(slot),
            State::Waiting { .. } | State::Talking { .. } => {}
        }
    }
}
