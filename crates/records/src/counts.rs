use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dispatch::{Class, ContactId, Decision, LineId, Miss, Moment, OperatorId, Origin};

use crate::content::Content;
use crate::open_line::{HeldPiece, VOLUME_DAYS, span_of};
use crate::{
    Acts, CONTENT_SETTLES, Calls, ClosedKey, ClosedPeriod, ContactAct, Contents, Date, Fact,
    Misses, NotOpen, OpenLine, PeriodId, QuarterHour, SHARED_BY_MIN, Span, Sums, Tally, Unstored,
};

/// How long *arrived* of a quarter-hour is kept at most. (DESIGN §7.1)
pub const ARRIVED_KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);
/// How long the quarter-hours of a month that is over are kept. All of them go at once when the month
/// is summed by hour of the week: a sum, less those that stayed, would be what a few days had.
pub const MONTH_KEPT: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How many closed periods wait to be stored at most: ten years of days of ten lines. Beyond it the
/// oldest pieces of months are forgotten first.
pub const CLOSED_MAX: usize = 40_000;

/// All counts of a node.
///
/// What is open is here for the snapshot alone: no report, API, export or backup reads it. (DESIGN §7.1)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Contacts that arrived, per quarter-hour and line, until they are stored, or for
    /// [`ARRIVED_KEPT`]. Values are absolute: whoever stores them replaces the old ones.
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
    /// The month that is over and waits for contents of its calls, sealed like it.
    pub ending: Option<EndingMonth>,
    /// Months that are over and too small to be told alone, sealed like it.
    pub small: SmallMonths,
    /// Periods that are over and not yet stored, oldest first.
    pub closed: VecDeque<Unstored>,
    /// Acts on contacts that are not in the audit yet, sealed like what is open.
    pub acts: Acts,
}

/// Sums over a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Sums per line and class.
    pub tallies: BTreeMap<(LineId, Class), Tally>,
    /// Offers that were missed.
    pub misses: Misses,
}

/// A month that is over. Contents of its calls may still be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingMonth {
    /// Which month.
    pub month: PeriodId,
    /// When it ended.
    pub ended: Moment,
    /// What was counted.
    pub counted: Period,
    /// What each line had open.
    pub lines: BTreeMap<LineId, OpenLine>,
}

/// Months that are told together with the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmallMonths {
    /// Of lines in which fewer than [`SHARED_BY_MIN`] contacts ended.
    pub lines: BTreeMap<LineId, SmallLine>,
    /// Missed offers since the first day of a month in which no line was told.
    pub misses: Option<(Date, Misses)>,
}

/// Months of a line in which too few contacts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallLine {
    /// The first day.
    pub first: Date,
    /// What was counted of each class.
    pub classes: BTreeMap<Class, Tally>,
    /// What was entered of its calls.
    pub contents: Contents,
}

impl Counts {
    /// Applies a fact, or changes nothing.
    ///
    /// # Errors
    /// [`NotOpen`] when content is entered that is no call of this operator's, or too late.
    pub fn apply(&mut self, at: Moment, fact: &Fact) -> Result<(), NotOpen> {
        match fact {
            Fact::DayBegan { date } => self.turn(at, *date),
            Fact::Entered {
                contact,
                operator,
                content,
            } => self.enter(*contact, *operator, (**content).clone())?,
            Fact::PeriodStored { key } => self.stored(*key),
            Fact::ArrivedStored { through } => self.arrived_stored(at, *through),
            Fact::ActsStored { through } => self.acts.stored(*through),
        }
        Ok(())
    }

    /// Counts what the dispatcher accepted: callers who arrived, and acts on contacts.
    pub fn note(&mut self, at: Moment, fact: &dispatch::Fact) {
        if let dispatch::Fact::Arrived {
            origin: Origin::Caller { line, .. },
            class,
            ..
        } = fact
        {
            self.arrive(at, *line, *class);
        }
        if let dispatch::Fact::Acted {
            act, by: Some(by), ..
        } = fact
        {
            self.acts.add(ContactAct::of(*act, *by));
        }
    }

    /// Counts a contact that the dispatcher accepted.
    pub fn arrive(&mut self, at: Moment, line: LineId, class: Class) {
        *self.arrived.entry((QuarterHour::of(at), line)).or_default() += 1;
        self.forget_before(QuarterHour::of(at - ARRIVED_KEPT));
        self.each_tally(line, class, |tally| tally.arrived += 1);
    }

