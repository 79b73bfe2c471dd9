//! Open periods close once, and no difference of what is published tells of few contacts.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{
    Class, Closed, ContactId, Decision, LegId, LineId, Miss, Moment, NodeId, OperatorId, Origin,
    Outcome, QueueId, Seq,
};
use proptest::prelude::*;
use records::{
    CLOSED_MAX, CONTENT_SETTLES, ClosedPeriod, Counts, Date, Misses, PeriodId, SHARED_BY_MIN, Span,
    Sums, Tally, Unstored, VOLUME_DAYS,
};

const START: Moment = Moment::from_micros(1_700_000_100_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn by(line: LineId) -> Origin {
    Origin::Caller {
        leg: LegId::new(NodeId::ONLY, 1, 1),
        line,
    }
}

fn line(name: &str) -> LineId {
    LineId::parse(name).unwrap()
}

fn date(month: u8, day: u8) -> Date {
    Date::new(2027, month, day).unwrap()
}

/// The days of 2027, from the first of January on.
fn year() -> impl Iterator<Item = Date> {
    (1..=12).flat_map(|month| (1..=31).filter_map(move |day| Date::new(2027, month, day)))
}

/// How a contact ends.
#[derive(Clone, Copy, Debug)]
enum How {
    InTime,
    Late,
    Unanswered,
}

/// A month of a line as it is told.
struct Month {
    line: LineId,
    first: Date,
    last: Date,
    total: Sums,
    classes: BTreeMap<Class, Sums>,
}

/// A node that counts, and what it was told in all.
#[derive(Default)]
struct Site {
    counts: Counts,
    day: u32,
    told: BTreeMap<LineId, Tally>,
}

impl Site {
    fn now(&self) -> Moment {
        START + DAY * self.day
    }

    fn turn(&mut self, date: Date) {
        self.day += 1;
        self.counts.turn(self.now(), date);
    }

    fn arrive(&mut self, line: LineId, class: Class, contacts: u64) {
        for _ in 0..contacts {
            self.counts.arrive(self.now(), line, class);
        }
        self.told.entry(line).or_default().arrived += contacts;
    }

    fn end(&mut self, line: LineId, class: Class, contacts: u64) {
        self.end_as(How::InTime, line, class, contacts);
    }

    fn end_as(&mut self, how: How, line: LineId, class: Class, contacts: u64) {
        let (outcome, answered) = match how {
            How::InTime => (Outcome::Answered, Some(5)),
            How::Late => (Outcome::Answered, Some(25)),
            How::Unanswered => (Outcome::Abandoned, None),
        };
        let closed = Closed {
            contact: ContactId(Seq(1)),
            origin: by(line),
            queue: QueueId::parse("help").unwrap(),
            class,
            arrived: START,
            answered: answered.map(|seconds| START + Duration::from_secs(seconds)),
            ended: START + Duration::from_secs(65),
            outcome,
        };
        for _ in 0..contacts {
            self.counts.decide(&Decision::Closed(closed));
            self.told.entry(line).or_default().close(&closed);
        }
    }

    /// So many contacts, of whom a third each is answered in time, answered late and not answered.
    fn thirds(&mut self, line: LineId, contacts: u64) {
        self.arrive(line, Class::Crisis, contacts);
        self.end_as(
            How::InTime,
            line,
            Class::Crisis,
            contacts - contacts / 3 * 2,
        );
        self.end_as(How::Late, line, Class::Crisis, contacts / 3);
        self.end_as(How::Unanswered, line, Class::Crisis, contacts / 3);
    }

    fn day_of(&mut self, date: Date, line: LineId, contacts: u64) {
        self.turn(date);
        self.thirds(line, contacts);
    }

    /// The last month has all of its contents.
    fn settle(&mut self) {
        self.counts.settle(self.now() + CONTENT_SETTLES);
    }

    /// A year of days with so many contacts each.
    fn of_volume(contacts: u64) -> Self {
        let mut site = Self::default();
        for date in year() {
            site.day_of(date, line("help"), contacts);
        }
        site.turn(Date::new(2028, 1, 1).unwrap());
        site.settle();
        site
    }

    fn miss(&mut self) {
        self.counts.decide(&Decision::Missed {
            contact: ContactId(Seq(1)),
            origin: by(line("help")),
            operator: OperatorId::parse("jana").unwrap(),
            miss: Miss::Declined,
        });
    }

    /// Missed offers that were told: first day, last day, and how many were declined.
    fn misses(&self) -> Vec<(Date, Date, u64)> {
        let misses = |closed: &Unstored| match &closed.period {
            ClosedPeriod::Misses {
                first,
                last,
                misses,
            } => Some((*first, *last, misses.declined)),
            ClosedPeriod::Piece { .. } | ClosedPeriod::Month { .. } => None,
        };
        self.counts.closed.iter().filter_map(misses).collect()
    }

    fn pieces(&self, wanted: LineId) -> Vec<(Date, Date, Sums)> {
        let piece = |closed: &Unstored| match &closed.period {
            ClosedPeriod::Piece {
                line,
                first,
                last,
                total,
            } if *line == wanted => Some((*first, *last, *total)),
            ClosedPeriod::Piece { .. }
            | ClosedPeriod::Month { .. }
            | ClosedPeriod::Misses { .. } => None,
        };
        self.counts.closed.iter().filter_map(piece).collect()
    }

    fn months(&self) -> Vec<Month> {
        let month = |closed: &Unstored| match &closed.period {
            ClosedPeriod::Month {
                line,
                first,
                last,
                total,
                classes,
            } => Some(Month {
                line: *line,
                first: *first,
                last: *last,
                total: *total,
                classes: classes.clone(),
            }),
            ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
        };
        self.counts.closed.iter().filter_map(month).collect()
    }
}

fn is_split(part: u64, whole: u64) -> bool {
    part == 0 || part == whole || (part >= SHARED_BY_MIN && whole - part >= SHARED_BY_MIN)
}

/// Whether enough share what is told, and every split of it.
fn is_safe(sums: &Sums) -> bool {
    let is_nothing = (sums.arrived, sums.ended) == (0, 0);
    let is_shared = sums.arrived >= SHARED_BY_MIN && sums.answered >= SHARED_BY_MIN;
    let splits =
        is_split(sums.answered, sums.ended) && is_split(sums.answered_in_time, sums.answered);
    is_nothing || (is_shared && splits)
}

/// What a whole has beyond its parts, of what parts tell.
fn less(whole: &Sums, parts: &Sums) -> Sums {
    Sums {
        arrived: whole.arrived - parts.arrived,
        ended: whole.ended - parts.ended,
        answered: whole.answered - parts.answered,
        answered_in_time: whole.answered_in_time - parts.answered_in_time,
        ..Sums::default()
    }
}

/// What parts tell, together.
fn sum<'a>(parts: impl IntoIterator<Item = &'a Sums>) -> Sums {
    let mut total = Sums::default();
    for part in parts {
        total.arrived += part.arrived;
        total.ended += part.ended;
        total.answered += part.answered;
        total.answered_in_time += part.answered_in_time;
    }
    total
}

