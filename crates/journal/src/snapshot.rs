use dispatch::{Moment, Seq};

/// Everything that the entries up to one of them made, so that they need not be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The last entry that it covers.
    pub seq: Seq,
    /// The moment of that entry.
    pub at: Moment,
    /// How often the node had been started, as the last `Restarted` says.
    pub start: u32,
}
