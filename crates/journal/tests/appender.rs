//! What the appender does with a healthy and with a sick disk.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::time::Duration;

use dispatch::{Class, LegId, LineId, Moment, Needs, NodeId, Origin, Seq, Standing};
use journal::{
    Appender, AppenderInput, AppenderOutput, COMMIT_WAIT_MAX, ENTRIES_IN_FLIGHT_KEPT_FOR_ALARMS,
    ENTRIES_IN_FLIGHT_LIMIT, ENTRIES_IN_FLIGHT_MAX, Fact, HEAL_RETRY_MAX, HEAL_RETRY_MIN, Health,
    JournalError, Order, Report, Saved, Sickness, Snapshot, Work,
};

const NOW: Moment = Moment::from_micros(1_000_000_000_000_000);
const LAST: Seq = Seq(41);

fn appender() -> Appender {
    Appender::new(LAST, NOW)
}

fn arrived(class: Class) -> Fact {
    Fact::Dispatch(dispatch::Fact::Arrived {
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, 1),
            line: LineId::parse("help").unwrap(),
        },
        class,
        needs: Needs::from([]),
        standing: Standing::Arrival,
    })
}

fn full() -> JournalError {
    JournalError::Full {
        place: "live.db".into(),
    }
}

fn snapshot(seq: u64) -> AppenderInput {
    AppenderInput::Snapshot(Box::new(Snapshot {
        seq: Seq(seq),
        ..Snapshot::default()
    }))
}

fn report(appender: &mut Appender, now: Moment, report: Report) {
    appender.handle_input(now, AppenderInput::Reported(report));
}

/// What came out, one word each: `+n` to write, `=n` applied saved, `~n` applied unsaved, `s`
/// snapshot ordered, `?` snapshot asked for.
fn drain(appender: &mut Appender) -> String {
    let mut words = Vec::new();
    while let Some(output) = appender.poll_output() {
        words.push(match output {
            AppenderOutput::Order(Order::Append(entry)) => format!("+{}", entry.seq.0),
            AppenderOutput::Order(Order::Snapshot(snapshot)) => format!("s{}", snapshot.seq.0),
            AppenderOutput::Apply(entry) => match entry.saved {
                Saved::Saved => format!("={}", entry.seq.0),
                Saved::Unsaved => format!("~{}", entry.seq.0),
            },
            AppenderOutput::TakeSnapshot => "?".into(),
            AppenderOutput::Health(Health::Saved) => "well".into(),
            AppenderOutput::Health(Health::Unsaved(Sickness::Slow)) => "slow".into(),
            AppenderOutput::Health(Health::Unsaved(Sickness::Overrun)) => "overrun".into(),
            AppenderOutput::Health(Health::Unsaved(Sickness::Failed(_))) => "failed".into(),
            AppenderOutput::Health(Health::SnapshotFailed(_)) => "snapshot-failed".into(),
        });
    }
    words.join(" ")
}

fn append(appender: &mut Appender, now: Moment, count: usize) {
    for _ in 0..count {
        appender.append(now, Fact::Timeout).unwrap();
    }
}

/// An appender whose writes have just failed, drained.
fn sick() -> Appender {
    let mut appender = appender();
    append(&mut appender, NOW, 1);
    report(&mut appender, NOW, Report::CommitFailed(full()));
    drain(&mut appender);
    appender
}

#[test]
fn entries_go_on_after_the_last_one_and_come_back_when_committed() {
    let mut appender = appender();

    append(&mut appender, NOW, 3);
    let ordered = drain(&mut appender);
    report(&mut appender, NOW, Report::Committed { through: Seq(43) });

    assert_eq!(ordered, "+42 +43 +44");
    assert_eq!(drain(&mut appender), "=42 =43");
    assert_eq!(appender.in_flight(), 1);
}

