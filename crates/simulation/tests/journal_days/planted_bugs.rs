//! A dispatcher with a planted bug that follows the same entries breaks an invariant of DESIGN §4,
//! and the checks see it.

use dispatch::invariants::{Ledger, Violation, check};
use dispatch::{Dispatcher, Fault};

use crate::STEPS;
use crate::node::Node;

/// Days in which each bug must show.
const DAYS: u64 = 200;

/// Folds a day's entries into that dispatcher.
fn fold(mut dispatcher: Dispatcher, day: &Node) -> Result<(), Violation> {
    let mut ledger = Ledger::default();
    for entry in day.history() {
        let Some(input) = entry.fact.clone().into_input(entry.seq) else {
            continue;
        };
        if dispatcher.handle_input(entry.at, input.clone()).is_ok() {
            let mut decisions = Vec::new();
            while let Some(decision) = dispatcher.poll_output() {
                decisions.push(decision);
            }
            ledger.note(&dispatcher, input.arrival(), &decisions)?;
        }
        check(&dispatcher, entry.at)?;
    }
    Ok(())
}

fn day(seed: u64) -> Node {
    let mut node = Node::new(seed);
    for _ in 0..STEPS {
        node.step().unwrap();
    }
    node
}

#[test]
fn every_planted_bug_is_found() {
    let mut left: Vec<Fault> = Fault::ALL.to_vec();
    for seed in 0..DAYS {
        let day = day(seed);
        assert_eq!(fold(Dispatcher::new(), &day), Ok(()), "seed {seed}");
        left.retain(|fault| match fold(Dispatcher::with_fault(*fault), &day) {
            Ok(()) => true,
            Err(violation) => {
                println!("{fault:?}, seed {seed}: {violation}");
                false
            }
        });
        if left.is_empty() {
            return;
        }
    }
    panic!("{left:?} were not found in {DAYS} days");
}
