//! What is counted, and by which formula.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    ActingRole, CaseId, Class, Closed, ContactId, Decision, Fact, LegId, LineId, Miss, Moment,
    NodeId, OperatorId, Origin, Outcome, QueueId, Seq, Standing,
};
use records::{ARRIVED_KEPT, ContactAct, Counts, Date, Deed, QuarterHour};

const START: Moment = Moment::from_micros(1_700_000_100_000_000);

fn line(name: &str) -> LineId {
    LineId::parse(name).unwrap()
}

fn after(seconds: u64) -> Moment {
    START + Duration::from_secs(seconds)
}

fn by(line: LineId) -> Origin {
    Origin::Caller {
        leg: LegId::new(NodeId::ONLY, 1, 1),
        line,
    }
}

fn closed(outcome: Outcome, answered: Option<u64>, ended: u64) -> Decision {
    Decision::Closed(Closed {
        contact: ContactId(Seq(1)),
        origin: by(line("help")),
        queue: QueueId::parse("help").unwrap(),
        class: Class::Crisis,
        arrived: START,
        answered: answered.map(after),
        ended: after(ended),
        outcome,
    })
}

fn missed(miss: Miss) -> Decision {
    Decision::Missed {
        contact: ContactId(Seq(1)),
        origin: by(line("help")),
        operator: OperatorId::parse("jana").unwrap(),
        miss,
    }
}

#[test]
fn arrivals_are_counted_per_line_and_quarter_hour() {
    let mut counts = Counts::default();
    let quarter = QuarterHour::of(START);

    counts.arrive(quarter.start(), line("help"), Class::Crisis);
    counts.arrive(
        quarter.start() + QuarterHour::LENGTH - Duration::from_micros(1),
        line("help"),
        Class::Danger,
    );
    counts.arrive(quarter.start(), line("other"), Class::Crisis);
    counts.arrive(
        quarter.start() + QuarterHour::LENGTH,
        line("help"),
        Class::Crisis,
    );

    let next = QuarterHour(quarter.0 + 1);
    let of = |quarter, name| counts.arrived.get(&(quarter, line(name))).copied();
    assert_eq!(of(quarter, "help"), Some(2));
    assert_eq!(of(quarter, "other"), Some(1));
    assert_eq!(of(next, "help"), Some(1));
    assert_eq!(counts.open.total().arrived, 4);
    assert_eq!(counts.open.of_class(Class::Danger).arrived, 1);
    assert_eq!(counts.open.of_line(line("other")).arrived, 1);
}

#[test]
fn only_quarter_hours_that_are_over_are_given_out() {
    let mut counts = Counts::default();
    counts.arrive(START, line("help"), Class::Crisis);
    let quarter = QuarterHour::of(START);
    let next = quarter.start() + QuarterHour::LENGTH;

    let before = counts
        .closed_quarter_hours(next - Duration::from_micros(1))
        .count();
    let after: Vec<_> = counts.closed_quarter_hours(next).collect();

    assert_eq!(before, 0);
    assert_eq!(after, [(quarter, line("help"), 1)]);
}

#[test]
fn stored_quarter_hours_are_forgotten_and_nothing_else() {
    let mut counts = Counts::default();
    let quarter = QuarterHour::of(START);
    let at = |after: u64| QuarterHour(quarter.0 + after).start();
    for after in 0..3 {
        counts.arrive(at(after), line("help"), Class::Crisis);
    }

    counts.arrived_stored(at(3), QuarterHour(quarter.0 + 1));

    let left: Vec<_> = counts.closed_quarter_hours(at(3)).collect();
    assert_eq!(left, [(QuarterHour(quarter.0 + 2), line("help"), 1)]);
    assert_eq!(counts.open.total().arrived, 3);
}

#[test]
fn quarter_hour_that_is_not_over_is_not_forgotten() {
    let mut counts = Counts::default();
    counts.arrive(START, line("help"), Class::Crisis);
    let quarter = QuarterHour::of(START);
    let last = quarter.start() + QuarterHour::LENGTH - Duration::from_micros(1);

    counts.arrived_stored(last, quarter);
    counts.arrive(last, line("help"), Class::Crisis);

    let next = last + Duration::from_micros(1);
    let told: Vec<_> = counts.closed_quarter_hours(next).collect();
    assert_eq!(told, [(quarter, line("help"), 2)]);
    counts.arrived_stored(next, quarter);
    assert_eq!(counts.closed_quarter_hours(next).count(), 0);
}

#[test]
fn old_quarter_hours_are_forgotten() {
    let mut counts = Counts::default();
    counts.arrive(START, line("help"), Class::Crisis);

    counts.arrive(
        START + ARRIVED_KEPT + QuarterHour::LENGTH,
        line("help"),
        Class::Crisis,
    );

    assert_eq!(counts.arrived.len(), 1);
    assert_eq!(counts.open.total().arrived, 2);
}

