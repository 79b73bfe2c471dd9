//! Acts on contacts, until the day on which they were done is over: the audit is told then, in an
//! order that tells nothing. (DESIGN §7.4)

use std::collections::BTreeMap;

use dispatch::{Act, ActingRole, Class, QueueId};

use crate::Date;

/// How many different acts of a day are told apart; what is done beyond it is counted by role alone.
pub const ACTS_TOLD_APART_MAX: usize = 64;
/// How many days with acts wait for the audit at most: it keeps nothing that is older.
pub const ACT_DAYS_MAX: usize = 366;

/// What was done with a contact, and nothing of the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// It got another class.
    Classed {
        /// Its class from then on.
        class: Class,
    },
    /// It was moved to another queue.
    Moved {
        /// Which queue.
        queue: QueueId,
    },
    /// It was given to an operator.
    Given,
    /// One of these, beyond [`ACTS_TOLD_APART_MAX`].
    Other,
}

/// An act on a contact as the audit names it: no login, no contact and no minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactAct {
    /// By whom.
    pub by: ActingRole,
    /// What was done.
    pub deed: Deed,
}

impl ContactAct {
    pub(crate) const fn of(act: Act, by: ActingRole) -> Self {
        let deed = match act {
            Act::Class(class) => Deed::Classed { class },
            Act::Move(queue) => Deed::Moved { queue },
            Act::Give(_) => Deed::Given,
        };
        Self { by, deed }
    }
}

/// The acts of a day: how often each was done, sorted by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActsOfDay(BTreeMap<ContactAct, u64>);

/// The acts that are not in the audit yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acts {
    /// Those of the day that runs. They are told to nobody.
    pub today: ActsOfDay,
    /// Those of days that are over, until they are in the audit.
    pub over: BTreeMap<Date, ActsOfDay>,
}

impl ActsOfDay {
    /// Acts with how often each was done.
    #[must_use]
    pub const fn from_counts(counts: BTreeMap<ContactAct, u64>) -> Self {
        Self(counts)
    }

    /// How often each act was done, in the order of what they are.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<ContactAct, u64> {
        &self.0
    }

    fn add(&mut self, act: ContactAct) {
        let is_told_apart = self.0.contains_key(&act) || self.0.len() < ACTS_TOLD_APART_MAX;
        let told = match is_told_apart {
            true => act,
            false => ContactAct {
                deed: Deed::Other,
                ..act
            },
        };
        let times = self.0.entry(told).or_default();
        *times = times.saturating_add(1);
    }
}

impl Acts {
    /// Somebody acted on a contact.
    pub fn add(&mut self, act: ContactAct) {
        self.today.add(act);
    }

    /// This day is over.
    pub fn end(&mut self, day: Date) {
        let acts = std::mem::take(&mut self.today);
        if acts.0.is_empty() {
            return;
        }
        self.over.insert(day, acts);
        if self.over.len() > ACT_DAYS_MAX {
            self.over.pop_first();
        }
    }

    /// The acts of the days through this one are in the audit.
    pub fn stored(&mut self, through: Date) {
        self.over.retain(|day, _| *day > through);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: ContactAct = ContactAct {
        by: ActingRole::Supervisor,
        deed: Deed::Given,
    };

    fn moved(by: ActingRole, number: usize) -> ContactAct {
        let queue = QueueId::parse(&format!("q{number}")).unwrap();
        let deed = Deed::Moved { queue };
        ContactAct { by, deed }
    }

    fn day(day: u8) -> Date {
        Date::new(2026, 11, day).unwrap()
    }

    #[test]
    fn acts_of_a_day_have_no_order() {
        let raised = ContactAct {
            by: ActingRole::Administrator,
            deed: Deed::Classed {
                class: Class::Danger,
            },
        };
        let (mut one, mut other) = (Acts::default(), Acts::default());

        for act in [GIVEN, raised, GIVEN] {
            one.add(act);
        }
        for act in [raised, GIVEN, GIVEN] {
            other.add(act);
        }

        assert_eq!(one, other);
        let counts = one.today.counts().iter();
        assert!(counts.eq([(&GIVEN, &2), (&raised, &1)]));
    }

    #[test]
    fn act_beyond_the_limit_is_counted_with_others_of_its_role() {
        let mut acts = Acts::default();
        for number in 0..=ACTS_TOLD_APART_MAX {
            acts.add(moved(ActingRole::Supervisor, number));
        }
        acts.add(moved(ActingRole::Supervisor, 0));
        for number in 0..100_000 {
            acts.add(moved(ActingRole::Administrator, number % 1_000));
        }

        let counts = acts.today.counts();

        let other = |by| {
            let deed = Deed::Other;
            counts.get(&ContactAct { by, deed }).copied()
        };
        assert_eq!(other(ActingRole::Supervisor), Some(1));
        assert_eq!(other(ActingRole::Administrator), Some(100_000));
        assert_eq!(counts[&moved(ActingRole::Supervisor, 0)], 2);
        assert_eq!(counts.len(), ACTS_TOLD_APART_MAX + 2);
        let all = ACTS_TOLD_APART_MAX as u64 + 2 + 100_000;
        assert_eq!(counts.values().sum::<u64>(), all);
    }

    #[test]
    fn day_without_acts_leaves_nothing() {
        let mut acts = Acts::default();

        acts.end(day(1));

        assert_eq!(acts, Acts::default());
    }

    #[test]
    fn days_wait_until_they_are_stored_and_no_longer_than_the_audit_keeps_them() {
        let mut acts = Acts::default();
        let days = (0..13 * 28).map(|number: u16| {
            let (month, day) = (number / 28, number % 28 + 1);
            let month_of_year = u8::try_from(month % 12 + 1).unwrap();
            Date::new(2026 + month / 12, month_of_year, u8::try_from(day).unwrap()).unwrap()
        });
        let days: Vec<Date> = days
            .chain((1..=3).map(|day| Date::new(2028, 1, day).unwrap()))
            .collect();
        for day in &days {
            acts.add(GIVEN);
            acts.end(*day);
        }
        let forgotten = days.len() - ACT_DAYS_MAX;
        assert!(acts.over.keys().eq(&days[forgotten..]));

        acts.stored(days[days.len() - 2]);

        assert!(acts.over.keys().eq(days.last()));
    }
}
