//! Counts: a fold over what the dispatcher accepted and decided, in the order of the journal's entries.
//!
//! Because a count is a fold over entries, every contact is counted exactly once, however often entries are replayed. No count names a caller, an
//! operator or a contact. Only *arrived* is kept per quarter-hour; all else is a sum over a whole period.

mod counts;
mod period_id;
mod quarter_hour;
mod tally;

pub use counts::{ARRIVED_KEPT, ClosedPeriod, Counts, Period};
pub use period_id::{Date, PeriodId, Span};
pub use quarter_hour::QuarterHour;
pub use tally::{ABANDONED_EARLY, ANSWERED_IN_TIME, Misses, Tally};
