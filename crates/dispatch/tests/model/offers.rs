//! Telephones that ring: how long, and how they are let go.

use std::time::Duration;

use dispatch::{ContactId, Decision, HomeTimes, OperatorId, Place, Strategy, Withdrawal};

use super::{At, Model};

impl Model {
    pub fn times_at_home(&self, id: OperatorId) -> HomeTimes {
        let mut entries = self.config.operators.iter();
        let entry = entries.find(|entry| entry.id == id);
        entry.map_or_else(HomeTimes::default, |entry| entry.at_home)
    }

    fn ring_time(&self, id: ContactId, operator: OperatorId) -> Duration {
        match self.person(operator).unwrap().place {
            Place::Home => self.times_at_home(operator).ring,
            Place::Desk => self.queue(&self.contacts[&id]).ring_time,
        }
    }

    pub fn ring_anew(&mut self, id: ContactId) {
        let At::Waiting(mut offers) = self.contacts[&id].at.clone() else {
            return;
        };
        for (operator, until) in &mut offers {
            if self.person(*operator).unwrap().place == Place::Desk {
                *until = (*until).max(self.now + self.ring_time(id, *operator));
            }
        }
        self.contacts.get_mut(&id).unwrap().at = At::Waiting(offers);
    }

    pub fn offer(&mut self, id: ContactId, operator: OperatorId) {
        let now = self.now;
        let queue = self.queue(&self.contacts[&id]).clone();
        let until = now + self.ring_time(id, operator);
        let contact = self.contacts.get_mut(&id).unwrap();
        if let At::Waiting(offers) = &mut contact.at {
            offers.push((operator, until));
        }
        if let (Strategy::RingProgressively { interval }, None) =
            (queue.strategy, contact.progress_at)
        {
            contact.progress_at = Some(now + interval);
        }
        if self.person(operator).unwrap().place == Place::Desk {
            self.last.insert(queue.id, operator);
        }
        self.out.push(Decision::Offer {
            contact: id,
            operator,
            until,
        });
    }

    pub fn drop_offer(&mut self, id: ContactId, operator: OperatorId) {
        let contact = self.contacts.get_mut(&id).unwrap();
        contact.given = contact.given.filter(|given| *given != operator);
        if let At::Waiting(offers) = &mut contact.at {
            offers.retain(|(ringing, _)| *ringing != operator);
        }
    }
    pub fn withdraw(&mut self, id: ContactId, operator: OperatorId, cause: Withdrawal) {
        self.drop_offer(id, operator);
        self.out.push(Decision::Withdraw {
            contact: id,
            operator,
            cause,
        });
    }
    pub fn withdraw_all(&mut self, id: ContactId, cause: Withdrawal) {
        for (operator, _) in self.contacts[&id].offers() {
            self.withdraw(id, operator, cause);
        }
    }
    pub fn withdraw_from(&mut self, operator: OperatorId) {
        if let Some(id) = self.claim(operator).map(|contact| contact.id) {
            self.withdraw(id, operator, Withdrawal::NoLongerFits);
        }
    }
    pub fn withdraw_unfit(&mut self, id: ContactId) {
        for (operator, _) in self.contacts[&id].offers() {
            let contact = &self.contacts[&id];
            let given = contact.given == Some(operator) && self.serves(operator, contact.queue);
            if !given && !self.suits(contact, self.person(operator).unwrap()) {
                self.withdraw(id, operator, Withdrawal::NoLongerFits);
            }
        }
    }
    pub fn stop_partners(&mut self, id: ContactId) {
        let now = self.now;
        let contact = self.contacts.get_mut(&id).unwrap();
        for partner in contact
            .partners
            .iter_mut()
            .filter(|partner| partner.ringing)
        {
            partner.ringing = false;
            partner.until = now;
            self.out.push(Decision::WithdrawOverflow {
                contact: id,
                partner: partner.id,
            });
        }
    }
}
