//! The exchange crashes, at every step of every call (DESIGN §3), and starts again on what its journal holds.
#![allow(clippy::unwrap_used)]

mod after_a_start;
mod every_step;
mod sick_disk;

use std::time::Duration;

use simulation::{Centre, World};

/// So many seconds.
const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A calm world in which two operators are ready.
fn open() -> World {
    let mut world = World::new(
        11,
        Centre {
            operators: vec!["eva", "jana"],
            line_rings: seconds(2),
            wrap_up: (seconds(600), seconds(600)),
            ..Centre::default()
        },
    );
    world.open(&["eva", "jana"]);
    world
}

/// How many messages of that method the exchange sent to a phone since its last start.
fn sent_since_the_start(world: &World, phone: &str, method: &str) -> usize {
    let start = world.found().unwrap().at;
    world
        .sent_to(phone)
        .filter(|sent| sent.at >= start && sent.text.starts_with(method))
        .count()
}
