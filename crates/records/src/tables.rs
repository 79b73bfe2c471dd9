use crate::choice::{Holds, NOT_ASKED};
use crate::content::{Children, Content, Field};
use crate::generalise::{COMMONEST_PERCENT_MAX, is_diverse, persons};
use crate::open::{Month, Values, is_in_rows};
use crate::suppress::{CELL_MIN, Cell, HIDDEN_WIDTH_MIN, Shared, hide_in_grid};
use crate::{Contents, SHARED_BY_MIN};

/// The tables of one field: every field has one. There are no others, so that nobody can take one from another.
pub const SINGLES: &[Field] = Field::ALL;
/// The tables of two fields. The second is what nobody outside may learn, whoever knows the first;
/// where an outsider may know the second, he may not learn the first either.
///
/// No two fields that stand together in a [`Row`](crate::Row) have one: what a table has beyond the
/// rows could be about very few. No field of which several may be ticked has one: what nearly all of
/// a row have ticked would be told.
pub const PAIRS: [(Field, Field); 4] = [
    (Field::Category, Field::Outcome),
    (Field::Category, Field::Referral),
    (Field::WhoCalled, Field::Outcome),
    (Field::Children, Field::ChildrenOutcome),
];

/// The tables of one line and month, as they may be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Of one field, in the order of [`SINGLES`].
    pub singles: Vec<Single>,
    /// Of two fields, in the order of [`PAIRS`]; those that nobody is in, or that cannot be hidden
    /// well enough, are missing.
    pub pairs: Vec<Pair>,
}

/// How many contacts have each value of a field. Where several values may be ticked, a contact counts for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Single {
    /// The field.
    pub field: Field,
    /// Its values in the order of the domain.
    pub cells: Vec<(&'static str, Cell)>,
}

/// How many contacts have each pair of values.
///
/// Values of the first field that fewer than ten contacts have, or whose contacts are nearly all
/// alike in the second, stand together in one row; values of the second that are hidden alone stand
/// together in one column, and where rows of calls tell the second, those that fewer than ten contacts
/// have or whose contacts are nearly all alike in the first, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The field of the rows.
    pub first: Field,
    /// The field of the columns.
    pub second: Field,
    /// The values of each column.
    pub columns: Vec<Vec<&'static str>>,
    /// The values of each row, and its cells.
    pub rows: Vec<(Vec<&'static str>, Vec<Cell>)>,
}

/// Makes the tables of one line and month, whose contents are given by the periods that its rows
/// tell. A table is made once for a month, never for a part of it: two of them could be subtracted.
///
/// Rows and tables are one publication: a cell is hidden together with others among which the rows
/// leave it open by [`HIDDEN_WIDTH_MIN`](crate::HIDDEN_WIDTH_MIN) contacts, and nobody learns from
/// the table of outcomes what rows do not tell of nearly all calls of a group. Of fewer than ten persons
/// nothing is told: what all of them have would be known of each.
///
/// What nearly all have is told of nobody ([`COMMONEST_PERCENT_MAX`](crate::COMMONEST_PERCENT_MAX)):
/// whoever knows that she called would know it of her. A whole table is hidden where
///
/// - nearly all of those who were asked have one value, or one alone is there, of a field that no
///   outsider may know: the outcome, and those that stand in no [`Row`](crate::Row). Of the others an
///   outsider may know her value anyway, and a table of one field tells him nothing new on its own;
/// - nearly all of those who were asked, or of those among them who have children, ticked one value of
///   a field of which several may be ticked.
///
/// All of it is hidden, and not that value alone: were others shown, what they leave of those who
/// were asked would name it. So a hidden table is the same whichever value nearly all have, and the
/// same as one of a field that nobody was asked (of the outcome, rows tell that). What remains: who
/// knows that a field was asked of many, and the rule, knows that nearly all have one value there, and
/// may guess which, most easily where there are two; who knows the months before it guesses better.
/// Of ages, rows may tell what nearly all have. Who knows the rule, and that nobody had called before,
/// excludes months that would be told otherwise: of all months of 12, 16 and 20 calls, for a field of four
/// values, he finds a value narrower than [`HIDDEN_WIDTH_MIN`](crate::HIDDEN_WIDTH_MIN) in 2 to 5 %,
/// how many were not asked in 7 to 11 %, and a count exactly in less than 1 %. (The test `rule` of the
/// attackers.)
#[must_use]
pub fn tables(periods: &[Contents]) -> Tables {
    let month = Month::new(periods);
    let contents: Vec<&Content> = periods.iter().flat_map(Contents::iter).collect();
    if !contents.is_empty() && persons(&contents) < SHARED_BY_MIN {
        return Tables {
            singles: SINGLES.iter().map(|field| hidden(*field)).collect(),
            pairs: Vec::new(),
        };
    }
    let singles: Vec<Single> = SINGLES
        .iter()
        .map(|field| single(*field, &month, &contents))
        .collect();
    let single = |field: &Field| singles.iter().find(|single| single.field == *field);
    let pairs = PAIRS
        .iter()
        .filter_map(|(first, second)| pair(single(first)?, single(second)?, &contents))
        .filter(|pair| !pair.rows.is_empty())
        .collect();
    Tables { singles, pairs }
}