#[test]
fn moments_of_entries_never_run_backwards() {
    let mut appender = appender();

    appender
        .append(NOW + Duration::from_secs(1), Fact::Timeout)
        .unwrap();
    appender.append(NOW, Fact::Timeout).unwrap();

    let mut moments = Vec::new();
    while let Some(AppenderOutput::Order(Order::Append(entry))) = appender.poll_output() {
        moments.push(entry.at);
    }
    assert_eq!(moments, [NOW + Duration::from_secs(1); 2]);
}

#[test]
fn nearly_full_journal_refuses_new_calls_then_alarms_and_never_live_facts() {
    let mut appender = appender();
    append(
        &mut appender,
        NOW,
        ENTRIES_IN_FLIGHT_MAX - ENTRIES_IN_FLIGHT_KEPT_FOR_ALARMS - 1,
    );
    assert!(appender.room(Work::New).is_ok());

    append(&mut appender, NOW, 1);
    assert!(appender.append(NOW, arrived(Class::Crisis)).is_err());
    assert!(appender.append(NOW, arrived(Class::Alarm)).is_ok());

    append(&mut appender, NOW, ENTRIES_IN_FLIGHT_KEPT_FOR_ALARMS);
    assert!(appender.append(NOW, arrived(Class::Alarm)).is_err());
    assert!(appender.append(NOW, Fact::Timeout).is_ok());
}

#[test]
fn refused_work_takes_no_number() {
    let mut appender = appender();
    append(&mut appender, NOW, ENTRIES_IN_FLIGHT_MAX);
    let last = appender.last();

    let refused = appender.append(NOW, arrived(Class::Danger)).unwrap_err();

    assert_eq!(refused.waiting, ENTRIES_IN_FLIGHT_MAX);
    assert_eq!(appender.last(), last);
}

#[test]
fn without_a_commit_for_250_ms_entries_are_applied_from_memory_in_their_order() {
    let mut appender = appender();
    append(&mut appender, NOW, 2);
    drain(&mut appender);
    let due = NOW + COMMIT_WAIT_MAX;
    assert_eq!(appender.poll_timeout(), Some(due));

    appender.handle_input(due - Duration::from_micros(1), AppenderInput::Timeout);
    let early = drain(&mut appender);
    appender.handle_input(due, AppenderInput::Timeout);
    append(&mut appender, due, 1);

    assert_eq!(early, "");
    assert_eq!(drain(&mut appender), "slow ~42 ~43 ~44");
    assert!(!appender.is_healthy());
}

#[test]
fn slow_commits_that_keep_coming_are_no_sickness() {
    let mut appender = appender();
    append(&mut appender, NOW, 2);
    let later = NOW + COMMIT_WAIT_MAX - Duration::from_micros(1);

    report(&mut appender, later, Report::Committed { through: Seq(42) });

    assert_eq!(appender.poll_timeout(), Some(later + COMMIT_WAIT_MAX));
}

#[test]
fn write_error_applies_what_waits_at_once() {
    let mut appender = appender();
    append(&mut appender, NOW, 2);
    drain(&mut appender);

    report(&mut appender, NOW, Report::CommitFailed(full()));
    append(&mut appender, NOW, 1);

    assert_eq!(drain(&mut appender), "failed ~42 ~43 ~44");
}

#[test]
fn late_commit_heals_by_a_snapshot_first_and_appends_after_it() {
    let mut appender = appender();
    append(&mut appender, NOW, 2);
    appender.handle_input(NOW + COMMIT_WAIT_MAX, AppenderInput::Timeout);
    drain(&mut appender);

    let late = NOW + Duration::from_secs(3);
    report(&mut appender, late, Report::Committed { through: Seq(43) });
    assert_eq!(drain(&mut appender), "?");
    append(&mut appender, late, 1);
    assert_eq!(drain(&mut appender), "~44");
    appender.handle_input(late, snapshot(43));
    append(&mut appender, late, 1);
    assert_eq!(drain(&mut appender), "s43 ~45");

    report(
        &mut appender,
        late,
        Report::SnapshotWritten { through: Seq(43) },
    );
    append(&mut appender, late, 1);
    assert_eq!(drain(&mut appender), "+44 +45 +46");
    assert!(!appender.is_healthy());
    report(&mut appender, late, Report::Committed { through: Seq(46) });
    assert_eq!(drain(&mut appender), "=46 well");
    assert!(appender.is_healthy());
}

