use std::time::Duration;

use crate::closed::is_shared;
use crate::content::Content;
use crate::{Date, PeriodId, Span, Tally};

/// How many days before a month tell how large a line is.
pub const VOLUME_DAYS: u64 = 28;
/// Their length.
pub(crate) const VOLUME_WINDOW: Duration = Duration::from_secs(VOLUME_DAYS * 24 * 60 * 60);
/// A line with more contacts a day than this is told by day.
pub const BY_DAY_ABOVE: u64 = 60;
/// A line with more contacts a day than this is told by week.
pub const BY_WEEK_ABOVE: u64 = 15;

/// What a line has open beside its month.
///
/// The rule of pieces: where a day or week ends, what ran since the last piece becomes a piece if
/// at least [`SHARED_BY_MIN`] contacts arrived and as many ended in it; else it runs on. A piece is
/// held until there is a next one, and only then given out. At the end of the month what still runs
/// becomes the last piece; when too few share it, it is joined to the piece that is held. So pieces
/// tile their month, or there is none; the month less any of them is again shared by enough
/// contacts, or is nothing.
///
/// [`SHARED_BY_MIN`]: crate::SHARED_BY_MIN
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// How long its pieces are, in this month.
    pub span: Span,
    /// The day of the month on which `running` begins.
    pub begins: u8,
    /// What was counted since the last piece.
    pub running: Tally,
    /// What was entered of calls since the last piece.
    pub contents: Vec<Content>,
    /// The last piece, until there is a next one.
    pub held: Option<HeldPiece>,
    /// What was entered of calls of earlier pieces of this month: its tables are made of them, too.
    pub told: Vec<Content>,
}

/// A piece that is over and waits for the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPiece {
    /// Its first day of the month.
    pub first: u8,
    /// Its last day of the month.
    pub last: u8,
    /// What was counted.
    pub total: Tally,
    /// What was entered of its calls.
    pub contents: Vec<Content>,
}

/// A line's month that is over.
pub(crate) struct EndedLine {
    /// Its last pieces.
    pub(crate) pieces: Vec<HeldPiece>,
    /// What its rows are made of when it was told in no pieces.
    pub(crate) rows: Vec<Content>,
    /// What its tables are made of.
    pub(crate) tables: Vec<Content>,
}

impl Default for OpenLine {
    fn default() -> Self {
        Self {
            span: Span::Month,
            begins: 1,
            running: Tally::default(),
            contents: Vec::new(),
            held: None,
            told: Vec::new(),
        }
    }
}

impl OpenLine {
    /// The day ends and `next` begins, in the same month. Returns the piece that may be given out.
    pub(crate) fn turn(&mut self, today: Date, next: Date) -> Option<HeldPiece> {
        let period = PeriodId::of(self.span, today);
        if period == PeriodId::of(self.span, next) || !is_shared(&self.running) {
            return None;
        }
        let last = period.last().day();
        let piece = HeldPiece {
            first: self.begins,
            last,
            total: std::mem::take(&mut self.running),
            contents: std::mem::take(&mut self.contents),
        };
        self.begins = last + 1;
        let told = self.held.replace(piece);
        let contents = told.iter().flat_map(|told| &told.contents);
        self.told.extend(contents.cloned());
        told
    }

    /// The month ends.
    pub(crate) fn end(self, month: PeriodId) -> EndedLine {
        let end = month.last().day();
        let mut tables = self.told;
        let held = self.held.as_ref();
        tables.extend(held.iter().flat_map(|held| &held.contents).cloned());
        tables.extend_from_slice(&self.contents);
        let Some(mut held) = self.held else {
            // Nothing was given out: the month alone is told.
            return EndedLine {
                pieces: Vec::new(),
                rows: self.contents,
                tables,
            };
        };
        if is_shared(&self.running) {
            let rest = HeldPiece {
                first: self.begins,
                last: end,
                total: self.running,
                contents: self.contents,
            };
            return EndedLine {
                pieces: vec![held, rest],
                rows: Vec::new(),
                tables,
            };
        }
        held.total.add(&self.running);
        held.last = end;
        held.contents.extend(self.contents);
        let is_whole_month = held.first == month.first().day();
        let (pieces, rows) = if is_whole_month {
            (Vec::new(), held.contents)
        } else {
            (vec![held], Vec::new())
        };
        EndedLine {
            pieces,
            rows,
            tables,
        }
    }
}

/// The finest span that a line of this size is told in. (DESIGN §7.1)
pub(crate) const fn span_of(arrivals: u64) -> Span {
    if arrivals > BY_DAY_ABOVE * VOLUME_DAYS {
        Span::Day
    } else if arrivals > BY_WEEK_ABOVE * VOLUME_DAYS {
        Span::Week
    } else {
        Span::Month
    }
}
