//! A snapshot is complete: what is restored from it answers every later input as the original does.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod world;

use dispatch::{Dispatcher, Snapshot};
use proptest::prelude::*;
use world::{World, drain};

fn run(seed: u64, steps: usize, every: usize) -> Result<(), String> {
    let (mut original, mut world) = (Dispatcher::new(), World::new(seed));
    let mut restored = Dispatcher::restore(Snapshot::default());
    let mut next = (world.now, world.first());
    for step in 0..steps {
        if step % every == 0 {
            restored = Dispatcher::restore(original.snapshot());
        }
        let (now, input) = next;
        let one = original.handle_input(now, input.clone());
        let other = restored.handle_input(now, input.clone());
        let decisions = drain(&mut original);
        let others = drain(&mut restored);
        if one != other || decisions != others {
            return Err(format!(
                "seed {seed}, step {step}: {input:?} is answered otherwise: {decisions:?} and {others:?}"
            ));
        }
        if original.operators() != restored.operators() {
            return Err(format!(
                "seed {seed}, step {step}: {input:?} shows somebody otherwise"
            ));
        }
        if original.snapshot() != restored.snapshot() {
            return Err(format!(
                "seed {seed}, step {step}: {input:?} leads elsewhere"
            ));
        }
        if one.is_ok() {
            world.note(&input, &decisions);
        }
        next = world.next(original.poll_timeout());
        if original.poll_timeout() != restored.poll_timeout() {
            return Err(format!("seed {seed}, step {step}: another timeout"));
        }
    }
    Ok(())
}

#[test]
fn an_operator_who_is_leaving_keeps_her_place() {
    assert_eq!(run(2_770_011_711_062_149_874, 400, 1), Ok(()));
}

#[test]
fn seeded_days_go_on_alike() {
    for seed in 0..100 {
        assert_eq!(run(seed, 400, 1 + usize::try_from(seed).unwrap()), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_every_later_input_alike(seed in any::<u64>(), every in 1_usize..120) {
        prop_assert_eq!(run(seed, 400, every), Ok(()));
    }
}
