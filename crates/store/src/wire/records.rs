use std::collections::BTreeMap;

use records::content::{Content, Field};
use records::{
    Acts, ActsOfDay, Call, Calls, ClosedKey, ClosedPeriod, ContactAct, Contents, Counts, Date,
    Deed, EndingMonth, Fact, HeldPiece, Misses, OpenLine, Period, PeriodId, QuarterHour,
    SEVERAL_SEPARATOR, SmallLine, SmallMonths, Span, Sums, Tally, Times, Unanswered, Unstored,
};

use super::macros::{choice, record, wrapper};
use super::records_before::{self as before, take_first_day};
use super::{Malformed, Reader, Wire, since, until};

wrapper! { QuarterHour }

choice!(Fact {
    22 DayBegan { date },
    23 PeriodStored { key },
    26 Entered { contact, operator, content },
    28 ArrivedStored { through },
    30 ActsStored { through },
});

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
            ending,
            small,
            closed,
            acts,
        } = self;
        arrived.put(out);
        open.put(out);
        today.put(out);
        lines.put(out);
        closed.put(out);
        calls.put(out);
        ending.put(out);
        small.put(out);
        acts.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (arrived, open) = (Wire::take(from)?, Wire::take(from)?);
        until::<Period>(4, from)?;
        let (today, lines) = (Wire::take(from)?, Wire::take(from)?);
        let (closed, misses) = before::closed(from)?;
        let (calls, ending) = (Wire::take(from)?, since(7, from)?);
        let mut small: SmallMonths = since(7, from)?;
        small.misses = small.misses.or(misses);
        Ok(Self {
            arrived,
            open,
            of_today: Period::default(),
            today,
            lines,
            closed,
            calls,
            ending,
            small,
            acts: since(7, from)?,
        })
    }
}

impl Wire for OpenLine {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            span,
            begins,
            running,
            contents,
            held,
            told,
        } = self;
        span.put(out);
        begins.put(out);
        running.put(out);
        contents.put(out);
        held.put(out);
        told.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        if from.format < 7 {
            return before::open_line(from);
        }
        Ok(Self {
            span: Wire::take(from)?,
            begins: Wire::take(from)?,
            running: Wire::take(from)?,
            contents: Wire::take(from)?,
            held: Wire::take(from)?,
            told: Wire::take(from)?,
        })
    }
}

impl Wire for Contents {
    fn put(&self, out: &mut Vec<u8>) {
        self.counts().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Wire::take(from).map(Self::from_counts)
    }
}

impl Wire for ActsOfDay {
    fn put(&self, out: &mut Vec<u8>) {
        self.counts().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        BTreeMap::take(from).map(Self::from_counts)
    }
}

record!(Acts { today, over });
record!(ContactAct { by, deed });
choice!(Deed {
    1 Classed { class },
    2 Moved { queue },
    3 Given,
    4 Other,
});

record!(HeldPiece {
    first,
    last,
    ended,
    total,
    contents
});
record!(EndingMonth {
    month,
    ended,
    counted,
    lines
});
record!(SmallMonths { lines, misses });
record!(SmallLine {
    first,
    classes,
    contents
});
record!(Unstored {
    period,
    rows,
    tables
});

/// The fields that were asked: each by its place among the fields, and which of its values are
/// ticked, by their places, as bits. What is added to either goes to the end.
impl Wire for Content {
    fn put(&self, out: &mut Vec<u8>) {
        let fields = (0_u8..).zip(Field::ALL);
        let asked: Vec<(u8, u32)> = fields
            .map(|(place, field)| (place, ticks(&self.texts(*field), &field.domain())))
            .filter(|(_, ticks)| *ticks != 0)
            .collect();
        asked.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        if from.format < 7 {
            return before::content(from);
        }
        let mut content = Self::default();
        for (place, ticks) in Vec::<(u8, u32)>::take(from)? {
            let field = *Field::ALL.get(usize::from(place)).ok_or(Malformed)?;
            let text = ticked(ticks, &field.domain()).ok_or(Malformed)?;
            content.set(field, &text).map_err(|_| Malformed)?;
        }
        Ok(content)
    }
}

/// Which values of a field are ticked; none where it was not asked, whose place is the first.
fn ticks(texts: &[&str], domain: &[&str]) -> u32 {
    let places = (0..).zip(domain.iter().skip(1));
    let ticked = places.filter(|(_, value)| texts.contains(value));
    ticked.map(|(place, _)| 1 << place).sum()
}

/// The text of what is ticked; nothing where there is no such value.
fn ticked(ticks: u32, domain: &[&str]) -> Option<String> {
    let values = domain.get(1..)?;
    if ticks.checked_shr(u32::try_from(values.len()).ok()?)? != 0 {
        return None;
    }
    let ticked = (0..)
        .zip(values)
        .filter(|(place, _)| ticks >> place & 1 == 1);
    let texts: Vec<&str> = ticked.map(|(_, text)| *text).collect();
    Some(texts.join(&SEVERAL_SEPARATOR.to_string()))
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
    2 Month { line, first, last, total, classes },
    3 Misses { first, last, misses },
});
choice!(ClosedKey {
    1 Piece { line, first },
    2 Month { line, first as take_first_day },
    3 Misses { first as take_first_day },
});
record!(Sums {
    arrived,
    ended,
    answered,
    answered_in_time,
    unanswered,
    times
});
record!(Unanswered {
    abandoned,
    abandoned_early,
    overflowed,
    lost
});
record!(Times {
    answered_wait,
    unanswered_wait,
    talk
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
