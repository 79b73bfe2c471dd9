//! The journal's file, the thread that writes it, and ([`sql`]) the database of records.
//!
//! [`LiveDb`] keeps entries, the snapshot and the registrations of phones in one SQLite file: a log
//! of writes flushed at every commit, deleted content overwritten, everything of contacts and
//! people sealed and padded, the files dated to the minute of the last snapshot. [`NodeJournal`] is that file, or memory for as long as the disk refuses it.
//! [`JournalHandle`] is the thread that is its only writer: it carries out the orders of
//! [`journal::Log`] and reports what became of them. Numbers, moments and the policy for a sick
//! disk are the log's, so a thread that is stuck in a write delays nothing but the disk.
//!
//! # Why rusqlite
//!
//! Microseconds of CPU for a commit, user and system, all threads, on two virtual cores; rows of 80
//! bytes, a log of writes with `synchronous=FULL`:
//!
//! | entries a commit | rusqlite 0.39, every 1.4 ms | sqlx 0.9, every 1.4 ms | rusqlite, back to back | sqlx, back to back |
//! |---|---|---|---|---|
//! | 1 | 155 | 192 | 123 | 139 |
//! | 4 | 149 | 226 | 73 | 179 |
//! | 64 | 187 | 3,225 | 92 | 3,193 |
//!
//! An entry costs sqlx about 50 µs, since every statement goes to a thread of its own and back;
//! most of the rest is the flush. Encoding and sealing an entry takes about 2 µs.
//!
//! # What padding costs
//!
//! The same of this file, whose entries take 512 bytes and whose snapshot rewrites their slots
//! (`cargo bench -p benches --bench journal`, CPU time, beside other work):
//!
//! | | |
//! |---|---|
//! | commit of 1, 4, 64 entries, back to back | 109, 132, 441 µs |
//! | snapshot of a minute in which nothing happened | 1.5 ms |
//! | snapshot of 10,000 contacts | 4.6 ms |
//! | the same, with 20,000 entries to blank | 37 ms |
//! | the same, with 100,000 | 174 ms: why one is written every 20,000 |
//! | what a start reads of 10,000 contacts and 20,000 entries | 61 ms |

mod fault;
mod live;
mod mark;
mod node;
mod schema;
mod seal;
pub mod sql;
mod thread;
mod wire;

pub use live::{Binding, LIVE_DB, LiveDb, REPLAY_MARK};
pub use node::{JournalNews, NodeJournal, Unkept};
pub use seal::{CHANCE_BYTES, KEY_BYTES};
pub use thread::{
    BEAT, BINDINGS_MAX, BINDINGS_RETRY, BindingChange, Doing, JournalHandle, NotStopped, NotTaken,
    ORDERS_MAX, Pulse, REPORTS_MAX,
};
