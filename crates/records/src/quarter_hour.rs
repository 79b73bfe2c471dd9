use std::time::Duration;

use dispatch::Moment;

const MICROS: u64 = 15 * 60 * 1_000_000;

/// A quarter-hour, counted from the Unix epoch. Quarter-hours of every time zone in use start where these do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuarterHour(pub u64);

impl QuarterHour {
    /// How long one is.
    pub const LENGTH: Duration = Duration::from_micros(MICROS);

    /// The quarter-hour that this moment is in.
    #[must_use]
    pub const fn of(moment: Moment) -> Self {
        Self(moment.as_micros() / MICROS)
    }

    /// Its first moment.
    #[must_use]
    pub const fn start(self) -> Moment {
        Moment::from_micros(self.0.saturating_mul(MICROS))
    }
}
