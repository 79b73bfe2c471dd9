use super::change::{Accepted, only_if};
use super::{At, Contact, Far, Model};
use dispatch::{Decision, LegId, Outcome, Place, Reachability, Withdrawal};

impl Model {
    pub(super) fn restart(&mut self) {
        let until = self.now + self.config.rules.adrift;
        for id in self.contacts.keys().copied().collect::<Vec<_>>() {
            self.withdraw_all(id, Withdrawal::Restarted);
            self.stop_partners(id);
            let contact = self.contacts.get_mut(&id).unwrap();
            let far = contact.far().map(|far| (far, false));
            contact.at = At::Adrift {
                until,
                caller: false,
                far,
            };
            (contact.progress, contact.progress_at) = (0, None);
        }
        for person in &mut self.people {
            person
                .legs
                .values_mut()
                .for_each(|adrift| *adrift = Some(until));
            if person.place == Place::Desk {
                person.reach = Reachability::Unproven;
            }
        }
    }

    pub(super) fn find(&mut self, leg: LegId) -> Accepted {
        for person in &mut self.people {
            if let Some(adrift) = person.legs.get_mut(&leg) {
                return adrift.take().map(|_| ());
            }
        }
        let owns = |contact: &&Contact| {
            contact.leg == leg || contact.far().is_some_and(|far| far.leg() == leg)
        };
        let id = self.contacts.values().find(owns)?.id;
        let contact = self.contacts.get_mut(&id)?;
        let At::Adrift { caller, far, .. } = &mut contact.at else {
            return None;
        };
        let found = match far {
            Some((far, found)) if far.leg() == leg => found,
            _ => caller,
        };
        only_if(!*found)?;
        *found = true;
        match (*caller, *far) {
            (true, None) => self.wait_again(id),
            (true, Some((far, true))) => {
                contact.at = At::Talking(far);
                self.out.push(match far {
                    Far::Operator(operator, leg, _) => Decision::Bridge {
                        contact: id,
                        operator,
                        leg,
                    },
                    Far::Partner(partner, leg) => Decision::BridgePartner {
                        contact: id,
                        partner,
                        leg,
                    },
                });
            }
            _ => {}
        }
        Some(())
    }

    pub(super) fn lose(&mut self, leg: LegId) -> Accepted {
        for person in &mut self.people {
            if person.legs.remove(&leg).is_some() {
                return Some(());
            }
        }
        if let Some(id) = self
            .contacts
            .values()
            .find(|contact| contact.leg == leg)
            .map(|contact| contact.id)
        {
            self.close(id, Outcome::Lost);
            return Some(());
        }
        let far = |contact: &&Contact| contact.far().is_some_and(|far| far.leg() == leg);
        let id = self.contacts.values().find(far)?.id;
        self.lose_far(id);
        Some(())
    }
}
