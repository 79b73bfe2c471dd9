//! How near the end of the web's certificate is, and when people are told.

use jiff::Timestamp;
use store::sql::UnixSeconds;

use crate::office::warn::{News, Subject, Words};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Seconds before the end from which it is told. Whoever renews by a machine does so earlier.
const SOON_SECONDS: i64 = 14 * DAY_SECONDS;
/// Seconds before the end from which it is told again each day.
const VERY_SOON_SECONDS: i64 = 3 * DAY_SECONDS;

/// How near the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    /// More than 14 days away.
    Far,
    /// At most 14 days away.
    Soon,
    /// At most 3 days away.
    VerySoon,
    /// It is past: no browser comes in.
    Over,
}

impl Nearness {
    pub(crate) const fn of(ends: UnixSeconds, now: UnixSeconds) -> Self {
        let left = ends.0.saturating_sub(now.0);
        if left <= 0 {
            Self::Over
        } else if left <= VERY_SOON_SECONDS {
            Self::VerySoon
        } else if left <= SOON_SECONDS {
            Self::Soon
        } else {
            Self::Far
        }
    }
}

/// When the certificate ends or ended, as a sentence.
pub(crate) fn sentence(ends: UnixSeconds, now: UnixSeconds) -> String {
    let at = Timestamp::from_second(ends.0).map_or_else(
        |_| "a time beyond all calendars".to_owned(),
        |at| at.strftime("%Y-%m-%d at %H:%M UTC").to_string(),
    );
    if Nearness::of(ends, now) == Nearness::Over {
        return format!("the certificate of the web ran out on {at}");
    }
    let days = match ends.0.saturating_sub(now.0) / DAY_SECONDS {
        0 => "in less than a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    };
    format!("the certificate of the web runs out on {at}, {days}")
}

/// What people were told about the certificate last, and when.
#[derive(Debug)]
pub(crate) struct Watch {
    told: Nearness,
    at: UnixSeconds,
}

impl Watch {
    /// Nobody was told anything yet.
    pub(crate) const fn new() -> Self {
        Self {
            told: Nearness::Far,
            at: UnixSeconds(0),
        }
    }

    /// What people are to be told now: each time the end comes nearer by a step, once a day from 3
    /// days before it on, and when it is far away again.
    pub(crate) fn look(&mut self, ends: UnixSeconds, now: UnixSeconds) -> Option<Words> {
        let nearness = Nearness::of(ends, now);
        let before = std::mem::replace(&mut self.told, nearness);
        let is_due = match nearness {
            Nearness::Far | Nearness::Soon => nearness != before,
            Nearness::VerySoon | Nearness::Over => {
                nearness != before || now.0.saturating_sub(self.at.0) >= DAY_SECONDS
            }
        };
        if !is_due {
            return None;
        }
        self.at = now;
        let (kind, news) = match nearness {
            Nearness::Far => ("certificate-renewed", News::Mended(Subject::Certificate)),
            Nearness::Soon | Nearness::VerySoon => {
                ("certificate-runs-out", News::Fails(Subject::Certificate))
            }
            Nearness::Over => ("certificate-ran-out", News::Fails(Subject::Certificate)),
        };
        Some(Words {
            kind,
            text: sentence(ends, now),
            news,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: UnixSeconds = UnixSeconds(1_795_420_800);

    fn before(days: i64, hours: i64) -> UnixSeconds {
        UnixSeconds(ENDS.0 - days * DAY_SECONDS - hours * 3_600)
    }

    fn told(watch: &mut Watch, now: UnixSeconds) -> Option<(&'static str, String)> {
        watch.look(ENDS, now).map(|words| (words.kind, words.text))
    }

    #[test]
    fn people_are_told_fourteen_and_three_days_before_and_at_the_end() {
        let mut watch = Watch::new();
        let mut days = Vec::new();

        for hours in (0..=20 * 24).rev() {
            if let Some((kind, _)) = told(&mut watch, before(0, hours)) {
                days.push((hours, kind));
            }
        }

        let runs_out = "certificate-runs-out";
        assert_eq!(
            days,
            [
                (14 * 24, runs_out),
                (3 * 24, runs_out),
                (2 * 24, runs_out),
                (24, runs_out),
                (0, "certificate-ran-out"),
            ]
        );
    }

    #[test]
    fn end_that_is_past_is_told_each_day() {
        let mut watch = Watch::new();
        let times = (0..72_i64).filter(|hours| told(&mut watch, before(0, -hours)).is_some());

        assert_eq!(times.collect::<Vec<_>>(), [0, 24, 48]);
    }

    #[test]
    fn start_shortly_before_the_end_tells_at_once() {
        let (kind, text) = told(&mut Watch::new(), before(12, 5)).unwrap();

        assert_eq!(kind, "certificate-runs-out");
        assert_eq!(
            text,
            "the certificate of the web runs out on 2026-11-23 at 08:00 UTC, in 12 days"
        );
    }

    #[test]
    fn certificate_that_was_renewed_in_time_is_never_spoken_of() {
        let mut watch = Watch::new();

        for day in 0..900 {
            let now = UnixSeconds(ENDS.0 + day * DAY_SECONDS);
            let ends = UnixSeconds(ENDS.0 + (day / 60 + 1) * 60 * DAY_SECONDS + 30 * DAY_SECONDS);
            assert!(watch.look(ends, now).is_none(), "day {day}");
        }
    }

    #[test]
    fn renewal_is_told_once() {
        let mut watch = Watch::new();
        told(&mut watch, before(2, 0));
        let renewed = UnixSeconds(ENDS.0 + 90 * DAY_SECONDS);

        let words = watch.look(renewed, before(2, 0)).unwrap();
        let again = watch.look(renewed, before(1, 0));

        assert_eq!(words.kind, "certificate-renewed");
        assert_eq!(words.news, News::Mended(Subject::Certificate));
        assert!(again.is_none());
    }

    #[test]
    fn days_are_told_in_words() {
        let of = |now| sentence(ENDS, now);

        assert!(of(before(1, 1)).ends_with(", in 1 day"));
        assert!(of(before(0, 1)).ends_with(", in less than a day"));
        assert!(of(ENDS).starts_with("the certificate of the web ran out on 2026-11-23"));
    }
}
