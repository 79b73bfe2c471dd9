//! The machine's clock at the start: whether it is believed, who vouches for it, and `linka clock`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use dispatch::Moment;
use jiff::Timestamp;
use journal::{ANCHOR_AHEAD_MAX, Anchor, ClockDoubt, WallClock};
use serde::{Deserialize, Serialize};

use crate::cli::Data;
use crate::office::control::{self, Answer, Request, ask};
use crate::small_file::{self, Found};

/// The file of an administrator's confirmation, in the data folder.
const CONFIRMED: &str = "clock.confirmed";
/// More than its one line has.
const CONFIRMED_BYTES_MAX: u64 = 64;
/// How far the clock may stand from where it was confirmed to be vouched for by that.
const CONFIRMED_WITHIN: Duration = ANCHOR_AHEAD_MAX;
/// Time that the system has to say whether the kernel's clock is synchronised.
const ASKED_WITHIN: Duration = Duration::from_secs(2);
const MICROS: u64 = 1_000_000;

/// What `linka clock` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// `confirm` vouches for the machine's clock: the next start goes by it.
    #[arg(value_enum)]
    act: Option<Act>,
    #[command(flatten)]
    data: Data,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Act {
    /// Vouch for what the machine's clock says now.
    Confirm,
}

/// What the clocks say, in seconds since the Unix epoch.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Clocks {
    pub(crate) machine: u64,
    /// By which Linka counts.
    pub(crate) counted: u64,
    /// Why the machine's clock is not believed, if it is not.
    pub(crate) doubt: Option<String>,
    /// At which time the clock was confirmed last.
    pub(crate) confirmed: Option<u64>,
}

/// What the machine's clock says.
pub(crate) fn machine() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    Moment::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// Anchors a start after the last entry, on a clock that was `confirmed` then. The kernel is asked
/// only where the clock would not be believed without.
pub(crate) fn anchor(
    last: Option<Moment>,
    confirmed: Option<Moment>,
) -> (Anchor, Option<ClockDoubt>) {
    let wall = machine();
    let doubted = Anchor::new(WallClock::Unconfirmed(wall), last);
    if doubted.1.is_some() && (is_confirmed(confirmed, wall) || is_synchronised()) {
        return Anchor::new(WallClock::Confirmed(wall), last);
    }
    doubted
}

/// When the clock was confirmed last.
pub(crate) fn confirmed(data: &Path) -> Option<Moment> {
    let bytes = match small_file::read(&data.join(CONFIRMED), CONFIRMED_BYTES_MAX).ok()? {
        Found::Bytes(bytes) => bytes,
        Found::Nothing | Found::Foreign => return None,
    };
    let seconds: u64 = std::str::from_utf8(&bytes).ok()?.trim().parse().ok()?;
    Some(Moment::from_micros(seconds.saturating_mul(MICROS)))
}

/// Confirms what the machine's clock says. The file belongs to whom the folder belongs, whoever confirms.
pub(crate) fn confirm(data: &Path) -> std::io::Result<()> {
    let mut file = small_file::overwritten(&data.join(CONFIRMED))?;
    writeln!(file, "{}", seconds(machine()))?;
    file.sync_all()?;
    let folder = fs::metadata(data)?;
    fchown(&file, Some(folder.uid()), Some(folder.gid()))
}

fn is_confirmed(confirmed: Option<Moment>, wall: Moment) -> bool {
    confirmed.is_some_and(|at| wall.since(at).max(at.since(wall)) <= CONFIRMED_WITHIN)
}

/// Whether the system says that the kernel's clock is synchronised. A sandbox that keeps us from
/// the clock keeps us from the kernel's own answer, but not from systemd's.
fn is_synchronised() -> bool {
    let (tell, told) = mpsc::channel();
    let asks = move || {
        let arguments = ["show", "--property=NTPSynchronized", "--value"];
        let answer = Command::new("timedatectl").args(arguments).output();
        let yes = answer.is_ok_and(|answer| answer.stdout.trim_ascii() == b"yes");
        // Nobody listens any more when it took too long.
        let _late = tell.send(yes);
    };
    let asked = thread::Builder::new().name("clock".into()).spawn(asks);
    asked.is_ok() && told.recv_timeout(ASKED_WITHIN).unwrap_or(false)
}

