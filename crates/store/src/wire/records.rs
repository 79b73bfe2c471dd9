use records::{
    ClosedKey, ClosedPeriod, Counts, Date, HeldPiece, Misses, OpenLine, Period, PeriodId,
    QuarterHour, Span, Tally,
};

use super::macros::{choice, record, wrapper};
use super::{Malformed, Reader, Wire};

wrapper! { QuarterHour }

/// Format 1 ends after the first three.
impl Wire for Counts {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            arrived,
            open,
            of_today,
            today,
            lines,
            closed,
        } = self;
        arrived.put(out);
        open.put(out);
        of_today.put(out);
        today.put(out);
        lines.put(out);
        closed.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let counts = Self {
            arrived: Wire::take(from)?,
            open: Wire::take(from)?,
            of_today: Wire::take(from)?,
            ..Self::default()
        };
        if from.format < 2 {
            return Ok(counts.with_lines_of_open());
        }
        Ok(Self {
            today: Wire::take(from)?,
            lines: Wire::take(from)?,
            closed: Wire::take(from)?,
            ..counts
        })
    }
}

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
record!(OpenLine {
    span,
    begins,
    running,
    held
});
record!(HeldPiece { first, last, total });
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
