//! Reports over closed periods.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::LineId;
use records::{
    ClosedPeriod, Date, FIGURES, Figure, Measure, Misses, Part, PeriodId, Share, Span, Sums, Tally,
    Times, report,
};

fn tally() -> Tally {
    Tally {
        arrived: 61,
        answered: 40,
        answered_in_time: 30,
        abandoned: 15,
        abandoned_early: 10,
        overflowed: 4,
        lost: 1,
        answered_wait: Duration::from_secs(880),
        unanswered_wait: Duration::from_secs(320),
        talk: Duration::from_secs(24_000),
    }
}

fn sums() -> Sums {
    Sums::of_month(&tally())
}

fn figure(name: &str) -> &'static Figure {
    let figure = FIGURES.iter().find(|figure| figure.name == name);
    figure.unwrap()
}

#[test]
fn service_level_is_told_with_and_without_those_who_hung_up_early() {
    let without = figure("service_level").of(&sums());
    let with = figure("service_level_of_all").of(&sums());

    assert_eq!(without, Some(Measure::Share(Share::Permille(600))));
    assert_eq!(with, Some(Measure::Share(Share::Permille(500))));
}

#[test]
fn share_is_rounded_to_a_tenth_of_a_percent() {
    let of = |answered_in_time, answered| {
        let tally = Tally {
            answered,
            answered_in_time,
            ..Tally::default()
        };
        let measure = figure("service_level").of(&Sums::of_month(&tally));
        measure.unwrap().text()
    };

    assert_eq!(of(12, 42), "28.6");
    assert_eq!(of(1, 3), "33.3");
    assert_eq!(of(1, 2_000), "0.1");
    assert_eq!(of(42, 42), "100.0");
}

#[test]
fn waits_and_talk_are_means_of_those_who_had_them() {
    let sums = Sums::of_month(&Tally {
        overflowed: 10,
        answered_wait: Duration::from_secs(1_000),
        ..tally()
    });
    let mean = |name| figure(name).of(&sums);
    let seconds = |seconds| Some(Measure::Seconds(seconds));

    assert_eq!(mean("mean_wait_answered"), seconds(20));
    assert_eq!(mean("mean_wait_unanswered"), seconds(20));
    assert_eq!(mean("mean_talk"), seconds(600));
}

#[test]
fn nothing_gives_no_share_and_no_mean() {
    let nothing = Sums::of_month(&Tally::default());
    let text = |name| figure(name).of(&nothing).map(Measure::text);

    assert_eq!(text("offered"), Some("0".to_owned()));
    assert_eq!(text("service_level"), Some(String::new()));
    assert_eq!(text("mean_talk"), Some(String::new()));
    assert_eq!(text("mean_wait_unanswered"), Some(String::new()));
    assert_eq!(text("talk"), None);
}

#[test]
fn what_is_not_told_says_why() {
    let few = Sums::of_month(&Tally {
        answered: 20,
        abandoned: 5,
        ..Tally::default()
    });
    let part = Sums {
        unanswered: None,
        times: Times::default(),
        ..few
    };
    let why = |name, part, sums: &Sums| {
        let figure = figure(name);
        assert_eq!(figure.of(sums), None, "{name}");
        figure.why_not_told(part, sums)
    };

    for name in ["mean_wait_unanswered", "talk", "mean_talk"] {
        assert!(
            why(name, Part::Month, &few).contains("fewer than ten"),
            "{name}"
        );
    }
    for name in ["abandoned", "service_level", "mean_wait_answered"] {
        let of_class = why(name, Part::Month, &part);
        assert_eq!(of_class, "only all classes together tell it", "{name}");
        let of_part = why(name, Part::Piece, &part);
        assert_eq!(of_part, "only whole months tell it", "{name}");
    }
    assert!(why("talk", Part::Month, &part).contains("fewer than ten"));
    assert_eq!(why("talk", Part::Piece, &part), "only whole months tell it");
}

