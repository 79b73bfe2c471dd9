//! Many days, on every core.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{panic, thread};

/// Runs the days of the first so many seeds, on every core, and returns what each came to, in no order.
///
/// # Panics
///
/// With the words of a day that failed; no further one is begun then.
pub fn each_seed<T: Send>(seeds: u64, day: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = Next {
        seed: AtomicU64::new(0),
        end: seeds,
    };
    let work = || {
        let _stops_all = StopsAll(&next);
        std::iter::from_fn(|| next.take()).map(&day).collect()
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().map(thread::ScopedJoinHandle::join);
        done.flat_map(|days: thread::Result<Vec<T>>| {
            days.unwrap_or_else(|wrong| panic::resume_unwind(wrong))
        })
        .collect()
    })
}

/// The seed that nobody has begun yet.
struct Next {
    seed: AtomicU64,
    end: u64,
}

impl Next {
    fn take(&self) -> Option<u64> {
        let seed = self.seed.fetch_add(1, Ordering::Relaxed);
        (seed < self.end).then_some(seed)
    }
}

/// Lets nobody begin another day once one failed.
struct StopsAll<'a>(&'a Next);

impl Drop for StopsAll<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.seed.store(self.0.end, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seed_has_its_day() {
        let mut seeds = each_seed(1_000, |seed| seed);
        seeds.sort_unstable();

        assert!(seeds.into_iter().eq(0..1_000));
    }

    #[test]
    #[should_panic(expected = "seed 7")]
    fn a_day_that_fails_fails_the_test_and_ends_it() {
        each_seed(u64::MAX, |seed| assert_ne!(seed, 7, "seed {seed}"));
    }
}