#[test]
fn entries_that_the_healing_snapshot_covers_are_not_written_again() {
    let mut appender = sick();
    appender.handle_input(NOW + HEAL_RETRY_MIN, AppenderInput::Timeout);
    append(&mut appender, NOW, 2);
    drain(&mut appender);

    appender.handle_input(NOW, snapshot(44));
    report(
        &mut appender,
        NOW,
        Report::SnapshotWritten { through: Seq(44) },
    );

    assert_eq!(drain(&mut appender), "s44 well");
}

#[test]
fn attempts_to_heal_become_rarer_and_never_cease() {
    let mut appender = sick();
    let mut now = NOW;
    let mut waits = Vec::new();

    for _ in 0..6 {
        let due = appender.poll_timeout().unwrap();
        waits.push(due.since(now));
        now = due;
        appender.handle_input(now, AppenderInput::Timeout);
        appender.handle_input(now, snapshot(42));
        report(&mut appender, now, Report::SnapshotFailed(full()));
    }

    assert_eq!(waits[..4], [1, 1, 2, 4].map(Duration::from_secs));
    assert_eq!(waits[4..], [HEAL_RETRY_MAX; 2]);
}

#[test]
fn ordinary_snapshot_ordered_before_the_sickness_heals_nothing() {
    let mut appender = appender();
    append(&mut appender, NOW, 1);
    appender.handle_input(NOW, snapshot(41));
    report(&mut appender, NOW, Report::CommitFailed(full()));
    appender.handle_input(NOW + HEAL_RETRY_MIN, AppenderInput::Timeout);
    appender.handle_input(NOW, snapshot(42));
    drain(&mut appender);

    report(
        &mut appender,
        NOW,
        Report::SnapshotWritten { through: Seq(41) },
    );

    assert_eq!(drain(&mut appender), "");
    assert!(!appender.is_healthy());
}

#[test]
fn state_that_lacks_entries_heals_nothing() {
    let mut appender = sick();
    appender.handle_input(NOW + HEAL_RETRY_MIN, AppenderInput::Timeout);
    drain(&mut appender);

    appender.handle_input(NOW, snapshot(41));

    assert_eq!(drain(&mut appender), "");
    assert!(appender.poll_timeout().is_some());
}

#[test]
fn failed_ordinary_snapshot_leaves_the_journal_healthy() {
    let mut appender = appender();

    report(&mut appender, NOW, Report::SnapshotFailed(full()));

    assert_eq!(drain(&mut appender), "snapshot-failed");
    assert!(appender.is_healthy());
}

#[test]
fn more_entries_than_may_wait_are_applied_from_memory() {
    let mut appender = appender();

    append(&mut appender, NOW, ENTRIES_IN_FLIGHT_LIMIT + 1);

    assert_eq!(appender.in_flight(), 0);
    assert!(drain(&mut appender).contains("overrun ~42"));
}

#[test]
fn more_entries_than_may_wait_for_the_healing_snapshot_call_for_another() {
    let mut appender = sick();
    appender.handle_input(NOW + HEAL_RETRY_MIN, AppenderInput::Timeout);
    appender.handle_input(NOW, snapshot(42));
    append(&mut appender, NOW, ENTRIES_IN_FLIGHT_LIMIT + 1);
    drain(&mut appender);

    report(
        &mut appender,
        NOW,
        Report::SnapshotWritten { through: Seq(42) },
    );

    assert_eq!(drain(&mut appender), "?");
    assert_eq!(appender.in_flight(), 0);
}
