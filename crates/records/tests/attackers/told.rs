//! What is told of a year to whoever has a use for it: what the attackers are not told would be missing here.

use records::{ClosedPeriod, LEFT_OUT};

use crate::year::{YEARS, Year, share};

/// How many traits a row may tell.
const TRAITS: usize = 5;

/// What is told of a year.
#[derive(Default)]
struct Told {
    rows: u64,
    with_a_trait: u64,
    traits: u64,
    outcomes: u64,
    parts: u64,
    months: u64,
    /// Of `months`: those of which the sum of talk is told.
    months_with_talk: u64,
}

impl Told {
    fn of(year: &Year) -> Self {
        let mut told = Self::default();
        for row in year.published.iter().flat_map(|published| &published.rows) {
            let texts = row.told().0;
            let traits = texts.iter().take(TRAITS);
            let traits = traits.filter(|text| *text != LEFT_OUT).count();
            told.rows += 1;
            told.with_a_trait += u64::from(traits > 0);
            told.traits += traits as u64;
            told.outcomes += u64::from(row.outcome.is_some());
        }
        for closed in &year.closed {
            match &closed.period {
                ClosedPeriod::Piece { .. } => told.parts += 1,
                ClosedPeriod::Month { total, .. } => {
                    told.months += 1;
                    told.months_with_talk += u64::from(total.times.talk.is_some());
                }
                ClosedPeriod::Misses { .. } => {}
            }
        }
        told
    }
}

#[test]
fn rows_parts_and_months_are_still_told() {
    println!(
        "told              rows    with a trait  traits told  outcomes told  parts  months  with talk"
    );
    for year in YEARS.iter() {
        let told = Told::of(year);

        println!(
            "{:16}  {:>6}  {:>12}  {:>11}  {:>13}  {:>5}  {:>6}  {:>9}",
            year.name(),
            told.rows,
            share(told.with_a_trait, told.rows),
            share(told.traits, told.rows * TRAITS as u64),
            share(told.outcomes, told.rows),
            told.parts,
            told.months,
            told.months_with_talk
        );
        assert!(told.rows * 100 > year.answered().count() as u64 * 99);
        // At a call a day there are not ten persons to share much.
        let is_larger = year.world.per_day > 1;
        assert!(!is_larger || told.with_a_trait * 2 > told.rows);
        assert!(told.months > 0);
    }
}
