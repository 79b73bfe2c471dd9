//! Random days of dispatcher and journal alone: faults of the disk, slow commits, crashes at any moment.
#![allow(clippy::unwrap_used)]

mod books;
mod centre;
mod node;
mod planted_bugs;

use node::Node;
use simulation::each_seed;

/// Days run by the ordinary suite; `LINKA_SOAK` multiplies it.
const SEEDS: u64 = 10_000;
/// Steps of a day.
const STEPS: u32 = 500;

fn seeds() -> u64 {
    let soak = std::env::var("LINKA_SOAK").map_or(Ok(1), |times| times.parse::<u64>());
    SEEDS * soak.expect("a number of times")
}

/// Runs one day; the error says at which step what was wrong.
fn day(seed: u64) -> Result<node::Seen, String> {
    let mut node = Node::new(seed);
    for step in 0..STEPS {
        node.step()
            .map_err(|wrong| format!("seed {seed}, step {step}: {wrong}"))?;
    }
    node.end().map_err(|wrong| format!("seed {seed}: {wrong}"))
}

#[test]
fn every_crash_leaves_a_state_that_the_entries_made() {
    let mut seen = node::Seen::default();
    for of_day in each_seed(seeds(), |seed| {
        day(seed).unwrap_or_else(|wrong| panic!("{wrong}"))
    }) {
        seen.add(of_day);
    }

    let days = seeds();
    assert!(seen.crashes > days, "{seen:?}");
    assert!(seen.recovered > days, "{seen:?}");
    assert!(seen.unsaved > days / 4, "{seen:?}");
    assert!(seen.snapshots > days, "{seen:?}");
    assert!(seen.answered > days, "{seen:?}");
    assert!(seen.taken > days / 2, "{seen:?}");
    // Months of few contacts are told together.
    assert!(seen.months > days / 8, "{seen:?}");
    assert!(seen.quarter_hours > days / 8, "{seen:?}");
}
