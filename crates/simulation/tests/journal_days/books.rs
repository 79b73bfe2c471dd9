//! The site's calendar, and the records database that takes what closes.

use std::collections::BTreeMap;

use dispatch::{LineId, Moment};
use journal::{Fact, State};
use records::{ClosedPeriod, Date, PeriodId, QuarterHour, Span, Sums, Tally};

/// Days of a month, as far as these days go.
const DAYS: u16 = 28;

/// Which day it is, and the months and quarter-hours that the database has.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Days since the calendar began.
    day: u16,
    stored: BTreeMap<(LineId, Date), Counted>,
    arrived: BTreeMap<(QuarterHour, LineId), u64>,
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
        Fact::Records(records::Fact::DayBegan {
            date: date.unwrap(),
        })
    }

    /// Writes what has waited the longest.
    pub(crate) fn store(&mut self, state: &State) -> Option<Fact> {
        let closed = state.counts().closed.front()?;
        self.stored.extend(month(&closed.period));
        Some(Fact::Records(records::Fact::PeriodStored {
            key: closed.period.key(),
        }))
    }

    /// Writes the quarter-hours that are over.
    pub(crate) fn store_arrived(
        &mut self,
        state: &State,
        now: Moment,
    ) -> Result<Option<Fact>, String> {
        let over = state.counts().closed_quarter_hours(now);
        let mut through = None;
        for (quarter, line, arrived) in over {
            let before = self.arrived.insert((quarter, line), arrived);
            if before > Some(arrived) {
                return Err(format!("{before:?} of {quarter:?} became {arrived}"));
            }
            through = Some(quarter);
        }
        Ok(through.map(|through| Fact::Records(records::Fact::ArrivedStored { through })))
    }

    /// After a crash. On a sick disk it may have opened again what was written: that closes again
    /// later, and is replaced.
    pub(crate) fn restart(&mut self, state: &State) {
        // What was stored later was of entries that are lost, or is in the counts.
        let last = QuarterHour::of(state.at());
        self.arrived.retain(|(quarter, _), _| *quarter < last);
        let counts = state.counts();
        let today = counts.today.map(|today| PeriodId::of(Span::Month, today));
        let ending = counts.ending.as_ref().map(|month| month.month);
        let open = ending.or(today).map(PeriodId::first);
        let small = &counts.small.lines;
        let is_small =
            |line: &LineId, first| small.get(line).is_some_and(|small| small.first == first);
        self.stored
            .retain(|(line, first), _| Some(*first) < open && !is_small(line, *first));
    }

    /// Everything that was ever counted: what is written, what waits to be, and what is open.
    pub(crate) fn total(&self, state: &State) -> Counted {
        let counts = state.counts();
        let mut months = self.stored.clone();
        months.extend(
            counts
                .closed
                .iter()
                .filter_map(|closed| month(&closed.period)),
        );
        let small = counts.small.lines.values();
        let small = small.flat_map(|line| line.classes.values().map(counted));
        let ending = counts
            .ending
            .iter()
            .map(|month| counted(&month.counted.total()));
        let open = [counted(&counts.open.total())].into_iter().chain(ending);
        let all = months.into_values().chain(small).chain(open);
        all.fold(Counted::default(), Counted::plus)
    }

    /// *Arrived* of all quarter-hours: what is written, and what is not.
    pub(crate) fn arrived(&self, state: &State) -> u64 {
        let mut arrived = self.arrived.clone();
        arrived.extend(&state.counts().arrived);
        arrived.values().sum()
    }

    /// How many quarter-hours were written and are forgotten.
    pub(crate) fn quarter_hours(&self, state: &State) -> u64 {
        let kept = &state.counts().arrived;
        let forgotten = self.arrived.keys().filter(|key| !kept.contains_key(key));
        forgotten.count() as u64
    }

    /// How many months were written.
    pub(crate) fn months(&self) -> u64 {
        self.stored.len() as u64
    }
}

/// Contacts that arrived, and that ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) arrived: u64,
    pub(crate) ended: u64,
}

impl Counted {
    const fn plus(self, more: Self) -> Self {
        Self {
            arrived: self.arrived + more.arrived,
            ended: self.ended + more.ended,
        }
    }
}

const fn counted(tally: &Tally) -> Counted {
    Counted {
        arrived: tally.arrived,
        ended: tally.ended(),
    }
}

fn month(closed: &ClosedPeriod) -> Option<((LineId, Date), Counted)> {
    match closed {
        ClosedPeriod::Month {
            line, first, total, ..
        } => {
            let Sums { arrived, ended, .. } = *total;
            Some(((*line, *first), Counted { arrived, ended }))
        }
        ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
    }
}