#[test]
fn nothing_closes_before_a_day_is_told() {
    let mut site = Site::default();

    site.arrive(line("help"), Class::Crisis, 100);
    site.turn(date(5, 31));

    assert!(site.counts.closed.is_empty());
    assert_eq!(site.counts.open.total().arrived, 100);
}

#[test]
fn month_closes_with_what_was_counted_before_its_first_day_was_told() {
    let mut site = Site::default();
    site.thirds(line("help"), 30);

    site.turn(date(5, 31));
    site.turn(date(6, 1));
    site.settle();

    let months = site.months();
    assert_eq!(months.len(), 1);
    assert_eq!((months[0].first, months[0].last), (date(5, 1), date(5, 31)));
    assert_eq!(months[0].total.arrived, 30);
    assert_eq!(site.counts.open.total(), Tally::default());
}

#[test]
fn clock_set_back_closes_nothing_and_the_month_goes_on() {
    let mut site = Site::default();
    site.day_of(date(6, 1), line("help"), 20);

    site.day_of(date(5, 31), line("help"), 20);
    site.day_of(date(6, 1), line("help"), 20);

    assert!(site.counts.closed.is_empty());
    assert_eq!(site.counts.today, Some(date(6, 1)));
    assert_eq!(site.counts.open.total().arrived, 60);
}

#[test]
fn jump_over_months_closes_the_open_one_once() {
    let mut site = Site::default();
    site.day_of(date(1, 3), line("help"), 20);

    site.turn(date(9, 17));
    site.turn(date(10, 1));
    site.settle();

    assert_eq!(site.months().len(), 1);
    assert_eq!(site.months()[0].total.arrived, 20);
}

#[test]
fn closed_period_stays_until_it_is_stored() {
    let mut site = Site::of_volume(100);
    let closed = site.counts.closed.len();
    let key = site.counts.closed[5].period.key();

    site.counts.stored(key);
    site.counts.stored(key);

    assert_eq!(site.counts.closed.len(), closed - 1);
    assert!(
        site.counts
            .closed
            .iter()
            .all(|left| left.period.key() != key)
    );
}

