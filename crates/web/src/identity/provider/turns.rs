//! Whose codes are shown to the provider, and how many at once.
//!
//! What the provider refuses locks nobody out: it limits guesses itself, and those behind one
//! address are not all one person. What they cost is bounded instead: the codes of a network wait
//! for each other, and leave the others their questions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::sql::UnixSeconds;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::super::lock;
use super::super::lockout::Origin;
use super::ask::{ASKED_AT_ONCE_MAX, NoAnswer};

/// How many codes of one network are shown to the provider at once; the next wait for their turn.
pub const SHOWN_OF_NETWORK_MAX: usize = ASKED_AT_ONCE_MAX / 2;
/// How long a code waits for its turn. With the questions of a sign-in that is less than
/// [`REQUEST_TIMEOUT`](crate::REQUEST_TIMEOUT).
pub const TURN_TIME: Duration = Duration::from_secs(4);
/// Seconds for which the log says nothing more of codes that failed, once it has.
pub const SAID_AGAIN_SECONDS: i64 = 10;

/// The turns of all networks that show a code now.
#[derive(Debug, Default)]
pub(super) struct Turns {
    networks: Mutex<BTreeMap<Origin, Arc<Semaphore>>>,
    said: Mutex<Option<UnixSeconds>>,
}

impl Turns {
    /// Waits until a code of this network may be shown. Its turn lasts as long as what is returned.
    pub(super) async fn take(&self, network: Origin) -> Result<OwnedSemaphorePermit, NoAnswer> {
        let turns = {
            let mut networks = lock(&self.networks);
            // Whoever waits or has a turn holds a share.
            networks.retain(|_, turns| Arc::strong_count(turns) > 1);
            let turns = networks
                .entry(network)
                .or_insert_with(|| Arc::new(Semaphore::new(SHOWN_OF_NETWORK_MAX)));
            Arc::clone(turns)
        };
        let turn = timeout(TURN_TIME, turns.acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(NoAnswer::Busy)
    }

    /// Whether the log is to say of one more code that it failed: whoever makes them up may not fill it.
    pub(super) fn is_said(&self, now: UnixSeconds) -> bool {
        let mut said = lock(&self.said);
        let is_due = said.is_none_or(|at| now.0 >= at.0.saturating_add(SAID_AGAIN_SECONDS));
        if is_due {
            *said = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn network(text: &str) -> Origin {
        Origin::network(Some(text.parse::<IpAddr>().unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn codes_of_one_network_wait_for_each_other_and_for_nobody_else() {
        let turns = Turns::default();
        let crowded = network("192.0.2.1");
        let mut taken = Vec::new();
        for _ in 0..SHOWN_OF_NETWORK_MAX {
            taken.push(turns.take(crowded).await.unwrap());
        }

        let one_too_many = turns.take(crowded).await;
        let elsewhere = turns.take(network("198.51.100.1")).await;
        taken.pop();
        let later = turns.take(crowded).await;

        assert!(matches!(one_too_many, Err(NoAnswer::Busy)));
        assert!(elsewhere.is_ok() && later.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn networks_that_show_nothing_are_forgotten() {
        let turns = Turns::default();
        for last in 0..100 {
            drop(turns.take(network(&format!("192.0.{last}.1"))).await);
        }

        let _turn = turns.take(network("198.51.100.1")).await;

        assert_eq!(lock(&turns.networks).len(), 1);
    }

    #[test]
    fn log_says_of_many_codes_once_in_a_while_that_they_failed() {
        let turns = Turns::default();

        let said = [0, 1, SAID_AGAIN_SECONDS - 1, SAID_AGAIN_SECONDS].map(UnixSeconds);

        assert_eq!(said.map(|at| turns.is_said(at)), [true, false, false, true]);
    }
}
