/// How urgent a contact is; the most urgent first. Waiting never lifts a contact into another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// An SOS button.
    Alarm,
    /// Cannot speak, or raised by a person.
    Danger,
    /// The line.
    Crisis,
    /// Questions that can wait.
    Information,
}

/// Where in its class a contact waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// By its arrival.
    Arrival,
    /// Behind the band, by its arrival there: another call from the same number is live.
    BehindBand,
}

/// Whether a contact's caller speaks, as far as she told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speech {
    /// She told nothing about it.
    #[default]
    Expected,
    /// She told by a key that she cannot.
    CannotSpeak,
}
