//! Who is offered to whom: the most urgent contact that some free operator may take now, with the
//! operator its queue's strategy chooses, or at home whose turn it is.

use crate::contact::Contact;
use crate::engine::Dispatcher;
use crate::fault::Fault;
use crate::group::{Group, Seat};
use crate::index::{Bucket, CLASSES};
use crate::slots::{ContactSlot, OperatorSlot};
use crate::{Class, ContactId, ShiftPart, Standing, Strategy, Withdrawal};

/// A contact that can be offered, and to whom.
type Pair = (ContactSlot, OperatorSlot);

impl Dispatcher {
    /// Offers until no contact and no free operator who may take it are left apart.
    pub(crate) fn match_all(&mut self) {
        for class in CLASSES {
            if class == Class::Alarm && self.is_faulty(Fault::PassesOverAlarms) {
                continue;
            }
            while let Some((slot, operator)) = self.most_urgent_pair(class) {
                self.offer(slot, operator);
                self.latest_offers.push((slot, operator));
            }
            match class {
                Class::Alarm | Class::Danger => self.make_way(class),
                Class::Crisis | Class::Information => {}
            }
        }
        self.index.matched();
    }

    /// Withdraws less urgent offers for contacts of this class that ring nowhere and find nobody free.
    fn make_way(&mut self, class: Class) {
        if self.is_faulty(Fault::NeverMakesWay) {
            return;
        }
        while let Some((slot, operator)) = self.most_urgent_without(class) {
            if let Some(less_urgent) = self.operators[operator].claim {
                self.withdraw(less_urgent, operator, Withdrawal::MoreUrgent);
            }
            self.offer(slot, operator);
        }
    }

    /// The most urgent contact of a class for whom somebody is free.
    fn most_urgent_pair(&self, class: Class) -> Option<Pair> {
        let open = &self.index.open[class as usize];
        if open.is_empty() {
            return None;
        }
        self.first_of(class, open, |contact, bucket| self.choose(contact, bucket))
    }

    /// The most urgent contact of a class that rings nowhere, with somebody whose phone rings for a less urgent one.
    fn most_urgent_without(&self, class: Class) -> Option<Pair> {
        let ringing = &self.index.rings_below[class as usize];
        if ringing.is_empty() {
            return None;
        }
        self.first_of(class, ringing, |contact, bucket| {
            if contact.offers().is_empty() {
                self.least_urgent_ringing(contact, bucket)
            } else {
                None
            }
        })
    }

    /// The first contact of a class, in its order, for whom `find` finds an operator in one of `groups`.
    fn first_of(
        &self,
        class: Class,
        groups: &crate::bits::Bits,
        find: impl Fn(&Contact, &Bucket) -> Option<OperatorSlot>,
    ) -> Option<Pair> {
        let index = &self.index;
        let latest_first = self.is_faulty(Fault::LatestFirst);
        let mut first: Option<((Standing, ContactId), Pair)> = None;
        for (&head, &number) in &index.heads[class as usize] {
            if first.is_some_and(|(best, _)| best <= head) {
                break;
            }
            let bucket = &index.buckets[number];
            let relevant = if index.changed_buckets.contains(number) {
                bucket.groups.meets(groups)
            } else {
                bucket.groups.meets_both(groups, &index.changed_groups)
            };
            if !relevant {
                continue;
            }
            for (key, &slot) in &bucket.contacts {
                let latest = || {
                    bucket
                        .contacts
                        .last_key_value()
                        .map_or(slot, |(_, latest)| *latest)
                };
                let slot = if latest_first { latest() } else { slot };
                if first.is_some_and(|(best, _)| best <= *key) {
                    break;
                }
                let contact = &self.contacts[slot];
                if let Some(operator) = find(contact, bucket) {
                    first = Some((*key, (slot, operator)));
                    break;
                }
                // Whoever waits behind a contact without rests and offers of its own finds nobody either.
                if contact.rests.is_empty() && contact.offers().is_empty() {
                    break;
                }
            }
        }
        first.map(|(_, pair)| pair)
    }