/// A table that tells nothing.
fn hidden(field: Field) -> Single {
    let values = field.domain().into_iter();
    Single {
        field,
        cells: values.map(|value| (value, Cell::Hidden)).collect(),
    }
}

fn single(field: Field, month: &Month<'_>, contents: &[&Content]) -> Single {
    let domain = field.domain();
    let counts: Vec<Shared> = domain
        .iter()
        .map(|value| count(contents, |content| content.texts(field).contains(value)))
        .collect();
    let hidden = match field.holds() {
        Holds::One => hidden_values(field, month, &counts),
        Holds::Several => hidden_ticks(field, month, &counts, contents),
    };
    let cell = |place: usize| match hidden.contains(place) {
        true => Cell::Hidden,
        false => Cell::Count(counts[place].contacts),
    };
    Single {
        field,
        cells: (0..)
            .zip(&domain)
            .map(|(place, value)| (*value, cell(place)))
            .collect(),
    }
}

/// The values of a field that its table hides. What is hidden has a sum that is known.
fn hidden_values(field: Field, month: &Month<'_>, counts: &[Shared]) -> Values {
    let all = || 0..counts.len();
    if is_secret(field) && !differs(counts) {
        return all().collect();
    }
    let open = month.open(field);
    // What the rows tell is no secret.
    let is_told = |value: usize| open.width(value, all().collect()) == 0;
    let is_small = |value: &usize| counts[*value].persons < CELL_MIN && !is_told(*value);
    let mut hidden: Values = all().filter(is_small).collect();
    let too_narrow = |hidden: Values| {
        let mut values = all().filter(|value| hidden.contains(*value));
        values.find(|value| open.width(*value, hidden) < HIDDEN_WIDTH_MIN)
    };
    let learnt = |hidden| {
        if field == Field::Outcome {
            month.learnt_outcome(hidden)
        } else {
            None
        }
    };
    while let Some(value) = too_narrow(hidden).or_else(|| learnt(hidden)) {
        hidden = hidden.with(value);
        let visible = all().filter(|other| !hidden.contains(*other) && !is_told(*other));
        let helps = |other: &usize| open.width(value, Values::one(value).with(*other)) > 0;
        let other = visible.min_by_key(|other| (!helps(other), counts[*other].contacts));
        let Some(other) = other else {
            break;
        };
        hidden = hidden.with(other);
    }
    hidden
}

/// Tells whether an outsider who knows a caller does not know this of her: what stands in no row, and
/// what is the second of a pair.
fn is_secret(field: Field) -> bool {
    !is_in_rows(field) || PAIRS.iter().any(|(_, second)| *second == field)
}

/// The values of a field of which several may be ticked that its table hides. No sum of them is known.
fn hidden_ticks(
    field: Field,
    month: &Month<'_>,
    counts: &[Shared],
    contents: &[&Content],
) -> Values {
    let open = month.open(field);
    let all_are_hidden = has_tick_of_nearly_all(field, contents);
    let is_small = |value: usize| counts[value].persons < CELL_MIN;
    // What the rows tell is no secret.
    let is_open = |value: usize| open.width_of_tick(value) > 0;
    // How many ticked nothing is no count of a tick.
    (0..counts.len())
        .filter(|value| (all_are_hidden || is_small(*value)) && is_open(*value))
        .collect::<Values>()
        .with(0)
}

/// Tells whether nearly all who can have it ticked the same value: of those who were asked, or of
/// those among them who have children.
fn has_tick_of_nearly_all(field: Field, contents: &[&Content]) -> bool {
    let asked = |content: &Content| !content.texts(field).contains(&NOT_ASKED);
    let with_children = |content: &Content| asked(content) && has_children(content);
    let mut ticks = field.domain().into_iter().skip(1);
    ticks.any(|tick| {
        let has = |content: &Content| content.texts(field).contains(&tick);
        is_of_nearly_all(contents, asked, has) || is_of_nearly_all(contents, with_children, has)
    })
}

