use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dispatch::{Class, ContactId, Decision, LineId, Miss, Moment, OperatorId};

use crate::closed::shared_classes;
use crate::content::Content;
use crate::open_line::{HeldPiece, VOLUME_WINDOW, span_of};
use crate::{
    Calls, ClosedKey, ClosedPeriod, Date, Misses, NotOpen, OpenLine, PeriodId, QuarterHour, Span,
    Tally, Unstored,
};

/// How long *arrived* of a quarter-hour is kept here, for whoever writes it to the records.
pub const ARRIVED_KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// How many closed periods wait to be stored at most: ten years of days of ten lines. Beyond it the
/// oldest pieces of months are forgotten first.
pub const CLOSED_MAX: usize = 40_000;

/// All counts of a node.
///
/// What is open is here for the snapshot alone: no report, API, export or backup reads it. (DESIGN §7.1)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Contacts that arrived, per quarter-hour and line, for the last [`ARRIVED_KEPT`]. Values are
    /// absolute: whoever stores them replaces the old ones.
    pub arrived: BTreeMap<(QuarterHour, LineId), u64>,
    /// The open month. Its sums stay sealed until it closes.
    pub open: Period,
    /// What happened since midnight, or since the node was started: those who were there then count as arrived.
    pub of_today: Period,
    /// Which day it is; unknown until it is told for the first time.
    pub today: Option<Date>,
    /// What each line has open within the month, sealed like it.
    pub lines: BTreeMap<LineId, OpenLine>,
    /// Calls whose content may still be entered, sealed like it.
    pub calls: Calls,
    /// Periods that are over and not yet stored, oldest first.
    pub closed: VecDeque<Unstored>,
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
        self.each_tally(line, class, |tally| tally.arrived += 1);
    }

    /// Counts what the dispatcher decided.
    pub fn decide(&mut self, decision: &Decision) {
        match decision {
            Decision::Closed(closed) => {
                self.each_tally(closed.line, closed.class, |tally| tally.close(closed));
                self.calls.end(closed.contact, closed.line, closed.ended);
                self.settle(closed.ended);
            }
            Decision::Bridge {
                contact, operator, ..
            } => self.calls.begin(*contact, *operator),
            Decision::Missed { miss, .. } => self.miss(*miss),
            Decision::Offer { .. }
            | Decision::Withdraw { .. }
            | Decision::HangUp { .. }
            | Decision::Overflow { .. }
            | Decision::WithdrawOverflow { .. }
            | Decision::BridgePartner { .. }
            | Decision::Waits { .. }
            | Decision::Classed { .. }
            | Decision::Climbed { .. }
            | Decision::Paused { .. }
            | Decision::PauseLifted { .. }
            | Decision::WrapUp { .. }
            | Decision::WrapUpOver { .. }
            | Decision::Tell(_) => {}
        }
    }

    /// Enters what a call was about.
    ///
    /// # Errors
    /// [`NotOpen`] when it is no call of this operator's, or too late.
    pub fn enter(
        &mut self,
        contact: ContactId,
        operator: OperatorId,
        content: Content,
    ) -> Result<(), NotOpen> {
        self.calls.enter(contact, operator, content)
    }

    /// Another day of the site's calendar begins, at this moment. What it ends closes, once; what
    /// was counted before any day was told belongs to the first one. A day before the last one
    /// closes nothing: the clock was set back.
    pub fn turn(&mut self, at: Moment, date: Date) {
        self.settle(at);
        match self.today {
            None => {
                self.today = Some(date);
                self.size_lines(at);
            }
            Some(today) if date <= today => {}
            Some(today) => {
                self.today = Some(date);
                let month = PeriodId::of(Span::Month, today);
                if month == PeriodId::of(Span::Month, date) {
                    self.close_pieces(month, today, date);
                } else {
                    self.close_month(month);
                    self.size_lines(at);
                }
            }
        }
    }

    /// A closed period is in the records.
    pub fn stored(&mut self, key: ClosedKey) {
        self.closed.retain(|closed| closed.period.key() != key);
    }

    /// The counts without the sums of today.
    #[must_use]
    pub fn without_today(&self) -> Self {
        Self {
            of_today: Period::default(),
            ..self.clone()
        }
    }

    /// Empties the sums of today: a day began, or the node was started. They begin with the contacts that are live.
    pub fn begin_today(&mut self, live: impl IntoIterator<Item = (LineId, Class)>) {
        self.of_today = Period::default();
        for (line, class) in live {
            self.of_today.tally(line, class).arrived += 1;
        }
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

    /// Contents that may no longer be changed join those of their line.
    fn settle(&mut self, now: Moment) {
        for (line, content) in self.calls.settled(now) {
            self.lines.entry(line).or_default().contents.push(content);
        }
    }

    fn miss(&mut self, miss: Miss) {
        self.open.misses.add(miss);
        self.of_today.misses.add(miss);
    }

    fn each_tally(&mut self, line: LineId, class: Class, count: impl Fn(&mut Tally)) {
        count(self.open.tally(line, class));
        count(self.of_today.tally(line, class));
        count(&mut self.lines.entry(line).or_default().running);
    }

    /// Says how long the pieces of each line are, from now to the end of the month.
    fn size_lines(&mut self, at: Moment) {
        let mut arrivals = BTreeMap::<LineId, u64>::new();
        let window = QuarterHour::of(at - VOLUME_WINDOW);
        for ((quarter, line), arrived) in &self.arrived {
            if *quarter >= window {
                *arrivals.entry(*line).or_default() += arrived;
            }
        }
        for (line, arrivals) in arrivals {
            self.lines.entry(line).or_default().span = span_of(arrivals);
        }
    }

    fn close_pieces(&mut self, month: PeriodId, today: Date, next: Date) {
        let mut pieces = Vec::new();
        for (line, open) in &mut self.lines {
            pieces.extend(open.turn(today, next).map(|piece| (*line, piece)));
        }
        for (line, piece) in pieces {
            self.close_piece(month, line, piece);
        }
    }

    fn close_month(&mut self, month: PeriodId) {
        let mut contents = BTreeMap::new();
        for (line, open) in std::mem::take(&mut self.lines) {
            let ended = open.end(month);
            for piece in ended.pieces {
                self.close_piece(month, line, piece);
            }
            contents.insert(line, (ended.rows, ended.tables));
        }
        let Period { tallies, misses } = std::mem::take(&mut self.open);
        let mut lines = BTreeMap::<LineId, BTreeMap<Class, Tally>>::new();
        for ((line, class), tally) in tallies {
            lines.entry(line).or_default().insert(class, tally);
        }
        for (line, classes) in lines {
            let mut total = Tally::default();
            classes.values().for_each(|tally| total.add(tally));
            let classes = shared_classes(&classes);
            let (rows, tables) = contents.remove(&line).unwrap_or_default();
            let period = ClosedPeriod::Month {
                line,
                month,
                total,
                classes,
            };
            self.close(Unstored {
                period,
                rows,
                tables,
            });
        }
        let misses = ClosedPeriod::Misses { month, misses };
        self.close(Unstored::without_contents(misses));
    }

    fn close_piece(&mut self, month: PeriodId, line: LineId, piece: HeldPiece) {
        let period = ClosedPeriod::Piece {
            line,
            first: month.first().on(piece.first),
            last: month.first().on(piece.last),
            total: piece.total,
        };
        self.close(Unstored {
            period,
            rows: piece.contents,
            tables: Vec::new(),
        });
    }

    fn close(&mut self, closed: Unstored) {
        self.closed.push_back(closed);
        if self.closed.len() > CLOSED_MAX {
            let oldest = self
                .closed
                .iter()
                .position(|closed| closed.period.is_piece());
            self.closed.remove(oldest.unwrap_or(0));
        }
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
