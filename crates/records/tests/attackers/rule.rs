//! Who knows by which rule cells are hidden, and that nobody had called before: of all months that would be told the
//! same he knows that hers is one.

use std::collections::BTreeMap;

use records::content::{Content, Field};
use records::{Cell, Contents, HIDDEN_WIDTH_MIN, tables};

use crate::year::share;

/// A field of four values that stands in no row.
const FIELD: Field = Field::ChildrenOutcome;
const VALUES: usize = 4;
/// Months of so many calls.
const CALLS: [u64; 3] = [12, 16, 20];

/// How many contacts have each value.
type Counts = [u64; VALUES];

/// Every month of so many calls.
fn all(calls: u64) -> impl Iterator<Item = Counts> {
    let up_to = |most: u64| 0..=most;
    up_to(calls).flat_map(move |first| {
        up_to(calls - first).flat_map(move |second| {
            let left = calls - first - second;
            up_to(left).map(move |third| [first, second, third, left - third])
        })
    })
}

/// What the table of such a month tells.
fn told(counts: Counts) -> Vec<Option<u64>> {
    let domain = FIELD.domain();
    let content = |(value, count): (&&str, u64)| {
        let mut content = Content::default();
        content.set(FIELD, value).unwrap();
        (content, count)
    };
    let contents = domain.iter().zip(counts).filter(|(_, count)| *count > 0);
    let tables = tables(&[Contents::from_counts(contents.map(content).collect())]);
    let mut singles = tables.singles.iter();
    let single = singles.find(|single| single.field == FIELD).unwrap();
    let cell = |(_, cell): &(_, Cell)| match cell {
        Cell::Count(count) => Some(*count),
        Cell::Hidden => None,
    };
    single.cells.iter().map(cell).collect()
}

/// The narrowest range of the hidden cells from this one on, in months that are told the same; nothing where none is
/// hidden.
fn narrowest(from: usize, told: &[Option<u64>], months: &[Counts]) -> Option<u64> {
    let hidden = (from..VALUES).filter(|value| told[*value].is_none());
    let range = |value: usize| {
        let counts = || months.iter().map(|counts| counts[value]);
        counts().max().unwrap_or(0) - counts().min().unwrap_or(0)
    };
    hidden.map(range).min()
}

#[test]
fn who_knows_the_rule_finds_few_tables_of_small_months_narrow() {
    println!("the rule: calls  months  narrow  of those asked  exactly");
    for calls in CALLS {
        let mut alike = BTreeMap::<Vec<Option<u64>>, Vec<Counts>>::new();
        for counts in all(calls) {
            alike.entry(told(counts)).or_default().push(counts);
        }
        let found = |from: usize, limit: u64| -> u64 {
            let is_found = |(told, months): &(&Vec<Option<u64>>, &Vec<Counts>)| {
                narrowest(from, told, months).is_some_and(|range| range < limit)
            };
            let found = alike.iter().filter(is_found);
            found.map(|(_, months)| months.len() as u64).sum()
        };

        let months = alike.values().map(|months| months.len() as u64).sum();
        let (narrow, exactly) = (found(0, HIDDEN_WIDTH_MIN), found(0, 1));
        // How many were not asked is the first.
        let of_asked = found(1, HIDDEN_WIDTH_MIN);
        println!(
            "{calls:15}  {months:>6}  {:>6}  {:>13}  {:>7}",
            share(narrow, months),
            share(of_asked, months),
            share(exactly, months)
        );
        assert!(narrow * 8 < months, "{narrow} of {months}");
        assert!(of_asked * 16 < months, "{of_asked} of {months}");
        assert!(exactly * 100 <= months, "{exactly} of {months}");
    }
}
