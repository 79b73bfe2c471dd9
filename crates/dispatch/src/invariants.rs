//! The invariants of distribution, checked the slow way: by looking at every contact and every
//! operator, and at no index.

mod ledger;

use crate::contact::{Contact, Far, State};
use crate::demand::{Demand, demands};
use crate::engine::Dispatcher;
use crate::operator::OperatorState;
use crate::slots::OperatorSlot;
use crate::{
    Class, ContactId, Moment, Operator, OperatorId, Place, QueueId, Reserve, ShiftPart, SkillId,
    Strategy,
};

pub use ledger::Ledger;

/// An invariant that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// An operator holds two contacts.
    #[error("operator {0} holds two contacts")]
    TwoContacts(OperatorId),
    /// A contact and an operator do not agree about each other.
    #[error("contact {contact} and operator {operator} do not agree about each other")]
    Disagree {
        /// Which contact.
        contact: ContactId,
        /// Who.
        operator: OperatorId,
    },
    /// A contact wants an operator and is not where it could be found.
    #[error("contact {0} is lost")]
    Lost(ContactId),
    /// A contact is there twice.
    #[error("contact {0} is doubled")]
    Doubled(ContactId),
    /// Somebody is offered a contact while a more urgent one waits that she may take now.
    #[error(
        "operator {operator} is offered contact {offered} while contact {waiting} is more urgent"
    )]
    LessUrgentFirst {
        /// Who.
        operator: OperatorId,
        /// What she is offered.
        offered: ContactId,
        /// What waits.
        waiting: ContactId,
    },
    /// A contact and a free operator who may take it now are apart.
    #[error("contact {contact} waits while operator {operator} may take it")]
    Apart {
        /// Which contact.
        contact: ContactId,
        /// Who.
        operator: OperatorId,
    },
    /// An offer broke a reserve.
    #[error("offering contact {contact} to operator {operator} broke the reserve of queue {queue}")]
    ReserveBroken {
        /// Which contact.
        contact: ContactId,
        /// Who.
        operator: OperatorId,
        /// Whose reserve.
        queue: QueueId,
    },
    /// A contact has no outcome, or more than one.
    #[error("contact {0} does not end in exactly one outcome")]
    Outcomes(ContactId),
    /// An alarm is not offered although an operator is there for it.
    #[error("alarm {contact} is not offered to operator {operator}")]
    AlarmNotOffered {
        /// Which alarm.
        contact: ContactId,
        /// Who could have it.
        operator: OperatorId,
    },
    /// The machine keeps somebody paused although nobody else is there for a queue of hers, or she is at home.
    #[error("operator {0} is paused although she is the last one there, or at home")]
    LastPaused(OperatorId),
    /// Something is long due.
    #[error("something was due at {0:?}")]
    Overdue(Moment),
}

/// Checks what can be seen between two inputs. `now` is the moment of the latest input.
///
/// # Errors
/// The first [`Violation`] that is found.
pub fn check(dispatcher: &Dispatcher, now: Moment) -> Result<(), Violation> {
    if dispatcher.now > now {
        return Err(Violation::Overdue(now));
    }
    check_hands(dispatcher)?;
    for slot in dispatcher.contact_slots.values() {
        check_contact(dispatcher, *slot)?;
    }
    check_pauses(dispatcher)?;
    check_alarms(dispatcher)?;
    check_urgency(dispatcher)?;
    check_latest_offers(dispatcher)?;
    check_nobody_apart(dispatcher)
}

fn check_hands(dispatcher: &Dispatcher) -> Result<(), Violation> {
    for (slot, operator) in dispatcher.operators.iter().enumerate() {
        if operator.claim.is_some() && !operator.has_no_call() {
            return Err(Violation::TwoContacts(operator.id));
        }
        for claim in [operator.claim, operator.talking].into_iter().flatten() {
            let contact = &dispatcher.contacts[claim];
            let live = dispatcher.contact_slots.get(&contact.id) == Some(&claim);
            let agrees = match operator.claim {
                Some(_) => contact.is_offered_to(slot),
                None => holder(contact) == Some(slot),
            };
            if !live || !agrees {
                return Err(Violation::Disagree {
                    contact: contact.id,
                    operator: operator.id,
                });
            }
        }
    }
    Ok(())
}

