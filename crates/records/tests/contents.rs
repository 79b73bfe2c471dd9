//! What operators enter goes into the rows and tables of the period in which its call ended.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use dispatch::{
    Class, Closed as Ended, ContactId, Decision, LegId, LineId, Moment, NodeId, OperatorId, Origin,
    Outcome, QueueId, Seq,
};
use records::content::{Content, Language};
use records::{
    CALLS_MAX, CONTENT_SETTLES, ClosedPeriod, Contents, Counts, Date, FINISHED_TOLD_MAX,
};

const MIDNIGHT: Moment = Moment::from_micros(1_790_000_000_000_000);

fn line() -> LineId {
    LineId::parse("help").unwrap()
}

fn jana() -> OperatorId {
    OperatorId::parse("jana").unwrap()
}

fn day(month: u8, day: u8) -> Date {
    Date::new(2027, month, day).unwrap()
}

fn in_ukrainian() -> Content {
    Content {
        language: Language::Ukrainian,
        ..Content::default()
    }
}

fn id(n: u64) -> ContactId {
    ContactId(Seq(n))
}

fn begins(counts: &mut Counts, contact: u64, at: Moment) {
    counts.arrive(at, line(), Class::Crisis);
    counts.decide(&Decision::Bridge {
        contact: id(contact),
        operator: jana(),
        leg: LegId::new(NodeId::ONLY, 1, 1),
    });
}

fn ends(counts: &mut Counts, contact: u64, at: Moment) {
    counts.decide(&Decision::Closed(Ended {
        contact: id(contact),
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, 1),
            line: line(),
        },
        queue: QueueId::parse("help").unwrap(),
        class: Class::Crisis,
        arrived: at,
        answered: Some(at),
        ended: at,
        outcome: Outcome::Answered,
    }));
}

/// The contents of the rows and of the tables of the only month that closed.
fn month(counts: &Counts) -> (Vec<Content>, Vec<Content>) {
    let mut months = counts.closed.iter().filter(|closed| match closed.period {
        ClosedPeriod::Month { .. } => true,
        ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => false,
    });
    let month = months.next().unwrap();
    assert!(months.next().is_none());
    let tables = month.tables.iter().flat_map(Contents::iter);
    (
        month.rows.iter().cloned().collect(),
        tables.cloned().collect(),
    )
}

/// What settled of the open month.
fn entered(counts: &Counts) -> Vec<Content> {
    let contents = &counts.lines[&line()].contents;
    contents.iter().cloned().collect()
}

#[test]
fn content_is_entered_during_the_call_and_for_two_hours_after_it() {
    let mut counts = Counts::default();
    counts.turn(MIDNIGHT, day(3, 1));
    begins(&mut counts, 1, MIDNIGHT);

    let during = counts.enter(id(1), jana(), in_ukrainian());
    ends(&mut counts, 1, MIDNIGHT);
    let after = counts.enter(id(1), jana(), Content::default());
    begins(&mut counts, 2, MIDNIGHT + CONTENT_SETTLES);
    ends(&mut counts, 2, MIDNIGHT + CONTENT_SETTLES);
    let late = counts.enter(id(1), jana(), in_ukrainian());

    assert!(during.is_ok() && after.is_ok() && late.is_err());
    assert_eq!(entered(&counts), [Content::default()]);
}

#[test]
fn only_the_operator_of_the_call_enters_it() {
    let mut counts = Counts::default();
    begins(&mut counts, 1, MIDNIGHT);

    let dana = OperatorId::parse("dana").unwrap();
    let refused = counts.enter(id(1), dana, in_ukrainian());
    let unknown = counts.enter(id(2), jana(), in_ukrainian());

    assert!(refused.is_err() && unknown.is_err());
    assert_eq!(counts.calls.open()[&id(1)].content, Content::default());
}

#[test]
fn every_answered_call_is_in_the_tables_of_one_month() {
    let mut counts = Counts::default();
    counts.turn(MIDNIGHT, day(3, 1));
    for contact in 1..=30 {
        begins(&mut counts, contact, MIDNIGHT);
        counts.enter(id(contact), jana(), in_ukrainian()).unwrap();
        ends(&mut counts, contact, MIDNIGHT);
    }

    counts.turn(MIDNIGHT + CONTENT_SETTLES, day(4, 1));
    counts.settle(MIDNIGHT + CONTENT_SETTLES * 2);

    let (rows, tables) = month(&counts);
    assert_eq!(rows, vec![in_ukrainian(); 30]);
    assert_eq!(tables, rows);
    assert!(counts.calls.open().is_empty());
    let mut lines = counts.lines.values();
    assert!(lines.all(|line| line.contents.is_empty()));
}

