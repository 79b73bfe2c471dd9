//! Fixed tables of at most two fields.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Numbers;
use proptest::prelude::*;
use records::content::{
    Category, Children, Content, Exposure, Field, Outcome, Referral, ToldRepeat,
};
use records::{
    CELL_MIN, COMMONEST_PERCENT_MAX, Cell, Choice, DISTINCT_MIN, Holds, NOT_ASKED, Pair,
    SHARED_BY_MIN, Several, Tables, tables,
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

/// The cells of the table of a field.
fn cells(tables: &Tables, field: Field) -> &[(&'static str, Cell)] {
    let mut singles = tables.singles.iter();
    &singles.find(|single| single.field == field).unwrap().cells
}

fn is_told(tables: &Tables, field: Field) -> bool {
    let mut cells = cells(tables, field).iter();
    cells.any(|(_, cell)| *cell != Cell::Hidden)
}

fn with(field: Field, text: &str) -> Content {
    let mut content = Content::default();
    content.set(field, text).unwrap();
    content
}

/// So many contents of each kind.
fn several(kinds: &[(usize, Content)]) -> Vec<Content> {
    let each = |(count, content): &(usize, Content)| vec![content.clone(); *count];
    kinds.iter().flat_map(each).collect()
}

#[test]
fn value_that_nearly_all_have_hides_the_table_of_what_nobody_outside_knows() {
    let in_row = |field: &Field| records::Row::COLUMNS.contains(&field.as_str());
    let is_secret = |field: &&Field| **field == Field::Outcome || !in_row(field);
    let holds_one = |field: &&Field| field.holds() == Holds::One;
    let mut tried = 0;
    for field in Field::ALL.iter().copied().filter(|field| holds_one(&field)) {
        let values = field.domain();
        let month = |common: usize, others: usize| {
            let asked = [
                (common, with(field, values[1])),
                (others, with(field, values[2])),
            ];
            made(&[several(&asked), vec![Content::default(); 100]].concat())
        };

        let told = |common, others| is_told(&month(common, others), field);
        tried += usize::from(is_secret(&&field));
        assert!(told(90, 10), "nine in ten of {field:?}");
        assert_eq!(told(91, 9), !is_secret(&&field), "more of {field:?}");
        assert_eq!(told(100, 0), !is_secret(&&field), "all of {field:?}");
        assert!(in_row(&field) || !told(0, 0), "nobody of {field:?}");
    }
    assert_eq!(tried, 11);
}

/// What happened to children.
fn exposed(ticks: &str) -> Content {
    with(Field::Exposure, ticks)
}

fn with_children(ticks: &str) -> Content {
    Content {
        children_in_household: Children::Two,
        ..exposed(ticks)
    }
}

#[test]
fn tick_of_nearly_all_who_were_asked_hides_its_whole_table() {
    let month = |with: usize, without: usize| {
        made(&several(&[
            (with, exposed("witnessed+physical")),
            (without, exposed("physical+emotional")),
            (60, Content::default()),
        ]))
    };
    let physical = |with, without| {
        let kinds = [(with, exposed("witnessed")), (without, exposed("physical"))];
        made(&several(
            &[&kinds[..], &[(60, Content::default())]].concat(),
        ))
    };

    let told = physical(36, 4);
    assert_eq!(
        cells(&told, Field::Exposure)[3],
        ("witnessed", Cell::Count(36))
    );
    assert!(is_told(&physical(18, 2), Field::Exposure));
    assert!(!is_told(&physical(19, 2), Field::Exposure));
    assert!(!is_told(&physical(40, 0), Field::Exposure));
    // Half ticked the one, and all the other: neither is told.
    assert!(!is_told(&month(20, 20), Field::Exposure));
}

#[test]
fn tick_of_nearly_all_who_have_children_hides_its_whole_table() {
    let told = |witnessed: usize, others: usize| {
        let month = several(&[
            (witnessed, with_children("witnessed")),
            (others, with_children("physical")),
            (60, exposed("not_exposed")),
        ]);
        is_told(&made(&month), Field::Exposure)
    };

    assert!(told(36, 4));
    assert!(!told(37, 4));
    assert!(!told(40, 0));
}

#[test]
fn age_of_nearly_all_is_hidden_where_rows_leave_it_open() {
    let younger = ["below_1", "1-2", "below_1+1-2"];
    let older = [
        "7-9",
        "10-14",
        "15-17",
        "7-9+10-14",
        "7-9+15-17",
        "10-14+15-17",
    ];
    let month = |common: &str| {
        let ages = younger
            .iter()
            .flat_map(|younger| older.iter().map(move |older| format!("{younger}+{older}")));
        let content = |ages: String| Content {
            children_in_household: Children::FourOrMore,
            ..with(Field::Ages, &format!("{ages}{common}"))
        };
        made(&ages.map(content).collect::<Vec<_>>())
    };

    assert!(is_told(&month(""), Field::Ages));
    assert!(!is_told(&month("+3-6"), Field::Ages));
}

#[test]
fn no_table_of_two_fields_has_one_of_which_several_may_be_ticked() {
    for (first, second) in records::PAIRS {
        assert_eq!((first.holds(), second.holds()), (Holds::One, Holds::One));
    }
}

const CATEGORIES: [Category; 4] = [
    Category::PartnerViolence,
    Category::FamilyViolence,
    Category::SexualViolence,
    Category::Stalking,
];
const REFERRALS: [Referral; 4] = [
    Referral::None,
    Referral::Counselling,
    Referral::Shelter,
    Referral::Police,
];

/// So many contents of each category and referral, twenty each but in the first category and the first referral.
fn referred(of_first: impl Fn(usize) -> (usize, usize)) -> Vec<Content> {
    let mut contents = Vec::new();
    for (row, category) in CATEGORIES.into_iter().enumerate() {
        for (column, referral) in REFERRALS.into_iter().enumerate() {
            let (first, repeats) = if row == 0 { of_first(column) } else { (20, 0) };
            for at in 0..first + repeats {
                let told_repeat = [ToldRepeat::First, ToldRepeat::Repeat][usize::from(at >= first)];
                contents.push(Content {
                    category,
                    referral,
                    told_repeat,
                    ..Content::default()
                });
            }
        }
    }
    contents
}

fn referrals(contents: &[Content]) -> Pair {
    let of_both = |pair: &Pair| (pair.first, pair.second) == (Field::Category, Field::Referral);
    let mut pairs = made(contents).pairs.into_iter();
    pairs.find(of_both).unwrap()
}

/// How a pair tells the first category and referral.
fn first_cell(pair: &Pair) -> Cell {
    let row = |(values, _): &&(Vec<&str>, _)| values.contains(&CATEGORIES[0].as_str());
    let column = |values: &Vec<&str>| values.contains(&REFERRALS[0].as_str());
    let (_, cells) = pair.rows.iter().find(row).unwrap();
    cells[pair.columns.iter().position(column).unwrap()]
}

#[test]
fn persons_and_not_contacts_are_counted_in_cells_of_pairs() {
    let cell = |first, repeats| {
        let pair = referrals(&referred(|column| match column {
            0 => (first, repeats),
            _ => (21, 0),
        }));
        first_cell(&pair)
    };

    assert_eq!(cell(4, 16), Cell::Hidden);
    assert_eq!(cell(5, 15), Cell::Count(20));
}

#[test]
fn persons_and_not_contacts_are_counted_in_rows_of_pairs() {
    let values_beside = |persons| {
        let pair = referrals(&referred(|column| match column {
            0 | 1 => (persons, 20),
            _ => (0, 0),
        }));
        let row = |(values, _): &&(Vec<&str>, _)| values.contains(&CATEGORIES[0].as_str());
        let (values, _) = pair.rows.iter().find(row).unwrap();
        let category = |value: &&&str| CATEGORIES.iter().any(|one| one.as_str() == **value);
        values.iter().filter(category).count()
    };

    assert!(values_beside(4) > 1);
    assert_eq!(values_beside(30), 1);
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
