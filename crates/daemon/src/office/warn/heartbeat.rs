//! The heartbeat: an outside watcher learns that Linka is alive, and that it is not once nothing comes.

use tokio::sync::watch;

use crate::configuration::Heartbeat;
use crate::office::ways;
use crate::ticks::Ticks;

/// Asks the outside watcher's address for as long as every thread ticks. Another address, or none,
/// holds from when it is configured.
pub(crate) async fn beat(mut heartbeat: watch::Receiver<Option<Heartbeat>>, ticks: Ticks) {
    loop {
        let configured = heartbeat.borrow_and_update().clone();
        let changed = match configured {
            Some(configured) => {
                tokio::select! {
                    changed = heartbeat.changed() => changed,
                    () = beat_at(&configured, &ticks) => Ok(()),
                }
            }
            None => heartbeat.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn beat_at(heartbeat: &Heartbeat, ticks: &Ticks) {
    let mut interval = tokio::time::interval(heartbeat.interval);
    loop {
        interval.tick().await;
        if ticks.stuck().is_some() {
            continue;
        }
        let url = heartbeat.url.clone();
        let asked = tokio::task::spawn_blocking(move || ways::agent().get(&url).call().is_ok());
        if !asked.await.unwrap_or(false) {
            tracing::warn!("the heartbeat's watcher does not answer");
        }
    }
}
