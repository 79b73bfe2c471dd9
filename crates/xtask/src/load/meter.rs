//! What is measured: CPU time and memory of the process, latencies from SIPp's own time stamps, the disk.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const SYNCS: usize = 200;

/// CPU time of each thread (threads of one name together), and resident memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    pub(super) threads: BTreeMap<String, Duration>,
    pub(super) resident_kib: u64,
}

impl Usage {
    /// Reads it from `/proc/PID`.
    pub(super) fn of(pid: u32) -> Result<Self> {
        let mut usage = Self::default();
        for task in fs::read_dir(format!("/proc/{pid}/task")).context("linka is gone")? {
            let task = task?.path();
            let name = fs::read_to_string(task.join("comm"))?.trim().to_owned();
            // Its first number is the time on a core in nanoseconds; that of /proc/PID/stat is counted in 10 ms.
            let times = fs::read_to_string(task.join("schedstat"))?;
            let on_core = times.split(' ').next().and_then(|time| time.parse().ok());
            *usage.threads.entry(name).or_default() +=
                Duration::from_nanos(on_core.unwrap_or_default());
        }
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        usage.resident_kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|size| size.trim().split(' ').next()?.parse().ok())
            .context("no VmRSS")?;
        Ok(usage)
    }

    /// CPU time since an earlier look, by thread.
    pub(super) fn since(&self, earlier: &Self) -> BTreeMap<String, Duration> {
        let spent = |(name, time): (&String, &Duration)| {
            let before = earlier.threads.get(name).copied().unwrap_or_default();
            (name.clone(), time.saturating_sub(before))
        };
        self.threads.iter().map(spent).collect()
    }
}

/// One line of a scenario's log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) kind: String,
    /// Seconds since the epoch.
    pub(super) at: f64,
    pub(super) who: String,
}

/// The events of a log, in their order in time.
pub(super) fn events(log: &Path) -> Vec<Event> {
    let text = fs::read(log).unwrap_or_default();
    let mut events: Vec<Event> = String::from_utf8_lossy(&text)
        .lines()
        .filter_map(event)
        .collect();
    events.sort_by(|a, b| a.at.total_cmp(&b.at));
    events
}

/// `kind date<TAB>time<TAB>seconds.micros who`
fn event(line: &str) -> Option<Event> {
    let (kind, rest) = line.trim().split_once(' ')?;
    let (stamp, who) = rest
        .rsplit_once('\t')?
        .1
        .split_once(' ')
        .unwrap_or((rest.rsplit_once('\t')?.1, ""));
    Some(Event {
        kind: kind.to_owned(),
        at: stamp.parse().ok()?,
        who: who.trim().to_owned(),
    })
}

/// The time from each caller's INVITE to its answer.
pub(super) fn to_answer(callers: &[Event]) -> Spread {
    let mut came: BTreeMap<&str, f64> = BTreeMap::new();
    let mut times = Vec::new();
    for event in callers {
        match event.kind.as_str() {
            "calls" => drop(came.insert(&event.who, event.at)),
            "answered" => times.extend(came.remove(event.who.as_str()).map(|at| event.at - at)),
            _ => {}
        }
    }
    Spread::of(times)
}

/// Sorted seconds.
pub(super) struct Spread(Vec<f64>);

impl Spread {
    pub(super) fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    /// The values, smallest first.
    #[cfg(test)]
    pub(super) fn seconds(&self) -> &[f64] {
        &self.0
    }

    /// The value that the given share of all stays below, in milliseconds.
    fn milliseconds(&self, per_mille: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0
            .get(last * per_mille / 1_000)
            .map_or(f64::NAN, |seconds| seconds * 1_000.0)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, max {:.2} ms (n = {})",
            self.milliseconds(500),
            self.milliseconds(900),
            self.milliseconds(990),
            self.milliseconds(1_000),
            self.0.len()
        )
    }
}

/// How long the disk of this folder takes for a small append and its `fdatasync`.
pub(super) fn disk(folder: &Path) -> Result<Spread> {
    let path = folder.join("sync");
    let mut file = File::create(&path).context("making a file to sync")?;
    let mut times = Vec::new();
    for _ in 0..SYNCS {
        let started = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        times.push(started.elapsed().as_secs_f64());
    }
    fs::remove_file(&path)?;
    Ok(Spread::of(times))
}

/// A column of the last line of SIPp's statistics.
pub(super) fn statistic(file: &Path, column: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines();
    let at = lines.next()?.split(';').position(|name| name == column)?;
    lines.last()?.split(';').nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_its_kind_its_time_and_whom_it_concerns() {
        let line = "rings 2026-11-23\t03:30:01.000250\t1795750201.000250 <sip:operator-1@x>";

        let read = event(line).unwrap();

        assert_eq!(read.kind, "rings");
        assert_eq!(read.who, "<sip:operator-1@x>");
        assert!((read.at - 1_795_750_201.000_25).abs() < 1e-6);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let spread = Spread::of((1..=100).map(|n| f64::from(n) / 1_000.0).collect());

        assert!((spread.milliseconds(500) - 50.0).abs() < 1.0);
        assert!((spread.milliseconds(990) - 99.0).abs() < 1e-9);
    }
}
