use std::collections::{BTreeMap, BTreeSet};

use crate::chance::{Chance, SEED_BYTES};
use crate::content::{Content, Outcome, ToldRepeat};
use crate::row::{OutcomeTold, Row, RowKey, Step, Traits};
use crate::{Contents, SHARED_BY_MIN};

/// The largest share that one outcome may have among what is told of rows with the same traits, in
/// hundredths. Who knows the traits learns no outcome for sure: at least one row in ten is told with
/// another one. Outcomes that were not asked do not count.
pub const COMMONEST_PERCENT_MAX: u64 = 90;
/// How many different outcomes are told at least, where any is told, of rows with the same traits.
pub const DISTINCT_MIN: usize = 2;

/// Makes the anonymous rows of one line and one closed period: a piece, or the month where it has no pieces.
///
/// The rule: step by step, from [`Step::Nothing`] on, the contents that have the same traits at
/// that step become a group if at least [`SHARED_BY_MIN`] persons share them; the others go on to the
/// next step. What is left after the last step takes the smallest group to it, until it is shared
/// too. Where even all together are too few, there are no rows.
///
/// A group tells an outcome if as many persons share it there; all its others are told as
/// [`OutcomeTold::AnyOther`], which as many share too. Where nearly all that would be told is one
/// outcome ([`DISTINCT_MIN`], [`COMMONEST_PERCENT_MAX`]), the group tells none.
///
/// An outsider who knows any of the traits, and how the call ended, finds ten persons or more. The
/// seed is fresh chance.
#[must_use]
pub fn generalise(contents: &Contents, seed: [u8; SEED_BYTES]) -> Vec<Row> {
    let mut chance = Chance::new(seed);
    let mut rows: Vec<Row> = Vec::new();
    for group in groups(contents) {
        rows.extend(group.contents.iter().map(|content| Row {
            key: RowKey(chance.draw()),
            traits: group.traits.clone(),
            outcome: group.outcome(content),
        }));
    }
    chance.shuffle(&mut rows);
    rows
}

/// Contents that are told with the same traits.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) contents: Vec<&'a Content>,
    step: Step,
    traits: Traits,
    /// The outcomes that its rows tell.
    outcomes: BTreeSet<Outcome>,
}

impl<'a> Group<'a> {
    fn new(step: Step, traits: Traits, contents: Vec<&'a Content>) -> Self {
        Self {
            outcomes: told_outcomes(&contents),
            contents,
            step,
            traits,
        }
    }

    /// Whether its rows tell this outcome alone.
    pub(crate) fn tells(&self, outcome: Outcome) -> bool {
        self.outcomes.contains(&outcome)
    }

    /// How the row of a content tells its outcome.
    pub(crate) fn outcome(&self, content: &Content) -> Option<OutcomeTold> {
        if self.outcomes.is_empty() {
            return None;
        }
        Some(match self.tells(content.outcome) {
            true => OutcomeTold::Exact(content.outcome),
            false => OutcomeTold::AnyOther,
        })
    }

    /// Tells whether the row of one of its contents would be the same if that content were another one.
    pub(crate) fn admits(&self, content: &Content, other: &Content) -> bool {
        Traits::at(self.step, other) == self.traits && self.outcome(other) == self.outcome(content)
    }

    /// Tells whether a content would be in a closer one of these groups. What is left of all others
    /// may have been of groups that are closer still.
    pub(crate) fn yields(&self, content: &Content, beside: &[Self]) -> bool {
        let mut closer = beside.iter().filter(|other| other.step < self.step);
        self.step != Step::Everything
            && closer.any(|other| Traits::at(other.step, content) == other.traits)
    }
}

/// The groups that the rows of a period tell, in the order of their traits; none where there are too few for rows.
pub(crate) fn groups(contents: &Contents) -> Vec<Group<'_>> {
    let mut shared = BTreeMap::<Traits, (Step, Vec<&Content>)>::new();
    let mut left: Vec<&Content> = contents.iter().collect();
    for step in Step::ALL {
        let mut tried = BTreeMap::<Traits, Vec<&Content>>::new();
        for content in left.drain(..) {
            let alike = tried.entry(Traits::at(step, content)).or_default();
            alike.push(content);
        }
        for (traits, group) in tried {
            if persons(&group) >= SHARED_BY_MIN {
                shared.insert(traits, (step, group));
            } else {
                left.extend(group);
            }
        }
    }
    while !left.is_empty() {
        let smallest = shared.iter().min_by_key(|(_, (_, group))| group.len());
        let Some(traits) = smallest.map(|(traits, _)| traits.clone()) else {
            break;
        };
        left.extend(
            shared
                .remove(&traits)
                .into_iter()
                .flat_map(|(_, group)| group),
        );
        if persons(&left) >= SHARED_BY_MIN {
            let everything = (Step::Everything, std::mem::take(&mut left));
            shared.insert(Traits::default(), everything);
        }
    }
    let groups = shared.into_iter();
    groups
        .map(|(traits, (step, contents))| Group::new(step, traits, contents))
        .collect()
}

/// How many persons called, as far as they told: who said that she had called before may be one of the others.
pub(crate) fn persons(contents: &[&Content]) -> u64 {
    let is_first = |content: &&&Content| content.told_repeat != ToldRepeat::Repeat;
    contents.iter().filter(is_first).count() as u64
}

/// The outcomes that rows with the same traits tell.
fn told_outcomes(group: &[&Content]) -> BTreeSet<Outcome> {
    let mut by_outcome = BTreeMap::<Outcome, Vec<&Content>>::new();
    for content in group {
        by_outcome.entry(content.outcome).or_default().push(content);
    }
    let mut others: Vec<&Content> = Vec::new();
    by_outcome.retain(|_, contents| {
        let is_shared = persons(contents) >= SHARED_BY_MIN;
        if !is_shared {
            others.append(contents);
        }
        is_shared
    });
    while !others.is_empty() && persons(&others) < SHARED_BY_MIN {
        let smallest = by_outcome.iter().min_by_key(|(_, contents)| contents.len());
        let Some(outcome) = smallest.map(|(outcome, _)| *outcome) else {
            break;
        };
        others.extend(by_outcome.remove(&outcome).unwrap_or_default());
    }
    let kinds = by_outcome.values().chain([&others]);
    if is_diverse(kinds.map(|contents| asked(contents))) {
        by_outcome.into_keys().collect()
    } else {
        BTreeSet::new()
    }
}

/// Of how many the outcome was asked.
pub(crate) fn asked(contents: &[&Content]) -> u64 {
    let is_asked = |content: &&&Content| content.outcome != Outcome::NotAsked;
    contents.iter().filter(is_asked).count() as u64
}

/// Tells whether no value is nearly all of them, by how often each is there; none at all tells nothing.
pub(crate) fn is_diverse(counts: impl Iterator<Item = u64> + Clone) -> bool {
    let total: u64 = counts.clone().sum();
    let commonest = counts.clone().max().unwrap_or(0);
    let distinct = counts.filter(|count| *count > 0).count();
    total == 0 || (distinct >= DISTINCT_MIN && commonest * 100 <= COMMONEST_PERCENT_MAX * total)
}
