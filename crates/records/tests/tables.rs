//! Fixed tables of at most two fields.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Numbers;
use proptest::prelude::*;
use records::content::{Category, Content, Exposure, Field, Outcome, ToldRepeat};
use records::{
    CELL_MIN, COMMONEST_PERCENT_MAX, Cell, DISTINCT_MIN, NOT_ASKED, Pair, SHARED_BY_MIN, Several,
    Tables, tables,
};

fn made(contents: &[Content]) -> Tables {
    tables(&[contents.iter().cloned().collect()])
}

fn month(count: usize, seed: u64) -> Vec<Content> {
    let mut numbers = Numbers(seed);
    (0..count).map(|_| common::content(&mut numbers)).collect()
}

fn count(contents: &[Content], first: (Field, &[&str]), second: (Field, &[&str])) -> u64 {
    let has = |content: &Content, (field, values): (Field, &[&str])| {
        content
            .texts(field)
            .iter()
            .any(|text| values.contains(text))
    };
    let both = |content: &&Content| has(content, first) && has(content, second);
    contents.iter().filter(both).count() as u64
}

#[test]
fn month_of_few_shows_no_cell_of_few() {
    let tables = made(&month(4, 1));

    let all = tables.singles.iter().flat_map(|single| &single.cells);
    assert!(all.map(|(_, cell)| *cell).all(|cell| cell == Cell::Hidden));
    assert!(tables.pairs.is_empty());
}

#[test]
fn no_table_has_two_fields_that_stand_together_in_a_row() {
    let in_row = |field: Field| records::Row::COLUMNS.contains(&field.as_str());

    for (first, second) in records::PAIRS {
        assert!(!in_row(first) || !in_row(second));
    }
}

#[test]
fn table_of_fewer_than_ten_persons_shows_nothing() {
    let told = |first: usize, repeats: usize| {
        let content = |at| Content {
            exposure: Several([Exposure::Witnessed].into()),
            told_repeat: if at < first {
                ToldRepeat::First
            } else {
                ToldRepeat::Repeat
            },
            ..Content::default()
        };
        let tables = tables(&[(0..first + repeats).map(content).collect()]);
        let cells = tables.singles.into_iter().flat_map(|single| single.cells);
        let told = cells.filter(|(_, cell)| *cell != Cell::Hidden).count();
        (told > 0, tables.pairs.len())
    };

    assert_eq!(told(9, 20), (false, 0));
    assert!(told(10, 0).0);
}

#[test]
fn month_without_a_call_shows_that_nobody_called() {
    let tables = tables(&[]);

    for single in tables.singles {
        let told = |(value, cell): &(&str, Cell)| *value == NOT_ASKED || *cell == Cell::Count(0);
        assert!(single.cells.iter().all(told), "{single:?}");
    }
    assert!(tables.pairs.is_empty());
}

#[test]
fn outcome_that_nearly_all_have_is_hidden() {
    let mut contents = month(40, 1);
    for (at, content) in contents.iter_mut().enumerate() {
        content.outcome = [Outcome::Advised, Outcome::BedFound][usize::from(at == 0)];
    }

    let tables = made(&contents);

    let outcomes = tables
        .singles
        .iter()
        .find(|single| single.field == Field::Outcome);
    let cells = &outcomes.unwrap().cells;
    assert!(cells.iter().all(|(_, cell)| *cell == Cell::Hidden));
}

#[test]
fn outcome_whose_calls_are_nearly_all_about_the_same_stands_together_with_another() {
    let mut contents = month(1_000, 1);
    let bed_found = |content: &&mut Content| content.outcome == Outcome::BedFound;
    for (at, content) in contents.iter_mut().filter(bed_found).enumerate() {
        let few = [Category::FamilyViolence, Category::PartnerViolence];
        content.category = few[usize::from(at % 12 > 0)];
    }

    let tables = made(&contents);

    let of_both = |pair: &&Pair| (pair.first, pair.second) == (Field::Category, Field::Outcome);
    let pair = tables.pairs.iter().find(of_both).unwrap();
    let columns = pair.columns.iter();
    let mut with_bed = columns.filter(|column| column.contains(&"bed_found"));
    assert!(with_bed.all(|column| column.len() > 1));
}

#[test]
fn month_of_a_line_of_sixty_a_day_shows_most_of_its_calls() {
    let contents = month(1_800, 1);

    let tables = made(&contents);

    println!(
        "pairs {:?}",
        tables
            .pairs
            .iter()
            .map(|pair| (pair.first, pair.second))
            .collect::<Vec<_>>()
    );
    assert_eq!(tables.pairs.len(), records::PAIRS.len());
    let shown: u64 = tables.pairs[0]
        .rows
        .iter()
        .flat_map(|(_, cells)| cells)
        .map(|cell| match cell {
            Cell::Count(count) => *count,
            Cell::Hidden => 0,
        })
        .sum();
    println!(
        "shown of category and outcome: {shown} of {}",
        contents.len()
    );
    assert!(shown * 10 > 1_800 * 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn shown_cells_are_exact_and_no_row_tells_its_column(size in 0..2_000_usize, seed: u64) {
        let contents = month(size, seed);

        let tables = made(&contents);

        for single in &tables.singles {
            for (value, cell) in &single.cells {
                if let Cell::Count(shown) = cell {
                    prop_assert_eq!(*shown, count(&contents, (single.field, &[value]), (single.field, &[value])));
                    // Rows tell that of nobody, or of nearly everybody who is told there.
                    prop_assert!(*shown >= CELL_MIN || *shown == 0);
                }
            }
        }
        for pair in &tables.pairs {
            for (values, cells) in &pair.rows {
                let exact = |columns: &[&str]| count(&contents, (pair.first, values), (pair.second, columns));
                for (columns, cell) in pair.columns.iter().zip(cells) {
                    if let Cell::Count(shown) = cell {
                        prop_assert_eq!(*shown, exact(columns));
                        prop_assert!(*shown >= CELL_MIN);
                    }
                }
                let domain = pair.second.domain();
                let asked: Vec<u64> = domain
                    .iter()
                    .filter(|value| **value != NOT_ASKED)
                    .map(|value| exact(&[value]))
                    .collect();
                let total: u64 = asked.iter().sum();
                let commonest = asked.iter().max().copied().unwrap_or(0);
                prop_assert!(exact(&domain) >= SHARED_BY_MIN);
                prop_assert!(total == 0 || asked.iter().filter(|count| **count > 0).count() >= DISTINCT_MIN);
                prop_assert!(commonest * 100 <= COMMONEST_PERCENT_MAX * total);
            }
        }
    }
}
