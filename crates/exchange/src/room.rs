//! How the legs that the port range carries are shared out: callers take most of them, phones that
//! ring for callers find one each, and star calls keep to a few of their own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::engine::Exchange;

/// How long the port of a star call rests after it, before somebody else may have it.
const PORT_RESTS: Duration = Duration::from_secs(5);

/// How many legs may ring for callers who wait.
#[derive(Clone, Copy, Debug)]
struct Ringing {
    /// At the phones that are registered, at home and at partners.
    now: usize,
    /// With one phone of each operator registered.
    staffed: usize,
}

/// How many callers may be live at once. Nobody is refused a port that nobody else could need, and
/// who answers them finds one: so many legs are left as may ring now, or soon, when whoever
/// registers next does; but a quarter of all is the callers' in any case.
fn callers_max(legs: usize, ringing: Ringing) -> usize {
    let quarter = legs / 4;
    let ringing = ringing.now.max(ringing.staffed.min(quarter));
    let kept = (ringing + stars_max(legs)).min(legs - quarter);
    (legs - kept).max(1)
}

/// How many ports the star calls of all operators may hold: one may begin while another ends.
fn stars_max(legs: usize) -> usize {
    (legs / 8).max(2)
}

/// Ports of star calls that are over, with the end of their rest.
#[derive(Debug, Default)]
pub(crate) struct Rested {
    until: VecDeque<Instant>,
}

impl Rested {
    /// A star call is over.
    pub(crate) fn rest(&mut self, now: Instant) {
        self.until.push_back(now + PORT_RESTS);
    }

    fn resting(&mut self, now: Instant) -> usize {
        while self.until.pop_front_if(|until| *until <= now).is_some() {}
        self.until.len()
    }
}

impl Exchange {
    /// Whether the port range carries no caller more.
    pub(crate) fn has_no_room(&self) -> bool {
        let node = &self.settings.node;
        let elsewhere = node.elsewhere_max;
        let phones = self.presences.registered();
        let operators = self.settings.operators.len();
        let ringing = Ringing {
            now: phones + elsewhere,
            staffed: operators + elsewhere,
        };
        self.callers.len() >= callers_max(node.legs_max, ringing)
    }

    /// Whether star calls hold as many ports as they may.
    pub(crate) fn has_no_room_for_star(&mut self, now: Instant) -> bool {
        let held = self.stars.len() + self.ports_of_stars.resting(now);
        held >= stars_max(self.settings.node.legs_max)
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

    /// How many callers 80 ports carry.
    fn callers(now: usize, staffed: usize) -> usize {
        callers_max(40, Ringing { now, staffed })
    }

    #[test]
    fn callers_have_what_nobody_else_could_need() {
        assert_eq!(callers(0, 0), 35);
        assert_eq!(callers(1, 1), 34);
        assert_eq!(callers(10, 10), 25);
    }

    #[test]
    fn ports_are_left_to_every_phone_that_may_ring() {
        for now in 0..=25 {
            assert!(callers(now, now) + now + stars_max(40) <= 40, "{now}");
        }
    }

    #[test]
    fn who_registers_next_finds_a_port_though_not_everybody_at_once() {
        assert_eq!(callers(0, 3), 32);
        assert_eq!(callers(2, 200), 25);
    }

    #[test]
    fn a_quarter_stays_for_callers_and_one_at_least() {
        assert_eq!(callers(400, 400), 10);
        for legs in 0..4 {
            let (now, staffed) = (5, 5);
            assert!(callers_max(legs, Ringing { now, staffed }) >= 1);
        }
    }

    #[test]
    fn a_port_of_a_star_call_counts_until_it_has_rested() {
        let now = now();
        let mut ports = Rested::default();
        ports.rest(now);
        ports.rest(now + Duration::from_secs(1));

        assert_eq!(ports.resting(now), 2);
        assert_eq!(ports.resting(now + PORT_RESTS), 1);
        assert_eq!(ports.resting(now + PORT_RESTS * 2), 0);
    }
}
