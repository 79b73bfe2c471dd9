use std::fmt;

/// A day of the site's calendar. Which day it is now arrives as a fact: nothing here knows a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The first day of the Unix epoch: before every day that is counted.
    pub const FIRST: Self = Self {
        year: 1970,
        month: 1,
        day: 1,
    };
    /// The last day that a report may name.
    pub const LAST: Self = Self {
        year: 9_999,
        month: 12,
        day: 31,
    };

    /// A day of the Gregorian calendar; nothing when there is no such day.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        if day == 0 || day > days_of(year, month) {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Reads a day as it is written, such as 2026-11-23; nothing when there is no such day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = || parts.next()?.parse().ok();
        let (year, month, day): (u16, u16, u16) = (part()?, part()?, part()?);
        if parts.next().is_some() {
            return None;
        }
        Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// Another day of the same month.
    pub(crate) const fn on(self, day: u8) -> Self {
        Self { day, ..self }
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1 on.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1 on.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }
}

/// Year, month and day as in ISO 8601.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// How many days a month has; none when there is no such month.
const fn days_of(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 0,
    }
}

/// How long a period is.
///
/// Weeks tile months: they begin on the 1st, 8th, 15th and 22nd, and the last one ends with its
/// month. Were they weeks of the calendar, an exact month less the weeks inside it would tell the
/// counts of two or three days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// A day.
    Day,
    /// Seven days, or up to ten at the end of a month.
    Week,
    /// A month.
    Month,
}

/// A period of the site's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodId {
    span: Span,
    first: Date,
}

impl PeriodId {
    /// The period of this length that a day is in.
    #[must_use]
    pub const fn of(span: Span, date: Date) -> Self {
        let day = match span {
            Span::Day => date.day,
            Span::Week => match date.day {
                ..8 => 1,
                8..15 => 8,
                15..22 => 15,
                22.. => 22,
            },
            Span::Month => 1,
        };
        Self {
            span,
            first: Date { day, ..date },
        }
    }

    /// How long it is.
    #[must_use]
    pub const fn span(self) -> Span {
        self.span
    }

    /// Its first day.
    #[must_use]
    pub const fn first(self) -> Date {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub const fn last(self) -> Date {
        let Date { year, month, day } = self.first;
        let end = days_of(year, month);
        let day = match (self.span, day) {
            (Span::Day, day) => day,
            (Span::Week, 22) | (Span::Month, _) => end,
            (Span::Week, day) => day + 6,
        };
        Date { year, month, day }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: u16, month: u8, day: u8) -> Date {
        Date::new(year, month, day).unwrap()
    }

    #[test]
    fn there_is_no_thirtieth_of_february() {
        assert_eq!(Date::new(2028, 2, 30), None);
        assert_eq!(Date::new(2027, 2, 29), None);
        assert_eq!(Date::new(2100, 2, 29), None);
        assert!(Date::new(2028, 2, 29).is_some());
        assert_eq!(Date::new(2027, 13, 1), None);
        assert_eq!(Date::new(2027, 4, 0), None);
    }

    #[test]
    fn weeks_tile_every_month() {
        for month in 1..=12 {
            let mut next = 1;
            for day in 1..=31 {
                let Some(today) = Date::new(2028, month, day) else {
                    continue;
                };
                let week = PeriodId::of(Span::Week, today);
                assert!(week.first() <= today && today <= week.last());
                if day == next {
                    assert_eq!(week.first(), today);
                    next = week.last().day() + 1;
                }
            }
            let whole = PeriodId::of(Span::Month, date(2028, month, 9));
            assert_eq!(whole.last().day() + 1, next);
        }
    }
}
