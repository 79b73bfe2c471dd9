//! Random days of the whole exchange over a network that loses, doubles and reorders.

use records::Tally;
use simulation::{Day, each_seed, random_day};

/// Days run by the ordinary suite; `LINKA_SOAK` multiplies it.
const SEEDS: u64 = 500;
const DAY: Day = Day { calls: 200 };

fn seeds() -> u64 {
    let soak = std::env::var("LINKA_SOAK").map_or(Ok(1), |times| times.parse::<u64>());
    SEEDS * soak.expect("a number of times")
}

#[test]
fn every_day_ends_quietly_and_every_contact_in_one_outcome() {
    let (mut total, mut crashes, mut unsaved) = (Tally::default(), 0, 0);
    let days = each_seed(seeds(), |seed| {
        let day = random_day(seed, DAY);
        assert!(day.total.arrived > 0, "seed {seed}: {day:?}");
        day
    });
    for day in days {
        total.add(&day.total);
        crashes += u64::from(day.crashes);
        unsaved += day.unsaved as u64;
    }

    println!("{total:?}, {crashes} crashes, {unsaved} times unsaved");
    // Days in which nothing happens prove nothing. One day may have little: a crash takes what a sick disk did not.
    assert!(total.arrived > 100 * seeds(), "{total:?}");
    assert!(total.answered > 30 * seeds(), "{total:?}");
    assert!(total.overflowed > seeds(), "{total:?}");
    assert!(total.lost > seeds(), "{total:?}");
    assert!(crashes > seeds(), "{crashes}");
    assert!(unsaved > seeds() / 4, "{unsaved}");
}

/// Days that failed once: a call that did not end for twenty minutes (205), and a phone that went
/// on sending into a port that its next call was given (1652, 5237).
#[test]
fn days_that_once_failed_end_quietly() {
    for seed in [205, 1652, 5237] {
        random_day(seed, DAY);
    }
}

#[test]
fn the_same_seed_gives_the_same_day() {
    assert_eq!(random_day(3, DAY), random_day(3, DAY));
}
