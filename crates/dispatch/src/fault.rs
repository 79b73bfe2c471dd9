//! Planted bugs, to show that the checker of the invariants finds them.

/// A bug that a dispatcher is built with on purpose. Only builds with the feature `faults` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Joins an operator to the late answer of one contact while she has another.
    JoinsTheBusy,
    /// Forgets a contact that was handed back.
    LosesHandedBack,
    /// Offers the latest contact of those that are alike first.
    LatestFirst,
    /// Leaves a less urgent offer ringing when an alarm finds nobody free.
    NeverMakesWay,
    /// Looks for no contact when a wrap-up ends.
    SleepsAfterWrapUp,
    /// Forgets every reserve.
    ForgetsReserves,
    /// Closes a contact twice when its leg is lost.
    ClosesTwice,
    /// Offers no alarm.
    PassesOverAlarms,
    /// Leaves a pause of the machine when nobody else is there any more.
    KeepsPauses,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::JoinsTheBusy,
        Self::LosesHandedBack,
        Self::LatestFirst,
        Self::NeverMakesWay,
        Self::SleepsAfterWrapUp,
        Self::ForgetsReserves,
        Self::ClosesTwice,
        Self::PassesOverAlarms,
        Self::KeepsPauses,
    ];
}
