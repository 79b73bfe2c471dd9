use std::time::Duration;

use dispatch::Moment;

/// How far past the last entry a wall clock is still believed at the start.
pub const ANCHOR_AHEAD_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The moment of a node's start; with the monotonic time since then it gives every later moment. It
/// is never corrected while the node runs.
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

/// Why the wall clock at the start was not believed: the moments go on from the last entry, and the
/// administrator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockDoubt {
    /// It stands before the last entry by so much.
    #[error("the clock stands {} before the last entry of the journal and is not believed", spelt(*.0))]
    Behind(Duration),
    /// It stands past the last entry by so much, and nobody vouches for it.
    #[error(
        "the clock stands {} past the last entry of the journal and is not believed until it is confirmed",
        spelt(*.0)
    )]
    FarAhead(Duration),
}

impl Anchor {
    /// Anchors a start at the wall clock, or just after the last entry where the clock is not believed.
    ///
    /// A clock more than [`ANCHOR_AHEAD_MAX`] past the last entry is believed only when somebody
    /// vouches for it: a wrong date far in the future would otherwise stay in the journal long
    /// after the clock was mended. A clock behind the last entry cannot be followed, since moments
    /// never go back: one that is vouched for and not far behind is waited for.
    #[must_use]
    pub fn new(clock: WallClock, last_entry: Option<Moment>) -> (Self, Option<ClockDoubt>) {
        let (WallClock::Unconfirmed(wall) | WallClock::Confirmed(wall)) = clock;
        let Some(last) = last_entry else {
            return (Self { start: wall }, None);
        };
        let next = last + Duration::from_micros(1);
        let (ahead, behind) = (wall.since(last), next.since(wall));
        let doubt = match clock {
            WallClock::Unconfirmed(_) if wall < next => ClockDoubt::Behind(behind),
            WallClock::Confirmed(_) if behind > ANCHOR_AHEAD_MAX => ClockDoubt::Behind(behind),
            WallClock::Unconfirmed(_) if ahead > ANCHOR_AHEAD_MAX => ClockDoubt::FarAhead(ahead),
            WallClock::Unconfirmed(_) | WallClock::Confirmed(_) => {
                let start = wall.max(next);
                return (Self { start }, None);
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

/// A time in days, or in seconds where it is less than two of them.
fn spelt(time: Duration) -> String {
    const DAY_SECONDS: u64 = 24 * 60 * 60;
    match time.as_secs() / DAY_SECONDS {
        0 | 1 => format!("{} seconds", time.as_secs()),
        days => format!("{days} days"),
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
    fn confirmed_clock_behind_the_last_entry_is_waited_for() {
        let wall = LAST - ANCHOR_AHEAD_MAX + Duration::from_micros(1);

        let (anchor, doubt) = Anchor::new(WallClock::Confirmed(wall), Some(LAST));

        assert!(anchor.start() > LAST);
        assert_eq!(doubt, None);
    }

    #[test]
    fn confirmed_clock_far_behind_the_last_entry_is_doubted_too() {
        let wall = LAST - ANCHOR_AHEAD_MAX;

        let (anchor, doubt) = Anchor::new(WallClock::Confirmed(wall), Some(LAST));

        assert!(anchor.start() > LAST);
        assert!(matches!(doubt, Some(ClockDoubt::Behind(_))));
    }

    #[test]
    fn doubt_tells_days_where_there_are_many() {
        let told = |seconds| ClockDoubt::Behind(Duration::from_secs(seconds)).to_string();

        assert!(told(90).contains(" 90 seconds "), "{}", told(90));
        assert!(told(32 * 86_400).contains(" 32 days "));
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
