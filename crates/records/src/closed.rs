use std::collections::BTreeMap;

use dispatch::{Class, LineId};

use crate::{Contents, Date, Misses, Sums};

/// A period that is over, until it is in the records database: its sums, and what its rows and
/// tables are to be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstored {
    /// Its sums.
    pub period: ClosedPeriod,
    /// The contents that its rows are made of; a month that was told in pieces has none.
    pub rows: Contents,
    /// The contents that its tables are made of, by the periods that rows tell; only a month of a line has some.
    pub tables: Vec<Contents>,
}

impl Unstored {
    /// A period of which nothing was entered.
    #[must_use]
    pub fn without_contents(period: ClosedPeriod) -> Self {
        Self {
            period,
            rows: Contents::default(),
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
        total: Sums,
    },
    /// A month of one line; or several that follow each other, where too few contacts ended in all but the last.
    Month {
        /// Whose contacts.
        line: LineId,
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
        /// What was counted.
        total: Sums,
        /// Of `total`: the classes that enough contacts share. The rest of `total` is shared by as many, or is nothing.
        classes: BTreeMap<Class, Sums>,
    },
    /// Offers of all lines that were missed in a month, or in several of which all but the last were told of no line.
    Misses {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
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
        /// Its first day.
        first: Date,
    },
    /// The missed offers of a month.
    Misses {
        /// Its first day.
        first: Date,
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
            Self::Month { line, first, .. } => ClosedKey::Month {
                line: *line,
                first: *first,
            },
            Self::Misses { first, .. } => ClosedKey::Misses { first: *first },
        }
    }

    pub(crate) const fn is_piece(&self) -> bool {
        match self {
            Self::Piece { .. } => true,
            Self::Month { .. } | Self::Misses { .. } => false,
        }
    }
}
