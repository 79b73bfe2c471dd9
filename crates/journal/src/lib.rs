//! The journal: what happened, in order, and the state that it makes.
//!
//! A [`Fact`] is numbered and dated once, by the [`Appender`], and becomes an [`Entry`]. The state
//! of a node is a fold over its entries, so that whoever replays them holds the same state. Nothing
//! here waits, reads a clock or touches a disk: orders for the writer, entries to apply and changes
//! of health are values.

mod anchor;
mod appender;
mod entry;
mod fact;
mod journal;
mod log;
mod memory;
mod order;
mod plan;
mod rejection;
mod replay;
mod snapshot;
mod state;
mod writer;

pub use anchor::{ANCHOR_AHEAD_MAX, Anchor, ClockDoubt, WallClock};
pub use appender::{
    Appender, AppenderInput, AppenderOutput, COMMIT_WAIT_MAX, ENTRIES_IN_FLIGHT_KEPT_FOR_ALARMS,
    ENTRIES_IN_FLIGHT_LIMIT, ENTRIES_IN_FLIGHT_MAX, HEAL_RETRY_MAX, HEAL_RETRY_MIN, Health,
    Refused, Sickness,
};
pub use entry::{Entry, Saved};
pub use fact::{Fact, Work};
pub use journal::{
    Crash, ENTRIES_PER_COMMIT_MAX, FORMAT, FORMAT_OLDEST, Fate, Journal, Loaded, TailEntry,
};
pub use log::{APPLIED_WITHIN, Log, LogInput, LogOutput};
pub use memory::{CrashPoint, Fault, MemoryJournal, MemoryWriter};
pub use order::{JournalError, Order, Report};
pub use plan::{SNAPSHOT_ENTRIES, SNAPSHOT_EVERY, SNAPSHOT_RETRY};
pub use rejection::Rejection;
pub use replay::{REPLAY_CRASHES_MAX, Replayed, replay};
pub use snapshot::Snapshot;
pub use state::State;
pub use writer::{COMMIT_GAP, Pacer, Writer};
