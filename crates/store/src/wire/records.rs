use std::collections::BTreeMap;

use records::content::{Content, Field};
use records::{
    Call, Calls, ClosedKey, ClosedPeriod, Counts, Date, HeldPiece, Misses, NOT_ASKED, OpenLine,
    Period, PeriodId, QuarterHour, Span, Tally, Unstored,
};

use super::macros::{choice, record, wrapper};
use super::{Malformed, Reader, Wire, until_format_4};

wrapper! { QuarterHour }

/// The sums of today live in memory alone; format 3 still has them.
impl Wire for Counts {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            arrived,
            open,
            of_today: _,
            today,
            lines,
            calls,
            closed,
        } = self;
        arrived.put(out);
        open.put(out);
        today.put(out);
        lines.put(out);
        closed.put(out);
        calls.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (arrived, open) = (Wire::take(from)?, Wire::take(from)?);
        until_format_4::<Period>(from)?;
        Ok(Self {
            arrived,
            open,
            of_today: Period::default(),
            today: Wire::take(from)?,
            lines: Wire::take(from)?,
            closed: Wire::take(from)?,
            calls: Wire::take(from)?,
        })
    }
}

record!(OpenLine {
    span,
    begins,
    running,
    held,
    contents,
    told
});

record!(HeldPiece {
    first,
    last,
    total,
    contents
});

record!(Unstored {
    period,
    rows,
    tables
});

/// The fields that were asked, each by its name and the text of its value: both never change.
impl Wire for Content {
    fn put(&self, out: &mut Vec<u8>) {
        let asked: Vec<(String, String)> = Field::ALL
            .iter()
            .map(|field| (field.as_str().to_owned(), self.text(*field)))
            .filter(|(_, text)| text != NOT_ASKED)
            .collect();
        asked.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut content = Self::default();
        for (field, text) in Vec::<(String, String)>::take(from)? {
            let field = Field::parse(&field).ok_or(Malformed)?;
            content.set(field, &text).map_err(|_| Malformed)?;
        }
        Ok(content)
    }
}

impl Wire for Calls {
    fn put(&self, out: &mut Vec<u8>) {
        self.open().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        BTreeMap::take(from).map(Self::from)
    }
}
record!(Call {
    operator,
    ended,
    content
});

impl Wire for Date {
    fn put(&self, out: &mut Vec<u8>) {
        self.year().put(out);
        self.month().put(out);
        self.day().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (year, month, day) = (u16::take(from)?, u8::take(from)?, u8::take(from)?);
        Self::new(year, month, day).ok_or(Malformed)
    }
}

impl Wire for PeriodId {
    fn put(&self, out: &mut Vec<u8>) {
        self.span().put(out);
        self.first().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self::of(Span::take(from)?, Date::take(from)?))
    }
}

choice!(Span { 1 Day, 2 Week, 3 Month });
choice!(ClosedPeriod {
    1 Piece { line, first, last, total },
    2 Month { line, month, total, classes },
    3 Misses { month, misses },
});
choice!(ClosedKey {
    1 Piece { line, first },
    2 Month { line, month },
    3 Misses { month },
});
record!(Period { tallies, misses });
record!(Misses {
    no_answer,
    declined,
    unreachable
});
record!(Tally {
    arrived,
    answered,
    answered_in_time,
    abandoned,
    abandoned_early,
    overflowed,
    lost,
    answered_wait,
    unanswered_wait,
    talk,
});
