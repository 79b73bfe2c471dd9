//! Who takes rows and tables of a month together, and the parts of a month with its tables: he knows what a row is and
//! how tables are added, and solves an integer program over all of it.

use records::{COMMONEST_PERCENT_MAX, Contents, HIDDEN_WIDTH_MIN, OutcomeTold};

use crate::integer_program::{Publication, Secret};
use crate::year::{QUIET, YEARS, Year};

/// So many months of a year are tried where each takes long.
const MONTHS_MAX: usize = 4;

/// The months of a year, each by the periods that its rows tell.
fn months(year: &Year) -> impl Iterator<Item = &Vec<Contents>> {
    let tables = year.closed.iter().map(|closed| &closed.tables);
    let months: Vec<_> = tables.filter(|tables| !tables.is_empty()).collect();
    let step = months.len() / MONTHS_MAX;
    months.into_iter().step_by(step.max(1))
}

#[test]
fn rows_and_tables_together_leave_every_hidden_cell_open() {
    println!("rows and tables   months  hidden  narrow");
    for year in YEARS.iter().chain([&*QUIET]) {
        let (mut tried, mut hidden, mut narrow) = (0, 0, Vec::new());
        for month in months(year) {
            tried += 1;
            for Secret { name, least, most } in Publication::of(month).secrets() {
                hidden += 1;
                if most - least < HIDDEN_WIDTH_MIN {
                    narrow.push(format!("{name}: {least} to {most}"));
                }
            }
        }
        println!(
            "{:16}  {tried:>6}  {hidden:>6}  {:>6}",
            year.name(),
            narrow.len()
        );
        assert!(hidden > 0);
        assert_eq!(narrow, Vec::<String>::new());
    }
}

#[test]
fn rows_and_tables_together_tell_no_outcome_of_nearly_all_calls_of_a_group() {
    for year in YEARS.iter().chain([&*QUIET]) {
        let (mut untold, mut learnt) = (0, Vec::new());
        for month in months(year) {
            for (group, outcome, certain) in Publication::of(month).certain_outcomes() {
                let exact = Some(OutcomeTold::Exact(outcome));
                if group.outcomes.contains_key(&exact) {
                    continue;
                }
                untold += 1;
                if certain * 100 > COMMONEST_PERCENT_MAX * group.size() {
                    learnt.push((outcome, certain, group.size()));
                }
            }
        }
        println!(
            "{:16}  outcomes that no row of a group tells {untold}",
            year.name()
        );
        assert_eq!(learnt, [], "of {}", year.name());
    }
}
