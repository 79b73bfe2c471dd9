//! What makes a decision cheap: contacts in buckets of one signature, operators in groups of one
//! signature, and what is due.
//!
//! Everything here is derived: it can be built anew from contacts, operators and configuration at any time.

use std::collections::{BTreeMap, BTreeSet};

use crate::bits::Bits;
use crate::contact::{Listed, Placed};
use crate::group::{Group, Held, Seat};
use crate::limits::SIGNATURES_KEPT;
use crate::operator::Posted;
use crate::slots::{ContactSlot, OperatorSlot, QueueSlot};
use crate::{Class, ContactId, Moment, OperatorId, SkillId, Standing};

/// Every class, the most urgent first.
pub(crate) const CLASSES: [Class; 4] = [
    Class::Alarm,
    Class::Danger,
    Class::Crisis,
    Class::Information,
];

/// Whose timer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Contact(ContactId),
    Operator(OperatorSlot),
}

/// What contacts share that the same operators may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Signature {
    pub(crate) queue: QueueSlot,
    pub(crate) class: Class,
    pub(crate) required: usize,
    /// The number of the list of those at home who may be rung.
    pub(crate) called: usize,
}

/// The contacts of one signature that want an operator, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) signature: Signature,
    /// The groups whose operators may take them.
    pub(crate) groups: Bits,
    pub(crate) contacts: BTreeMap<(Standing, ContactId), ContactSlot>,
}

/// Lists by number, each once.
#[derive(Clone, Debug)]
struct Lists<T> {
    number_of: BTreeMap<Box<[T]>, usize>,
    lists: Vec<Box<[T]>>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self {
            number_of: BTreeMap::new(),
            lists: Vec::new(),
        }
    }
}

impl<T: Copy + Ord> Lists<T> {
    fn number(&mut self, list: &[T]) -> usize {
        if let Some(&number) = self.number_of.get(list) {
            return number;
        }
        self.lists.push(list.into());
        self.number_of.insert(list.into(), self.lists.len() - 1);
        self.lists.len() - 1
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) groups: Vec<Group>,
    pub(crate) reserves: Vec<Held>,
    /// Groups in which somebody is there.
    pub(crate) there: Bits,
    /// Groups in which nobody is there any more, since that was looked at last.
    pub(crate) left: Bits,
    /// Groups in which somebody is there again, since that was looked at last.
    pub(crate) came: Bits,
    /// Groups in which somebody is free.
    pub(crate) free: Bits,
    /// Per class the groups with a free operator whom the reserves leave to it.
    pub(crate) open: [Bits; CLASSES.len()],
    /// Per class the groups in which somebody is offered a contact of a less urgent one.
    pub(crate) rings_below: [Bits; CLASSES.len()],
    /// Groups in which something changed since the last match.
    pub(crate) changed_groups: Bits,
    /// Buckets in which something changed since the last match.
    pub(crate) changed_buckets: Bits,
    /// Per demand how many operators at a desk are there who meet it.
    pub(crate) desks_there: Vec<u32>,
    /// Groups whose one operator who is there is the last at a desk who meets some demand.
    pub(crate) last: Bits,
    /// Per demand the groups at a desk that meet it.
    desks_of: Vec<Bits>,
    /// Per demand the operators at a desk who would be there for it but for a pause of the machine.
    pub(crate) benched: Vec<BTreeSet<OperatorSlot>>,
    /// Demands that nobody at a desk is there for while somebody may be benched, since that was looked at last.
    pub(crate) bare: BTreeSet<usize>,
    pub(crate) buckets: Vec<Bucket>,
    /// Per class the first contact of every bucket that is not empty, and the bucket.
    pub(crate) heads: [BTreeMap<(Standing, ContactId), usize>; CLASSES.len()],
    bucket_of: BTreeMap<Signature, usize>,
    required: Lists<(SkillId, u8)>,
    called: Lists<OperatorId>,
    timers: BTreeSet<(Moment, Timer)>,
    /// Beyond so many buckets the index is built anew.
    buckets_kept: usize,
}

impl Index {
    pub(crate) fn new(groups: Vec<Group>, mut reserves: Vec<Held>, demands: usize) -> Self {
        for (number, held) in reserves.iter_mut().enumerate() {
            for (group, entry) in groups.iter().enumerate() {
                if entry.reserves.contains(&number) {
                    held.groups.insert(group);
                }
            }
        }
        let mut desks_of = vec![Bits::default(); demands];
        for (number, group) in groups.iter().enumerate() {
            for demand in group.demands.iter().filter(|_| group.seat == Seat::Desk) {
                desks_of[*demand].insert(number);
            }
        }
        Self {
            groups,
            reserves,
            desks_of,
            desks_there: vec![0; demands],
            benched: vec![BTreeSet::new(); demands],
            buckets_kept: SIGNATURES_KEPT,
            ..Self::default()
        }
    }

    /// The first moment at which something is due.
    pub(crate) fn first_due(&self) -> Option<Moment> {
        self.timers.first().map(|(due, _)| *due)
    }

