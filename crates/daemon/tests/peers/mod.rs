//! Real peers for the daemon's tests: SIPp as trunk and phones, baresip and linphone as softphones that record, and
//! `linka` itself.
//!
//! Every peer runs on the loopback with ports of its own, and ends when its value is dropped.
//! Waiting is by [`eventually`]: a condition and a deadline, never a sleep.
#![allow(dead_code, reason = "each test file uses its own part of the module")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::print_stderr,
    reason = "a failed test shows what its peers said"
)]

pub(crate) mod baresip;
pub(crate) mod browser;
pub(crate) mod by_hand;
pub(crate) mod certificate;
pub(crate) mod linka;
pub(crate) mod linphone;
pub(crate) mod people;
pub(crate) mod ports;
pub(crate) mod preload;
pub(crate) mod process;
pub(crate) mod provider;
pub(crate) mod scenario;
pub(crate) mod sipp;
pub(crate) mod sound;
pub(crate) mod wire;

use std::fmt::Write;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Asks until there is an answer, and fails the test when there is none within the time.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, within: Duration, ask: impl FnMut() -> Option<T>) -> T {
    eventually_or_tell(what, within, ask, String::new)
}

/// The same, and says at the failure what there was instead.
#[track_caller]
pub(crate) fn eventually_or_tell<T>(
    what: &str,
    within: Duration,
    mut ask: impl FnMut() -> Option<T>,
    instead: impl Fn() -> String,
) -> T {
    let deadline = Instant::now() + within;
    let (_keep_open, never) = mpsc::sync_channel::<()>(1);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "{what}: not within {within:?} {}",
            instead()
        );
        let _timeout = never.recv_timeout(POLL_INTERVAL);
    }
}

/// Fails the test if the condition stops holding before the time is over.
#[track_caller]
pub(crate) fn throughout(what: &str, time: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + time;
    eventually(what, time * 2, || {
        assert!(holds(), "{what}: did not hold throughout {time:?}");
        (Instant::now() >= end).then_some(())
    });
}

/// The bytes as lower-case hexadecimal digits, as digests are written.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
