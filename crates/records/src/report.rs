use dispatch::LineId;

use crate::{ClosedPeriod, Date, Part, Sums, Times, Unanswered, csv, permille};

/// Every figure of a report, in its order, each with the formula that stands beside it.
pub const FIGURES: &[Figure] = &[
    contacts("offered", "contacts that arrived", |s| Some(s.arrived)),
    contacts("ended", "answered + abandoned + overflowed + lost", |s| {
        Some(s.ended)
    }),
    contacts(
        "answered",
        "contacts that ended after an operator talked with them",
        |s| Some(s.answered),
    ),
    contacts(
        "answered_within_20_s",
        "answered with first answer - arrival <= 20 s",
        |s| Some(s.answered_in_time),
    ),
    contacts(
        "abandoned",
        "contacts whose caller hung up before anybody answered",
        |s| Some(s.unanswered?.abandoned),
    ),
    contacts(
        "abandoned_within_10_s",
        "abandoned with end - arrival <= 10 s",
        |s| Some(s.unanswered?.abandoned_early),
    ),
    contacts("overflowed", "contacts that a partner took", |s| {
        Some(s.unanswered?.overflowed)
    }),
    contacts(
        "lost",
        "contacts whose leg was lost before anybody answered",
        |s| Some(s.unanswered?.lost),
    ),
    seconds(
        "mean_wait_answered",
        "sum of (first answer - arrival) / (answered + overflowed)",
        |s| {
            let answered = s.answered + s.unanswered?.overflowed;
            mean(s.times.answered_wait, answered)
        },
    ),
    seconds(
        "mean_wait_unanswered",
        "sum of (end - arrival) of the others / (abandoned + lost)",
        |s| {
            let Unanswered {
                abandoned, lost, ..
            } = s.unanswered?;
            mean(s.times.unanswered_wait, abandoned + lost)
        },
    ),
    seconds("talk", "sum of (end - first answer) of answered", |s| {
        s.times.talk.map(Measure::Seconds)
    }),
    seconds("mean_talk", "talk / answered", |s| {
        mean(s.times.talk, s.answered)
    }),
    share(
        "service_level",
        "answered_within_20_s / (ended - abandoned_within_10_s)",
        |s| {
            let counted = s.ended - s.unanswered?.abandoned_early;
            Some(Share::of(s.answered_in_time, counted))
        },
    ),
    share(
        "service_level_of_all",
        "answered_within_20_s / ended",
        |s| Some(Share::of(s.answered_in_time, s.ended)),
    ),
    share("abandoned_share", "abandoned / ended", |s| {
        Some(Share::of(s.unanswered?.abandoned, s.ended))
    }),
];

/// What stands in the place of a figure that would be about too few contacts, or that a part of a month does not tell.
pub const NOT_TOLD: &str = "not_told";

/// Why it is not told.
const TOO_FEW: &str =
    "it would be about fewer than ten contacts, or such a number could be computed from it";
const WHOLE_MONTHS_ALONE: &str = "only whole months tell it";
const ALL_CLASSES_ALONE: &str = "only all classes together tell it";

/// A figure of a report: its name in the API, how it is computed, and the computation.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name, never changed.
    pub name: &'static str,
    /// The formula, in the words of the other figures.
    pub formula: &'static str,
    computed: Computed,
}

#[derive(Clone, Copy, Debug)]
enum Computed {
    Contacts(fn(&Sums) -> Option<u64>),
    Seconds(fn(&Sums) -> Option<Measure>),
    Share(fn(&Sums) -> Option<Share>),
}

