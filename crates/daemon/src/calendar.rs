//! The site's calendar: which day it is where the line is answered.

use dispatch::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use records::Date;

/// The calendar of one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Calendar(TimeZone);

impl Calendar {
    pub(crate) const fn new(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// The day at this moment; the first day of all when it is beyond every calendar.
    pub(crate) fn date(&self, at: Moment) -> Date {
        let micros = i64::try_from(at.as_micros()).unwrap_or(i64::MAX);
        let date = Timestamp::from_microsecond(micros).map(|at| at.to_zoned(self.0.clone()).date());
        date.ok()
            .and_then(|date| {
                let part = |number: i8| u8::try_from(number).ok();
                let year = u16::try_from(date.year()).ok()?;
                Date::new(year, part(date.month())?, part(date.day())?)
            })
            .unwrap_or(Date::FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date_in_prague(seconds: u64) -> Date {
        let prague = TimeZone::get("Europe/Prague").unwrap();
        Calendar::new(prague).date(Moment::from_micros(seconds * 1_000_000))
    }

    #[test]
    fn day_begins_at_midnight_of_the_site() {
        // 2026-11-22T23:00:00Z is midnight in Prague.
        let midnight = 1_795_388_400;

        assert_eq!(Date::new(2026, 11, 22), Some(date_in_prague(midnight - 1)));
        assert_eq!(Date::new(2026, 11, 23), Some(date_in_prague(midnight)));
    }

    #[test]
    fn night_of_the_clock_change_has_one_midnight() {
        // 2027-03-28, a day of 23 hours, ends at 22:00 UTC.
        let midnight = 1_806_271_200;

        assert_eq!(Date::new(2027, 3, 28), Some(date_in_prague(midnight - 1)));
        assert_eq!(Date::new(2027, 3, 29), Some(date_in_prague(midnight)));
    }
}
