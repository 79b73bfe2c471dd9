//! Months that an earlier release told alone are told by today's rule: none of fewer than ten.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use dispatch::{Class, LineId};
use proptest::prelude::*;
use records::content::{Content, Outcome};
use records::{
    ClosedPeriod, Contents, Date, Joined, Misses, PeriodId, SHARED_BY_MIN, Span, Sums, Times,
    Unanswered, Unstored, join_small,
};

fn line(name: &str) -> LineId {
    LineId::parse(name).unwrap()
}

fn date(month: u8, day: u8) -> Date {
    Date::new(2026, month, day).unwrap()
}

fn last_of(month: u8) -> Date {
    PeriodId::of(Span::Month, date(month, 1)).last()
}

/// So many were answered, half of them in time, and so many hung up.
fn sums(answered: u64, abandoned: u64, times: [Option<u64>; 3]) -> Sums {
    let [answered_wait, unanswered_wait, talk] = times;
    Sums {
        arrived: answered + abandoned,
        ended: answered + abandoned,
        answered,
        answered_in_time: answered / 2,
        unanswered: Some(Unanswered {
            abandoned,
            ..Unanswered::default()
        }),
        times: Times {
            answered_wait,
            unanswered_wait,
            talk,
        },
    }
}

fn months(name: &str, from: u8, to: u8, total: Sums) -> ClosedPeriod {
    ClosedPeriod::Month {
        line: line(name),
        first: date(from, 1),
        last: last_of(to),
        total,
        classes: BTreeMap::new(),
    }
}

fn month(name: &str, month: u8, total: Sums) -> ClosedPeriod {
    months(name, month, month, total)
}

fn misses(from: u8, to: u8, no_answer: u64) -> ClosedPeriod {
    ClosedPeriod::Misses {
        first: date(from, 1),
        last: last_of(to),
        misses: Misses {
            no_answer,
            declined: 1,
            unreachable: 2,
        },
    }
}

/// What is told, and what waits.
fn joined(closed: &[ClosedPeriod]) -> [Vec<ClosedPeriod>; 2] {
    let closed = closed.iter().cloned().map(Unstored::without_contents);
    let Joined { told, waiting } = join_small(closed);
    [told, waiting].map(|periods| periods.into_iter().map(|closed| closed.period).collect())
}

const UNKNOWN: [Option<u64>; 3] = [None; 3];

#[test]
fn month_of_nine_is_told_with_the_next_one_and_of_ten_alone() {
    let (nine, ten) = (sums(5, 4, UNKNOWN), sums(5, 5, UNKNOWN));
    let before = [
        month("help", 1, nine),
        month("help", 2, ten),
        month("help", 3, ten),
    ];

    let [told, waiting] = joined(&before);

    let mut both = sums(10, 9, UNKNOWN);
    both.answered_in_time = 4;
    assert_eq!(told, [months("help", 1, 2, both), month("help", 3, ten)]);
    assert_eq!(waiting, []);
}

#[test]
fn small_months_wait_until_there_are_ten_each_line_for_itself() {
    let few = sums(4, 0, UNKNOWN);
    let before = [
        month("help", 1, few),
        month("youth", 1, few),
        month("help", 2, few),
        month("help", 4, few),
        month("youth", 4, few),
    ];

    let [told, waiting] = joined(&before);

    let both = sums(8, 0, UNKNOWN);
    assert_eq!(told, [months("help", 1, 4, sums(12, 0, UNKNOWN))]);
    assert_eq!(waiting, [months("youth", 1, 4, both)]);
}

#[test]
fn time_is_told_where_it_is_known_of_both_months_and_ten_are_in_it() {
    let known = [Some(70), Some(400), Some(9_000)];
    let told_of = |small, next| {
        let [told, _] = joined(&[month("help", 1, small), month("help", 2, next)]);
        let ClosedPeriod::Month { total, .. } = told[0] else {
            panic!("{told:?}")
        };
        total.times
    };

    // Of nobody the time is none, though it was told nowhere.
    let nobody_hung_up = told_of(sums(9, 0, UNKNOWN), sums(30, 30, known));
    let all_known = told_of(sums(9, 0, [Some(1), Some(2), Some(3)]), sums(30, 30, known));
    let few_hung_up = told_of(sums(9, 0, [Some(1), Some(2), Some(3)]), sums(30, 9, known));

    let only_unanswered = Times {
        unanswered_wait: Some(400),
        ..Times::default()
    };
    assert_eq!(nobody_hung_up, only_unanswered);
    let all = Times {
        answered_wait: Some(71),
        unanswered_wait: Some(402),
        talk: Some(9_003),
    };
    assert_eq!(all_known, all);
    let of_answered = Times {
        answered_wait: Some(71),
        ..Times::default()
    };
    assert_eq!(few_hung_up, of_answered);
}