fn holder(contact: &Contact) -> Option<OperatorSlot> {
    match contact.state {
        State::Talking {
            with: Far::Operator { operator, .. },
        }
        | State::Adrift {
            with: Some((Far::Operator { operator, .. }, _)),
            ..
        } => Some(operator),
        State::Talking {
            with: Far::Partner { .. },
        }
        | State::Adrift {
            with: Some((Far::Partner { .. }, _)) | None,
            ..
        }
        | State::Waiting { .. } => None,
    }
}

fn check_contact(dispatcher: &Dispatcher, slot: usize) -> Result<(), Violation> {
    let contact = &dispatcher.contacts[slot];
    for offer in contact.offers() {
        let operator = &dispatcher.operators[offer.operator];
        if operator.claim != Some(slot) {
            return Err(Violation::Disagree {
                contact: contact.id,
                operator: operator.id,
            });
        }
    }
    if let Some(operator) = holder(contact) {
        let operator = &dispatcher.operators[operator];
        if operator.talking != Some(slot) {
            return Err(Violation::TwoContacts(operator.id));
        }
    }
    let found = contact
        .placed
        .listed
        .map(|listed| (&dispatcher.index.buckets[listed.bucket], listed.key))
        .filter(|(bucket, key)| bucket.contacts.get(key) == Some(&slot))
        .map(|(bucket, _)| dispatcher.index.called_for(bucket));
    let sought = match (
        wants(dispatcher, contact, Place::Desk),
        wants(dispatcher, contact, Place::Home),
    ) {
        (_, true) => Some(&*contact.called),
        (true, false) => Some(&[][..]),
        (false, false) => None,
    };
    if found != sought {
        return Err(Violation::Lost(contact.id));
    }
    Ok(())
}

/// Whether a contact may be offered to one more operator at this place.
fn wants(dispatcher: &Dispatcher, contact: &Contact, place: Place) -> bool {
    let strategy = dispatcher.config.queues[contact.queue].strategy;
    let at_once = contact.operators_wanted(strategy);
    let ringing_at = |place| {
        let offers = contact.offers().iter();
        offers
            .filter(|offer| dispatcher.operators[offer.operator].place == place)
            .count()
    };
    let (desks, homes) = (ringing_at(Place::Desk), ringing_at(Place::Home));
    contact.is_waiting()
        && match place {
            Place::Desk => desks < at_once,
            Place::Home => desks + homes < at_once && (homes == 0 || strategy == Strategy::RingAll),
        }
}

/// Whether the operator could take the contact were she free, by the configuration, its rests and
/// whoever else rings for it.
fn fits(
    dispatcher: &Dispatcher,
    contact: &Contact,
    slot: OperatorSlot,
    required: &[(SkillId, u8)],
) -> bool {
    let Some(entry) = dispatcher.config.operators.get(slot) else {
        return false;
    };
    let able = |(skill, level): &(SkillId, u8)| {
        let mut skills = entry.skills.iter();
        skills.any(|(has, at)| has == skill && at >= level)
    };
    let suits = match entry.place {
        Place::Desk => required.iter().all(able),
        Place::Home => contact.called.contains(&entry.id),
    };
    suits
        && entry
            .queues
            .contains(&dispatcher.config.queues[contact.queue].id)
        && !contact.rests_from(slot)
        && wants(dispatcher, contact, entry.place)
}

/// The contacts that want an operator, with what they ask for now.
fn wanting(dispatcher: &Dispatcher) -> impl Iterator<Item = (&Contact, Vec<(SkillId, u8)>)> {
    let contacts = dispatcher
        .contact_slots
        .values()
        .map(|slot| &dispatcher.contacts[*slot]);
    contacts
        .filter(|contact| {
            [Place::Desk, Place::Home]
                .into_iter()
                .any(|place| wants(dispatcher, contact, place))
        })
        .map(|contact| {
            let mut required = Vec::new();
            let relaxations = &dispatcher.config.queues[contact.queue].relaxations;
            contact.required(relaxations, &mut required);
            (contact, required)
        })
}

/// The machine keeps nobody paused who would be the last one there, and nobody at home at all.
fn check_pauses(dispatcher: &Dispatcher) -> Result<(), Violation> {
    for (slot, operator) in dispatcher.operators.iter().enumerate() {
        let wrongly = match operator.place {
            Place::Desk => operator.is_benched() && is_last(dispatcher, slot),
            Place::Home => true,
        };
        if operator.paused.is_some() && wrongly {
            return Err(Violation::LastPaused(operator.id));
        }
    }
    Ok(())
}

