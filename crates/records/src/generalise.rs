use std::collections::BTreeMap;

use crate::SHARED_BY_MIN;
use crate::chance::{Chance, SEED_BYTES};
use crate::choice::Choice;
use crate::content::Content;
use crate::row::{Row, RowKey, Step, Traits};

/// The largest share that one outcome may have among rows with the same traits, in hundredths. Who
/// knows the traits learns no outcome for sure: at least one row in ten has another one. Outcomes
/// that were not asked do not count.
pub const COMMONEST_PERCENT_MAX: u64 = 90;
/// How many different outcomes rows with the same traits have at least.
pub const DISTINCT_MIN: usize = 2;

/// Contents that are told with the same traits.
type Group<'a> = Vec<&'a Content>;

/// Makes the anonymous rows of one line and one closed period: a piece, or the month where it has no pieces.
///
/// The rule: step by step, from [`Step::Nothing`] on, the contents that have the same traits at
/// that step become a group if at least [`SHARED_BY_MIN`] share them and their outcomes differ
/// ([`DISTINCT_MIN`], [`COMMONEST_PERCENT_MAX`]); the others go on to the next step. What is left
/// after the last step takes the smallest group to it, until it is shared too. Where even all
/// together are too few or too alike, there are no rows.
///
/// An outsider who knows any of the traits finds only whole groups, and what holds of each group's
/// outcomes holds of several. The seed is fresh chance.
#[must_use]
pub fn generalise(contents: &[Content], seed: [u8; SEED_BYTES]) -> Vec<Row> {
    let mut chance = Chance::new(seed);
    let mut rows: Vec<Row> = Vec::with_capacity(contents.len());
    for (traits, group) in groups(contents) {
        let referrals_differ = differ(group.iter().map(|content| content.referral));
        rows.extend(group.iter().map(|content| Row {
            key: RowKey(chance.draw()),
            traits: traits.clone(),
            outcome: content.outcome,
            referral: referrals_differ.then_some(content.referral),
        }));
    }
    chance.shuffle(&mut rows);
    rows
}

fn groups(contents: &[Content]) -> BTreeMap<Traits, Group<'_>> {
    let mut shared = BTreeMap::<Traits, Group<'_>>::new();
    let mut left: Group<'_> = contents.iter().collect();
    for step in Step::ALL {
        let mut tried = BTreeMap::<Traits, Group<'_>>::new();
        for content in left.drain(..) {
            tried
                .entry(Traits::at(step, content))
                .or_default()
                .push(content);
        }
        for (traits, group) in tried {
            if is_shared(&group) {
                shared.insert(traits, group);
            } else {
                left.extend(group);
            }
        }
    }
    while !left.is_empty() {
        let smallest = shared.iter().min_by_key(|(_, group)| group.len());
        let Some(traits) = smallest.map(|(traits, _)| traits.clone()) else {
            break;
        };
        left.extend(shared.remove(&traits).unwrap_or_default());
        if is_shared(&left) {
            shared.insert(Traits::default(), std::mem::take(&mut left));
        }
    }
    shared
}

fn is_shared(group: &[&Content]) -> bool {
    group.len() as u64 >= SHARED_BY_MIN && differ(group.iter().map(|content| content.outcome))
}

/// Tells whether none of these values can be guessed. Those that were not asked say nothing: they
/// neither differ nor are they alike.
pub(crate) fn differ<T: Choice>(values: impl Iterator<Item = T>) -> bool {
    let mut counts = BTreeMap::<T, u64>::new();
    for value in values.filter(|value| *value != T::default()) {
        *counts.entry(value).or_default() += 1;
    }
    is_diverse(counts.values().copied())
}

/// Tells whether no value is nearly all of them, by how often each is there; none at all tells nothing.
pub(crate) fn is_diverse(counts: impl Iterator<Item = u64> + Clone) -> bool {
    let total: u64 = counts.clone().sum();
    let commonest = counts.clone().max().unwrap_or(0);
    let distinct = counts.filter(|count| *count > 0).count();
    total == 0 || (distinct >= DISTINCT_MIN && commonest * 100 <= COMMONEST_PERCENT_MAX * total)
}
