//! An operator's status, a trunk's and a clock in words, for the command line.

use exchange::board::TrunkStatus;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use web::board::{Millis, Status};

use super::age;

/// What an operator is, with its time.
pub(super) fn of_operator(status: &Status, at_ms: Millis, hours: &Hours) -> String {
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
        } => format!("pause: {reason}{}", back(*back_at, at_ms, hours)),
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

/// When who paused is to be back, or was to be.
fn back(back_at: Millis, at_ms: Millis, hours: &Hours) -> String {
    let away = age(back_at.abs_diff(at_ms) / 1_000);
    match (hours, back_at < at_ms) {
        (Hours::OfSite(zone), false) => format!(" until {}", clock(back_at, at_ms, zone)),
        (Hours::OfSite(zone), true) => {
            format!(", was to be back at {}", clock(back_at, at_ms, zone))
        }
        (Hours::Doubted, false) => format!(", {away} left"),
        (Hours::Doubted, true) => format!(", was to be back {away} ago"),
    }
}

/// Since when something is counted, where not since midnight.
pub(super) fn since(since: Option<Millis>, at_ms: Millis, hours: &Hours) -> String {
    match (since, hours) {
        (None, _) => String::new(),
        (Some(since), Hours::OfSite(zone)) => format!(" (since {})", clock(since, at_ms, zone)),
        (Some(since), Hours::Doubted) => {
            format!(" (for {} so far)", age(at_ms.saturating_sub(since) / 1_000))
        }
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

/// How moments are told.
pub(super) enum Hours {
    /// By the clock of the site.
    OfSite(TimeZone),
    /// By how far they are away: the machine's clock is not believed.
    Doubted,
}

impl Hours {
    pub(super) fn of(status: &super::Status) -> Self {
        match status.clock_doubt {
            Some(_) => Self::Doubted,
            None => Self::OfSite(zone(status.time_zone.as_deref())),
        }
    }
}

/// A time zone by its name; the machine's own where there is none.
fn zone(name: Option<&str>) -> TimeZone {
    let named = name.and_then(|name| TimeZone::get(name).ok());
    named.unwrap_or_else(TimeZone::system)
}

/// A moment as a clock shows it, with its day unless that is today.
fn clock(at_ms: Millis, now_ms: Millis, zone: &TimeZone) -> String {
    let zoned = |at_ms| {
        let stamp = Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?;
        Some(stamp.to_zoned(zone.clone()))
    };
    let Some(at) = zoned(at_ms) else {
        return String::new();
    };
    let is_today = zoned(now_ms).is_some_and(|now| now.date() == at.date());
    let format = if is_today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 18:39:00 UTC.
    const AT: Millis = 1_795_977_540_000;

    const OF_SITE: Hours = Hours::OfSite(TimeZone::UTC);

    /// A pause for a meal that was to end so long after, or before.
    fn meal_until(back_at_ms: Millis) -> Status {
        Status::Paused {
            reason: "meal".to_owned(),
            since_ms: AT - 600_000,
            back_at_ms: Some(back_at_ms),
        }
    }

    #[test]
    fn who_is_to_be_back_is_told_so_before_and_after() {
        let told = |back_at_ms| of_operator(&meal_until(back_at_ms), AT, &OF_SITE);

        assert_eq!(told(AT + 60_000), "pause: meal until 18:40");
        assert_eq!(told(AT - 60_000), "pause: meal, was to be back at 18:38");
        assert_eq!(
            told(AT + 24 * 3_600_000),
            "pause: meal until 2026-11-30 18:39"
        );
    }

    #[test]
    fn while_the_clock_is_doubted_moments_are_told_by_how_far_they_are_away() {
        let told = |back_at_ms| of_operator(&meal_until(back_at_ms), AT, &Hours::Doubted);

        assert_eq!(told(AT + 61_000), "pause: meal, 1:01 left");
        assert_eq!(told(AT - 61_000), "pause: meal, was to be back 1:01 ago");
    }

    #[test]
    fn each_status_tells_its_time() {
        let told = |status: Status| of_operator(&status, AT, &OF_SITE);

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
