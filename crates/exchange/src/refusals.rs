//! Calls and offers that were refused: each is counted, and people are told at most so often.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sip::Load;

use crate::engine::Exchange;
use crate::input::Warning;

/// How often people are told of refusals for one reason: in a flood there are thousands a second.
pub const TOLD_EVERY: Duration = Duration::from_secs(10);
/// For so long after a caller was refused for load, more of them are expected to be.
pub const LOAD_LASTS: Duration = Duration::from_secs(10);

/// What was refused since the start.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    of: BTreeMap<&'static str, Refused>,
    /// When a caller was refused for load, and why.
    of_callers: Option<(Instant, &'static str)>,
}

#[derive(Debug)]
struct Refused {
    times: u64,
    told: Instant,
}

/// Whether people are told of a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    Now,
    NotAgain,
}

impl Refusals {
    fn count(&mut self, now: Instant, reason: &'static str) -> Telling {
        let Some(refused) = self.of.get_mut(reason) else {
            let first = Refused {
                times: 1,
                told: now,
            };
            self.of.insert(reason, first);
            return Telling::Now;
        };
        refused.times += 1;
        if now.saturating_duration_since(refused.told) < TOLD_EVERY {
            return Telling::NotAgain;
        }
        refused.told = now;
        Telling::Now
    }

    /// How often for which reason.
    pub(crate) fn times(&self) -> BTreeMap<&'static str, u64> {
        let times = |(reason, refused): (&&'static str, &Refused)| (*reason, refused.times);
        self.of.iter().map(times).collect()
    }

    /// Why callers are refused for load, if they are.
    pub(crate) fn of_callers(&self, now: Instant) -> Option<&'static str> {
        let (at, reason) = self.of_callers?;
        (now.saturating_duration_since(at) < LOAD_LASTS).then_some(reason)
    }
}

/// A refusal for load in a sentence.
#[must_use]
pub const fn reason_of(load: Load) -> &'static str {
    match load {
        Load::Tables => "more calls are under way than there is room for",
        Load::TrunkAddress => "more calls of one trunk address are under way than it has room for",
        Load::Phone => "one phone dials more often than it has room for",
    }
}

impl Exchange {
    /// A call or an offer could not be carried: it is counted, and people are told.
    pub(crate) fn refused(&mut self, now: Instant, reason: &'static str) {
        if self.refusals.count(now, reason) == Telling::Now {
            self.warn(Warning::CallRefused { reason });
        }
    }

    /// A new call was answered 503 before anything was kept of it.
    pub(crate) fn on_refused_for_load(&mut self, now: Instant, load: Load) {
        let reason = reason_of(load);
        match load {
            Load::Tables | Load::TrunkAddress => self.refusals.of_callers = Some((now, reason)),
            Load::Phone => {}
        }
        self.refused(now, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    fn each_refusal_is_counted_and_told_once_in_a_while_by_its_reason() {
        let start = Instant::now();
        let mut refusals = Refusals::default();
        let mut told = 0;

        for n in 0..2_000 {
            let now = start + TOLD_EVERY * n / 1_000;
            told += u32::from(refusals.count(now, "no room") == Telling::Now);
        }
        let other = refusals.count(start + TOLD_EVERY, "no port");

        assert_eq!(told, 2);
        assert!(other == Telling::Now);
        let times = BTreeMap::from([("no room", 2_000), ("no port", 1)]);
        assert_eq!(refusals.times(), times);
    }
}
