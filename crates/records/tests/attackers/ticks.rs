//! Who knows that she called in a month, and was asked: what nearly all of those who were asked ticked, he knows of her.
//!
//! He is given more than is published: of how many the field was asked. Each of them ticked something. So a tick that is
//! shown was of as many, and one that is hidden was of those, at least, whom all others together leave. He knows the
//! rule as well: months that are told alike are one to him.

use std::collections::BTreeSet;
use std::time::Duration;

use dispatch::{Class, Outcome as Ending};
use records::content::{Children, Content, Exposure, Field};
use records::{
    COMMONEST_PERCENT_MAX, Cell, Choice, Contents, NOT_ASKED, Several, Single, Tables, tables,
};

use crate::common::{Call, World, YEAR};
use crate::rows_and_tables::months as months_of;
use crate::year::{QUIET, YEARS, Year};

/// How many of a hundred who were asked carry the tick, where nearly all do.
const NEARLY_ALL: [usize; 3] = [100, 95, 93];
/// How many of a hundred carry it where it is no secret.
const HALF: usize = 50;
/// Lines of more calls a day are not tried.
const PER_DAY_MAX: u64 = 75;
/// What nearly all carry.
const TICK: Exposure = Exposure::Witnessed;
/// What they ticked else.
const OTHERS: [Exposure; 3] = [Exposure::Physical, Exposure::Emotional, Exposure::Control];

/// Who has children was asked, and so many of a hundred of them carry the tick.
fn with_ticks(month: &[Contents], percent: usize) -> Vec<Contents> {
    let mut asked = 0;
    let mut ticked = |content: &Content| {
        let mut content = content.clone();
        if has_children(&content) {
            let carries = (asked + 1) * percent / 100 > asked * percent / 100;
            let mut ticks: BTreeSet<_> = carries.then_some(TICK).into_iter().collect();
            if !carries || asked % 4 > 0 {
                ticks.insert(OTHERS[asked % OTHERS.len()]);
            }
            content.exposure = Several(ticks);
            asked += 1;
        }
        content
    };
    let period = |period: &Contents| period.iter().map(&mut ticked).collect();
    month.iter().map(period).collect()
}

fn has_children(content: &Content) -> bool {
    match content.children_in_household {
        Children::One | Children::Two | Children::Three | Children::FourOrMore => true,
        Children::NotAsked | Children::Zero | Children::Unknown => false,
    }
}

/// Months of lines of up to [`PER_DAY_MAX`]: those of a larger one are told by the same rule, and take long.
fn months() -> impl Iterator<Item = &'static Vec<Contents>> {
    let years = YEARS.iter().chain([&*QUIET]);
    let years = years.filter(|year| year.world.per_day <= PER_DAY_MAX);
    years.flat_map(months_of)
}

fn count(month: &[Contents], wanted: impl Fn(&Content) -> bool) -> u64 {
    let contents = month.iter().flat_map(Contents::iter);
    contents.filter(|content| wanted(content)).count() as u64
}

fn exposures(tables: &Tables) -> &Single {
    let mut singles = tables.singles.iter();
    singles
        .find(|single| single.field == Field::Exposure)
        .unwrap()
}

/// What he learns of her: ticks that were of nearly all of so many, for all that he knows.
fn learnt(table: &Single, asked: u64) -> Vec<&'static str> {
    let ticks = || table.cells.iter().filter(|(value, _)| *value != NOT_ASKED);
    let most = |cell: &Cell| match cell {
        Cell::Count(count) => *count,
        Cell::Hidden => asked,
    };
    let least = |(value, cell): &(&str, Cell)| match cell {
        Cell::Count(count) => *count,
        Cell::Hidden => {
            let others = ticks().filter(|(other, _)| other != value);
            asked.saturating_sub(others.map(|(_, cell)| most(cell)).sum())
        }
    };
    let is_learnt =
        |tick: &&(&'static str, Cell)| least(tick) * 100 > COMMONEST_PERCENT_MAX * asked;
    ticks().filter(is_learnt).map(|(value, _)| *value).collect()
}

#[test]
fn who_knows_that_she_was_asked_learns_no_tick_of_nearly_all() {
    println!("of a hundred who were asked carry it   months  told  learnt");
    for percent in NEARLY_ALL.into_iter().chain([HALF]) {
        let (mut tried, mut told, mut found) = (0, 0, Vec::new());
        for month in months() {
            let month = with_ticks(month, percent);
            let published = tables(&month);
            let table = exposures(&published);

            tried += 1;
            let is_told = table.cells.iter().any(|(_, cell)| *cell != Cell::Hidden);
            told += u64::from(is_told);
            found.extend(learnt(table, count(&month, has_children)));
        }
        println!("{percent:36}  {tried:>7}  {told:>4}  {:>6}", found.len());
        assert_eq!(found, Vec::<&str>::new());
        assert!(percent != HALF || told * 2 > tried);
    }
}