/// Ten calls of a month that ends, entered after its end, and one of the next month.
fn over_midnight() -> (Counts, Moment) {
    let mut counts = Counts::default();
    counts.turn(MIDNIGHT, day(3, 31));
    let end = MIDNIGHT + Duration::from_secs(60);
    for contact in 1..=10 {
        counts.arrive(MIDNIGHT, line(), Class::Crisis);
        begins(&mut counts, contact, MIDNIGHT);
        ends(&mut counts, contact, MIDNIGHT);
    }
    counts.turn(end, day(4, 1));
    for contact in 1..=10 {
        counts.enter(id(contact), jana(), in_ukrainian()).unwrap();
    }
    begins(&mut counts, 11, end);
    ends(&mut counts, 11, end);
    (counts, end)
}

#[test]
fn what_is_entered_after_midnight_belongs_to_the_month_in_which_the_call_ended() {
    let (mut counts, end) = over_midnight();

    counts.settle(end + CONTENT_SETTLES);

    assert_eq!(month(&counts).1, vec![in_ukrainian(); 10]);
    assert_eq!(entered(&counts), [Content::default()]);
}

#[test]
fn month_closes_two_hours_after_its_end_and_not_before() {
    let (mut counts, end) = over_midnight();

    counts.settle(end + CONTENT_SETTLES - Duration::from_micros(1));
    let early = counts.closed.len();
    counts.settle(end + CONTENT_SETTLES);

    assert_eq!(early, 0);
    assert_eq!(month(&counts).0.len(), 10);
}

#[test]
fn clock_that_leaps_over_a_second_month_closes_the_first_with_what_it_has() {
    let (mut counts, end) = over_midnight();

    counts.turn(end + Duration::from_secs(60), day(5, 1));

    assert_eq!(counts.closed.len(), 2);
    assert_eq!(counts.ending.unwrap().month.first(), day(4, 1));
}

#[test]
fn contents_of_an_open_month_are_in_no_order() {
    let entered = |order: [u64; 2]| {
        let mut counts = Counts::default();
        for (contact, at) in order
            .into_iter()
            .zip([MIDNIGHT, MIDNIGHT + CONTENT_SETTLES])
        {
            begins(&mut counts, contact, at);
            if contact == 1 {
                counts.enter(id(contact), jana(), in_ukrainian()).unwrap();
            }
            ends(&mut counts, contact, at);
        }
        counts.settle(MIDNIGHT + CONTENT_SETTLES * 2);
        counts.lines
    };

    assert_eq!(entered([1, 2]), entered([2, 1]));
}

#[test]
fn pieces_take_their_contents_and_the_month_has_them_all() {
    let mut counts = Counts::default();
    counts.turn(MIDNIGHT, day(2, 1));
    let mut contact = 0;
    let mut day_of_calls = |counts: &mut Counts, at: Moment| {
        for _ in 0..100 {
            contact += 1;
            begins(counts, contact, at);
            ends(counts, contact, at);
        }
    };
    let a_day = Duration::from_secs(24 * 60 * 60);
    let mut at = MIDNIGHT;
    for date in (2..=28).map(|date| day(2, date)).chain([day(3, 1)]) {
        day_of_calls(&mut counts, at);
        at = at + a_day;
        counts.turn(at, date);
    }
    counts.settle(at + CONTENT_SETTLES);
    counts.closed.clear();
    for date in (2..=31).map(|date| day(3, date)).chain([day(4, 1)]) {
        day_of_calls(&mut counts, at);
        at = at + a_day;
        counts.turn(at, date);
    }
    counts.settle(at + CONTENT_SETTLES);

    let pieces: Vec<_> = counts
        .closed
        .iter()
        .filter(|closed| closed.tables.is_empty() && !closed.rows.is_empty())
        .map(|closed| closed.rows.len())
        .collect();
    let (rows, tables) = month(&counts);
    assert_eq!(pieces, vec![100; 31]);
    assert_eq!((rows.len(), tables.len()), (0, 3_100));
}

/// A call that ended so: answered after so many seconds, or not at all.
fn call(counts: &mut Counts, contact: u64, at: Moment, answered: Option<u64>) {
    match answered {
        Some(_) => begins(counts, contact, at),
        None => counts.arrive(at, line(), Class::Crisis),
    }
    counts.decide(&Decision::Closed(Ended {
        contact: id(contact),
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, 1),
            line: line(),
        },
        queue: QueueId::parse("help").unwrap(),
        class: Class::Crisis,
        arrived: at,
        answered: answered.map(|seconds| at + Duration::from_secs(seconds)),
        ended: at + Duration::from_secs(60),
        outcome: answered.map_or(Outcome::Abandoned, |_| Outcome::Answered),
    }));
}

