//! The site's calendar: which day and which hour of the week it is where the line is answered.

use dispatch::Moment;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use records::{Date, HourOfWeek, QuarterHour};

/// The calendar of one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Calendar(TimeZone);

impl Calendar {
    pub(crate) const fn new(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// The day at this moment; the first day of all when it is beyond every calendar.
    pub(crate) fn date(&self, at: Moment) -> Date {
        self.at(at).and_then(|at| date(&at)).unwrap_or(Date::FIRST)
    }

    /// The day and the hour of the week in which a quarter-hour begins; the first of all when it is beyond every calendar.
    pub(crate) fn hour(&self, quarter: QuarterHour) -> (Date, HourOfWeek) {
        let hour = self.at(quarter.start()).and_then(|at| {
            let day = part(at.weekday().to_monday_zero_offset())?;
            Some((date(&at)?, HourOfWeek::new(day, part(at.hour())?)?))
        });
        hour.unwrap_or((Date::FIRST, HourOfWeek::FIRST))
    }

    fn at(&self, moment: Moment) -> Option<Zoned> {
        let micros = i64::try_from(moment.as_micros()).ok()?;
        let at = Timestamp::from_microsecond(micros).ok()?;
        Some(at.to_zoned(self.0.clone()))
    }
}

fn date(at: &Zoned) -> Option<Date> {
    let year = u16::try_from(at.year()).ok()?;
    Date::new(year, part(at.month())?, part(at.day())?)
}

fn part(number: i8) -> Option<u8> {
    u8::try_from(number).ok()
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

    /// The quarter-hours of a day in UTC, in the hours of the week in Prague.
    fn hours_in_prague(date: &str) -> Vec<(Date, usize)> {
        let prague = Calendar::new(TimeZone::get("Europe/Prague").unwrap());
        let midnight: Timestamp = format!("{date}T00:00Z").parse().unwrap();
        let first = u64::try_from(midnight.as_second()).unwrap() / 900;
        let quarters = (first..first + 96).map(QuarterHour);
        let hours = quarters.map(|quarter| prague.hour(quarter));
        hours.map(|(date, hour)| (date, hour.place())).collect()
    }

    fn count(hours: &[(Date, usize)], day: u8, hour: usize) -> usize {
        let wanted = |(date, found): &&(Date, usize)| date.day() == day && *found == hour;
        hours.iter().filter(wanted).count()
    }

    #[test]
    fn week_of_the_site_begins_on_monday_at_midnight() {
        // It is one hour ahead of UTC.
        let sunday = hours_in_prague("2026-11-22");

        assert_eq!(sunday[0], (Date::new(2026, 11, 22).unwrap(), 6 * 24 + 1));
        assert_eq!(sunday[91], (Date::new(2026, 11, 22).unwrap(), 6 * 24 + 23));
        assert_eq!(sunday[92], (Date::new(2026, 11, 23).unwrap(), 0));
    }

    #[test]
    fn hour_that_the_clock_change_repeats_is_one_hour_of_the_week() {
        // 2026-10-25, a Sunday of 25 hours: from 3:00 back to 2:00 at 1:00 UTC.
        let hours = hours_in_prague("2026-10-25");

        let by_hour = [2, 3].map(|hour| count(&hours, 25, 6 * 24 + hour));
        assert_eq!(by_hour, [8, 4]);
    }

    #[test]
    fn hour_that_the_clock_change_leaves_out_has_no_quarter() {
        // 2027-03-28, a Sunday of 23 hours: from 2:00 to 3:00 at 1:00 UTC.
        let hours = hours_in_prague("2027-03-28");

        let by_hour = [1, 2, 3].map(|hour| count(&hours, 28, 6 * 24 + hour));
        assert_eq!(by_hour, [4, 0, 4]);
        assert_eq!(count(&hours, 29, 0), 4);
    }
}