/// What a figure comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A number of contacts.
    Contacts(u64),
    /// A time, or a mean one, in whole seconds.
    Seconds(u64),
    /// A share.
    Share(Share),
    /// The mean time of nobody.
    OfNobody,
}

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Contacts.
    Contacts,
    /// Whole seconds.
    Seconds,
    /// A share.
    Share,
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
    /// Computes it; nothing where it is not told.
    #[must_use]
    pub fn of(&self, sums: &Sums) -> Option<Measure> {
        match self.computed {
            Computed::Contacts(contacts) => contacts(sums).map(Measure::Contacts),
            Computed::Seconds(seconds) => seconds(sums),
            Computed::Share(share) => share(sums).map(Measure::Share),
        }
    }

    /// Why it is not told of these sums, where it is not.
    #[must_use]
    pub fn why_not_told(&self, part: Part, sums: &Sums) -> &'static str {
        // What is told wherever enough contacts share it.
        let times = match part {
            Part::Piece => Times::default(),
            Part::Month => Times {
                answered_wait: Some(0),
                unanswered_wait: Some(0),
                talk: Some(0),
            },
        };
        let whole = Sums { times, ..*sums };
        match (sums.unanswered, self.of(&whole), part) {
            (None, None, Part::Piece) => WHOLE_MONTHS_ALONE,
            (None, None, Part::Month) => ALL_CLASSES_ALONE,
            (None | Some(_), _, _) => TOO_FEW,
        }
    }

    /// What it is measured in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        match self.computed {
            Computed::Contacts(_) => Unit::Contacts,
            Computed::Seconds(_) => Unit::Seconds,
            Computed::Share(_) => Unit::Share,
        }
    }
}

impl Measure {
    /// The text for a table: contacts, whole seconds, or percent with one place; empty when there is none.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Contacts(count) | Self::Seconds(count) => count.to_string(),
            Self::Share(Share::Permille(permille)) => {
                format!("{}.{}", permille / 10, permille % 10)
            }
            Self::Share(Share::OfNothing) | Self::OfNobody => String::new(),
        }
    }
}

impl Unit {
    /// Its name beside [`Measure::text`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Seconds => "seconds",
            Self::Share => "percent",
        }
    }
}

/// Writes the figures of closed periods as CSV: one line for each period, line and figure, with its formula beside it.
///
/// Behind it stand how many months are told as one, nothing for a part of a month, and why a figure is not told.
///
/// Missed offers are no contacts and have their own table. Classes stand in the months and are not part of it.
#[must_use]
pub fn report<'a>(closed: impl IntoIterator<Item = &'a ClosedPeriod>) -> String {
    let head = [
        "span", "first", "last", "line", "figure", "value", "unit", "formula", "months", "why",
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
    total: &'a Sums,
    part: Part,
    months: Option<u16>,
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
                part: Part::Piece,
                months: None,
            }),
            ClosedPeriod::Month {
                line,
                first,
                last,
                total,
                ..
            } => Some(Self {
                span: "month",
                first: *first,
                last: *last,
                line: *line,
                total,
                part: Part::Month,
                months: Some(months(*first, *last)),
            }),
            ClosedPeriod::Misses { .. } => None,
        }
    }

    fn row(self, figure: &Figure) -> [String; 10] {
        let measure = figure.of(self.total);
        let why = measure.map_or(figure.why_not_told(self.part, self.total), |_told| "");
        [
            self.span.to_owned(),
            self.first.to_string(),
            self.last.to_string(),
            self.line.to_string(),
            figure.name.to_owned(),
            measure.map_or(NOT_TOLD.to_owned(), Measure::text),
            figure.unit().as_str().to_owned(),
            figure.formula.to_owned(),
            self.months
                .map_or(String::new(), |months| months.to_string()),
            why.to_owned(),
        ]
    }
}

/// How many months are told as one.
fn months(first: Date, last: Date) -> u16 {
    let of = |day: Date| day.year() * 12 + u16::from(day.month());
    of(last).saturating_sub(of(first)) + 1
}

/// A mean of so many contacts; nothing where their sum is not told.
fn mean(sum: Option<u64>, contacts: u64) -> Option<Measure> {
    if contacts == 0 {
        return Some(Measure::OfNobody);
    }
    sum?.checked_div(contacts).map(Measure::Seconds)
}

const fn contacts(
    name: &'static str,
    formula: &'static str,
    contacts: fn(&Sums) -> Option<u64>,
) -> Figure {
    Figure {
        name,
        formula,
        computed: Computed::Contacts(contacts),
    }
}

const fn seconds(
    name: &'static str,
    formula: &'static str,
    seconds: fn(&Sums) -> Option<Measure>,
) -> Figure {
    Figure {
        name,
        formula,
        computed: Computed::Seconds(seconds),
    }
}

const fn share(
    name: &'static str,
    formula: &'static str,
    share: fn(&Sums) -> Option<Share>,
) -> Figure {
    Figure {
        name,
        formula,
        computed: Computed::Share(share),
    }
}
