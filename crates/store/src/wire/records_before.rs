//! Counts as formats 3 to 6 have them.
//!
//! Their pieces of months were told by weaker rules, and are withdrawn: the month of an upgrade is told as a whole.
//! A month of fewer than ten is told with the next one. If none is there, the store keeps it apart until one is; its
//! classes are not known, so that the fold cannot.

use std::collections::{BTreeMap, VecDeque};

use dispatch::{Class, LineId};
use records::content::{Content, Field};
use records::{
    ClosedPeriod, Contents, Date, Joined, Misses, OpenLine, PeriodId, Span, Sums, Tally, Unstored,
    join_small,
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

/// Periods that are over and not yet stored, and missed offers since a day that are told with the next ones.
pub(super) type Closed = (VecDeque<Unstored>, Option<(Date, Misses)>);

/// What is over; of an earlier format as it is told now.
pub(super) fn closed(from: &mut Reader<'_>) -> Result<Closed, Malformed> {
    if from.format >= 7 {
        return Ok((Wire::take(from)?, None));
    }
    let before: Vec<UnstoredBefore> = Wire::take(from)?;
    let Joined { told, waiting } = join_small(before.into_iter().filter_map(UnstoredBefore::now));
    let (mut closed, mut misses_before) = (VecDeque::from(told), None);
    for waiting in waiting {
        match waiting.period {
            ClosedPeriod::Misses { first, misses, .. } => misses_before = Some((first, misses)),
            ClosedPeriod::Piece { .. } | ClosedPeriod::Month { .. } => closed.push_back(waiting),
        }
    }
    Ok((closed, misses_before))
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
    /// As it is told now, and with every time of its month; a piece is withdrawn, and so are classes, whose rest is not
    /// known.
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
                        total: Sums::whole(&total),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use records::content::Outcome;
    use records::{Counts, Period, SmallMonths, Times};

    use super::*;
    use crate::wire::decode;

    fn line(name: &str) -> LineId {
        LineId::parse(name).unwrap()
    }

    fn content(outcome: Outcome) -> Content {
        Content {
            outcome,
            ..Content::default()
        }
    }

    fn contents(outcomes: &[Outcome]) -> Contents {
        outcomes.iter().copied().map(content).collect()
    }

    /// So many were answered, and so many hung up; each sum of times is of its own.
    fn tally(answered: u64, abandoned: u64) -> Tally {
        Tally {
            arrived: answered + abandoned + 1,
            answered,
            answered_in_time: answered.min(1),
            abandoned,
            answered_wait: Duration::from_secs(7 * answered),
            unanswered_wait: Duration::from_secs(30 * abandoned),
            talk: Duration::from_secs(600 * answered),
            ..Tally::default()
        }
    }

    fn date(month: u8, day: u8) -> Date {
        Date::new(2026, month, day).unwrap()
    }

    /// Values in the order in which format 6 has them.
    macro_rules! written {
        ($($value:expr),+ $(,)?) => {{
            let mut out = Vec::new();
            $(Wire::put(&$value, &mut out);)+
            out
        }};
    }

    /// As format 6 wrote a content: each field that was asked by its name, and its text.
    fn content_before(outcome: &str) -> Vec<u8> {
        written!(vec![("outcome".to_owned(), outcome.to_owned())])
    }

    fn contents_before(outcomes: &[&str]) -> Vec<u8> {
        let mut out = written!(outcomes.len());
        for outcome in outcomes {
            out.extend(content_before(outcome));
        }
        out
    }

    /// A month that is not stored: its number, line, span, first day, sums and classes, then contents of rows and tables.
    fn month_before(name: &str, month: u8, total: Tally, outcomes: &[&str]) -> Vec<u8> {
        let classes = BTreeMap::from([(Class::Crisis, tally(5, 0))]);
        [
            vec![2],
            written!(line(name)),
            vec![3],
            written!(date(month, 1), total, classes),
            contents_before(&[]),
            contents_before(outcomes),
        ]
        .concat()
    }

    fn misses_before(month: u8, no_answer: u64) -> Vec<u8> {
        let nothing = contents_before(&[]);
        let period = [
            vec![3, 3],
            written!(date(month, 1), no_answer, 2_u64, 1_u64),
        ]
        .concat();
        [period, nothing.clone(), nothing].concat()
    }

    fn piece_before() -> Vec<u8> {
        [
            vec![1],
            written!(line("help"), date(8, 1), date(8, 7), tally(12, 12)),
            contents_before(&["advised"]),
            contents_before(&[]),
        ]
        .concat()
    }

    /// A line that is told by week: what runs, what is held, and what of each earlier piece is in the tables of the month.
    fn open_line_before() -> Vec<u8> {
        let held = [
            written!(8_u8, 14_u8, tally(20, 3)),
            contents_before(&["referred"]),
        ]
        .concat();
        [
            vec![2],
            written!(15_u8, tally(4, 1)),
            vec![1],
            held,
            contents_before(&["bed_found"]),
            contents_before(&["advised", "advised"]),
        ]
        .concat()
    }

    fn counts_before(unstored: &[Vec<u8>]) -> Vec<u8> {
        [
            written!(BTreeMap::<(records::QuarterHour, LineId), u64>::new()),
            written!(Period::default(), Some(date(10, 20))),
            written!(1_usize, line("help")),
            open_line_before(),
            written!(unstored.len()),
            unstored.concat(),
            written!(records::Calls::default()),
        ]
        .concat()
    }

    fn read(unstored: &[Vec<u8>]) -> Counts {
        decode(6, &counts_before(unstored)).unwrap()
    }

    #[test]
    fn line_that_was_told_in_pieces_is_open_as_a_whole_month_with_all_of_its_contents() {
        let counts = read(&[]);

        let expected = OpenLine {
            span: Span::Month,
            begins: 1,
            running: tally(4, 1),
            contents: contents(&[
                Outcome::Advised,
                Outcome::Advised,
                Outcome::Referred,
                Outcome::BedFound,
            ]),
            ..OpenLine::default()
        };
        assert_eq!(counts.lines, BTreeMap::from([(line("help"), expected)]));
        assert_eq!(counts.today, Some(date(10, 20)));
        assert_eq!(
            (counts.ending, counts.small),
            (None, SmallMonths::default())
        );
    }

    #[test]
    fn month_that_is_not_stored_loses_its_pieces_its_classes_and_the_times_of_few() {
        let august = month_before("help", 8, tally(30, 4), &["advised", "referred"]);
        let counts = read(&[piece_before(), august, misses_before(8, 5)]);

        let entered = contents(&[Outcome::Advised, Outcome::Referred]);
        let total = Sums {
            times: Times {
                answered_wait: Some(210),
                ..Times::default()
            },
            ..Sums::whole(&tally(30, 4))
        };
        let month = Unstored {
            period: ClosedPeriod::Month {
                line: line("help"),
                first: date(8, 1),
                last: date(8, 31),
                total,
                classes: BTreeMap::new(),
            },
            rows: entered.clone(),
            tables: vec![entered],
        };
        let misses = Unstored::without_contents(ClosedPeriod::Misses {
            first: date(8, 1),
            last: date(8, 31),
            misses: Misses {
                no_answer: 5,
                declined: 2,
                unreachable: 1,
            },
        });
        assert_eq!(counts.closed, [month, misses]);
    }

    #[test]
    fn month_of_fewer_than_ten_that_is_not_stored_is_told_with_the_next_one() {
        let counts = read(&[
            month_before("help", 8, tally(6, 3), &["advised"]),
            misses_before(8, 5),
            month_before("help", 9, tally(14, 8), &["referred"]),
            misses_before(9, 7),
        ]);

        let mut both = tally(6, 3);
        both.add(&tally(14, 8));
        let entered = contents(&[Outcome::Advised, Outcome::Referred]);
        let month = Unstored {
            period: ClosedPeriod::Month {
                line: line("help"),
                first: date(8, 1),
                last: date(9, 30),
                total: Sums::whole(&both),
                classes: BTreeMap::new(),
            },
            rows: entered.clone(),
            tables: vec![entered],
        };
        let misses = Unstored::without_contents(ClosedPeriod::Misses {
            first: date(8, 1),
            last: date(9, 30),
            misses: Misses {
                no_answer: 12,
                declined: 4,
                unreachable: 2,
            },
        });
        assert_eq!(counts.closed, [month, misses]);
        assert_eq!(counts.small, SmallMonths::default());
    }

    #[test]
    fn month_of_fewer_than_ten_with_nothing_after_it_goes_to_the_store_and_its_misses_wait() {
        let counts = read(&[
            month_before("help", 9, tally(6, 3), &["advised"]),
            misses_before(9, 5),
        ]);

        let [apart] = counts.closed.iter().collect::<Vec<_>>()[..] else {
            panic!("{:?}", counts.closed)
        };
        let ClosedPeriod::Month { first, total, .. } = &apart.period else {
            panic!("{apart:?}")
        };
        assert_eq!(
            (*first, total.ended, total.times),
            (date(9, 1), 9, Times::default())
        );
        let misses = Misses {
            no_answer: 5,
            declined: 2,
            unreachable: 1,
        };
        assert_eq!(counts.small.misses, Some((date(9, 1), misses)));
        assert!(counts.small.lines.is_empty());
    }
}
