//! Who takes rows and tables of a month together finds no hidden cell.

use records::{COMMONEST_PERCENT_MAX, Contents, HIDDEN_WIDTH_MIN, OutcomeTold};

use crate::common::{self, Numbers};
use crate::integer_program::{Publication, Secret};

/// Contacts of a month, at 1, 5, 15 and 75 calls a day.
const SIZES: [usize; 4] = [30, 150, 450, 2_250];

fn month(size: usize, seed: u64) -> Contents {
    let mut numbers = Numbers(seed);
    (0..size).map(|_| common::content(&mut numbers)).collect()
}

#[test]
fn rows_and_tables_together_leave_every_hidden_cell_open() {
    println!("contacts  hidden  narrow");
    for size in SIZES {
        let (mut hidden, mut narrow) = (0, Vec::new());
        for seed in 0..6 {
            let published = Publication::of(&[month(size, seed)]);
            for Secret { name, least, most } in published.secrets() {
                hidden += 1;
                if most - least < HIDDEN_WIDTH_MIN {
                    narrow.push(format!("{name} of month {seed}: {least} to {most}"));
                }
            }
        }
        println!("{size:>8}  {hidden:>6}  {:>6}", narrow.len());
        assert!(hidden > 0);
        assert_eq!(narrow, Vec::<String>::new());
    }
}

#[test]
fn rows_and_tables_together_tell_no_outcome_of_nearly_all_calls_of_a_group() {
    for size in SIZES {
        let (mut untold, mut learnt) = (0, Vec::new());
        for seed in 0..6 {
            let published = Publication::of(&[month(size, seed)]);
            for (group, outcome, certain) in published.certain_outcomes() {
                if group
                    .outcomes
                    .contains_key(&Some(OutcomeTold::Exact(outcome)))
                {
                    continue;
                }
                untold += 1;
                if certain * 100 > COMMONEST_PERCENT_MAX * group.size() {
                    learnt.push((seed, outcome, certain, group.size()));
                }
            }
        }
        assert_eq!(learnt, [], "of {size} contacts");
        assert!(untold > 0);
    }
}
