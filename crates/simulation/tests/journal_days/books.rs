//! The site's calendar, and the records database that takes what closes.

use std::collections::BTreeMap;

use dispatch::LineId;
use journal::{Fact, State};
use records::{ClosedPeriod, Date, PeriodId, Span, Tally};

/// Days of a month, as far as these days go.
const DAYS: u16 = 28;

/// Which day it is, and the months that the database has.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Days since the calendar began.
    day: u16,
    stored: BTreeMap<(LineId, PeriodId), Tally>,
}

impl Books {
    /// So many days go by.
    pub(crate) fn days_pass(&mut self, days: u64) {
        self.day += u16::try_from(days).unwrap();
    }

    /// It is this day now.
    pub(crate) fn day_began(&self) -> Fact {
        let month = self.day / DAYS;
        let part = |number: u16| u8::try_from(number + 1).unwrap();
        let date = Date::new(2026 + month / 12, part(month % 12), part(self.day % DAYS));
        Fact::DayBegan {
            date: date.unwrap(),
        }
    }

    /// Writes what has waited the longest.
    pub(crate) fn store(&mut self, state: &State) -> Option<Fact> {
        let closed = state.counts().closed.front()?;
        self.stored.extend(month(&closed.period));
        Some(Fact::PeriodStored {
            key: closed.period.key(),
        })
    }

    /// After a crash. On a sick disk it may have opened again what was written: that closes again
    /// later, and is replaced.
    pub(crate) fn restart(&mut self, state: &State) {
        let today = state.counts().today;
        let open = today.map(|today| PeriodId::of(Span::Month, today));
        self.stored.retain(|(_, month), _| Some(*month) < open);
    }

    /// Everything that was ever counted: what is written, what waits to be, and what is open.
    pub(crate) fn total(&self, state: &State) -> Tally {
        let counts = state.counts();
        let mut months = self.stored.clone();
        months.extend(
            counts
                .closed
                .iter()
                .filter_map(|closed| month(&closed.period)),
        );
        let mut total = counts.open.total();
        months.values().for_each(|month| total.add(month));
        total
    }

    /// How many months were written.
    pub(crate) fn months(&self) -> u64 {
        self.stored.len() as u64
    }
}

fn month(closed: &ClosedPeriod) -> Option<((LineId, PeriodId), Tally)> {
    match closed {
        ClosedPeriod::Month {
            line, month, total, ..
        } => Some(((*line, *month), *total)),
        ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
    }
}
