//! What the files themselves tell, without what is in them: their times and lengths.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, FallocateFlags, Timespec, Timestamps, fallocate, utimensat};

use super::log_beside;

/// The length of the log of writes from one snapshot to the next: more than a minute with a dozen calls takes.
const LOG_BYTES: u64 = 1 << 20;
const MINUTE: Duration = Duration::from_secs(60);

/// The journal's files, whose times are those of the last snapshot, to the minute.
///
/// The kernel's time of change (`ctime`) cannot be set: until the next snapshot it tells when
/// something was written last.
pub(crate) struct QuietFiles {
    files: [PathBuf; 2],
    minute: SystemTime,
}

impl QuietFiles {
    pub(crate) fn new(file: &Path, now: SystemTime) -> Self {
        Self {
            files: [file.to_owned(), log_beside(file)],
            minute: minute_of(now),
        }
    }

    /// A snapshot was written now, and the log of writes is empty: it gets its length again.
    pub(crate) fn snapshot_written(&mut self, now: SystemTime) {
        self.minute = minute_of(now);
        let [_, log] = &self.files;
        // A full disk keeps it short: the next snapshot tries again.
        let _shorter = lengthen(log);
        self.written();
    }

    /// Something was written: the files do not tell when.
    pub(crate) fn written(&self) {
        let since = self.minute.duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = Timespec {
            tv_sec: since.as_secs().try_into().unwrap_or_default(),
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        for file in &self.files {
            // By its path: whoever opens the database beside SQLite and closes it again lets go of its locks. A file
            // that is not there has no time.
            let _not_there = utimensat(CWD, file, &times, AtFlags::empty());
        }
    }
}

fn lengthen(log: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).open(log)?;
    if fallocate(&file, FallocateFlags::empty(), 0, LOG_BYTES).is_ok() {
        return Ok(());
    }
    // Not every file system reserves.
    file.set_len(LOG_BYTES)
}

fn minute_of(now: SystemTime) -> SystemTime {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let into_it = since.as_secs() % MINUTE.as_secs();
    UNIX_EPOCH + Duration::from_secs(since.as_secs() - into_it)
}