fn check_alarms(dispatcher: &Dispatcher) -> Result<(), Violation> {
    let alarms = wanting(dispatcher)
        .filter(|(contact, _)| contact.class == Class::Alarm && contact.offers().is_empty());
    for (alarm, required) in alarms {
        for (slot, operator) in dispatcher.operators.iter().enumerate() {
            let rings_for_alarm = operator
                .claim
                .is_some_and(|claim| dispatcher.contacts[claim].class == Class::Alarm);
            if operator.is_available()
                && !rings_for_alarm
                && fits(dispatcher, alarm, slot, &required)
            {
                return Err(Violation::AlarmNotOffered {
                    contact: alarm.id,
                    operator: operator.id,
                });
            }
        }
    }
    Ok(())
}

/// Nobody rings for a less urgent class while an alarm or a danger waits that she may take and nobody rings for.
fn check_urgency(dispatcher: &Dispatcher) -> Result<(), Violation> {
    let urgent = wanting(dispatcher)
        .filter(|(contact, _)| contact.class <= Class::Danger && contact.offers().is_empty());
    for (waiting, required) in urgent {
        for (slot, operator) in dispatcher.operators.iter().enumerate() {
            let Some(claim) = operator.claim else {
                continue;
            };
            let offered = &dispatcher.contacts[claim];
            if offered.class > waiting.class && fits(dispatcher, waiting, slot, &required) {
                return Err(Violation::LessUrgentFirst {
                    operator: operator.id,
                    offered: offered.id,
                    waiting: waiting.id,
                });
            }
        }
    }
    Ok(())
}

fn rank(contact: &Contact) -> (Class, crate::Standing, ContactId) {
    (contact.class, contact.standing, contact.id)
}

fn check_latest_offers(dispatcher: &Dispatcher) -> Result<(), Violation> {
    for &(slot, operator_slot) in &dispatcher.latest_offers {
        let offered = &dispatcher.contacts[slot];
        let operator = &dispatcher.operators[operator_slot];
        if operator.claim != Some(slot) {
            continue;
        }
        for (waiting, required) in wanting(dispatcher) {
            let more_urgent = rank(waiting) < rank(offered);
            if more_urgent
                && !held_for_last_minutes(dispatcher, waiting, operator)
                && fits(dispatcher, waiting, operator_slot, &required)
            {
                return Err(Violation::LessUrgentFirst {
                    operator: operator.id,
                    offered: offered.id,
                    waiting: waiting.id,
                });
            }
        }
        for (queue, reserve) in reserves(dispatcher) {
            let counts = offered.class > reserve.class
                && counts_for(dispatcher, operator_slot, queue, reserve)
                && !is_last(dispatcher, operator_slot);
            // Whoever is the last one there was offered something, too, whatever the reserve says.
            let exempt = dispatcher.latest_offers.iter().filter(|(_, other)| {
                counts_for(dispatcher, *other, queue, reserve) && is_last(dispatcher, *other)
            });
            let left = left_free(dispatcher, queue, reserve) + exempt.count();
            if counts && left < reserve.least as usize {
                return Err(Violation::ReserveBroken {
                    contact: offered.id,
                    operator: operator.id,
                    queue,
                });
            }
        }
    }
    Ok(())
}

fn reserves(dispatcher: &Dispatcher) -> impl Iterator<Item = (QueueId, &Reserve)> {
    let queues = dispatcher.config.queues.iter();
    queues.flat_map(|queue| queue.reserves.iter().map(|reserve| (queue.id, reserve)))
}

fn counts_for(
    dispatcher: &Dispatcher,
    slot: OperatorSlot,
    queue: QueueId,
    reserve: &Reserve,
) -> bool {
    dispatcher.config.operators.get(slot).is_some_and(|entry| {
        entry.place == Place::Desk
            && entry.queues.contains(&queue)
            && reserve.needs.iter().all(|need| {
                entry
                    .skills
                    .iter()
                    .any(|(has, at)| *has == need.skill && *at >= need.level)
            })
    })
}

