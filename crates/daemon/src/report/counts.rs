//! Counts of closed periods in words, each figure with its formula.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use dispatch::{Class, LineId};
use records::{ClosedPeriod, Date, FIGURES, Measure, Misses, NOT_TOLD, Part, PeriodId, Span, Sums};

/// The figures of all periods, and why some are not told.
pub(super) fn in_words(closed: &[ClosedPeriod], days: &RangeInclusive<Date>) -> String {
    if closed.is_empty() {
        let why = "a month is told two hours after its end, or with the next one when fewer than ten contacts ended in it; a part of it when ten contacts share each of its figures.";
        return none_between("No closed period", days, why);
    }
    let mut words = Words::default();
    for period in closed {
        words.period(period);
    }
    words.end()
}

/// That there is nothing of these days, and why.
pub(super) fn none_between(what: &str, days: &RangeInclusive<Date>, why: &str) -> String {
    let (first, last) = (days.start(), days.end());
    format!("{what} between {first} and {last}: {why}\n")
}

#[derive(Default)]
struct Words {
    text: String,
    /// Why figures are not told, each reason once.
    withheld: BTreeSet<&'static str>,
}

impl Words {
    fn period(&mut self, period: &ClosedPeriod) {
        match period {
            ClosedPeriod::Piece {
                line,
                first,
                last,
                total,
            } => self.figures(&format!("{line}, {first} to {last}"), Part::Piece, total),
            ClosedPeriod::Month {
                line,
                first,
                last,
                total,
                classes,
            } => {
                let title = title_of_month(*line, *first, *last);
                self.figures(&title, Part::Month, total);
                for (class, sums) in classes {
                    self.figures(&title_of_class(&title, *class), Part::Month, sums);
                }
            }
            ClosedPeriod::Misses {
                first,
                last,
                misses,
            } => self.misses(*first, *last, *misses),
        }
    }

    fn figures(&mut self, title: &str, part: Part, sums: &Sums) {
        let _infallible = writeln!(self.text, "{title}");
        for figure in FIGURES {
            let measure = figure.of(sums);
            if measure.is_none() {
                self.withheld.insert(figure.why_not_told(part, sums));
            }
            let _infallible = writeln!(
                self.text,
                "  {:<24}{:>10} {:<10}{}",
                figure.name,
                measure.map_or(NOT_TOLD.to_owned(), Measure::text),
                figure.unit().as_str(),
                figure.formula
            );
        }
        self.text.push('\n');
    }

    fn misses(&mut self, first: Date, last: Date, misses: Misses) {
        let Misses {
            no_answer,
            declined,
            unreachable,
        } = misses;
        let _infallible = writeln!(
            self.text,
            "offers missed, {}: {no_answer} not answered, {declined} declined, {unreachable} unreachable\n",
            months(first, last)
        );
    }

    fn end(mut self) -> String {
        for why in &self.withheld {
            let _infallible = writeln!(self.text, "{NOT_TOLD}: {why}");
        }
        self.text
    }
}

pub(super) fn title_of_month(line: LineId, first: Date, last: Date) -> String {
    format!("{line}, {}", months(first, last))
}

fn title_of_class(month: &str, class: Class) -> String {
    format!("{month}, class {}", crate::status::class(class))
}

fn months(first: Date, last: Date) -> String {
    if PeriodId::of(Span::Month, first) == PeriodId::of(Span::Month, last) {
        return format!("the month {first} to {last}");
    }
    format!(
        "the months {first} to {last}, told together: fewer than ten contacts ended in the earlier ones"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u8, day: u8) -> Date {
        Date::new(2026, month, day).unwrap()
    }

    fn month(first: Date, last: Date) -> ClosedPeriod {
        ClosedPeriod::Month {
            line: LineId::parse("help").unwrap(),
            first,
            last,
            total: Sums::default(),
            classes: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn nothing_closed_is_said_in_a_sentence() {
        let text = in_words(&[], &(Date::FIRST..=Date::LAST));

        let start = "No closed period between 1970-01-01 and";
        assert!(text.starts_with(start), "{text}");
    }

    #[test]
    fn months_that_are_told_together_are_named_as_such() {
        let days = Date::FIRST..=Date::LAST;
        let closed = [month(day(1, 1), day(1, 31)), month(day(2, 1), day(3, 31))];

        let text = in_words(&closed, &days);

        assert!(
            text.starts_with("help, the month 2026-01-01 to 2026-01-31\n"),
            "{text}"
        );
        let together = "help, the months 2026-02-01 to 2026-03-31, told together";
        assert!(text.contains(together), "{text}");
    }

    #[test]
    fn each_reason_for_what_is_not_told_stands_once() {
        let days = Date::FIRST..=Date::LAST;
        let month = month(day(1, 1), day(1, 31));

        let text = in_words(&[month.clone(), month], &days);

        let reasons: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("not_told: "))
            .collect();
        let once: BTreeSet<&str> = reasons.iter().copied().collect();
        // Of few, and of classes and parts.
        assert_eq!((reasons.len(), once.len()), (2, 2), "{text}");
    }
}
