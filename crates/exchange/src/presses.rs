//! One press that a telephone tells twice: in its sound and by INFO.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::Digit;

/// How long after a press was told by one way the other way may tell it: some telephones send INFO
/// when the key is let go.
const TOLD_AGAIN_WITHIN: Duration = Duration::from_secs(2);
/// How many presses are remembered.
const REMEMBERED_MAX: usize = 16;

/// How a key was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By RFC 4733 or as a tone.
    Sound,
    /// By INFO.
    Info,
}

/// The presses of one leg that only one way has told so far.
#[derive(Debug, Default)]
pub(crate) struct Presses(VecDeque<(Digit, Way, Instant)>);

impl Presses {
    /// Takes note of a key; tells whether it is a press of its own and not one that the other way
    /// told already.
    pub(crate) fn is_new(&mut self, now: Instant, digit: Digit, way: Way) -> bool {
        self.0
            .retain(|(.., at)| now.saturating_duration_since(*at) <= TOLD_AGAIN_WITHIN);
        let told = self
            .0
            .iter()
            .position(|(other, by, _)| *other == digit && *by != way);
        if let Some(place) = told {
            self.0.remove(place);
            return false;
        }
        if self.0.len() == REMEMBERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back((digit, way, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(
        clippy::disallowed_methods,
        reason = "any instant will do as the start of virtual time"
    )]
    fn now() -> Instant {
        Instant::now()
    }

    /// How many presses these are, each told so many milliseconds after the start.
    fn pressed(told: &[(u64, char, Way)]) -> usize {
        let (start, mut presses) = (now(), Presses::default());
        told.iter()
            .filter(|(at, key, way)| {
                let at = start + Duration::from_millis(*at);
                presses.is_new(at, Digit::from_char(*key).unwrap(), *way)
            })
            .count()
    }

    #[test]
    fn a_press_told_by_both_ways_is_one() {
        assert_eq!(pressed(&[(0, '5', Way::Sound), (120, '5', Way::Info)]), 1);
        assert_eq!(pressed(&[(0, '5', Way::Info), (40, '5', Way::Sound)]), 1);
    }

    #[test]
    fn two_presses_told_by_both_ways_are_two_in_any_order() {
        let [sound, info] = [Way::Sound, Way::Info];

        for order in [
            [sound, info, sound, info],
            [sound, sound, info, info],
            [info, sound, sound, info],
        ] {
            let told: Vec<_> = (0..).map(|n| n * 150).zip(order).collect();
            let told: Vec<_> = told.iter().map(|(at, way)| (*at, '5', *way)).collect();
            assert_eq!(pressed(&told), 2, "{order:?}");
        }
    }

    #[test]
    fn presses_told_by_one_way_all_count() {
        for way in [Way::Sound, Way::Info] {
            assert_eq!(
                pressed(&[(0, '5', way), (150, '5', way), (300, '5', way)]),
                3
            );
        }
        assert_eq!(pressed(&[(0, '5', Way::Sound), (100, '6', Way::Info)]), 2);
        assert_eq!(pressed(&[(0, '5', Way::Sound), (2_100, '5', Way::Info)]), 2);
    }
}
