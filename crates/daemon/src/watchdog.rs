//! The thread that feeds the service watchdog. It has nothing to do with disk or network, so that
//! neither can keep it from its work.

use std::sync::Weak;
use std::thread;
use std::time::Duration;

use crate::media_threads::Media;
use crate::ticks::{Tick, Ticks};

/// How often the threads are looked at and the watchdog is fed.
const EVERY: Duration = Duration::from_secs(1);

/// Whom it watches.
pub(crate) struct Watchdog {
    pub(crate) ticks: Ticks,
    /// The media threads beat by themselves; while all of them do, this is ticked for them.
    pub(crate) media_tick: Tick,
    pub(crate) media: Weak<Media>,
}

impl Watchdog {
    /// Starts it. It ends with the media threads, which are the last to end.
    ///
    /// # Errors
    /// The system's, when no thread could be started.
    pub(crate) fn spawn(self) -> std::io::Result<()> {
        let thread = thread::Builder::new().name("watchdog".into());
        thread.spawn(move || self.run()).map(drop)
    }

    fn run(self) {
        let mut last: Vec<u64> = Vec::new();
        while let Some(media) = self.media.upgrade() {
            let beats: Vec<u64> = media.beats().collect();
            drop(media);
            if beats.iter().zip(&last).all(|(beat, last)| beat != last) {
                self.media_tick.tick();
            }
            last = beats;
            self.feed();
            thread::sleep(EVERY);
        }
    }

    /// Feeds systemd's watchdog while every thread ticks.
    fn feed(&self) {
        match self.ticks.stuck() {
            None => {
                let _unwatched = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
            }
            Some(thread) => tracing::error!(thread, "a thread does not tick"),
        }
    }
}
