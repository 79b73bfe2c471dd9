use dispatch::{Class, Input, Seq};

/// Something that happened, as it is written down. No fact names a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// What distribution depends on.
    Dispatch(dispatch::Fact),
    /// What counts and records depend on, beside what was decided.
    Records(records::Fact),
    /// Everything that is due at this moment happens.
    Timeout,
}

impl From<dispatch::Fact> for Fact {
    fn from(fact: dispatch::Fact) -> Self {
        Self::Dispatch(fact)
    }
}

impl From<records::Fact> for Fact {
    fn from(fact: records::Fact) -> Self {
        Self::Records(fact)
    }
}

/// What a fact means for a journal that is nearly full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A new contact of the line: refused first.
    New,
    /// A new contact of class `Alarm`: refused last.
    NewAlarm,
    /// News of what lives already: never refused.
    Live,
}

impl Work {
    /// What the arrival of a contact of this class means.
    #[must_use]
    pub const fn of_arrival(class: Class) -> Self {
        match class {
            Class::Alarm => Self::NewAlarm,
            Class::Danger | Class::Crisis | Class::Information => Self::New,
        }
    }
}

impl Fact {
    /// What the fact means for a journal that is nearly full.
    #[must_use]
    pub const fn work(&self) -> Work {
        match self {
            Self::Dispatch(dispatch::Fact::Arrived { class, .. }) => Work::of_arrival(*class),
            Self::Dispatch(_) | Self::Records(_) | Self::Timeout => Work::Live,
        }
    }

    /// The fact as the dispatcher takes it, with the number of its entry; nothing when it is none of
    /// the dispatcher's.
    #[must_use]
    pub fn into_input(self, seq: Seq) -> Option<Input> {
        match self {
            Self::Dispatch(fact) => Some(fact.numbered(seq)),
            Self::Timeout => Some(Input::Timeout),
            Self::Records(_) => None,
        }
    }
}
