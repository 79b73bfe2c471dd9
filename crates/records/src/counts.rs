use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{Class, Decision, LineId, Miss, Moment};

use crate::{Misses, PeriodId, QuarterHour, Tally};

/// How long *arrived* of a quarter-hour is kept here, for whoever writes it to the records.
pub const ARRIVED_KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// All counts of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Contacts that arrived, per quarter-hour and line, for the last [`ARRIVED_KEPT`]. Values are absolute: whoever stores them replaces the old ones.
    pub arrived: BTreeMap<(QuarterHour, LineId), u64>,
    /// The open period. Its sums stay sealed until it closes.
    pub open: Period,
    /// What happened since the node was started.
    pub since_start: Period,
}

/// A period that is over, and its sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedPeriod {
    /// Which period.
    pub period: PeriodId,
    /// What was counted in it.
    pub sums: Period,
}

/// Sums over a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Sums per line and class.
    pub tallies: BTreeMap<(LineId, Class), Tally>,
    /// Offers that were missed.
    pub misses: Misses,
}

impl Counts {
    /// Counts a contact that the dispatcher accepted.
    pub fn arrive(&mut self, at: Moment, line: LineId, class: Class) {
        *self.arrived.entry((QuarterHour::of(at), line)).or_default() += 1;
        self.forget_before(QuarterHour::of(at - ARRIVED_KEPT));
        self.each_period(|period| period.tally(line, class).arrived += 1);
    }

    /// Counts what the dispatcher decided.
    pub fn decide(&mut self, decision: &Decision) {
        match decision {
            Decision::Closed(closed) => {
                self.each_period(|period| period.tally(closed.line, closed.class).close(closed));
            }
            Decision::Missed { miss, .. } => self.miss(*miss),
            Decision::Offer { .. }
            | Decision::Withdraw { .. }
            | Decision::Bridge { .. }
            | Decision::HangUp { .. }
            | Decision::Overflow { .. }
            | Decision::WithdrawOverflow { .. }
            | Decision::BridgePartner { .. }
            | Decision::Waits { .. }
            | Decision::Classed { .. }
            | Decision::Climbed { .. }
            | Decision::Paused { .. }
            | Decision::WrapUp { .. }
            | Decision::WrapUpOver { .. }
            | Decision::Tell(_) => {}
        }
    }

    /// Forgets what is counted since the start: the node was started again.
    pub fn restart(&mut self) {
        self.since_start = Period::default();
    }

    /// *Arrived* of every quarter-hour that is over at this moment, oldest first.
    pub fn closed_quarter_hours(
        &self,
        now: Moment,
    ) -> impl Iterator<Item = (QuarterHour, LineId, u64)> {
        let current = QuarterHour::of(now);
        self.arrived
            .iter()
            .take_while(move |((quarter, _), _)| *quarter < current)
            .map(|((quarter, line), arrived)| (*quarter, *line, *arrived))
    }

    fn miss(&mut self, miss: Miss) {
        self.each_period(|period| period.misses.add(miss));
    }

    fn each_period(&mut self, mut count: impl FnMut(&mut Period)) {
        count(&mut self.open);
        count(&mut self.since_start);
    }

    fn forget_before(&mut self, oldest: QuarterHour) {
        while let Some(first) = self.arrived.first_entry() {
            if first.key().0 >= oldest {
                return;
            }
            first.remove();
        }
    }
}

impl Period {
    /// Sums over all lines and classes.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.sum(|_, _| true)
    }

    /// Sums over the classes of a line.
    #[must_use]
    pub fn of_line(&self, wanted: LineId) -> Tally {
        self.sum(|line, _| line == wanted)
    }

    /// Sums over the lines of a class.
    #[must_use]
    pub fn of_class(&self, wanted: Class) -> Tally {
        self.sum(|_, class| class == wanted)
    }

    fn sum(&self, counts: impl Fn(LineId, Class) -> bool) -> Tally {
        let mut total = Tally::default();
        for ((line, class), tally) in &self.tallies {
            if counts(*line, *class) {
                total.add(tally);
            }
        }
        total
    }

    fn tally(&mut self, line: LineId, class: Class) -> &mut Tally {
        self.tallies.entry((line, class)).or_default()
    }
}
