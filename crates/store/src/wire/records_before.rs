//! Counts as formats 3 to 6 have them.
//!
//! Their pieces of months were told by weaker rules, and are withdrawn: the month of an upgrade is told as a whole.

use std::collections::{BTreeMap, VecDeque};

use dispatch::{Class, LineId};
use records::content::{Content, Field};
use records::{
    ClosedPeriod, Contents, Date, Misses, OpenLine, PeriodId, Span, Sums, Tally, Unstored,
};

use super::macros::{choice, record};
use super::{Malformed, Reader, Wire};

/// The first day of a month.
pub(super) fn take_first_day(from: &mut Reader<'_>) -> Result<Date, Malformed> {
    if from.format < 7 {
        return PeriodId::take(from).map(PeriodId::first);
    }
    Date::take(from)
}

/// The fields of a content that were asked, each by its name and the text of its value.
pub(super) fn content(from: &mut Reader<'_>) -> Result<Content, Malformed> {
    let mut content = Content::default();
    for (field, text) in Vec::<(String, String)>::take(from)? {
        let field = Field::parse(&field).ok_or(Malformed)?;
        content.set(field, &text).map_err(|_| Malformed)?;
    }
    Ok(content)
}

/// What a line has open.
pub(super) fn open_line(from: &mut Reader<'_>) -> Result<OpenLine, Malformed> {
    let before = Before::take(from)?;
    let held = before.held.into_iter().flat_map(|piece| piece.contents);
    let contents = before.told.into_iter().chain(held).chain(before.contents);
    Ok(OpenLine {
        span: Span::Month,
        running: before.running,
        contents: contents.collect(),
        ..OpenLine::default()
    })
}

/// Periods that are over and not yet stored.
pub(super) fn closed(from: &mut Reader<'_>) -> Result<VecDeque<Unstored>, Malformed> {
    if from.format >= 7 {
        return Wire::take(from);
    }
    let before: Vec<UnstoredBefore> = Wire::take(from)?;
    Ok(before.into_iter().filter_map(UnstoredBefore::now).collect())
}

struct Before {
    span: Span,
    begins: u8,
    running: Tally,
    held: Option<Held>,
    contents: Vec<Content>,
    told: Vec<Content>,
}

struct Held {
    first: u8,
    last: u8,
    total: Tally,
    contents: Vec<Content>,
}

struct UnstoredBefore {
    period: PeriodBefore,
    rows: Vec<Content>,
    tables: Vec<Content>,
}

enum PeriodBefore {
    Piece {
        line: LineId,
        first: Date,
        last: Date,
        total: Tally,
    },
    Month {
        line: LineId,
        month: PeriodId,
        total: Tally,
        classes: BTreeMap<Class, Tally>,
    },
    Misses {
        month: PeriodId,
        misses: Misses,
    },
}

impl UnstoredBefore {
    /// As it is told now; a piece is withdrawn, and so are classes, whose rest is not known.
    fn now(self) -> Option<Unstored> {
        match self.period {
            PeriodBefore::Piece { .. } => None,
            PeriodBefore::Month {
                line, month, total, ..
            } => {
                let contents: Contents = self.tables.into_iter().collect();
                Some(Unstored {
                    period: ClosedPeriod::Month {
                        line,
                        first: month.first(),
                        last: month.last(),
                        total: Sums::of_month(&total),
                        classes: BTreeMap::new(),
                    },
                    rows: contents.clone(),
                    tables: vec![contents],
                })
            }
            PeriodBefore::Misses { month, misses } => {
                Some(Unstored::without_contents(ClosedPeriod::Misses {
                    first: month.first(),
                    last: month.last(),
                    misses,
                }))
            }
        }
    }
}

record!(Before {
    span,
    begins,
    running,
    held,
    contents,
    told
});
record!(Held {
    first,
    last,
    total,
    contents
});
record!(UnstoredBefore {
    period,
    rows,
    tables
});
choice!(PeriodBefore {
    1 Piece { line, first, last, total },
    2 Month { line, month, total, classes },
    3 Misses { month, misses },
});
