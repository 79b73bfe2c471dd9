//! The sending clock: twenty slots of a millisecond, so that what is sent every 20 ms is spread evenly over them.

use std::time::{Duration, Instant};

/// How many slots the wheel has; one round is the length of a packet.
const SLOTS: usize = 20;

const TICK: Duration = Duration::from_millis(1);

/// Where a member sits.
#[derive(Clone, Copy)]
struct Place {
    slot: usize,
    position: usize,
}

/// Members are small numbers, each in at most one slot.
pub(crate) struct Wheel {
    start: Instant,
    /// The first tick that was not yet served.
    next: u64,
    slots: [Vec<usize>; SLOTS],
    places: Vec<Option<Place>>,
    members: usize,
}

impl Wheel {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            next: 0,
            slots: [const { Vec::new() }; SLOTS],
            places: Vec::new(),
            members: 0,
        }
    }

    /// Puts a member into the emptiest slot; it stays where it is when it has one.
    pub(crate) fn insert(&mut self, now: Instant, member: usize) {
        if self.places.len() <= member {
            self.places.resize(member + 1, None);
        }
        if self.places[member].is_some() {
            return;
        }
        if self.members == 0 {
            self.next = self.tick_at(now) + 1;
        }
        let slot = self.emptiest();
        self.places[member] = Some(Place {
            slot,
            position: self.slots[slot].len(),
        });
        self.slots[slot].push(member);
        self.members += 1;
    }

    pub(crate) fn remove(&mut self, member: usize) {
        let Some(place) = self.places.get_mut(member).and_then(Option::take) else {
            return;
        };
        let slot = &mut self.slots[place.slot];
        slot.swap_remove(place.position);
        if let Some(moved) = slot.get(place.position) {
            self.places[*moved] = Some(place);
        }
        self.members -= 1;
    }

    /// Calls `due` with every member whose slot came up, and the time it came up at. After a delay of more than a
    /// round, each member is due once: what was missed is skipped, so that no burst follows.
    pub(crate) fn advance(&mut self, now: Instant, mut due: impl FnMut(usize, Instant)) {
        if self.members == 0 {
            return;
        }
        let last = self.tick_at(now);
        let first = self.next.max((last + 1).saturating_sub(SLOTS as u64));
        for tick in first..=last {
            let at = self.time_of(tick);
            for member in &self.slots[slot_of(tick)] {
                due(*member, at);
            }
        }
        self.next = self.next.max(last + 1);
    }

    /// Returns when the next slot that has members comes up.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.members == 0 {
            return None;
        }
        (self.next..self.next + SLOTS as u64)
            .find(|tick| !self.slots[slot_of(*tick)].is_empty())
            .map(|tick| self.time_of(tick))
    }

    fn tick_at(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_millis()).unwrap_or(u64::MAX)
    }

    fn time_of(&self, tick: u64) -> Instant {
        self.start + Duration::from_millis(tick)
    }

    /// Of equally empty slots the one that comes up first, so that sound begins at once.
    fn emptiest(&self) -> usize {
        (self.next..self.next + SLOTS as u64)
            .map(slot_of)
            .min_by_key(|slot| self.slots[*slot].len())
            .unwrap_or(0)
    }
}

fn slot_of(tick: u64) -> usize {
    usize::try_from(tick % SLOTS as u64).unwrap_or(0)
}

const _: () = assert!(TICK.as_micros() * SLOTS as u128 == 20_000);

#[cfg(test)]
mod tests {
    use super::*;

    fn served(wheel: &mut Wheel, now: Instant) -> Vec<usize> {
        let mut served = Vec::new();
        wheel.advance(now, |member, _| served.push(member));
        served
    }

    #[test]
    fn members_are_spread_evenly_over_the_slots() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        for member in 0..2_000 {
            wheel.insert(start, member);
        }

        for ms in 1..=40 {
            assert_eq!(
                served(&mut wheel, start + Duration::from_millis(ms)).len(),
                100
            );
        }
    }

    #[test]
    fn delay_skips_and_never_bursts() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        wheel.insert(start, 7);

        assert_eq!(served(&mut wheel, start + Duration::from_millis(1)), [7]);
        assert_eq!(served(&mut wheel, start + Duration::from_millis(95)), [7]);
        assert_eq!(served(&mut wheel, start + Duration::from_millis(100)), []);
        assert_eq!(served(&mut wheel, start + Duration::from_millis(101)), [7]);
    }

    #[test]
    fn sleeping_long_with_no_members_leaves_nothing_to_catch_up() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        let later = start + Duration::from_secs(3_600);

        assert_eq!(wheel.poll_timeout(), None);
        wheel.insert(later, 0);

        assert_eq!(wheel.poll_timeout(), Some(later + Duration::from_millis(1)));
        assert_eq!(served(&mut wheel, later), []);
    }

    #[test]
    fn removing_keeps_everybody_else() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        for member in 0..60 {
            wheel.insert(start, member);
        }
        for member in (0..60).step_by(2) {
            wheel.remove(member);
            wheel.remove(member);
        }

        let mut left = served(&mut wheel, start + Duration::from_millis(20));
        left.sort_unstable();
        assert_eq!(left, (1..60).step_by(2).collect::<Vec<_>>());
    }
}
