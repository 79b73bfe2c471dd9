//! Counts: a fold over what the dispatcher accepted and decided, in the order of the journal's entries.
//!
//! Because a count is a fold over entries, every contact is counted exactly once, however often entries are replayed. No count names a caller, an
//! operator or a contact. Only *arrived* is kept per quarter-hour; all else is a sum over a whole period, see [`OpenLine`].

mod closed;
mod counts;
mod open_line;
mod period_id;
mod quarter_hour;
mod tally;

pub use closed::{ClosedKey, ClosedPeriod, SHARED_BY_MIN};
pub use counts::{ARRIVED_KEPT, CLOSED_MAX, Counts, Period};
pub use open_line::{BY_DAY_ABOVE, BY_WEEK_ABOVE, HeldPiece, OpenLine, VOLUME_DAYS};
pub use period_id::{Date, PeriodId, Span};
pub use quarter_hour::QuarterHour;
pub use tally::{ABANDONED_EARLY, ANSWERED_IN_TIME, Misses, Tally};
