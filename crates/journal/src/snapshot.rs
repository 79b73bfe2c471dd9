use dispatch::{Moment, Seq};
use records::Counts;

/// Everything that the entries up to one of them made, so that they need not be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry that it covers.
    pub seq: Seq,
    /// The moment of that entry.
    pub at: Moment,
    /// What the dispatcher knows.
    pub dispatcher: dispatch::Snapshot,
    /// The counts, open periods included.
    pub counts: Counts,
}
