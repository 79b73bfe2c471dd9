//! The rules of the line (DESIGN §5), each as sentences about a centre in memory.
#![allow(clippy::unwrap_used)]

mod acts;
mod calling_again;
mod cannot_speak;
mod carriers;
mod choices;
mod contents;
mod dead_legs;
mod dialled;
mod draining;
mod forked_phones;
mod gateways;
mod hold;
mod identity;
mod missed_offers;
mod named_trunk;
mod on_call;
mod overflow;
mod phones;
mod ports;
mod races;
mod reload;
mod ring_first;
mod star_codes;
mod strangers;
mod sums;
mod trunk;
mod two_callers;
mod waiting;

use std::time::Duration;

use simulation::{Call, CallRef, CallStage, Centre, World};

/// So many seconds.
const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A calm world in which these operators are ready.
fn open(centre: Centre) -> World {
    let operators = centre.operators.clone();
    let mut world = World::new(7, centre);
    world.open(&operators);
    world
}

/// The time from a call's beginning to its answer.
fn answered_after(call: &Call) -> Option<Duration> {
    Some(call.answered? - call.began)
}

/// Whether a call is over, in whatever way.
fn is_over(world: &World, call: CallRef) -> bool {
    matches!(world.call_of(call).stage, CallStage::Over(_))
}
