//! An operator's status, a trunk's and a clock in words, for the command line.

use exchange::board::TrunkStatus;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use web::board::{Millis, Status};

use super::age;

/// What an operator is, with its time.
pub(super) fn of_operator(status: &Status, at_ms: Millis, zone: &TimeZone) -> String {
    let for_so_long = |since: Millis| age(at_ms.saturating_sub(since) / 1_000);
    let left = |until: Millis| age(until.saturating_sub(at_ms) / 1_000);
    match status {
        Status::Talking { since_ms, .. } => format!("talking {}", for_so_long(*since_ms)),
        Status::Engaged { since_ms } => format!("own call {}", for_so_long(*since_ms)),
        Status::Ringing { until_ms, .. } => format!("rings, {} left", left(*until_ms)),
        Status::Off { .. } => "off".to_owned(),
        Status::Paused {
            reason,
            since_ms,
            back_at_ms: None,
        } => format!("pause: {reason} {}", for_so_long(*since_ms)),
        Status::Paused {
            reason,
            back_at_ms: Some(back_at),
            ..
        } => format!("pause: {reason} until {}", clock(*back_at, zone)),
        Status::PausedByMachine { misses, since_ms } => {
            format!("PAUSE ({misses} missed) {}", for_so_long(*since_ms))
        }
        Status::Unassigned { .. } => "SERVES NO LINE".to_owned(),
        Status::Unreachable { since_ms } => {
            format!("PHONE UNREACHABLE {}", for_so_long(*since_ms))
        }
        Status::Unproven { since_ms } => format!("PHONE NOT PROVEN {}", for_so_long(*since_ms)),
        Status::WrapUp { until_ms } => format!("wrap-up, {} left", left(*until_ms)),
        Status::Resting { until_ms } => format!("rests, {} left", left(*until_ms)),
        Status::Free { since_ms } => format!("free {}", for_so_long(*since_ms)),
        Status::OnCall { .. } => "on call at home".to_owned(),
    }
}

/// What a trunk is.
pub(super) const fn of_trunk(status: TrunkStatus) -> &'static str {
    match status {
        TrunkStatus::Well => "well",
        TrunkStatus::NotProbed => "not probed",
        TrunkStatus::Asked => "asked, no answer yet",
        TrunkStatus::Silent => "did not answer the last time",
        TrunkStatus::NotRegistered => "NOT REGISTERED",
        TrunkStatus::Down => "DOWN",
    }
}

/// A time zone by its name; the machine's own where there is none.
pub(super) fn zone(name: Option<&str>) -> TimeZone {
    let named = name.and_then(|name| TimeZone::get(name).ok());
    named.unwrap_or_else(TimeZone::system)
}

/// A moment as a clock shows it.
pub(super) fn clock(at_ms: Millis, zone: &TimeZone) -> String {
    let stamp = i64::try_from(at_ms).ok();
    let stamp = stamp.and_then(|at| Timestamp::from_millisecond(at).ok());
    let shown = stamp.map(|stamp| stamp.to_zoned(zone.clone()).strftime("%H:%M").to_string());
    shown.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 18:39:00 UTC.
    const AT: Millis = 1_795_977_540_000;

    #[test]
    fn each_status_tells_its_time() {
        let told = |status: Status| of_operator(&status, AT, &TimeZone::UTC);

        assert_eq!(
            told(Status::WrapUp {
                until_ms: AT + 52_000
            }),
            "wrap-up, 0:52 left"
        );
        assert_eq!(
            told(Status::PausedByMachine {
                misses: 3,
                since_ms: AT - 125_000
            }),
            "PAUSE (3 missed) 2:05"
        );
        assert_eq!(
            told(Status::Paused {
                reason: "meal".to_owned(),
                since_ms: AT - 60_000,
                back_at_ms: Some(AT)
            }),
            "pause: meal until 18:39"
        );
        assert_eq!(
            told(Status::Paused {
                reason: "meal".to_owned(),
                since_ms: AT - 60_000,
                back_at_ms: None
            }),
            "pause: meal 1:00"
        );
        assert_eq!(
            told(Status::Unreachable {
                since_ms: AT - 5_000
            }),
            "PHONE UNREACHABLE 0:05"
        );
    }
}