/// Tells whether nearly all of these contents have something.
fn is_of_nearly_all(
    contents: &[&Content],
    is_of_them: impl Fn(&Content) -> bool,
    has: impl Fn(&Content) -> bool,
) -> bool {
    let all = || contents.iter().filter(|content| is_of_them(content));
    let having = all().filter(|content| has(content)).count();
    having as u64 * 100 > COMMONEST_PERCENT_MAX * all().count() as u64
}

fn has_children(content: &Content) -> bool {
    match content.children_in_household {
        Children::One | Children::Two | Children::Three | Children::FourOrMore => true,
        Children::NotAsked | Children::Zero | Children::Unknown => false,
    }
}

/// A row or column of a pair before anything is hidden.
struct Raw {
    values: Vec<&'static str>,
    counts: Vec<Shared>,
}

impl Raw {
    fn persons(&self) -> u64 {
        self.counts.iter().map(|count| count.persons).sum()
    }

    fn join(&mut self, other: Self) {
        self.values.extend(other.values);
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.plus(more);
        }
    }
}

/// Values that stand together in a table of two fields: each that its own table shows stands alone.
fn together(single: &Single) -> Vec<Vec<&'static str>> {
    let mut hidden = Vec::new();
    let mut shown = Vec::new();
    for (value, cell) in &single.cells {
        match cell {
            Cell::Hidden => hidden.push(*value),
            Cell::Count(_) => shown.push(vec![*value]),
        }
    }
    let hidden = Some(hidden).filter(|hidden| !hidden.is_empty());
    shown.into_iter().chain(hidden).collect()
}

/// The values of a field that stand together in a table, each with how many contacts have each value of the other.
fn raw(of: &Single, other: Field, contents: &[&Content]) -> Vec<Raw> {
    let has = |content: &Content, field, values: &[&str]| {
        let texts = content.texts(field);
        texts.iter().any(|text| values.contains(text))
    };
    let counts = |values: &[&str]| -> Vec<Shared> {
        let domain = other.domain().into_iter();
        let both = |content: &Content, value| {
            has(content, of.field, values) && has(content, other, &[value])
        };
        domain
            .map(|value| count(contents, |content| both(content, value)))
            .collect()
    };
    let raw = |values: Vec<&'static str>| Raw {
        counts: counts(&values),
        values,
    };
    together(of).into_iter().map(raw).collect()
}

fn pair(rows: &Single, columns: &Single, contents: &[&Content]) -> Option<Pair> {
    let (first, second) = (rows.field, columns.field);
    let domain = second.domain();
    let rows = joined(raw(rows, second, contents))?;
    let columns = match is_in_rows(second) {
        true => {
            let columns = joined(raw(columns, first, contents))?;
            columns.into_iter().map(|column| column.values).collect()
        }
        false => together(columns),
    };
    let cell = |row: &Raw, values: &Vec<&str>| {
        let counts = domain.iter().zip(&row.counts);
        let counts = counts.filter(|(value, _)| values.contains(value));
        counts.fold(Shared::default(), |sum, (_, count)| sum.plus(*count))
    };
    let grid = rows
        .iter()
        .map(|row| columns.iter().map(|values| cell(row, values)).collect());
    let cells = hide_in_grid(&grid.collect::<Vec<_>>())?;
    Some(Pair {
        first,
        second,
        columns,
        rows: rows.into_iter().map(|row| row.values).zip(cells).collect(),
    })
}

/// Joins rows, or columns, until each is shared and none tells the other field; nothing when that
/// takes all of them.
fn joined(rows: Vec<Raw>) -> Option<Vec<Raw>> {
    let is_shared = |row: &Raw| row.persons() >= SHARED_BY_MIN && differs(&row.counts);
    let (mut shared, rest): (Vec<Raw>, Vec<Raw>) = rows.into_iter().partition(is_shared);
    shared.sort_by_key(Raw::persons);
    let mut shared = shared.into_iter();
    let joined = rest.into_iter().reduce(|mut all, row| {
        all.join(row);
        all
    });
    let Some(mut joined) = joined else {
        return Some(shared.collect());
    };
    while joined.persons() > 0 && !is_shared(&joined) {
        joined.join(shared.next()?);
    }
    let mut rows: Vec<Raw> = shared.collect();
    if joined.persons() > 0 {
        rows.push(joined);
    }
    Some(rows)
}

/// Tells whether the values of a field differ, by how many contacts have each; the first is *not
/// asked* and tells nothing.
fn differs(counts: &[Shared]) -> bool {
    is_diverse(counts.iter().map(|count| count.contacts).skip(1))
}

fn count(contents: &[&Content], counts: impl Fn(&Content) -> bool) -> Shared {
    let counted: Vec<&Content> = contents
        .iter()
        .copied()
        .filter(|content| counts(content))
        .collect();
    Shared {
        contacts: counted.len() as u64,
        persons: persons(&counted),
    }
}