#[test]
fn full_outbox_forgets_the_oldest_piece_and_keeps_the_months() {
    let mut site = Site::default();
    let month = |month| {
        let month = PeriodId::of(Span::Month, date(month, 1));
        ClosedPeriod::Misses {
            first: month.first(),
            last: month.last(),
            misses: Misses::default(),
        }
    };
    let piece = |day| ClosedPeriod::Piece {
        line: line("help"),
        first: date(1, day),
        last: date(1, day),
        total: Sums::default(),
    };
    site.counts.closed = [month(1), piece(1), piece(2)]
        .map(Unstored::without_contents)
        .into();
    let rest = CLOSED_MAX - site.counts.closed.len();
    site.counts
        .closed
        .extend((0..rest).map(|_| Unstored::without_contents(month(2))));
    site.turn(date(3, 1));
    site.thirds(line("help"), 30);

    site.turn(date(4, 1));
    site.settle();

    let closed = &site.counts.closed;
    assert_eq!(closed.len(), CLOSED_MAX);
    // The month of the line and that of the missed offers took the places of two pieces.
    assert_eq!(closed[0].period, month(1));
    assert_eq!(closed[1].period, month(2));
    let last = closed.back().map(|closed| &closed.period);
    assert_eq!(last, Some(&month(3)));
}

#[test]
fn missed_offers_are_told_by_month_alone() {
    let mut site = Site::default();
    site.turn(date(1, 1));
    site.thirds(line("help"), 30);
    site.miss();

    site.turn(date(1, 20));
    let before = site.counts.closed.len();
    site.turn(date(2, 1));
    site.settle();

    assert_eq!(before, 0);
    assert_eq!(site.misses(), [(date(1, 1), date(1, 31), 1)]);
    assert_eq!(site.counts.open.misses.declined, 0);
}

#[test]
fn month_of_fewer_than_ten_is_told_with_the_next_ones() {
    let mut site = Site::default();
    site.turn(date(1, 1));
    for (contacts, next) in [(9, date(2, 1)), (0, date(3, 1)), (1, date(4, 1))] {
        site.arrive(line("help"), Class::Crisis, contacts);
        site.end(line("help"), Class::Crisis, contacts);
        site.miss();
        assert!(site.months().is_empty());
        site.turn(next);
        site.settle();
    }

    let months = site.months();
    assert_eq!(months.len(), 1);
    assert_eq!((months[0].first, months[0].last), (date(1, 1), date(3, 31)));
    assert_eq!(months[0].total.ended, 10);
    assert_eq!(site.misses(), [(date(1, 1), date(3, 31), 3)]);
    assert!(site.counts.small.lines.is_empty());
}

#[test]
fn line_after_a_small_month_is_told_by_day_once_no_month_waits_any_more() {
    let pieces_of_march = |january: u64| {
        let mut site = Site::default();
        site.day_of(date(1, 1), line("help"), january);
        for date in year().filter(|date| [2, 3].contains(&date.month())) {
            site.day_of(date, line("help"), 100);
        }
        site.turn(date(4, 1));
        site.settle();
        let pieces = site.pieces(line("help")).into_iter();
        pieces.filter(|(first, ..)| first.month() == 3).count()
    };

    assert_eq!(pieces_of_march(12), 31);
    assert_eq!(pieces_of_march(5), 31);
}

#[test]
fn month_that_is_told_with_one_whose_callers_still_wait_has_no_pieces() {
    let pieces_of_february = |ended| {
        let mut site = Site::default();
        site.turn(date(1, 1));
        site.arrive(line("help"), Class::Crisis, 2_500);
        site.end(line("help"), Class::Crisis, ended);
        for date in year().filter(|date| date.month() == 2) {
            site.day_of(date, line("help"), 100);
        }
        site.turn(date(3, 1));
        site.settle();
        site.pieces(line("help")).len()
    };

    assert_eq!(pieces_of_february(9), 0);
    assert_eq!(pieces_of_february(10), 28);
}