#[test]
fn answer_at_the_twentieth_second_is_in_time_and_a_later_one_is_not() {
    let mut counts = Counts::default();

    counts.decide(&closed(Outcome::Answered, Some(20), 80));
    counts.decide(&closed(Outcome::Answered, Some(21), 51));

    let total = counts.open.total();
    assert_eq!((total.answered, total.answered_in_time), (2, 1));
    assert_eq!(total.answered_wait, Duration::from_secs(41));
    assert_eq!(total.talk, Duration::from_secs(90));
    assert_eq!(total.mean_talk(), Some(Duration::from_secs(45)));
    assert_eq!(total.in_time_permille(), Some(500));
}

#[test]
fn who_hung_up_within_ten_seconds_does_not_lower_the_share_in_time() {
    let mut counts = Counts::default();

    counts.decide(&closed(Outcome::Answered, Some(5), 60));
    counts.decide(&closed(Outcome::Abandoned, None, 10));
    counts.decide(&closed(Outcome::Abandoned, None, 11));

    let total = counts.open.total();
    assert_eq!((total.abandoned, total.abandoned_early), (2, 1));
    assert_eq!(total.unanswered_wait, Duration::from_secs(21));
    assert_eq!(total.in_time_permille(), Some(500));
}

#[test]
fn overflowed_and_lost_contacts_are_counted_apart() {
    let mut counts = Counts::default();

    counts.decide(&closed(Outcome::Overflowed, Some(40), 100));
    counts.decide(&closed(Outcome::Lost, None, 30));

    let total = counts.open.total();
    assert_eq!((total.overflowed, total.lost, total.ended()), (1, 1, 2));
    assert_eq!(total.mean_answered_wait(), Some(Duration::from_secs(40)));
    assert_eq!(total.in_time_permille(), Some(0));
}

#[test]
fn nothing_counted_gives_no_share_and_no_mean() {
    let counts = Counts::default();

    let total = counts.open.total();

    assert_eq!(total.in_time_permille(), None);
    assert_eq!(total.mean_answered_wait(), None);
}

#[test]
fn misses_are_counted_by_cause() {
    let mut counts = Counts::default();

    counts.decide(&missed(Miss::NoAnswer));
    counts.decide(&missed(Miss::Declined));
    counts.decide(&missed(Miss::Declined));
    counts.decide(&missed(Miss::Unreachable));

    let misses = counts.open.misses;
    assert_eq!(
        (misses.no_answer, misses.declined, misses.unreachable),
        (1, 2, 1)
    );
}

#[test]
fn sums_of_today_begin_with_those_who_are_there_and_nothing_else_changes() {
    let mut counts = Counts::default();
    for _ in 0..2 {
        counts.arrive(START, line("help"), Class::Crisis);
    }

    counts.begin_today([(line("help"), Class::Danger)]);

    assert_eq!(counts.of_today.total().arrived, 1);
    assert_eq!(counts.of_today.of_class(Class::Danger).arrived, 1);
    assert_eq!(counts.open.total().arrived, 2);
    assert_eq!(counts.arrived.len(), 1);
}

#[test]
fn acts_on_contacts_are_over_when_another_day_begins_and_stay_until_they_are_stored() {
    let date = |day| Date::new(2026, 11, day).unwrap();
    let given = ContactAct {
        by: ActingRole::Supervisor,
        deed: Deed::Given,
    };
    let mut counts = Counts::default();

    // What was done before any day was told belongs to the first one.
    counts.acts.add(given);
    counts.turn(START, date(3));
    counts.acts.add(given);
    // A clock that was set back ends no day.
    for day in [3, 2] {
        counts.turn(after(60), date(day));
    }
    assert!(counts.acts.over.is_empty());
    counts.turn(after(120), date(5));
    counts.acts.add(given);

    let over = counts.acts.over.iter();
    let over: Vec<_> = over
        .map(|(day, acts)| (*day, acts.counts()[&given]))
        .collect();
    assert_eq!(over, [(date(3), 2)]);
    counts.acts.stored(date(2));
    assert_eq!(counts.acts.over.len(), 1);
    counts.acts.stored(date(3));
    assert!(counts.acts.over.is_empty());
    assert_eq!(counts.acts.today.counts()[&given], 1);

    // The last day of a month is a day like another.
    counts.turn(after(180), Date::new(2026, 12, 1).unwrap());
    assert!(counts.acts.over.keys().eq([&date(5)]));
}

#[test]
fn alarms_of_devices_are_in_no_count() {
    let mut counts = Counts::default();
    let case = CaseId(Seq(1));
    let origin = Origin::Device { case };
    let Decision::Closed(caller) = closed(Outcome::Taken, Some(5), 60) else {
        panic!("it is a contact that is over");
    };

    counts.note(
        START,
        &Fact::Arrived {
            origin,
            class: Class::Alarm,
            needs: Arc::from([]),
            standing: Standing::Arrival,
        },
    );
    counts.decide(&Decision::Missed {
        contact: ContactId(Seq(1)),
        origin,
        operator: OperatorId::parse("jana").unwrap(),
        miss: Miss::NoAnswer,
    });
    counts.decide(&Decision::Closed(Closed { origin, ..caller }));

    assert_eq!(counts, Counts::default());
}