#[test]
fn classes_stay_where_nothing_is_joined_and_go_where_they_are_of_one_month() {
    let with_class = |number, answered| {
        let mut of_month = month("help", number, sums(answered, 0, UNKNOWN));
        if let ClosedPeriod::Month { classes, total, .. } = &mut of_month {
            classes.insert(Class::Crisis, *total);
        }
        of_month
    };
    let alone = with_class(3, 30);

    let [told, _] = joined(&[with_class(1, 3), with_class(2, 30), alone.clone()]);

    let [ClosedPeriod::Month { classes, .. }, after] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(classes.is_empty());
    assert_eq!(*after, alone);
}

#[test]
fn missed_offers_are_told_with_the_next_ones_where_no_line_is_told() {
    let (few, many) = (sums(3, 0, UNKNOWN), sums(30, 0, UNKNOWN));
    let before = [
        month("help", 1, few),
        misses(1, 1, 10),
        month("help", 2, many),
        misses(2, 2, 20),
        month("help", 3, few),
        month("youth", 3, many),
        misses(3, 3, 30),
        month("youth", 4, few),
        misses(4, 4, 40),
        misses(5, 5, 50),
    ];

    let [told, waiting] = joined(&before);

    let mut two = misses(1, 2, 30);
    let mut left = misses(4, 5, 90);
    for joined in [&mut two, &mut left] {
        if let ClosedPeriod::Misses { misses, .. } = joined {
            (misses.declined, misses.unreachable) = (2, 4);
        }
    }
    assert_eq!(told[2..], [two, misses(3, 3, 30)]);
    assert_eq!(waiting.last(), Some(&left));
}

#[test]
fn small_month_before_one_that_is_told_in_pieces_is_told_nowhere() {
    let of_piece = Sums {
        unanswered: None,
        ..sums(30, 10, UNKNOWN)
    };
    let piece = |name, first, last| ClosedPeriod::Piece {
        line: line(name),
        first: date(2, first),
        last: date(2, last),
        total: of_piece,
    };
    let small = |name| month(name, 1, sums(3, 0, UNKNOWN));
    let large = |name| month(name, 2, sums(60, 20, UNKNOWN));
    let before = [
        small("help"),
        small("youth"),
        piece("help", 1, 14),
        large("help"),
        large("youth"),
        piece("help", 15, 28),
    ];

    let [told, waiting] = joined(&before);

    let in_pieces = [piece("help", 1, 14), large("help")];
    assert_eq!(told[..2], in_pieces);
    assert!(matches!(&told[2], ClosedPeriod::Month { first, .. } if *first == date(1, 1)));
    assert_eq!(told[3], piece("help", 15, 28));
    assert_eq!(waiting, []);
}

#[test]
fn contents_of_joined_months_are_in_one_publication() {
    let entered = |outcome| {
        let content = Content {
            outcome,
            ..Content::default()
        };
        std::iter::once(content).collect::<Contents>()
    };
    let of_month = |number, answered, outcome| Unstored {
        period: month("help", number, sums(answered, 0, UNKNOWN)),
        rows: entered(outcome),
        tables: vec![entered(outcome)],
    };

    let joined = join_small([
        of_month(1, 3, Outcome::Advised),
        of_month(2, 30, Outcome::Referred),
    ]);

    let both = [Outcome::Advised, Outcome::Referred].map(|outcome| Content {
        outcome,
        ..Content::default()
    });
    let both: Contents = both.into_iter().collect();
    let [told] = &joined.told[..] else {
        panic!("{joined:?}")
    };
    assert_eq!((&told.rows, &told.tables), (&both, &vec![both.clone()]));
}

proptest! {
    #[test]
    fn no_month_of_few_is_told_and_nobody_is_lost(
        ended in proptest::collection::vec((0_u64..25, 0_u64..25), 1..12)
    ) {
        let before: Vec<_> = (1..)
            .zip(&ended)
            .map(|(number, (answered, abandoned))| {
                month("help", number, sums(*answered, *abandoned, UNKNOWN))
            })
            .collect();

        let [told, waiting] = joined(&before);
        let [told_again, waiting_again] = joined(&told);

        let total = |closed: &ClosedPeriod| match closed {
            ClosedPeriod::Month { total, .. } => total.ended,
            ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => 0,
        };
        prop_assert!(told.iter().all(|told| total(told) >= SHARED_BY_MIN));
        prop_assert!(waiting.iter().all(|waiting| total(waiting) < SHARED_BY_MIN));
        let all: u64 = told.iter().chain(&waiting).map(total).sum();
        prop_assert_eq!(all, ended.iter().map(|(answered, abandoned)| answered + abandoned).sum::<u64>());
        prop_assert_eq!(told_again, told);
        prop_assert_eq!(waiting_again, vec![]);
    }
}
