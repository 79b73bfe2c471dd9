//! A disk that hangs: a write of the journal that does not come back is told, and so is its end. Calls go on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Office;
use super::warn::{News, Subject, Words};

/// What is said of a journal that has been inside one write for too long.
pub(super) const HANGS: &str =
    "what happens is not on disk: the disk under the journal does not come back from a write";
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How the disk was found when it was looked at last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Disk {
    Writes,
    Hangs,
}

/// Looks until the process ends.
pub(super) async fn watch(office: Arc<Office>, to_herald: mpsc::Sender<Words>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut last = Disk::Writes;
    loop {
        looks.tick().await;
        let disk = match office.disk.stuck() {
            Some(_) => Disk::Hangs,
            None => Disk::Writes,
        };
        if std::mem::replace(&mut last, disk) != disk && to_herald.send(words(disk)).await.is_err()
        {
            return;
        }
    }
}

fn words(disk: Disk) -> Words {
    let (kind, text, news) = match disk {
        Disk::Hangs => ("disk-hangs", HANGS, News::Fails(Subject::Journal)),
        Disk::Writes => (
            "disk-writes",
            "the disk under the journal writes again",
            News::Mended(Subject::Journal),
        ),
    };
    Words {
        kind,
        text: text.to_owned(),
        news,
    }
}
