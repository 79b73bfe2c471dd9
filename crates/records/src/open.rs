//! What the rows of a month leave open, for whoever sees them beside its tables.

use std::collections::BTreeMap;

use crate::Contents;
use crate::choice::{Choice as _, Holds, NOT_ASKED, SEVERAL_SEPARATOR};
use crate::content::{Content, Field, Outcome};
use crate::generalise::{COMMONEST_PERCENT_MAX, Group, asked, groups};
use crate::row::Row;

/// What was entered of the calls of a line and month, as its rows tell it.
pub(crate) struct Month<'a> {
    /// The groups of each period.
    periods: Vec<Vec<Group<'a>>>,
    /// Contents of periods that have no rows.
    untold: Vec<&'a Content>,
}

/// Values of a field, each by its place in the domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Values(u32);

impl Values {
    pub(crate) fn one(value: usize) -> Self {
        Self(1 << value)
    }

    pub(crate) fn contains(self, value: usize) -> bool {
        self.0 & (1 << value) != 0
    }

    pub(crate) fn with(self, value: usize) -> Self {
        Self(self.0 | 1 << value)
    }

    fn without(self, value: usize) -> Self {
        Self(self.0 & !(1 << value))
    }

    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<usize> for Values {
    fn from_iter<T: IntoIterator<Item = usize>>(values: T) -> Self {
        values.into_iter().fold(Self::default(), Self::with)
    }
}

impl<'a> Month<'a> {
    /// The month of these periods, each told in rows of its own.
    pub(crate) fn new(periods: &'a [Contents]) -> Self {
        let mut month = Self {
            periods: Vec::new(),
            untold: Vec::new(),
        };
        for period in periods {
            let groups = groups(period);
            if groups.is_empty() {
                month.untold.extend(period.iter());
            }
            month.periods.push(groups);
        }
        month
    }

    fn groups(&self) -> impl Iterator<Item = &Group<'a>> {
        self.periods.iter().flatten()
    }

    /// Each content with the group whose row tells of it, and the groups of its period.
    fn seen(&self) -> impl Iterator<Item = (Option<(&Group<'a>, &[Group<'a>])>, &'a Content)> {
        let in_groups = self.periods.iter().flat_map(|groups| {
            groups.iter().flat_map(move |group| {
                let contents = group.contents.iter();
                contents.map(move |content| (Some((group, &groups[..])), *content))
            })
        });
        in_groups.chain(self.untold.iter().map(|content| (None, *content)))
    }

    /// What the rows leave open of a field.
    pub(crate) fn open(&self, field: Field) -> Open {
        let domain = field.domain();
        let mut contents = BTreeMap::<(Values, Values), u64>::new();
        for (seen, content) in self.seen() {
            let texts = content.texts(field);
            let places = domain.iter().enumerate();
            let has = places.clone().filter(|(_, value)| texts.contains(value));
            let has = has.map(|(place, _)| place).collect();
            let admits = |value: &str| match seen.filter(|_| is_in_rows(field)) {
                None => true,
                Some((group, beside)) => {
                    let other = changed(content, field, value);
                    group.admits(content, &other) && !group.yields(&other, beside)
                }
            };
            let admitted = places.filter(|(_, value)| admits(value));
            let admitted = admitted.map(|(place, _)| place).collect();
            *contents.entry((has, admitted)).or_default() += 1;
        }
        Open { contents }
    }

    /// An outcome that rows, and a table which hides these, would tell of nearly all calls of a group
    /// whose rows do not tell it.
    pub(crate) fn learnt_outcome(&self, hidden: Values) -> Option<usize> {
        let asked = Outcome::ALL.iter().enumerate();
        let mut asked = asked.filter(|(_, outcome)| **outcome != Outcome::NotAsked);
        let learnt = asked.find(|(place, outcome)| {
            let mut groups = self.groups();
            groups.any(|group| self.is_learnt(group, **outcome, hidden.contains(*place), hidden))
        });
        learnt.map(|(place, _)| place)
    }

    fn is_learnt(
        &self,
        group: &Group<'_>,
        outcome: Outcome,
        is_hidden: bool,
        hidden: Values,
    ) -> bool {
        if group.tells(outcome) {
            return false;
        }
        // Among hidden outcomes a call may have another one, and no sum is another.
        let outcomes = Outcome::ALL.iter().enumerate();
        let mut others = outcomes.filter(|(_, other)| **other != outcome && !group.tells(**other));
        if is_hidden && others.any(|(place, _)| hidden.contains(place)) {
            return false;
        }
        // Two calls that are told alike in other groups may have exchanged theirs.
        let exchanges = |other: &Group<'_>| {
            let may = |content: &&&Content| {
                let theirs = content.outcome;
                theirs != outcome && !group.tells(theirs) && !other.tells(theirs)
            };
            match other.tells(outcome) || std::ptr::eq(other, group) {
                true => 0,
                false => other.contents.iter().filter(may).count(),
            }
        };
        let untold = self.untold.iter();
        let untold =
            untold.filter(|content| content.outcome != outcome && !group.tells(content.outcome));
        let movable = self.groups().map(exchanges).sum::<usize>() + untold.count();
        let with = group
            .contents
            .iter()
            .filter(|content| content.outcome == outcome);
        let certain = with.count().saturating_sub(movable) as u64;
        certain * 100 > COMMONEST_PERCENT_MAX * asked(&group.contents)
    }
}

/// What the rows leave open of a field: how many contents have these values, and may as well have
/// others, or one more or less where several may be ticked.
pub(crate) struct Open {
    contents: BTreeMap<(Values, Values), u64>,
}

impl Open {
    /// How many contacts more or fewer may have a value, where the others of these may have as many
    /// fewer or more.
    pub(crate) fn width(&self, value: usize, among: Values) -> u64 {
        let others = among.without(value);
        let may_change = |(has, admits): &(Values, Values)| match has.contains(value) {
            true => admits.without(value).meets(others),
            false => has.meets(others) && admits.contains(value),
        };
        self.count(may_change)
    }

    /// How many contacts more or fewer may have a value of which several may be ticked.
    pub(crate) fn width_of_tick(&self, value: usize) -> u64 {
        self.count(|(_, admits)| admits.contains(value))
    }

    fn count(&self, wanted: impl Fn(&(Values, Values)) -> bool) -> u64 {
        let contents = self.contents.iter().filter(|(kind, _)| wanted(kind));
        contents.map(|(_, count)| count).sum()
    }
}

/// The content with another value, or with one more or less where several may be ticked.
fn changed(content: &Content, field: Field, value: &str) -> Content {
    let mut other = content.clone();
    let text = match field.holds() {
        Holds::One => value.to_owned(),
        Holds::Several => {
            let mut texts = content.texts(field);
            match texts.iter().position(|text| *text == value) {
                Some(place) => drop(texts.remove(place)),
                None => texts.push(value),
            }
            texts.retain(|text| *text != NOT_ASKED);
            match texts.is_empty() {
                true => NOT_ASKED.to_owned(),
                false => texts.join(&SEVERAL_SEPARATOR.to_string()),
            }
        }
    };
    // Every text is of the field's domain.
    let _never_refused = other.set(field, &text);
    other
}

/// Whether rows tell this field.
pub(crate) fn is_in_rows(field: Field) -> bool {
    Row::COLUMNS.contains(&field.as_str())
}
