//! Counts and anonymous records.
//!
//! Counts are a fold over what the dispatcher accepted and decided, in the order of the journal's entries.
//!
//! Because a count is a fold over entries, every contact is counted exactly once, however often
//! entries are replayed. No count names a caller, an operator or a contact. Only *arrived* is kept
//! per quarter-hour, until the third day after its month, and then as sums per hour of the week, see
//! [`Hours`]; all else is a sum over a whole period, see [`OpenLine`]. Of a call that is over its operator
//! is known as long as its content may be entered, see [`Calls`].
//!
//! Acts on contacts wait here until their day is over, see [`Acts`].
//!
//! Records: what operators entered, as rows without a time and fixed tables, made when a period
//! closes; see [`generalise()`] and [`tables()`].

mod acts;
mod calls;
mod chance;
mod choice;
mod closed;
pub mod content;
mod contents;
mod counts;
mod csv;
mod fact;
mod generalise;
mod hours;
mod join;
mod open;
mod open_line;
mod period_id;
mod quarter_hour;
mod report;
mod row;
mod sums;
mod suppress;
mod tables;
mod tally;
mod told;

pub use acts::{ACT_DAYS_MAX, ACTS_TOLD_APART_MAX, Acts, ActsOfDay, ContactAct, Deed};
pub use calls::{CALLS_MAX, CONTENT_SETTLES, Call, Calls, FINISHED_TOLD_MAX, NotOpen};
pub use chance::SEED_BYTES;
pub use choice::{Choice, Holds, NOT_ASKED, SEVERAL_SEPARATOR, Several};
pub use closed::{ClosedKey, ClosedPeriod, Unstored};
pub use contents::Contents;
pub use counts::{
    ARRIVED_KEPT, CLOSED_MAX, Counts, EndingMonth, MONTH_KEPT, Period, SmallLine, SmallMonths,
};
pub use csv::csv;
pub use fact::Fact;
pub use generalise::{COMMONEST_PERCENT_MAX, DISTINCT_MIN, generalise};
pub use hours::{HOURS_OF_WEEK, HourOfWeek, Hours, MonthBefore, MonthHours, ToldHours};
pub use join::{Joined, join_small};
pub use open_line::{BY_DAY_ABOVE, BY_WEEK_ABOVE, HeldPiece, OpenLine, VOLUME_DAYS};
pub use period_id::{Date, PeriodId, Span};
pub use quarter_hour::QuarterHour;
pub use report::{FIGURES, Figure, Measure, NOT_TOLD, Share, Unit, report};
pub use row::{
    Ages, ChildrenTold, LEFT_OUT, LanguageTold, OutcomeTold, Row, RowKey, Step, ToldRow, Traits,
    VALUES,
};
pub use sums::{SHARED_BY_MIN, Sums, Times, Unanswered};
pub use suppress::{CELL_MIN, Cell, HIDDEN_WIDTH_MIN};
pub use tables::{PAIRS, Pair, SINGLES, Single, Tables, tables};
pub use tally::{ABANDONED_EARLY, ANSWERED_IN_TIME, Misses, Tally, permille};
pub use told::{MonthTables, Part, PeriodRows, rows_report};