#[test]
fn months_that_are_told_together_are_counted() {
    let month = |first, last| ClosedPeriod::Month {
        line: LineId::parse("help").unwrap(),
        first,
        last,
        total: Sums::default(),
        classes: BTreeMap::new(),
    };
    let over_a_year = month(
        Date::new(2026, 11, 1).unwrap(),
        Date::new(2027, 1, 31).unwrap(),
    );

    let written = report(&[over_a_year]);

    let offered = written.lines().nth(1).unwrap();
    assert!(offered.ends_with(",contacts that arrived,3,"), "{offered}");
}

#[test]
fn time_of_fewer_than_ten_is_not_told() {
    let of = |abandoned, lost| {
        let tally = Tally {
            abandoned,
            lost,
            unanswered_wait: Duration::from_micros(90_999_999),
            ..Tally::default()
        };
        Sums::of_month(&tally).times.unanswered_wait
    };

    assert_eq!(of(8, 1), None);
    assert_eq!(of(8, 2), Some(90));
}

#[test]
fn times_are_told_unless_few_have_the_rest_of_the_time() {
    let of = |abandoned, overflowed| {
        let tally = Tally {
            answered: 20,
            abandoned,
            overflowed,
            ..Tally::default()
        };
        let times = Sums::of_month(&tally).times;
        (times.talk.is_some(), times.unanswered_wait.is_some())
    };

    for (abandoned, overflowed) in [(0, 0), (0, 10), (9, 1)] {
        assert_eq!(of(abandoned, overflowed), (true, false));
    }
    for (abandoned, overflowed) in [(1, 0), (9, 0), (0, 1), (4, 5)] {
        assert_eq!(of(abandoned, overflowed), (false, false));
    }
    for (abandoned, overflowed) in [(10, 0), (10, 10)] {
        assert_eq!(of(abandoned, overflowed), (true, true));
    }
    for (abandoned, overflowed) in [(10, 1), (10, 9)] {
        assert_eq!(of(abandoned, overflowed), (true, false));
    }
}

#[test]
fn figures_have_distinct_names_and_formulas() {
    let names: BTreeSet<_> = FIGURES.iter().map(|figure| figure.name).collect();
    let formulas: BTreeSet<_> = FIGURES.iter().map(|figure| figure.formula).collect();

    assert_eq!(
        (names.len(), formulas.len()),
        (FIGURES.len(), FIGURES.len())
    );
}

#[test]
fn report_has_a_line_for_every_figure_of_every_period() {
    let date = |day| Date::new(2027, 3, day).unwrap();
    let month = PeriodId::of(Span::Month, date(1));
    let line = LineId::parse("help").unwrap();
    let closed = [
        ClosedPeriod::Piece {
            line,
            first: date(8),
            last: date(14),
            total: Sums {
                unanswered: None,
                times: Times::default(),
                ..sums()
            },
        },
        ClosedPeriod::Month {
            line,
            first: month.first(),
            last: month.last(),
            total: sums(),
            classes: BTreeMap::new(),
        },
        ClosedPeriod::Misses {
            first: month.first(),
            last: month.last(),
            misses: Misses::default(),
        },
    ];

    let written = report(&closed);

    let lines: Vec<_> = written.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1 + 2 * FIGURES.len());
    assert_eq!(
        lines[0],
        "span,first,last,line,figure,value,unit,formula,months,why"
    );
    assert_eq!(
        lines[1],
        "piece,2027-03-08,2027-03-14,help,offered,61,contacts,contacts that arrived,,"
    );
    assert!(lines.contains(
        &"piece,2027-03-08,2027-03-14,help,abandoned,not_told,contacts,contacts whose caller hung up before anybody answered,,only whole months tell it"
    ));
    assert!(lines.contains(
        &"month,2027-03-01,2027-03-31,help,service_level,60.0,percent,answered_within_20_s / (ended - abandoned_within_10_s),1,"
    ));
}
