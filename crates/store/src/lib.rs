//! The journal's file, and the thread that writes it.
//!
//! [`LiveDb`] keeps entries, the snapshot and the registrations of phones in one SQLite file: a log of writes flushed at every commit, deleted
//! content overwritten, everything of contacts and people sealed. [`JournalHandle`] is the thread that is its only writer.

mod fault;
mod live;
mod mark;
mod schema;
mod seal;
mod thread;
mod wire;

pub use live::{Binding, LIVE_DB, LiveDb, REPLAY_MARK};
pub use seal::{CHANCE_BYTES, KEY_BYTES};
pub use thread::{
    BEAT, BINDINGS_MAX, BindingChange, JournalHandle, NotTaken, ORDERS_MAX, REPORTS_MAX,
};
