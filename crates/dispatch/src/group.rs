//! Operators with the same skills, queues and place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::bits::Bits;
use crate::demand::{Demand, calls, demands};
use crate::operator::FreeKey;
use crate::slots::{OperatorSlot, QueueSlot};
use crate::{
    Class, Config, ContactId, Moment, Need, Operator, OperatorId, Place, QueueId, ShiftPart,
    SkillId, Standing, Strategy,
};

#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Sorted by skill.
    pub(crate) skills: Vec<(SkillId, u8)>,
    /// Sorted.
    pub(crate) queues: Vec<QueueSlot>,
    pub(crate) seat: Seat,
    /// The numbers of the demands that its operators can meet.
    pub(crate) demands: Vec<usize>,
    /// The reserves that its operators count for.
    pub(crate) reserves: Vec<usize>,
    /// How many are free.
    pub(crate) free: u32,
    /// How many are there.
    pub(crate) there: u32,
    /// What its operators are offered; the least urgent last.
    pub(crate) ringing: BTreeSet<(Class, Standing, ContactId, OperatorSlot)>,
    within: Free,
    last_minutes: Free,
}

/// A reserve and how many of its operators are free.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) class: Class,
    pub(crate) least: u32,
    pub(crate) free: u32,
    pub(crate) groups: Bits,
}

impl Held {
    /// Whether taking one of its free operators for `class` would break the reserve.
    pub(crate) fn refuses(&self, class: Class) -> bool {
        class > self.class && self.free <= self.least
    }
}

/// Free operators, in the order of each strategy that somebody uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Free {
    orders: Orders,
    pub(crate) listed: BTreeSet<OperatorSlot>,
    pub(crate) idle: BTreeSet<(Moment, OperatorSlot)>,
    pub(crate) calls: BTreeSet<(u32, Moment, OperatorSlot)>,
    pub(crate) talked: BTreeSet<(Duration, Moment, OperatorSlot)>,
}

/// Which orders are kept, because a queue chooses by them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Orders {
    listed: bool,
    idle: bool,
    calls: bool,
    talked: bool,
}

impl Orders {
    pub(crate) fn of(config: &Config) -> Self {
        let mut orders = Self::default();
        for queue in &config.queues {
            match queue.strategy {
                Strategy::LongestIdle => orders.idle = true,
                Strategy::FewestCalls => orders.calls = true,
                Strategy::LeastTalkTime => orders.talked = true,
                Strategy::OrderedList
                | Strategy::RoundRobin
                | Strategy::RingAll
                | Strategy::RingProgressively { .. } => orders.listed = true,
            }
        }
        orders
    }
}

impl Free {
    pub(crate) fn insert(&mut self, slot: OperatorSlot, key: FreeKey) {
        if self.orders.listed {
            self.listed.insert(slot);
        }
        if self.orders.idle {
            self.idle.insert((key.idle_since, slot));
        }
        if self.orders.calls {
            self.calls.insert((key.calls, key.idle_since, slot));
        }
        if self.orders.talked {
            self.talked.insert((key.talked, key.idle_since, slot));
        }
    }

    pub(crate) fn remove(&mut self, slot: OperatorSlot, key: FreeKey) {
        self.listed.remove(&slot);
        self.idle.remove(&(key.idle_since, slot));
        self.calls.remove(&(key.calls, key.idle_since, slot));
        self.talked.remove(&(key.talked, key.idle_since, slot));
    }
}

impl Group {
    fn new(signature: Signature, orders: Orders) -> Self {
        let (skills, queues, seat) = signature;
        let free = Free {
            orders,
            ..Free::default()
        };
        Self {
            skills,
            queues,
            seat,
            demands: Vec::new(),
            reserves: Vec::new(),
            free: 0,
            there: 0,
            ringing: BTreeSet::new(),
            within: free.clone(),
            last_minutes: free,
        }
    }

    pub(crate) const fn part(&self, shift: ShiftPart) -> &Free {
        match shift {
            ShiftPart::Within => &self.within,
            ShiftPart::LastMinutes => &self.last_minutes,
        }
    }

    pub(crate) const fn part_mut(&mut self, shift: ShiftPart) -> &mut Free {
        match shift {
            ShiftPart::Within => &mut self.within,
            ShiftPart::LastMinutes => &mut self.last_minutes,
        }
    }

    /// Whether its operators may take such a contact when they are free.
    pub(crate) fn may_take(
        &self,
        queue: QueueSlot,
        called: &[OperatorId],
        required: &[(SkillId, u8)],
    ) -> bool {
        let fits = match self.seat {
            Seat::Desk => required.iter().all(|need| has(&self.skills, *need)),
            // Whoever is called is called by her name: nobody asks what she can do.
            Seat::Home(person) => called.contains(&person),
        };
        fits && self.queues.contains(&queue)
    }
}