#[test]
fn who_knows_that_she_was_asked_would_learn_her_tick_from_a_table_that_hides_nothing() {
    for month in months() {
        let month = with_ticks(month, 100);
        let ticks = Exposure::ALL.iter().map(|tick| {
            let with_it = count(&month, |content| content.exposure.0.contains(tick));
            (tick.as_str(), Cell::Count(with_it))
        });
        let mut table = Single {
            field: Field::Exposure,
            cells: ticks.collect(),
        };

        let asked = count(&month, has_children);
        assert_eq!(learnt(&table, asked), [TICK.as_str()]);
        // Hidden alone, it is what the others leave.
        for (value, cell) in &mut table.cells {
            if *value == TICK.as_str() {
                *cell = Cell::Hidden;
            } else {
                *cell = Cell::Count(0);
            }
        }
        assert_eq!(learnt(&table, asked), [TICK.as_str()]);
    }
}

/// A month in which who carried the tick carried another one, and the other way round.
fn exchanged(month: &[Contents], other: Exposure) -> Vec<Contents> {
    let exchange = |tick: &Exposure| match *tick {
        tick if tick == TICK => other,
        tick if tick == other => TICK,
        tick => tick,
    };
    let content = |content: &Content| Content {
        exposure: Several(content.exposure.0.iter().map(exchange).collect()),
        ..content.clone()
    };
    let period = |period: &Contents| period.iter().map(content).collect();
    month.iter().map(period).collect()
}

/// A month in which so many were asked.
fn asked_of(month: &[Contents], mut few: usize) -> Vec<Contents> {
    let mut content = |content: &Content| {
        let mut content = content.clone();
        match few > 0 && content.exposure != Several::default() {
            true => few -= 1,
            false => content.exposure = Several::default(),
        }
        content
    };
    let period = |period: &Contents| period.iter().map(&mut content).collect();
    month.iter().map(period).collect()
}

#[test]
fn month_is_told_the_same_whichever_tick_nearly_all_carry_and_where_few_were_asked() {
    let mut tried = 0;
    for month in months() {
        let month = with_ticks(month, 95);
        let asked = count(&month, has_children);
        let with_it = count(&month, |content| content.exposure.0.contains(&TICK));
        if with_it * 100 <= COMMONEST_PERCENT_MAX * asked {
            continue;
        }
        tried += 1;
        let published = tables(&month);

        for other in Exposure::ALL.iter().skip(1) {
            assert_eq!(tables(&exchanged(&month, *other)), published, "{other:?}");
        }
        for few in [0, 4] {
            assert_eq!(tables(&asked_of(&month, few)), published, "{few} asked");
        }
    }
    assert!(tried > 20, "{tried}");
}

/// A month of ten calls, so many of which were answered; five of those carry the tick.
fn ten_calls(answered: usize) -> Year {
    let call = |at: usize| {
        let content = Content {
            children_in_household: Children::Two,
            exposure: Several([[TICK, Exposure::Physical][usize::from(at >= 5)]].into()),
            ..Content::default()
        };
        let is_answered = at < answered;
        Call {
            start: YEAR + Duration::from_secs(3_600 * (at as u64 + 1)),
            wait: Duration::from_secs(10),
            talk: Duration::from_secs(if is_answered { 300 } else { 0 }),
            arrived_as: Class::Crisis,
            ended_as: Class::Crisis,
            ending: [Ending::Abandoned, Ending::Answered][usize::from(is_answered)],
            content: is_answered.then_some(content),
        }
    };
    let world = World {
        per_day: 1,
        hang_ups: 50,
        repeats: 0,
    };
    Year::new(world, (0..10).map(call).collect())
}

#[test]
fn ten_ended_of_whom_fewer_were_answered_and_nothing_is_told_of_these() {
    for answered in 5..10 {
        let year = ten_calls(answered);
        let months = year
            .closed
            .iter()
            .filter(|closed| !closed.tables.is_empty());
        let months: Vec<_> = months.map(|closed| tables(&closed.tables)).collect();

        assert_eq!(months.len(), 1);
        for published in months {
            let singles = published.singles.iter();
            let mut cells = singles.flat_map(|single| &single.cells);
            assert!(cells.all(|(_, cell)| *cell == Cell::Hidden), "{answered}");
            assert!(published.pairs.is_empty());
        }
    }
}
