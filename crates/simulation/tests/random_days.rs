//! Random days of the whole exchange over a network that loses, doubles and reorders.

use simulation::{Day, random_day};

/// Days run by the ordinary suite; `LINKA_SEEDS` raises it.
const SEEDS: u64 = 500;
const DAY: Day = Day { calls: 200 };

fn seeds() -> u64 {
    std::env::var("LINKA_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SEEDS)
}

#[test]
fn every_day_ends_quietly_and_every_contact_in_one_outcome() {
    let mut answered = 0;
    for seed in 0..seeds() {
        let summary = random_day(seed, DAY);
        answered += summary.total.answered;
        assert!(
            summary.total.arrived >= 100,
            "seed {seed}: {:?}",
            summary.total
        );
    }
    assert!(answered > 30 * seeds(), "{answered} answered in all");
}

#[test]
fn the_same_seed_gives_the_same_day() {
    assert_eq!(random_day(3, DAY), random_day(3, DAY));
}