    /// The free operator whom the queue's strategy chooses for a contact. Who is in her last
    /// minutes comes only when nobody else is ready for it, and nobody at home is woken while
    /// somebody at a desk is free.
    fn choose(&self, contact: &Contact, bucket: &Bucket) -> Option<OperatorSlot> {
        let others_ready = contact
            .offers()
            .iter()
            .any(|offer| self.operators[offer.operator].shift == ShiftPart::Within);
        let choose = |shift| {
            self.choose_at_desk(contact, bucket, shift)
                .or_else(|| self.choose_at_home(contact, bucket, shift))
        };
        let chosen = choose(ShiftPart::Within);
        if chosen.is_some() || others_ready {
            return chosen;
        }
        choose(ShiftPart::LastMinutes)
    }

    /// Whose turn it is at home: the steps say the order, whatever the queue's strategy, and each
    /// contact begins with the first.
    fn choose_at_home(
        &self,
        contact: &Contact,
        bucket: &Bucket,
        shift: ShiftPart,
    ) -> Option<OperatorSlot> {
        let open = &self.index.open[contact.class as usize];
        let may = |slot: &OperatorSlot| {
            let operator = &self.operators[*slot];
            let free = operator.posted.free;
            bucket.groups.contains(operator.group)
                && open.contains(operator.group)
                && free.is_some_and(|free| free.shift == shift)
                && !contact.rests_from(*slot)
        };
        contact
            .called_in_turn()
            .filter_map(|person| self.operator_slots.get(&person).copied())
            .find(may)
    }

    fn choose_at_desk(
        &self,
        contact: &Contact,
        bucket: &Bucket,
        shift: ShiftPart,
    ) -> Option<OperatorSlot> {
        let open = &self.index.open[contact.class as usize];
        let parts = bucket
            .groups
            .common(open)
            .map(|group| &self.index.groups[group])
            .filter(|group| group.seat == Seat::Desk)
            .map(|group| group.part(shift));
        let may = |operator: &OperatorSlot| !contact.rests_from(*operator);
        match self.config.queues[contact.queue].strategy {
            Strategy::LongestIdle => {
                let firsts = parts.filter_map(|part| part.idle.iter().find(|entry| may(&entry.1)));
                firsts.min().map(|entry| entry.1)
            }
            Strategy::FewestCalls => {
                let firsts = parts.filter_map(|part| part.calls.iter().find(|entry| may(&entry.2)));
                firsts.min().map(|entry| entry.2)
            }
            Strategy::LeastTalkTime => {
                let firsts =
                    parts.filter_map(|part| part.talked.iter().find(|entry| may(&entry.2)));
                firsts.min().map(|entry| entry.2)
            }
            Strategy::OrderedList | Strategy::RingAll | Strategy::RingProgressively { .. } => parts
                .filter_map(|part| part.listed.iter().copied().find(may))
                .min(),
            Strategy::RoundRobin => {
                let next = self.offered_last[contact.queue].map_or(0, |last| last + 1);
                let after = |part: &crate::group::Free| {
                    let after = part.listed.range(next..).copied().find(may);
                    let before = || part.listed.range(..next).copied().find(may);
                    after.or_else(before)
                };
                parts
                    .filter_map(after)
                    .min_by_key(|operator| (*operator < next, *operator))
            }
        }
    }

    /// Who rings for the least urgent contact among those who may take this one instead.
    fn least_urgent_ringing(&self, contact: &Contact, bucket: &Bucket) -> Option<OperatorSlot> {
        let below = &self.index.rings_below[contact.class as usize];
        let of_group = |group: &Group| {
            let less_urgent = group
                .ringing
                .iter()
                .rev()
                .take_while(|entry| entry.0 > contact.class);
            less_urgent
                .copied()
                .find(|entry| !contact.rests_from(entry.3))
        };
        let groups = bucket
            .groups
            .common(below)
            .map(|group| &self.index.groups[group]);
        groups.filter_map(of_group).max().map(|entry| entry.3)
    }
}
