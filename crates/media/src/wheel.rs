//! The sending clock: twenty slots of a millisecond, so that what is sent every 20 ms is spread evenly over them.

use std::time::{Duration, Instant};

use crate::format::Packets;

/// How many slots the wheel has; one round is the length of a packet.
const SLOTS: usize = 20;

const TICK: Duration = Duration::from_millis(1);

/// Where a seat is.
#[derive(Clone, Copy)]
struct Place {
    slot: usize,
    position: usize,
}

/// Whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// Once a round.
    Frame(usize),
    /// Half a round later, where packets are half as long.
    Rest(usize),
}

/// Members are small numbers. Each has a seat in one slot, and where its packets are half as long a second one in the
/// slot half a round behind.
pub(crate) struct Wheel {
    start: Instant,
    /// The first tick that was not yet served.
    next: u64,
    slots: [Vec<Member>; SLOTS],
    /// The places of a member's two seats.
    places: Vec<[Option<Place>; 2]>,
    seats: usize,
}

impl Wheel {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            next: 0,
            slots: [const { Vec::new() }; SLOTS],
            places: Vec::new(),
            seats: 0,
        }
    }

    /// Puts a member into the emptiest slot; it stays where it is when it has one.
    pub(crate) fn insert(&mut self, now: Instant, member: usize, packets: Packets) {
        if self.places.len() <= member {
            self.places.resize(member + 1, [None; 2]);
        }
        let slot = match self.places[member][0] {
            Some(place) => place.slot,
            None => {
                if self.seats == 0 {
                    self.next = self.tick_at(now) + 1;
                }
                let slot = self.emptiest();
                self.sit(Member::Frame(member), slot);
                slot
            }
        };
        match (packets, self.places[member][1]) {
            (Packets::Half, None) => self.sit(Member::Rest(member), (slot + SLOTS / 2) % SLOTS),
            (Packets::Whole, Some(_)) => self.stand_up(Member::Rest(member)),
            (Packets::Half, Some(_)) | (Packets::Whole, None) => {}
        }
    }

    pub(crate) fn remove(&mut self, member: usize) {
        self.stand_up(Member::Frame(member));
        self.stand_up(Member::Rest(member));
    }

    fn sit(&mut self, member: Member, slot: usize) {
        let position = self.slots[slot].len();
        self.slots[slot].push(member);
        self.seats += 1;
        if let Some(seat) = self.seat(member) {
            *seat = Some(Place { slot, position });
        }
    }

    fn stand_up(&mut self, member: Member) {
        let Some(place) = self.seat(member).and_then(Option::take) else {
            return;
        };
        let slot = &mut self.slots[place.slot];
        slot.swap_remove(place.position);
        if let Some(moved) = slot.get(place.position).copied()
            && let Some(seat) = self.seat(moved)
        {
            *seat = Some(place);
        }
        self.seats -= 1;
    }

    fn seat(&mut self, member: Member) -> Option<&mut Option<Place>> {
        let (index, seat) = match member {
            Member::Frame(index) => (index, 0),
            Member::Rest(index) => (index, 1),
        };
        self.places.get_mut(index)?.get_mut(seat)
    }

    /// Calls `due` with every member whose slot came up, and the time it came up at. After a delay of more than a
    /// round, each member is due once: what was missed is skipped, so that no burst follows.
    pub(crate) fn advance(&mut self, now: Instant, mut due: impl FnMut(Member, Instant)) {
        if self.seats == 0 {
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
        if self.seats == 0 {
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
        wheel.advance(now, |member, _| match member {
            Member::Frame(index) => served.push(index),
            Member::Rest(index) => panic!("{index} has packets of half a round"),
        });
        served
    }

    #[test]
    fn members_are_spread_evenly_over_the_slots() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        for member in 0..2_000 {
            wheel.insert(start, member, Packets::Whole);
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
        wheel.insert(start, 7, Packets::Whole);

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
        wheel.insert(later, 0, Packets::Whole);

        assert_eq!(wheel.poll_timeout(), Some(later + Duration::from_millis(1)));
        assert_eq!(served(&mut wheel, later), []);
    }

    #[test]
    fn removing_keeps_everybody_else() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        for member in 0..60 {
            wheel.insert(start, member, Packets::Whole);
        }
        for member in (0..60).step_by(2) {
            wheel.remove(member);
            wheel.remove(member);
        }

        let mut left = served(&mut wheel, start + Duration::from_millis(20));
        left.sort_unstable();
        assert_eq!(left, (1..60).step_by(2).collect::<Vec<_>>());
    }

    #[test]
    fn packets_of_half_the_length_come_half_a_round_apart() {
        let start = crate::start_of_test();
        let mut wheel = Wheel::new(start);
        wheel.insert(start, 3, Packets::Half);
        let mut due = Vec::new();
        let at = |ms| start + Duration::from_millis(ms);

        for ms in 1..=40 {
            wheel.advance(at(ms), |member, _| due.push((ms, member)));
        }
        let (frame, rest) = (Member::Frame(3), Member::Rest(3));
        assert_eq!(due, [(1, frame), (11, rest), (21, frame), (31, rest)]);

        due.clear();
        wheel.insert(at(40), 3, Packets::Whole);
        for ms in 41..=80 {
            wheel.advance(at(ms), |member, _| due.push((ms, member)));
        }
        assert_eq!(due, [(41, frame), (61, frame)]);
        wheel.remove(3);
        assert_eq!(wheel.poll_timeout(), None);
    }
}
