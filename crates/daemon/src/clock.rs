//! The clock of the signalling thread: every engine lives by the instants that it reads here.

use std::time::Instant;

#[cfg(all(feature = "test-clock", not(debug_assertions)))]
compile_error!("the feature test-clock is for tests, never for a release");

/// Now, as the engines shall see it.
pub(crate) fn now() -> Instant {
    #[cfg(feature = "test-clock")]
    let now = Instant::now() + moved::so_far();
    #[cfg(not(feature = "test-clock"))]
    let now = Instant::now();
    now
}

#[cfg(feature = "test-clock")]
pub(crate) use moved::advance;

/// How far tests have moved the clock.
#[cfg(feature = "test-clock")]
mod moved {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    static SECONDS: AtomicU64 = AtomicU64::new(0);

    pub(super) fn so_far() -> Duration {
        Duration::from_secs(SECONDS.load(Ordering::Relaxed))
    }

    /// Moves the clock forward; what falls due by it is done at the next turn of the signalling thread.
    pub(crate) fn advance(seconds: u32) {
        SECONDS.fetch_add(u64::from(seconds), Ordering::Relaxed);
    }
}