    pub(crate) fn timers_equal(&self, other: &Self) -> bool {
        self.timers == other.timers
    }

    /// Everything that is due at `now`, the longest due first.
    pub(crate) fn due(&self, now: Moment) -> Vec<Timer> {
        self.timers
            .iter()
            .take_while(|(due, _)| *due <= now)
            .map(|(_, timer)| *timer)
            .collect()
    }

    /// Those at home who may be rung for a bucket's contacts.
    pub(crate) fn called_for(&self, bucket: &Bucket) -> &[OperatorId] {
        &self.called.lists[bucket.signature.called]
    }

    /// Whether so many signatures were seen that the empty ones should be forgotten.
    pub(crate) fn is_overfull(&self) -> bool {
        self.buckets.len() > self.buckets_kept
    }

    /// Lets the present buckets, all of them in use, grow to twice their number.
    pub(crate) fn keep_present(&mut self) {
        self.buckets_kept = SIGNATURES_KEPT.max(2 * self.buckets.len());
    }

    pub(crate) fn bucket(
        &mut self,
        queue: QueueSlot,
        class: Class,
        called: &[OperatorId],
        required: &[(SkillId, u8)],
    ) -> usize {
        let signature = Signature {
            queue,
            class,
            required: self.required.number(required),
            called: self.called.number(called),
        };
        self.bucket_with(signature)
    }

    /// The bucket of the same contacts for which nobody at home is rung.
    pub(crate) fn at_desk(&mut self, bucket: usize) -> usize {
        let nobody = self.called.number(&[]);
        self.bucket_with(Signature {
            called: nobody,
            ..self.buckets[bucket].signature
        })
    }

    fn bucket_with(&mut self, signature: Signature) -> usize {
        if let Some(&bucket) = self.bucket_of.get(&signature) {
            return bucket;
        }
        let mut groups = Bits::default();
        let required = &self.required.lists[signature.required];
        let called = &self.called.lists[signature.called];
        for (number, group) in self.groups.iter().enumerate() {
            if group.may_take(signature.queue, called, required) {
                groups.insert(number);
            }
        }
        self.buckets.push(Bucket {
            signature,
            groups,
            contacts: BTreeMap::new(),
        });
        self.bucket_of.insert(signature, self.buckets.len() - 1);
        self.buckets.len() - 1
    }

    /// Whether somebody is there who may take the bucket's contacts.
    pub(crate) fn is_attended(&self, bucket: usize) -> bool {
        self.buckets[bucket].groups.meets(&self.there)
    }

    /// Moves a contact from where it was to where it belongs.
    pub(crate) fn place(&mut self, id: ContactId, slot: ContactSlot, old: &Placed, new: &Placed) {
        if old.listed != new.listed {
            if let Some(Listed { bucket, key }) = old.listed {
                self.leave_bucket(bucket, key);
            }
            if let Some(Listed { bucket, key }) = new.listed {
                self.enter_bucket(bucket, key, slot);
            }
        }
        self.reschedule(Timer::Contact(id), old.due, new.due);
    }

    fn leave_bucket(&mut self, bucket: usize, key: (Standing, ContactId)) {
        let entry = &mut self.buckets[bucket];
        entry.contacts.remove(&key);
        let heads = &mut self.heads[entry.signature.class as usize];
        if heads.remove(&key).is_some()
            && let Some((head, _)) = entry.contacts.first_key_value()
        {
            heads.insert(*head, bucket);
        }
    }

    fn enter_bucket(&mut self, bucket: usize, key: (Standing, ContactId), slot: ContactSlot) {
        let entry = &mut self.buckets[bucket];
        let head = entry.contacts.first_key_value().map(|(head, _)| *head);
        entry.contacts.insert(key, slot);
        if head.is_none_or(|head| key < head) {
            let heads = &mut self.heads[entry.signature.class as usize];
            if let Some(head) = head {
                heads.remove(&head);
            }
            heads.insert(key, bucket);
        }
        self.changed_buckets.insert(bucket);
    }

    fn reschedule(&mut self, timer: Timer, old: Option<Moment>, new: Option<Moment>) {
        if old == new {
            return;
        }
        if let Some(due) = old {
            self.timers.remove(&(due, timer));
        }
        if let Some(due) = new {
            self.timers.insert((due, timer));
        }
    }

    /// Moves an operator from where she was to where she belongs.
    pub(crate) fn post(&mut self, slot: OperatorSlot, group: usize, old: &Posted, new: &Posted) {
        if old.free != new.free {
            self.post_free(slot, group, old, new);
        }
        if old.there != new.there {
            self.post_there(group, new);
        }
        if old.benched != new.benched {
            self.post_benched(slot, group, new);
        }
        if old.ringing != new.ringing {
            self.post_ringing(slot, group, old, new);
        }
        self.reschedule(Timer::Operator(slot), old.due, new.due);
    }