#[test]
fn talk_of_a_class_is_told_if_ten_are_in_it_and_in_the_rest_and_no_wait() {
    let mut site = Site::default();
    site.turn(date(1, 1));
    for (class, contacts) in [(Class::Danger, 20), (Class::Crisis, 40)] {
        site.arrive(line("help"), class, contacts);
        site.end(line("help"), class, contacts);
    }
    site.arrive(line("help"), Class::Danger, 20);
    site.end_as(How::Unanswered, line("help"), Class::Danger, 20);

    site.turn(date(2, 1));
    site.settle();

    let month = site.months().remove(0);
    let times = |class| month.classes[&class].times;
    assert_eq!(times(Class::Danger).talk, Some(20 * 60));
    assert_eq!(times(Class::Crisis).talk, Some(40 * 60));
    for class in [Class::Danger, Class::Crisis] {
        let waits = (times(class).answered_wait, times(class).unanswered_wait);
        assert_eq!(waits, (None, None), "{class:?}");
    }
    assert_eq!(month.total.times.talk, Some(60 * 60));
}

#[test]
fn line_of_sixty_a_day_is_told_by_week_and_a_larger_one_by_day() {
    let weekly = Site::of_volume(60);
    let daily = Site::of_volume(61);

    let of_march = |site: &Site| {
        let march = |(first, ..): &&(Date, Date, Sums)| first.month() == 3;
        site.pieces(line("help")).iter().filter(march).count()
    };
    assert_eq!(of_march(&weekly), 4);
    assert_eq!(of_march(&daily), 31);
}

#[test]
fn line_of_fifteen_a_day_is_told_by_month_and_a_larger_one_by_week() {
    let monthly = Site::of_volume(15);
    let weekly = Site::of_volume(16);

    assert!(monthly.pieces(line("help")).is_empty());
    assert_eq!(monthly.months().len(), 12);
    assert!(!weekly.pieces(line("help")).is_empty());
}

#[test]
fn small_line_beside_a_large_one_gets_no_fine_span() {
    let mut site = Site::default();
    for date in year() {
        site.day_of(date, line("large"), 200);
        site.counts.arrive(site.now(), line("small"), Class::Crisis);
    }

    assert!(site.pieces(line("small")).is_empty());
    assert!(site.pieces(line("large")).len() > 300);
}

#[test]
fn piece_is_given_out_only_when_a_later_one_stays_shared() {
    let mut site = Site::of_volume(100);
    site.counts.closed.clear();
    let mut day = 1;
    let mut told_after = |site: &mut Site, contacts| {
        site.thirds(line("help"), contacts);
        day += 1;
        site.turn(Date::new(2028, 1, day).unwrap());
        site.pieces(line("help")).len()
    };

    assert_eq!(told_after(&mut site, 60), 0);
    // Nine of them are not answered, then ten.
    assert_eq!(told_after(&mut site, 27), 0);
    assert_eq!(told_after(&mut site, 3), 1);
    // None of them is unanswered: shared, but one more unanswered one would not be.
    site.arrive(line("help"), Class::Crisis, 30);
    site.end(line("help"), Class::Crisis, 30);
    assert_eq!(told_after(&mut site, 0), 1);
    assert_eq!(told_after(&mut site, 30), 3);
}

#[test]
fn last_days_that_few_share_join_the_piece_before() {
    let mut site = Site::of_volume(100);
    site.counts.closed.clear();
    for day in 2..=30 {
        site.day_of(Date::new(2028, 1, day).unwrap(), line("help"), 30);
    }

    site.day_of(Date::new(2028, 1, 31).unwrap(), line("help"), 27);
    site.turn(Date::new(2028, 2, 1).unwrap());
    site.settle();

    let pieces = site.pieces(line("help"));
    let (first, last, total) = pieces.last().unwrap();
    assert_eq!((first.day(), last.day(), total.arrived), (30, 31, 57));
}

#[test]
fn class_of_few_hides_itself_and_a_second_one() {
    let mut site = Site::default();
    site.turn(date(1, 1));
    for (class, contacts) in [
        (Class::Danger, 1),
        (Class::Crisis, 40),
        (Class::Information, 30),
    ] {
        site.arrive(line("help"), class, contacts);
        site.end(line("help"), class, contacts);
    }

    site.turn(date(2, 1));
    site.settle();

    let months = site.months();
    let shown: Vec<_> = months[0].classes.keys().collect();
    assert_eq!(shown, [&Class::Crisis]);
    assert_eq!(months[0].total.arrived, 71);
}

