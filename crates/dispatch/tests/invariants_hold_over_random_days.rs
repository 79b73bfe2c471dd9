//! The invariants hold after every step of random days, and each planted bug is found.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod world;

use dispatch::invariants::{Ledger, check, check_index};
use dispatch::{Dispatcher, Fault};
use world::{World, drain};

/// Random days run by the ordinary suite; `LINKA_SOAK` multiplies it.
const SEEDS: u64 = 400;
const STEPS: usize = 500;

fn seeds() -> u64 {
    let soak = std::env::var("LINKA_SOAK").map_or(Ok(1), |times| times.parse::<u64>());
    SEEDS * soak.expect("a number of times")
}

/// Runs one day; the error says at which step what was violated.
fn run(mut dispatcher: Dispatcher, seed: u64) -> Result<(), String> {
    let mut world = World::new(seed);
    let mut ledger = Ledger::default();
    let mut next = (world.now, world.first());
    for step in 0..STEPS {
        let (now, input) = next;
        let told = |what: String| format!("seed {seed}, step {step}, {input:?}: {what}");
        if dispatcher.handle_input(now, input.clone()).is_ok() {
            let decisions = drain(&mut dispatcher);
            world.note(&input, &decisions);
            ledger
                .note(&dispatcher, input.arrival(), &decisions)
                .map_err(|violation| told(violation.to_string()))?;
        } else if let Some(decision) = dispatcher.poll_output() {
            return Err(told(format!("refused, and yet {decision:?}")));
        }
        check(&dispatcher, world.now).map_err(|violation| told(violation.to_string()))?;
        if step % 25 == 0 {
            check_index(&dispatcher).map_err(told)?;
        }
        next = world.next(dispatcher.poll_timeout());
    }
    Ok(())
}

#[test]
fn the_invariants_hold_after_every_step() {
    for seed in 0..seeds() {
        if let Err(violation) = run(Dispatcher::new(), seed) {
            panic!("{violation}");
        }
    }
}

#[test]
fn every_planted_bug_is_found_within_fifty_seeds() {
    for fault in Fault::ALL {
        let found = (0..50).find_map(|seed| run(Dispatcher::with_fault(fault), seed).err());
        match found {
            Some(violation) => println!("{fault:?}: {violation}"),
            None => panic!("{fault:?} was not found"),
        }
    }
}