    /// Counts what the dispatcher decided about callers: alarms are counted by the desk alone.
    pub fn decide(&mut self, decision: &Decision) {
        match decision {
            Decision::Closed(closed) => {
                if let Some(line) = closed.origin.line() {
                    self.each_tally(line, closed.class, |tally| tally.close(closed));
                    self.calls.end(closed.contact, line, closed.ended);
                }
                self.settle(closed.ended);
            }
            Decision::Bridge {
                contact, operator, ..
            } => self.calls.begin(*contact, *operator),
            Decision::Missed {
                origin: Origin::Caller { .. },
                miss,
                ..
            } => self.miss(*miss),
            Decision::Missed {
                origin: Origin::Device { .. },
                ..
            }
            | Decision::Taken { .. }
            | Decision::Offer { .. }
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
                self.size_lines();
            }
            Some(today) if date <= today => {}
            Some(today) => {
                self.today = Some(date);
                self.acts.end(today);
                let month = PeriodId::of(Span::Month, today);
                if month == PeriodId::of(Span::Month, date) {
                    self.close_pieces(at, month, today, date);
                } else {
                    self.end_month(at, month);
                    self.size_lines();
                }
            }
        }
    }

    /// A closed period is in the records.
    pub fn stored(&mut self, key: ClosedKey) {
        self.closed.retain(|closed| closed.period.key() != key);
    }

    /// *Arrived* of the quarter-hours through this one is in the records. What is not over at this
    /// moment stays: it would be stored as less than it was.
    pub fn arrived_stored(&mut self, at: Moment, through: QuarterHour) {
        let next = QuarterHour(through.0.saturating_add(1));
        self.forget_before(next.min(QuarterHour::of(at)));
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

    /// Contents that may no longer be changed join those of their line and of the period in which
    /// their call ended; a month that has all of its contents closes. Done whenever time has passed.
    pub fn settle(&mut self, now: Moment) {
        for (line, ended, content) in self.calls.settled(now) {
            let month = self.ending.as_mut().filter(|month| ended < month.ended);
            let lines = month.map_or(&mut self.lines, |month| &mut month.lines);
            lines.entry(line).or_default().settle(ended, content);
        }
        let is_complete = |month: &mut EndingMonth| now.since(month.ended) >= CONTENT_SETTLES;
        if let Some(month) = self.ending.take_if(is_complete) {
            self.close_month(month);
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

    /// Says how long the pieces of each line are, from now to the end of the month, by the month
    /// that has just ended.
    fn size_lines(&mut self) {
        let (counted, days) = match &self.ending {
            Some(ended) => (&ended.counted, u64::from(ended.month.last().day())),
            None => (&self.open, VOLUME_DAYS),
        };
        let mut lines = BTreeMap::<LineId, Tally>::new();
        for ((line, _), tally) in &counted.tallies {
            lines.entry(*line).or_default().add(tally);
        }
        for (line, tally) in lines {
            let before = self.small.lines.get(&line).map_or(0, SmallLine::ended);
            // Most may still be there, and a month that is told with the next one has no pieces in it.
            let is_told_alone = self.ending.is_none() || before + tally.ended() >= SHARED_BY_MIN;
            let span = match is_told_alone {
                true => span_of(tally.arrived, days),
                false => Span::Month,
            };
            self.lines.entry(line).or_default().span = span;
        }
    }

    fn close_pieces(&mut self, at: Moment, month: PeriodId, today: Date, next: Date) {
        let mut pieces = Vec::new();
        for (line, open) in &mut self.lines {
            let given_out = open.turn(at, today, next).into_iter();
            pieces.extend(given_out.map(|piece| (*line, piece)));
        }
        for (line, piece) in pieces {
            self.close_piece(month, line, piece);
        }
    }

    /// The month is over at this moment, and waits for its contents.
    fn end_month(&mut self, at: Moment, month: PeriodId) {
        // Two months within hours: the clock was set forward.
        if let Some(before) = self.ending.take() {
            self.close_month(before);
        }
        self.ending = Some(EndingMonth {
            month,
            ended: at,
            counted: std::mem::take(&mut self.open),
            lines: std::mem::take(&mut self.lines),
        });
    }

    fn close_month(&mut self, ended: EndingMonth) {
        let EndingMonth {
            month,
            ended,
            counted: Period { tallies, misses },
            mut lines,
        } = ended;
        let mut classes = BTreeMap::<LineId, BTreeMap<Class, Tally>>::new();
        for ((line, class), tally) in tallies {
            classes.entry(line).or_default().insert(class, tally);
        }
        let mut told = 0;
        for (line, classes) in classes {
            let open = lines.remove(&line).unwrap_or_default();
            let ended = open.end(ended, month);
            for piece in ended.pieces {
                self.close_piece(month, line, piece);
            }
            told += usize::from(self.close_line(month, line, classes, (ended.rows, ended.tables)));
        }
        self.close_misses(month, misses, told);
    }

    /// Closes a month of a line, unless it is to be told with the next one.
    fn close_line(
        &mut self,
        month: PeriodId,
        line: LineId,
        mut classes: BTreeMap<Class, Tally>,
        (mut rows, mut tables): (Contents, Vec<Contents>),
    ) -> bool {
        let mut first = month.first();
        if let Some(before) = self.small.lines.remove(&line) {
            first = before.first;
            for (class, tally) in before.classes {
                classes.entry(class).or_default().add(&tally);
            }
            rows.join(before.contents);
            tables = vec![rows.clone()];
        }
        let mut total = Tally::default();
        classes.values().for_each(|tally| total.add(tally));
        if total.ended() < SHARED_BY_MIN {
            let small = SmallLine {
                first,
                classes,
                contents: rows,
            };
            self.small.lines.insert(line, small);
            return false;
        }
        self.close(Unstored {
            period: ClosedPeriod::Month {
                line,
                first,
                last: month.last(),
                total: Sums::of_month(&total),
                classes: Sums::of_classes(&classes),
            },
            rows,
            tables,
        });
        true
    }

    fn close_misses(&mut self, month: PeriodId, mut misses: Misses, lines_told: usize) {
        let mut first = month.first();
        if let Some((before, more)) = self.small.misses.take() {
            first = before;
            misses.join(&more);
        }
        if lines_told == 0 {
            self.small.misses = Some((first, misses));
            return;
        }
        let period = ClosedPeriod::Misses {
            first,
            last: month.last(),
            misses,
        };
        self.close(Unstored::without_contents(period));
    }

    fn close_piece(&mut self, month: PeriodId, line: LineId, piece: HeldPiece) {
        let period = ClosedPeriod::Piece {
            line,
            first: month.first().on(piece.first),
            last: month.first().on(piece.last),
            total: Sums::of_part(&piece.total),
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

impl SmallLine {
    fn ended(&self) -> u64 {
        self.classes.values().map(Tally::ended).sum()
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
