//! Benchmarks of the engines: ratios and CPU time, never a gate.

use std::time::Duration;

pub mod year;

/// CPU time of this thread, user and system: what else runs on the machine does not count.
#[must_use]
pub fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(spent.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}
