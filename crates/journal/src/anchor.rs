use std::time::Duration;

use dispatch::Moment;

/// How far past the last entry a wall clock is still believed at the start.
pub const ANCHOR_AHEAD_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The moment of a node's start; with the monotonic time since then it gives every later moment. It is never corrected while the node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    start: Moment,
}

/// What the machine's clock says at the start, and whether somebody vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WallClock {
    /// Nobody vouches for it.
    Unconfirmed(Moment),
    /// The administrator confirmed it, or the kernel says that it is synchronised.
    Confirmed(Moment),
}

/// Why the wall clock at the start was not believed: the moments go on from the last entry, and the administrator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockDoubt {
    /// It stands before the last entry by so much.
    #[error("the clock stands {0:?} before the last entry of the journal and is not believed")]
    Behind(Duration),
    /// It stands past the last entry by so much, and nobody vouches for it.
    #[error(
        "the clock stands {0:?} past the last entry of the journal and is not believed until it is confirmed"
    )]
    FarAhead(Duration),
}

impl Anchor {
    /// Anchors a start at the wall clock, or just after the last entry where the clock is not believed.
    ///
    /// A clock behind the last entry is never believed; one more than [`ANCHOR_AHEAD_MAX`] past it only when it is confirmed: a wrong date far
    /// in the future would otherwise stay in the journal long after the clock was mended.
    #[must_use]
    pub fn new(clock: WallClock, last_entry: Option<Moment>) -> (Self, Option<ClockDoubt>) {
        let (WallClock::Unconfirmed(wall) | WallClock::Confirmed(wall)) = clock;
        let Some(last) = last_entry else {
            return (Self { start: wall }, None);
        };
        let next = last + Duration::from_micros(1);
        let ahead = wall.since(last);
        let doubt = match clock {
            _ if wall < next => ClockDoubt::Behind(next.since(wall)),
            WallClock::Unconfirmed(_) if ahead > ANCHOR_AHEAD_MAX => ClockDoubt::FarAhead(ahead),
            WallClock::Unconfirmed(_) | WallClock::Confirmed(_) => {
                return (Self { start: wall }, None);
            }
        };
        (Self { start: next }, Some(doubt))
    }

    /// The moment of the start itself.
    #[must_use]
    pub const fn start(self) -> Moment {
        self.start
    }

    /// The moment at this monotonic time since the start.
    #[must_use]
    pub fn at(self, since_start: Duration) -> Moment {
        self.start + since_start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Moment = Moment::from_micros(1_000_000_000_000_000);

    fn unconfirmed(last: Option<Moment>, wall: Moment) -> (Moment, Option<ClockDoubt>) {
        let (anchor, doubt) = Anchor::new(WallClock::Unconfirmed(wall), last);
        (anchor.at(Duration::ZERO), doubt)
    }

    #[test]
    fn first_start_of_a_node_believes_its_clock() {
        assert_eq!(unconfirmed(None, LAST), (LAST, None));
    }

    #[test]
    fn moments_follow_the_clock_that_passed_the_last_entry() {
        let wall = LAST + Duration::from_secs(60);

        assert_eq!(unconfirmed(Some(LAST), wall), (wall, None));
    }

    #[test]
    fn clock_behind_the_last_entry_is_doubted_and_moments_go_on_from_there() {
        let behind = Duration::from_micros(1);

        assert_eq!(
            unconfirmed(Some(LAST), LAST),
            (LAST + behind, Some(ClockDoubt::Behind(behind)))
        );
    }

    #[test]
    fn confirmed_clock_behind_the_last_entry_is_doubted_too() {
        let wall = LAST - Duration::from_secs(1);

        let (anchor, doubt) = Anchor::new(WallClock::Confirmed(wall), Some(LAST));

        assert!(anchor.start() > LAST);
        assert!(matches!(doubt, Some(ClockDoubt::Behind(_))));
    }

    #[test]
    fn seven_days_past_the_last_entry_are_believed_and_not_a_microsecond_more() {
        let limit = LAST + ANCHOR_AHEAD_MAX;
        let past = limit + Duration::from_micros(1);

        assert_eq!(unconfirmed(Some(LAST), limit), (limit, None));
        assert_eq!(
            unconfirmed(Some(LAST), past),
            (
                LAST + Duration::from_micros(1),
                Some(ClockDoubt::FarAhead(past.since(LAST)))
            )
        );
    }

    #[test]
    fn confirmed_clock_is_believed_after_a_long_rest() {
        let wall = LAST + 4 * ANCHOR_AHEAD_MAX;

        let (anchor, doubt) = Anchor::new(WallClock::Confirmed(wall), Some(LAST));

        assert_eq!((anchor.start(), doubt), (wall, None));
    }

    #[test]
    fn moments_grow_with_monotonic_time_alone() {
        let (anchor, _) = Anchor::new(WallClock::Unconfirmed(LAST), None);

        assert_eq!(
            anchor.at(Duration::from_millis(5)),
            LAST + Duration::from_millis(5)
        );
    }
}
