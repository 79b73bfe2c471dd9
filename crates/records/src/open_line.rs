use std::collections::VecDeque;

use dispatch::Moment;

use crate::content::Content;
use crate::sums::{is_shared, stays_shared};
use crate::{Contents, Date, PeriodId, Span, Tally};

/// As how many days counts what was counted before any day was told. Else the month before tells
/// how large a line is.
pub const VOLUME_DAYS: u64 = 28;
/// A line with more contacts a day than this is told by day.
pub const BY_DAY_ABOVE: u64 = 60;
/// A line with more contacts a day than this is told by week.
pub const BY_WEEK_ABOVE: u64 = 15;

/// What a line has open beside its month.
///
/// The rule of pieces: where a day or week ends, what ran since the last piece becomes a piece if
/// enough contacts share its sums and every split of them; else it runs on. A piece is held until a
/// later one stays shared whatever is added to it, and only then given out. At the end of the month
/// what still runs becomes the last piece; while too few share it, it is joined to the piece before.
/// So pieces tile their month, or there is none; the month less any of them is again shared by
/// enough contacts, or is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// How long its pieces are, in this month.
    pub span: Span,
    /// The day of the month on which `running` begins.
    pub begins: u8,
    /// What was counted since the last piece.
    pub running: Tally,
    /// What was entered of calls that ended since the last piece.
    pub contents: Contents,
    /// The last pieces, until a later one stays shared.
    pub held: VecDeque<HeldPiece>,
    /// What was entered of calls of each earlier piece of this month: its tables are made of them, too.
    pub told: Vec<Contents>,
}

/// A piece that is over and waits for a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPiece {
    /// Its first day of the month.
    pub first: u8,
    /// Its last day of the month.
    pub last: u8,
    /// When the day after it began: what ended earlier is its.
    pub ended: Moment,
    /// What was counted.
    pub total: Tally,
    /// What was entered of its calls.
    pub contents: Contents,
}

/// A line's month that is over.
pub(crate) struct EndedLine {
    /// Its last pieces.
    pub(crate) pieces: Vec<HeldPiece>,
    /// What its rows are made of when it was told in no pieces.
    pub(crate) rows: Contents,
    /// What its tables are made of, by the periods that rows tell.
    pub(crate) tables: Vec<Contents>,
}

impl Default for OpenLine {
    fn default() -> Self {
        Self {
            span: Span::Month,
            begins: 1,
            running: Tally::default(),
            contents: Contents::default(),
            held: VecDeque::new(),
            told: Vec::new(),
        }
    }
}

impl OpenLine {
    /// Takes in what was entered of a call that ended then. A piece is given out a day after its
    /// end at the earliest, and contents settle within hours: they meet their piece here.
    pub(crate) fn settle(&mut self, ended: Moment, content: Content) {
        let piece = self.held.iter_mut().find(|piece| ended < piece.ended);
        let contents = piece.map_or(&mut self.contents, |piece| &mut piece.contents);
        contents.add(content);
    }

    /// The day ends at this moment and `next` begins, in the same month. Returns the pieces that may be given out.
    pub(crate) fn turn(&mut self, at: Moment, today: Date, next: Date) -> Vec<HeldPiece> {
        let period = PeriodId::of(self.span, today);
        if period == PeriodId::of(self.span, next) || !is_shared(&self.running) {
            return Vec::new();
        }
        let last = period.last().day();
        let piece = HeldPiece {
            first: self.begins,
            last,
            ended: at,
            total: std::mem::take(&mut self.running),
            contents: std::mem::take(&mut self.contents),
        };
        self.begins = last + 1;
        let given_out = if stays_shared(&piece.total) {
            Vec::from(std::mem::take(&mut self.held))
        } else {
            Vec::new()
        };
        self.held.push_back(piece);
        let told = given_out.iter().map(|piece| piece.contents.clone());
        self.told.extend(told);
        given_out
    }

    /// The month ended at this moment.
    pub(crate) fn end(self, at: Moment, month: PeriodId) -> EndedLine {
        let mut pieces = self.held;
        let mut last = HeldPiece {
            first: self.begins,
            last: month.last().day(),
            ended: at,
            total: self.running,
            contents: self.contents,
        };
        while !is_shared(&last.total)
            && let Some(piece) = pieces.pop_back()
        {
            last.first = piece.first;
            last.total.add(&piece.total);
            last.contents.join(piece.contents);
        }
        if last.first == month.first().day() {
            // Nothing was given out: the month alone is told.
            return EndedLine {
                pieces: Vec::new(),
                tables: vec![last.contents.clone()],
                rows: last.contents,
            };
        }
        pieces.push_back(last);
        let contents = pieces.iter().map(|piece| piece.contents.clone());
        EndedLine {
            tables: self.told.into_iter().chain(contents).collect(),
            pieces: pieces.into(),
            rows: Contents::default(),
        }
    }
}

/// The finest span that a line with so many contacts in so many days is told in. (DESIGN §7.1)
pub(crate) const fn span_of(arrivals: u64, days: u64) -> Span {
    if arrivals > BY_DAY_ABOVE * days {
        Span::Day
    } else if arrivals > BY_WEEK_ABOVE * days {
        Span::Week
    } else {
        Span::Month
    }
}
