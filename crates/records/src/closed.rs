use std::collections::BTreeMap;

use dispatch::{Class, LineId};

use crate::content::Content;
use crate::{Date, Misses, PeriodId, Tally};

/// How many contacts share a published sum at least, beside those of a month, which are exact. (DESIGN §7.1)
pub const SHARED_BY_MIN: u64 = 10;

/// A period that is over, until it is in the records database: its sums, and what its rows and
/// tables are to be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstored {
    /// Its sums.
    pub period: ClosedPeriod,
    /// The contents that its rows are made of; a month that was told in pieces has none.
    pub rows: Vec<Content>,
    /// The contents that its tables are made of; only a month of a line has some.
    pub tables: Vec<Content>,
}

impl Unstored {
    /// A period of which nothing was entered.
    #[must_use]
    pub const fn without_contents(period: ClosedPeriod) -> Self {
        Self {
            period,
            rows: Vec::new(),
            tables: Vec::new(),
        }
    }
}

/// Sums of a period that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosedPeriod {
    /// Days of a month that follow each other, of one line. The pieces of a month and line tile it, or there are none.
    Piece {
        /// Whose contacts.
        line: LineId,
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
        /// What was counted.
        total: Tally,
    },
    /// A month of one line.
    Month {
        /// Whose contacts.
        line: LineId,
        /// Which month.
        month: PeriodId,
        /// What was counted.
        total: Tally,
        /// Of `total`: the classes that enough contacts share. The rest of `total` is shared by as many, or is nothing.
        classes: BTreeMap<Class, Tally>,
    },
    /// Offers of all lines that were missed in a month.
    Misses {
        /// Which month.
        month: PeriodId,
        /// How many.
        misses: Misses,
    },
}

/// Which closed period: the key of its row in the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClosedKey {
    /// A piece of a month.
    Piece {
        /// Whose contacts.
        line: LineId,
        /// Its first day.
        first: Date,
    },
    /// A month.
    Month {
        /// Whose contacts.
        line: LineId,
        /// Which month.
        month: PeriodId,
    },
    /// The missed offers of a month.
    Misses {
        /// Which month.
        month: PeriodId,
    },
}

impl ClosedPeriod {
    /// Its key.
    #[must_use]
    pub const fn key(&self) -> ClosedKey {
        match self {
            Self::Piece { line, first, .. } => ClosedKey::Piece {
                line: *line,
                first: *first,
            },
            Self::Month { line, month, .. } => ClosedKey::Month {
                line: *line,
                month: *month,
            },
            Self::Misses { month, .. } => ClosedKey::Misses { month: *month },
        }
    }

    pub(crate) const fn is_piece(&self) -> bool {
        match self {
            Self::Piece { .. } => true,
            Self::Month { .. } | Self::Misses { .. } => false,
        }
    }
}

/// Tells whether enough contacts share these sums. Both ends count: of ten who arrived before
/// midnight only one may have ended, and her talk would be the sum.
pub(crate) const fn is_shared(tally: &Tally) -> bool {
    tally.arrived >= SHARED_BY_MIN && tally.ended() >= SHARED_BY_MIN
}

/// The classes of a line's month that may be told beside its total: each is shared by enough
/// contacts, and so is what the total has beyond them.
pub(crate) fn shared_classes(tallies: &BTreeMap<Class, Tally>) -> BTreeMap<Class, Tally> {
    let mut shown = tallies.clone();
    shown.retain(|_, tally| is_shared(tally));
    let mut rest = Tally::default();
    for (class, tally) in tallies {
        if !shown.contains_key(class) {
            rest.add(tally);
        }
    }
    while rest != Tally::default() && !is_shared(&rest) {
        let smallest = shown.iter().min_by_key(|(_, tally)| tally.arrived);
        let Some(class) = smallest.map(|(class, _)| *class) else {
            break;
        };
        if let Some(tally) = shown.remove(&class) {
            rest.add(&tally);
        }
    }
    shown
}
