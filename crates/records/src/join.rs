use std::collections::{BTreeMap, BTreeSet};

use dispatch::{Class, LineId};

use crate::{ClosedPeriod, Contents, Date, Misses, PeriodId, SHARED_BY_MIN, Span, Sums, Unstored};

/// Periods that are over, as they are told by the rule of small months.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Those that are told; missed offers last.
    pub told: Vec<Unstored>,
    /// What is told nowhere until the next month is over: at most one period of a line, and one of missed offers.
    pub waiting: Vec<Unstored>,
}

/// Joins each month of a line in which fewer than [`SHARED_BY_MIN`] contacts ended with the next one,
/// and missed offers of months in which no line is told with the next ones. Periods come by their first day.
///
/// Of months that an earlier release told alone only sums are known. So a joined month has those
/// times alone that are known of each month in it, and no classes: of whom the others are is not
/// known. A small month before one that was told in pieces is left out for good: the pieces would
/// be taken away from the joined month, and leave it.
#[must_use]
pub fn join_small(closed: impl IntoIterator<Item = Unstored>) -> Joined {
    let closed: Vec<Unstored> = closed.into_iter().collect();
    let in_pieces: BTreeSet<_> = closed.iter().filter_map(month_of_piece).collect();
    let mut joined = Joined::default();
    let mut small = BTreeMap::<LineId, Month>::new();
    let mut missed = Vec::new();
    for closed in closed {
        let Unstored {
            period,
            rows,
            tables,
        } = closed;
        match period {
            ClosedPeriod::Piece { .. } => joined.told.push(Unstored {
                period,
                rows,
                tables,
            }),
            ClosedPeriod::Misses {
                first,
                last,
                misses,
            } => missed.push((first, last, misses)),
            ClosedPeriod::Month {
                line,
                first,
                last,
                total,
                classes,
            } => {
                let before = small.remove(&line);
                let before = before.filter(|_| !in_pieces.contains(&(line, month_of(last))));
                let month = Month {
                    first,
                    last,
                    total,
                    classes,
                    contents: (rows, tables),
                };
                let month = month.after(before);
                if month.total.ended < SHARED_BY_MIN {
                    small.insert(line, month);
                } else {
                    joined.told.push(month.closed(line));
                }
            }
        }
    }
    let small = small.into_iter();
    joined.waiting = small.map(|(line, month)| month.closed(line)).collect();
    joined.take_misses(missed);
    joined
}

impl Joined {
    fn take_misses(&mut self, missed: Vec<(Date, Date, Misses)>) {
        let last_of_told = |closed: &Unstored| match closed.period {
            ClosedPeriod::Month { last, .. } => Some(last),
            ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
        };
        let told: BTreeSet<Date> = self.told.iter().filter_map(last_of_told).collect();
        let mut waiting: Option<(Date, Date, Misses)> = None;
        for (mut first, last, mut misses) in missed {
            if let Some((before, _, more)) = waiting.take() {
                first = before;
                misses.join(&more);
            }
            if told.contains(&last) {
                self.told.push(missed_offers(first, last, misses));
            } else {
                waiting = Some((first, last, misses));
            }
        }
        let waiting = waiting.map(|(first, last, misses)| missed_offers(first, last, misses));
        self.waiting.extend(waiting);
    }
}

/// Months of a line that follow each other.
struct Month {
    first: Date,
    last: Date,
    total: Sums,
    classes: BTreeMap<Class, Sums>,
    contents: (Contents, Vec<Contents>),
}

impl Month {
    fn after(mut self, before: Option<Self>) -> Self {
        if let Some(before) = before {
            self.first = before.first;
            self.total = before.total.join(&self.total);
            self.classes = BTreeMap::new();
            let (rows, tables) = &mut self.contents;
            rows.join(before.contents.0);
            *tables = vec![rows.clone()];
        }
        self
    }

    fn closed(self, line: LineId) -> Unstored {
        let (rows, tables) = self.contents;
        Unstored {
            period: ClosedPeriod::Month {
                line,
                first: self.first,
                last: self.last,
                total: self.total.told_of_month(),
                classes: self.classes,
            },
            rows,
            tables,
        }
    }
}

fn missed_offers(first: Date, last: Date, misses: Misses) -> Unstored {
    Unstored::without_contents(ClosedPeriod::Misses {
        first,
        last,
        misses,
    })
}

fn month_of_piece(closed: &Unstored) -> Option<(LineId, Date)> {
    match closed.period {
        ClosedPeriod::Piece { line, first, .. } => Some((line, month_of(first))),
        ClosedPeriod::Month { .. } | ClosedPeriod::Misses { .. } => None,
    }
}

const fn month_of(day: Date) -> Date {
    PeriodId::of(Span::Month, day).first()
}