/// Whole seconds since the Unix epoch.
pub(crate) const fn seconds(at: Moment) -> u64 {
    at.as_micros() / MICROS
}

/// Why the clock is not believed, and what is to be done.
pub(crate) fn sentence(doubt: &ClockDoubt) -> String {
    match doubt {
        ClockDoubt::FarAhead(_) => {
            format!("{doubt}: where it is right, say `linka clock confirm` and start linka again")
        }
        ClockDoubt::Behind(_) => {
            format!("{doubt}: until it is there, what is counted bears later dates")
        }
    }
}

/// `linka clock`.
pub(crate) fn clock(options: &Options) -> anyhow::Result<String> {
    let data = &options.data.data;
    let (request, running) = match options.act {
        None => (Request::Clock, control::is_served(data)),
        Some(Act::Confirm) => (Request::ConfirmClock, control::is_served(data)),
    };
    if !running {
        if let Some(Act::Confirm) = options.act {
            let place = || format!("{} cannot be written", data.join(CONFIRMED).display());
            confirm(data).with_context(place)?;
        }
        return Ok(at_rest(data));
    }
    match ask(&control::socket(data), &request)? {
        Answer::Clock { clocks } => Ok(in_words(&clocks)),
        Answer::Failed { reason } => bail!(reason),
        Answer::Status { .. } | Answer::Reloaded { .. } | Answer::Refused { .. } => {
            bail!("linka answered something else")
        }
    }
}

fn at_rest(data: &Path) -> String {
    let machine = machine();
    let confirmed = match confirmed(data) {
        Some(at) if is_confirmed(Some(at), machine) => {
            "The clock is confirmed: the next start goes by it."
        }
        Some(_) | None => "No linka runs with this data folder.",
    };
    format!("machine   {}\n{confirmed}\n", civil(seconds(machine)))
}

fn in_words(clocks: &Clocks) -> String {
    let believed = match (&clocks.doubt, clocks.confirmed) {
        (None, _) => "The clock is believed.".to_owned(),
        (Some(doubt), None) => format!("NOT BELIEVED: {doubt}."),
        (Some(doubt), Some(at)) => format!(
            "NOT BELIEVED: {doubt}.\nConfirmed at {}: the next start goes by it.",
            civil(at)
        ),
    };
    format!(
        "machine   {}\ncounted   {}\n{believed}\n",
        civil(clocks.machine),
        civil(clocks.counted)
    )
}

fn civil(seconds: u64) -> String {
    let at = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(at).map_or_else(
        |_| "a time beyond all calendars".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn confirmation_is_read_again_and_vouches_for_a_week_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(confirmed(folder.path()), None);

        confirm(folder.path()).unwrap();

        let at = confirmed(folder.path());
        let now = machine();
        assert!(is_confirmed(at, now));
        assert!(is_confirmed(at, now + 6 * DAY) && is_confirmed(at, now - 6 * DAY));
        assert!(!is_confirmed(at, now + 8 * DAY) && !is_confirmed(at, now - 8 * DAY));
    }

    #[test]
    fn pipe_or_link_in_the_place_of_a_confirmation_is_none_and_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (place, other) = (folder.path().join(CONFIRMED), folder.path().join("other"));
        let made = Command::new("mkfifo").arg(&place).status().unwrap();
        assert!(made.success());
        assert_eq!(confirmed(folder.path()), None);
        assert!(confirm(folder.path()).is_err());

        fs::remove_file(&place).unwrap();
        fs::write(&other, "somebody's").unwrap();
        std::os::unix::fs::symlink(&other, &place).unwrap();

        assert!(confirm(folder.path()).is_err());
        assert_eq!(fs::read_to_string(&other).unwrap(), "somebody's");
    }

    #[test]
    fn clock_far_past_the_last_entry_is_believed_once_it_is_confirmed() {
        let folder = tempfile::tempdir().unwrap();
        let last = Some(machine() - 30 * DAY);

        confirm(folder.path()).unwrap();
        let (anchor, doubt) = anchor(last, confirmed(folder.path()));

        assert_eq!(doubt, None);
        assert!(anchor.start() > machine() - DAY);
    }
}
