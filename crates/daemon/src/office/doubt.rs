//! A clock that is not believed: screens say so, and people are told at the start and each day, for
//! as long as it is so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Office;
use super::warn::{News, Words};

/// How often it is told.
const TOLD_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Tells until the process ends; nothing where the clock is believed.
pub(super) async fn watch(office: Arc<Office>, to_herald: mpsc::Sender<Words>) {
    let Some(doubt) = &office.doubt else { return };
    office.screens.clock_doubted(doubt.clone());
    let mut days = tokio::time::interval(TOLD_EVERY);
    loop {
        days.tick().await;
        let words = Words {
            kind: "clock-doubted",
            text: doubt.clone(),
            news: News::Machine,
        };
        if to_herald.send(words).await.is_err() {
            return;
        }
    }
}
