use crate::{ContactId, Fact, Seq};

/// What the dispatcher takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Something happened.
    Fact {
        /// Its number in the journal; the id of a contact that arrives by it.
        seq: Seq,
        /// What.
        fact: Fact,
    },
    /// Everything that is due at this moment happens.
    Timeout,
}

impl Input {
    /// The contact that arrives by it.
    #[must_use]
    pub const fn arrival(&self) -> Option<ContactId> {
        match self {
            Self::Fact {
                seq,
                fact: Fact::Arrived { .. },
            } => Some(ContactId(*seq)),
            Self::Fact { .. } | Self::Timeout => None,
        }
    }
}

impl Fact {
    /// The fact as the dispatcher takes it, with its number.
    #[must_use]
    pub const fn numbered(self, seq: Seq) -> Input {
        Input::Fact { seq, fact: self }
    }
}