/// One step of a site: contacts of a line, or a day that begins after so many.
#[derive(Clone, Debug)]
enum Step {
    Contacts(u8, u8, u64),
    Ends(How, u8, u8, u64),
    Turn(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let contacts = || prop_oneof![4 => 0..12_u64, 2 => 0..40_u64, 1 => 60..200_u64];
    let how = prop_oneof![3 => Just(How::InTime), 1 => Just(How::Late), 1 => Just(How::Unanswered)];
    prop::collection::vec(
        prop_oneof![
            2 => (0..2_u8, 0..3_u8, contacts()).prop_map(|(line, class, n)| Step::Contacts(line, class, n)),
            3 => (how, 0..2_u8, 0..3_u8, contacts()).prop_map(|(how, line, class, n)| Step::Ends(how, line, class, n)),
            3 => prop_oneof![8 => Just(1_u16), 1 => 0..12_u16, 1 => Just(40_u16)].prop_map(Step::Turn),
        ],
        1..250,
    )
}

fn class_of(n: u8) -> Class {
    [Class::Danger, Class::Crisis, Class::Information][usize::from(n)]
}

/// A site whose lines had this volume before the steps.
fn walk(volume: u64, steps: &[Step]) -> Site {
    let lines = [line("help"), line("other")];
    let mut site = Site::default();
    site.arrive(lines[0], Class::Crisis, volume * VOLUME_DAYS);
    site.end(lines[0], Class::Crisis, volume * VOLUME_DAYS);
    let mut days = year();
    site.turn(days.next().unwrap());
    let mut today = date(1, 1);
    for step in steps {
        match *step {
            Step::Contacts(line, class, n) => {
                site.arrive(lines[usize::from(line)], class_of(class), n);
            }
            Step::Ends(how, line, class, n) => {
                site.end_as(how, lines[usize::from(line)], class_of(class), n);
            }
            Step::Turn(0) => site.turn(today),
            Step::Turn(after) => {
                let Some(next) = days.nth(usize::from(after) - 1) else {
                    return site;
                };
                today = next;
                site.turn(next);
            }
        }
    }
    site
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_difference_of_published_sums_is_about_few_contacts(
        volume in prop_oneof![Just(5_u64), Just(40), Just(70), Just(300)],
        steps in steps(),
    ) {
        let site = walk(volume, &steps);
        let months = site.months();

        for Month { line, first, last, total, classes } in &months {
            let within = |(begins, ends, _): &(Date, Date, Sums)| first <= begins && ends <= last;
            let pieces: Vec<_> = site.pieces(*line).into_iter().filter(within).collect();
            // Pieces tile the month, in order.
            if let (Some(begins), Some(ends)) = (pieces.first(), pieces.last()) {
                prop_assert_eq!((begins.0, ends.1), (*first, *last));
                prop_assert_eq!(less(total, &sum(pieces.iter().map(|piece| &piece.2))), Sums::default());
            }
            for pair in pieces.windows(2) {
                prop_assert_eq!(pair[0].1.day() + 1, pair[1].0.day());
            }
            prop_assert!(total.ended >= SHARED_BY_MIN);
            // Any of them is shared, and what any leaves of the month too.
            for piece in &pieces {
                prop_assert!(is_safe(&piece.2));
                prop_assert!(is_safe(&less(total, &piece.2)));
            }
            let shown = sum(classes.values());
            prop_assert!(classes.values().all(is_safe));
            prop_assert!(classes.is_empty() || is_safe(&less(total, &shown)));
        }
    }

    #[test]
    fn what_was_given_out_of_an_open_month_is_shared_whatever_follows(
        volume in prop_oneof![Just(40_u64), Just(300)],
        steps in steps(),
        cut in 0..250_usize,
    ) {
        let early = walk(volume, &steps[..cut.min(steps.len())]);
        let late = walk(volume, &steps);

        for line in [line("help"), line("other")] {
            let (early, late) = (early.pieces(line), late.pieces(line));
            prop_assert_eq!(&early[..], &late[..early.len()]);
            prop_assert!(late.iter().all(|piece| is_safe(&piece.2)));
        }
    }

    #[test]
    fn every_contact_is_in_one_month(volume in 0..80_u64, steps in steps()) {
        let site = walk(volume, &steps);
        let months = site.months();

        for (line, told) in &site.told {
            let of_line = months.iter().filter(|month| month.line == *line);
            let mut counted = sum(of_line.map(|month| &month.total));
            let small = site.counts.small.lines.get(line);
            let small = small.iter().flat_map(|small| small.classes.values().copied());
            let ending = site.counts.ending.iter().map(|month| month.counted.of_line(*line));
            let open = [site.counts.open.of_line(*line)].into_iter().chain(small).chain(ending);
            for tally in open {
                counted = sum([&counted, &Sums::of_month(&tally)]);
            }
            prop_assert_eq!(less(&Sums::of_month(told), &counted), Sums::default());
        }
    }
}