    fn post_free(&mut self, slot: OperatorSlot, group: usize, old: &Posted, new: &Posted) {
        if let Some(key) = old.free {
            self.groups[group].part_mut(key.shift).remove(slot, key);
        }
        if let Some(key) = new.free {
            self.groups[group].part_mut(key.shift).insert(slot, key);
            self.changed_groups.insert(group);
        }
        match (old.free.is_some(), new.free.is_some()) {
            (false, true) => self.count_free(group, |free| free + 1),
            (true, false) => self.count_free(group, |free| free - 1),
            (true, true) | (false, false) => {}
        }
    }

    fn count_free(&mut self, group: usize, change: fn(u32) -> u32) {
        let entry = &mut self.groups[group];
        entry.free = change(entry.free);
        if entry.free == 0 {
            self.free.remove(group);
        } else {
            self.free.insert(group);
        }
        for at in 0..self.groups[group].reserves.len() {
            let held = &mut self.reserves[self.groups[group].reserves[at]];
            held.free = change(held.free);
        }
        self.reopen();
    }

    /// Works out which groups are open to which class: those with somebody free whom no reserve
    /// keeps from it. The last operator who is there is never held back.
    fn reopen(&mut self) {
        for class in CLASSES {
            for at in 0..self.free.words() {
                let refusing = self.reserves.iter().filter(|held| held.refuses(class));
                let free = self.free.word(at);
                let open = refusing.fold(free, |open, held| open & !held.groups.word(at));
                let open = open | (free & self.last.word(at));
                let newly = open & !self.open[class as usize].word(at);
                if newly != 0 {
                    let changed = self.changed_groups.word(at) | newly;
                    self.changed_groups.set_word(at, changed);
                }
                self.open[class as usize].set_word(at, open);
            }
        }
    }

    fn post_there(&mut self, group: usize, new: &Posted) {
        let change: fn(u32) -> u32 = if new.there {
            |count| count + 1
        } else {
            |count| count - 1
        };
        let entry = &mut self.groups[group];
        let before = entry.there;
        entry.there = change(before);
        if entry.seat == Seat::Desk {
            for demand in &entry.demands {
                self.desks_there[*demand] = change(self.desks_there[*demand]);
                if self.desks_there[*demand] == 0 {
                    self.bare.insert(*demand);
                }
            }
        }
        if before == 0 {
            self.there.insert(group);
            self.came.insert(group);
        } else if entry.there == 0 {
            self.there.remove(group);
            self.left.insert(group);
        }
        self.note_who_is_last(group);
    }

    /// Works out who is now the last at a desk who meets some demand, after somebody of this group came or left.
    fn note_who_is_last(&mut self, group: usize) {
        if self.reserves.is_empty() || self.groups[group].seat != Seat::Desk {
            return;
        }
        let mut concerned = BTreeSet::from([group]);
        for demand in &self.groups[group].demands {
            // With more than two there nobody was or is the last one.
            if self.desks_there[*demand] <= 2 {
                concerned.extend(self.desks_of[*demand].common(&self.there));
            }
        }
        for group in concerned {
            let there = self.there.contains(group);
            let mut demands = self.groups[group].demands.iter();
            if there && demands.any(|demand| self.desks_there[*demand] == 1) {
                self.last.insert(group);
            } else {
                self.last.remove(group);
            }
        }
        self.reopen();
    }

    fn post_benched(&mut self, slot: OperatorSlot, group: usize, new: &Posted) {
        for demand in &self.groups[group].demands {
            if new.benched {
                self.benched[*demand].insert(slot);
                self.bare.insert(*demand);
            } else {
                self.benched[*demand].remove(&slot);
            }
        }
    }

    /// The benched operators for every demand that nobody at a desk is there for, in the configured order.
    pub(crate) fn benched_last(&mut self) -> BTreeSet<OperatorSlot> {
        let bare = std::mem::take(&mut self.bare);
        bare.into_iter()
            .filter(|demand| self.desks_there[*demand] == 0)
            .flat_map(|demand| &self.benched[demand])
            .copied()
            .collect()
    }

    fn post_ringing(&mut self, slot: OperatorSlot, group: usize, old: &Posted, new: &Posted) {
        let ringing = &mut self.groups[group].ringing;
        if let Some((class, standing, id)) = old.ringing {
            ringing.remove(&(class, standing, id, slot));
        }
        if let Some((class, standing, id)) = new.ringing {
            ringing.insert((class, standing, id, slot));
            self.changed_groups.insert(group);
        }
        let least_urgent = ringing.last().map(|(class, ..)| *class);
        for class in CLASSES {
            if least_urgent.is_some_and(|offered| offered > class) {
                self.rings_below[class as usize].insert(group);
            } else {
                self.rings_below[class as usize].remove(group);
            }
        }
    }

    /// Marks that something changed for a contact that stays where it stands in line.
    pub(crate) fn changed(&mut self, listed: Option<Listed>) {
        if let Some(listed) = listed {
            self.changed_buckets.insert(listed.bucket);
        }
    }

    /// Forgets what changed: everything was matched.
    pub(crate) fn matched(&mut self) {
        self.changed_groups.clear();
        self.changed_buckets.clear();
    }
}
