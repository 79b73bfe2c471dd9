use std::time::Duration;

use dispatch::LineId;

use crate::{ClosedPeriod, Date, PeriodId, Tally, csv, permille};

/// Every figure of a report, in its order, each with the formula that stands beside it.
pub const FIGURES: &[Figure] = &[
    figure("offered", "contacts that arrived", |t| {
        Measure::Contacts(t.arrived)
    }),
    figure("ended", "answered + abandoned + overflowed + lost", |t| {
        Measure::Contacts(t.ended())
    }),
    figure(
        "answered",
        "contacts that ended after an operator talked with them",
        |t| Measure::Contacts(t.answered),
    ),
    figure(
        "answered_within_20_s",
        "answered with first answer - arrival <= 20 s",
        |t| Measure::Contacts(t.answered_in_time),
    ),
    figure(
        "abandoned",
        "contacts whose caller hung up before anybody answered",
        |t| Measure::Contacts(t.abandoned),
    ),
    figure(
        "abandoned_within_10_s",
        "abandoned with end - arrival <= 10 s",
        |t| Measure::Contacts(t.abandoned_early),
    ),
    figure("overflowed", "contacts that a partner took", |t| {
        Measure::Contacts(t.overflowed)
    }),
    figure(
        "lost",
        "contacts whose leg was lost before anybody answered",
        |t| Measure::Contacts(t.lost),
    ),
    figure(
        "mean_wait_answered",
        "sum of first answer - arrival / (answered + overflowed)",
        |t| Measure::Mean(t.mean_answered_wait()),
    ),
    figure(
        "mean_wait_unanswered",
        "sum of end - arrival of the others / (abandoned + lost)",
        |t| Measure::Mean(t.mean_unanswered_wait()),
    ),
    figure("talk", "sum of end - first answer of answered", |t| {
        Measure::Time(t.talk)
    }),
    figure("mean_talk", "talk / answered", |t| {
        Measure::Mean(t.mean_talk())
    }),
    figure(
        "service_level",
        "answered_within_20_s / (ended - abandoned_within_10_s)",
        |t| Measure::Share(Share::of(t.answered_in_time, t.ended() - t.abandoned_early)),
    ),
    figure(
        "service_level_of_all",
        "answered_within_20_s / ended",
        |t| Measure::Share(Share::of(t.answered_in_time, t.ended())),
    ),
    figure("abandoned_share", "abandoned / ended", |t| {
        Measure::Share(Share::of(t.abandoned, t.ended()))
    }),
];

/// A figure of a report: its name in the API, how it is computed, and the computation.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name, never changed.
    pub name: &'static str,
    /// The formula, in the words of the other figures.
    pub formula: &'static str,
    measure: fn(&Tally) -> Measure,
}

/// What a figure comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A number of contacts.
    Contacts(u64),
    /// A time.
    Time(Duration),
    /// A mean time; nothing when there is nothing to take it of.
    Mean(Option<Duration>),
    /// A share.
    Share(Share),
}

/// A share of contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// In thousandths, rounded.
    Permille(u64),
    /// There is nothing of which it could be a share.
    OfNothing,
}

impl Share {
    fn of(part: u64, whole: u64) -> Self {
        match permille(part, whole) {
            Some(permille) => Self::Permille(permille),
            None => Self::OfNothing,
        }
    }
}

impl Figure {
    /// Computes it.
    #[must_use]
    pub fn of(&self, tally: &Tally) -> Measure {
        (self.measure)(tally)
    }
}

impl Measure {
    /// The text for a table: contacts, whole seconds rounded down, or percent with one place; empty when there is none.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Contacts(contacts) => contacts.to_string(),
            Self::Time(time) | Self::Mean(Some(time)) => time.as_secs().to_string(),
            Self::Share(Share::Permille(permille)) => {
                format!("{}.{}", permille / 10, permille % 10)
            }
            Self::Mean(None) | Self::Share(Share::OfNothing) => String::new(),
        }
    }

    /// What it is measured in.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Contacts(_) => "contacts",
            Self::Time(_) | Self::Mean(_) => "seconds",
            Self::Share(_) => "percent",
        }
    }
}

/// Writes the figures of closed periods as CSV: one line for each period, line and figure, with its formula beside it.
///
/// Missed offers are no contacts and have their own table. Classes stand in the months and are not part of it.
#[must_use]
pub fn report<'a>(closed: impl IntoIterator<Item = &'a ClosedPeriod>) -> String {
    let head = [
        "span", "first", "last", "line", "figure", "value", "unit", "formula",
    ];
    let rows = closed
        .into_iter()
        .filter_map(Told::of)
        .flat_map(|told| FIGURES.iter().map(move |figure| told.row(figure)));
    csv(std::iter::once(head.map(str::to_owned)).chain(rows))
}

/// The sums of a line that are told of a closed period.
#[derive(Clone, Copy)]
struct Told<'a> {
    span: &'static str,
    first: Date,
    last: Date,
    line: LineId,
    total: &'a Tally,
}

impl<'a> Told<'a> {
    fn of(closed: &'a ClosedPeriod) -> Option<Self> {
        match closed {
            ClosedPeriod::Piece {
                line,
                first,
                last,
                total,
            } => Some(Self {
                span: "piece",
                first: *first,
                last: *last,
                line: *line,
                total,
            }),
            ClosedPeriod::Month {
                line, month, total, ..
            } => Some(Self::of_month(*line, *month, total)),
            ClosedPeriod::Misses { .. } => None,
        }
    }

    const fn of_month(line: LineId, month: PeriodId, total: &'a Tally) -> Self {
        Self {
            span: "month",
            first: month.first(),
            last: month.last(),
            line,
            total,
        }
    }

    fn row(self, figure: &Figure) -> [String; 8] {
        let measure = figure.of(self.total);
        [
            self.span.to_owned(),
            self.first.to_string(),
            self.last.to_string(),
            self.line.to_string(),
            figure.name.to_owned(),
            measure.text(),
            measure.unit().to_owned(),
            figure.formula.to_owned(),
        ]
    }
}

const fn figure(
    name: &'static str,
    formula: &'static str,
    measure: fn(&Tally) -> Measure,
) -> Figure {
    Figure {
        name,
        formula,
        measure,
    }
}