/// Whether some line's callers have, at some time of their wait, nobody else at a desk who is there for them.
fn is_last(dispatcher: &Dispatcher, slot: OperatorSlot) -> bool {
    let demands = demands(&dispatcher.config, &dispatcher.queue_slots);
    let meets = |entry: &Operator, demand: &Demand| {
        let able = |(skill, level): &(SkillId, u8)| {
            let mut skills = entry.skills.iter();
            skills.any(|(has, at)| has == skill && at >= level)
        };
        let queue = dispatcher.config.queues[demand.queue].id;
        entry.queues.contains(&queue) && demand.required.iter().all(able)
    };
    let operators = dispatcher.config.operators.iter();
    let operators = operators.zip(&dispatcher.operators).enumerate();
    let others_there = |demand: &Demand| {
        operators.clone().any(|(other, (entry, operator))| {
            other != slot
                && entry.place == Place::Desk
                && operator.is_there()
                && meets(entry, demand)
        })
    };
    let hers = |entry: &Operator| {
        demands
            .iter()
            .any(|demand| meets(entry, demand) && !others_there(demand))
    };
    dispatcher.config.operators.get(slot).is_some_and(hers)
}

fn left_free(dispatcher: &Dispatcher, queue: QueueId, reserve: &Reserve) -> usize {
    let operators = dispatcher.operators.iter().enumerate();
    operators
        .filter(|(slot, operator)| {
            operator.is_free() && counts_for(dispatcher, *slot, queue, reserve)
        })
        .count()
}

/// Whether her last minutes keep a contact from her, because somebody else rings for it.
fn held_for_last_minutes(
    dispatcher: &Dispatcher,
    contact: &Contact,
    operator: &OperatorState,
) -> bool {
    operator.shift == ShiftPart::LastMinutes
        && contact
            .offers()
            .iter()
            .any(|offer| dispatcher.operators[offer.operator].shift == ShiftPart::Within)
}

fn check_nobody_apart(dispatcher: &Dispatcher) -> Result<(), Violation> {
    let free: Vec<_> = dispatcher
        .operators
        .iter()
        .enumerate()
        .filter(|(_, operator)| operator.is_free())
        .collect();
    if free.is_empty() {
        return Ok(());
    }
    for (contact, required) in wanting(dispatcher) {
        for (slot, operator) in &free {
            let reserved = || {
                reserves(dispatcher).any(|(queue, reserve)| {
                    contact.class > reserve.class
                        && counts_for(dispatcher, *slot, queue, reserve)
                        && left_free(dispatcher, queue, reserve) <= reserve.least as usize
                        && !is_last(dispatcher, *slot)
                })
            };
            if fits(dispatcher, contact, *slot, &required)
                && !held_for_last_minutes(dispatcher, contact, operator)
                && !reserved()
            {
                return Err(Violation::Apart {
                    contact: contact.id,
                    operator: operator.id,
                });
            }
        }
    }
    Ok(())
}

/// Compares the indexes with ones that are built anew.
///
/// # Errors
/// A sentence that names the first difference.
pub fn check_index(dispatcher: &Dispatcher) -> Result<(), String> {
    let mut anew = dispatcher.clone();
    anew.reindex();
    let (kept, built) = (&dispatcher.index, &anew.index);
    if !kept.timers_equal(built) {
        return Err("the timers differ".to_owned());
    }
    for (name, one, other) in [("there", &kept.there, &built.there)] {
        if !one.iter().eq(other.iter()) {
            return Err(format!("the groups that are {name} differ"));
        }
    }
    for class in crate::index::CLASSES {
        let at = class as usize;
        if !kept.open[at].iter().eq(built.open[at].iter()) {
            return Err(format!("the groups open to {class:?} differ"));
        }
        if !kept.rings_below[at].iter().eq(built.rings_below[at].iter()) {
            return Err(format!("the groups ringing below {class:?} differ"));
        }
    }
    let free = |index: &crate::index::Index| {
        let reserves: Vec<_> = index.reserves.iter().map(|held| held.free).collect();
        (reserves, index.desks_there.clone(), index.benched.clone())
    };
    if free(kept) != free(built) {
        return Err("the counts of free, present or benched operators differ".to_owned());
    }
    if dispatcher
        .operators
        .iter()
        .map(|operator| &operator.posted)
        .ne(anew.operators.iter().map(|operator| &operator.posted))
    {
        return Err("the posts of operators differ".to_owned());
    }
    Ok(())
}