fn has(skills: &[(SkillId, u8)], (skill, level): (SkillId, u8)) -> bool {
    skills
        .binary_search_by_key(&skill, |(skill, _)| *skill)
        .is_ok_and(|at| skills[at].1 >= level)
}

/// Where the operators of a group answer. At home each is called by name, so that she is a group of her own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seat {
    Desk,
    Home(OperatorId),
}

impl Seat {
    fn of(operator: &Operator) -> Self {
        match operator.place {
            Place::Desk => Self::Desk,
            Place::Home => Self::Home(operator.id),
        }
    }
}

type Signature = (Vec<(SkillId, u8)>, Vec<QueueSlot>, Seat);

/// The groups of a configuration, the group of each operator in the configured order, and the group
/// of those who are leaving.
pub(crate) struct Grouped {
    pub(crate) groups: Vec<Group>,
    pub(crate) group_of: Vec<usize>,
    pub(crate) leaving: usize,
    pub(crate) reserves: Vec<Held>,
    /// How many demands there are.
    pub(crate) demands: usize,
}

pub(crate) fn grouped(config: &Config, queues: &BTreeMap<QueueId, QueueSlot>) -> Grouped {
    let reserves: Vec<(QueueSlot, Held, &[Need])> = config
        .queues
        .iter()
        .enumerate()
        .flat_map(|(slot, queue)| queue.reserves.iter().map(move |reserve| (slot, reserve)))
        .map(|(slot, reserve)| {
            let held = Held {
                class: reserve.class,
                least: reserve.least,
                free: 0,
                groups: Bits::default(),
            };
            (slot, held, &*reserve.needs)
        })
        .collect();
    let orders = Orders::of(config);
    let demands = demands(config, queues);
    let mut groups = Vec::new();
    let mut numbers: BTreeMap<Signature, usize> = BTreeMap::new();
    let mut number_of = |signature: Signature| {
        *numbers.entry(signature).or_insert_with_key(|signature| {
            let mut group = Group::new(signature.clone(), orders);
            group.reserves = counts_for(signature, &reserves);
            group.demands = met_by(&group, config, &demands);
            groups.push(group);
            groups.len() - 1
        })
    };
    let group_of = config
        .operators
        .iter()
        .map(|operator| {
            let mut skills = operator.skills.clone();
            skills.sort_unstable();
            let slots = operator
                .queues
                .iter()
                .filter_map(|queue| queues.get(queue).copied());
            let slots: BTreeSet<QueueSlot> = slots.collect();
            number_of((skills, slots.into_iter().collect(), Seat::of(operator)))
        })
        .collect();
    let leaving = number_of((Vec::new(), Vec::new(), Seat::Desk));
    let reserves = reserves.into_iter().map(|(_, held, _)| held).collect();
    Grouped {
        groups,
        group_of,
        leaving,
        reserves,
        demands: demands.len(),
    }
}

/// The operators of a configuration to whom no line's callers come, however long they wait.
pub fn operators_of_no_line(config: &Config) -> impl Iterator<Item = &Operator> {
    let slots = config.queues.iter().enumerate();
    let queues = slots.map(|(slot, queue)| (queue.id, slot)).collect();
    let Grouped {
        groups, group_of, ..
    } = grouped(config, &queues);
    let operators = config.operators.iter().zip(group_of);
    operators
        .filter(move |(_, group)| groups[*group].demands.is_empty())
        .map(|(operator, _)| operator)
}

/// The demands that operators of this group can meet: at home those of the queues that call her.
fn met_by(group: &Group, config: &Config, demands: &[Demand]) -> Vec<usize> {
    let meets = |demand: &Demand| {
        let called = match group.seat {
            Seat::Desk => None,
            Seat::Home(person) => Some(person).filter(|_| calls(config, demand.queue, person)),
        };
        group.may_take(demand.queue, called.as_slice(), &demand.required)
    };
    (0..demands.len())
        .filter(|&number| meets(&demands[number]))
        .collect()
}

/// The reserves that operators of this signature are kept free for. On-call people at home are rung
/// later, so nobody is kept free by them.
fn counts_for(
    (skills, queues, seat): &Signature,
    reserves: &[(QueueSlot, Held, &[Need])],
) -> Vec<usize> {
    let counts = |(queue, _, needs): &(QueueSlot, Held, &[Need])| {
        *seat == Seat::Desk
            && queues.contains(queue)
            && needs
                .iter()
                .all(|need| has(skills, (need.skill, need.level)))
    };
    (0..reserves.len())
        .filter(|&number| counts(&reserves[number]))
        .collect()
}
