use super::change::{Accepted, only_if};
use super::{At, Contact, Far, Model};
use dispatch::{LegId, Outcome, Place, Reachability, Withdrawal};

impl Model {
    pub(super) fn restart(&mut self) {
        let until = self.now + self.config.rules.adrift;
        for id in self.contacts.keys().copied().collect::<Vec<_>>() {
            self.withdraw_all(id, Withdrawal::Restarted);
            self.stop_partners(id);
            let contact = self.contacts.get_mut(&id).unwrap();
            let far = contact.far();
            let caller = contact.is_of_device();
            // Nobody looks for a device, and nothing is to be found where no leg was.
            if !caller || far.is_some_and(|far| far.leg().is_some()) {
                contact.at = At::Adrift {
                    until,
                    caller,
                    far: far.map(|far| (far, false)),
                };
            }
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
            let far = contact.far().and_then(Far::leg);
            [contact.origin.leg(), far].contains(&Some(leg))
        };
        let id = self.contacts.values().find(owns)?.id;
        let contact = self.contacts.get_mut(&id)?;
        let At::Adrift { caller, far, .. } = &mut contact.at else {
            return None;
        };
        let found = match far {
            Some((far, found)) if far.leg() == Some(leg) => found,
            _ => caller,
        };
        only_if(!*found)?;
        *found = true;
        match (*caller, *far) {
            (true, None) => self.wait_again(id),
            (true, Some((far, true))) => {
                contact.at = At::Talking(far);
                self.tell_joined(id, far);
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
            .find(|contact| contact.origin.leg() == Some(leg))
            .map(|contact| contact.id)
        {
            self.close(id, Outcome::Lost);
            return Some(());
        }
        let far = |contact: &&Contact| contact.far().and_then(Far::leg) == Some(leg);
        let id = self.contacts.values().find(far)?.id;
        self.lose_far(id);
        Some(())
    }
}