#[test]
fn tables_have_the_contents_of_parts_that_were_given_out_before_the_month_ended() {
    let mut counts = Counts::default();
    counts.turn(MIDNIGHT, day(2, 1));
    let a_day = Duration::from_secs(24 * 60 * 60);
    let (mut at, mut contact, mut given_out) = (MIDNIGHT, 0, 0);
    let february = (2..=28).map(|date| day(2, date));
    let march = (1..=31).map(|date| day(3, date));
    for date in february.chain(march).chain([day(4, 1)]) {
        for answered in [Some(5), Some(30), None].into_iter().cycle().take(75) {
            contact += 1;
            call(&mut counts, contact, at, answered);
        }
        at = at + a_day;
        if date == day(4, 1) {
            given_out = counts.closed.iter().filter(is_part_of_march).count();
        }
        counts.turn(at, date);
    }
    counts.settle(at + CONTENT_SETTLES);

    let march = counts.closed.iter().filter(
        |closed| matches!(closed.period, ClosedPeriod::Month { first, .. } if first == day(3, 1)),
    );
    let tables: Vec<u64> = march
        .map(|month| month.tables.iter().map(Contents::len).sum())
        .collect();
    assert!(given_out > 20, "{given_out}");
    assert_eq!(tables, [31 * 50]);
}

#[test]
fn contents_of_a_small_month_are_in_rows_and_tables_of_the_next() {
    let mut counts = Counts::default();
    counts.turn(MIDNIGHT, day(3, 1));
    let a_day = Duration::from_secs(24 * 60 * 60);
    let mut at = MIDNIGHT;
    for (contacts, next) in [(1..=9, day(4, 1)), (10..=21, day(5, 1))] {
        for contact in contacts {
            begins(&mut counts, contact, at);
            if contact < 10 {
                counts.enter(id(contact), jana(), in_ukrainian()).unwrap();
            }
            ends(&mut counts, contact, at);
        }
        at = at + a_day;
        counts.turn(at, next);
    }
    counts.settle(at + CONTENT_SETTLES);

    let (rows, tables) = month(&counts);
    let of_both = [vec![Content::default(); 12], vec![in_ukrainian(); 9]].concat();
    assert_eq!(rows, of_both);
    assert_eq!(tables, of_both);
}

fn is_part_of_march(closed: &&records::Unstored) -> bool {
    matches!(closed.period, ClosedPeriod::Piece { first, .. } if first.month() == 3)
}

#[test]
fn calls_without_content_are_limited() {
    let mut counts = Counts::default();

    for contact in 0..CALLS_MAX as u64 + 50 {
        begins(&mut counts, contact, MIDNIGHT);
        ends(&mut counts, contact, MIDNIGHT);
    }

    assert_eq!(counts.calls.open().len(), CALLS_MAX);
    assert_eq!(counts.lines[&line()].contents.len(), 50);
}

#[test]
fn operator_is_told_what_she_entered_as_long_as_she_may_change_it() {
    let mut counts = Counts::default();
    begins(&mut counts, 1, MIDNIGHT);
    counts.enter(id(1), jana(), in_ukrainian()).unwrap();
    let told = |counts: &Counts, at| counts.calls.entered(id(1), jana(), at).cloned();

    let during = told(&counts, MIDNIGHT + CONTENT_SETTLES * 2);
    ends(&mut counts, 1, MIDNIGHT);
    let last = told(
        &counts,
        MIDNIGHT + CONTENT_SETTLES - Duration::from_micros(1),
    );
    let late = told(&counts, MIDNIGHT + CONTENT_SETTLES);

    assert_eq!(during, Some(in_ukrainian()));
    assert_eq!(last, Some(in_ukrainian()));
    assert_eq!(late, None);
}

#[test]
fn nobody_else_is_told_what_was_entered() {
    let mut counts = Counts::default();
    begins(&mut counts, 1, MIDNIGHT);
    ends(&mut counts, 1, MIDNIGHT);
    let dana = OperatorId::parse("dana").unwrap();

    let content = counts.calls.entered(id(1), dana, MIDNIGHT);
    let unknown = counts.calls.entered(id(2), jana(), MIDNIGHT);
    let finished = counts.calls.finished(dana, MIDNIGHT);

    assert_eq!((content, unknown), (None, None));
    assert!(finished.is_empty());
}

#[test]
fn finished_calls_are_told_the_one_that_ended_last_first() {
    let mut counts = Counts::default();
    for contact in 1..=4 {
        begins(&mut counts, contact, MIDNIGHT);
    }
    for (contact, minutes) in [(3, 1), (1, 2), (2, 3)] {
        ends(
            &mut counts,
            contact,
            MIDNIGHT + Duration::from_secs(60 * minutes),
        );
    }
    let later = |minutes: u64| MIDNIGHT + CONTENT_SETTLES + Duration::from_secs(60 * minutes);

    let all = counts.calls.finished(jana(), MIDNIGHT);
    let some = counts.calls.finished(jana(), later(1));
    let none = counts.calls.finished(jana(), later(3));

    assert_eq!(all, [id(2), id(1), id(3)]);
    assert_eq!(some, [id(2), id(1)]);
    assert!(none.is_empty());
}

#[test]
fn finished_calls_are_told_up_to_a_limit() {
    let mut counts = Counts::default();
    for contact in 1..=100 {
        begins(&mut counts, contact, MIDNIGHT);
        ends(&mut counts, contact, MIDNIGHT);
    }

    let told = counts.calls.finished(jana(), MIDNIGHT);

    assert_eq!(told.len(), FINISHED_TOLD_MAX);
    assert_eq!(told[0], id(100));
}
