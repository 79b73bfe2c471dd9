//! A call that an outsider knows something of, and the rows that may be about it.

use std::collections::{BTreeMap, BTreeSet};

use records::content::{Content, Field, Known, Outcome, Relation};
use records::{
    Ages, ChildrenTold, LanguageTold, NOT_ASKED, OutcomeTold, SHARED_BY_MIN, Step, ToldRow, Traits,
};

use crate::year::{Alike, Published, Year};

/// What an outsider asks for: what he may know himself, up to the outcome, and the referral.
pub(crate) const ASKED: [Field; 7] = [
    Field::Language,
    Field::Children,
    Field::Ages,
    Field::Pregnancy,
    Field::Relation,
    Field::Outcome,
    Field::Referral,
];

/// How the call ended, in [`ASKED`].
pub(crate) const OUTCOME: usize = 5;

/// What an outsider knows: a bit for each of [`ASKED`] up to the outcome.
#[derive(Clone, Copy)]
pub(crate) struct Knowledge(u32);

impl Knowledge {
    /// Every knowledge of traits, beside this.
    pub(crate) fn all(of_outcome: OfOutcome) -> impl Iterator<Item = Self> {
        (0..1_u32 << OUTCOME).map(move |traits| match of_outcome {
            OfOutcome::Known => Self(traits | 1 << OUTCOME),
            OfOutcome::Unknown => Self(traits),
        })
    }

    fn has(self, field: usize) -> bool {
        self.0 & (1 << field) != 0
    }

    fn is_within(self, fields: u32) -> bool {
        self.0 & !fields == 0
    }
}

/// Whether an outsider saw how the call ended.
#[derive(Clone, Copy)]
pub(crate) enum OfOutcome {
    Known,
    Unknown,
}

/// The traits that a call may be told with, of each kind.
struct Suspect {
    language: Vec<Option<LanguageTold>>,
    children: Vec<Option<ChildrenTold>>,
    ages: Vec<Option<Ages>>,
    pregnancy: Vec<Option<Known>>,
    relation: Vec<Option<Relation>>,
    outcome: Outcome,
}

impl Suspect {
    fn of(content: &Content) -> Self {
        fn all<T: PartialEq>(content: &Content, of: impl Fn(Traits) -> T) -> Vec<T> {
            let mut all: Vec<T> = Step::ALL.map(|step| of(Traits::at(step, content))).into();
            all.dedup();
            all
        }
        Self {
            language: all(content, |traits| traits.language),
            children: all(content, |traits| traits.children),
            ages: all(content, |traits| traits.ages),
            pregnancy: all(content, |traits| traits.pregnancy),
            relation: all(content, |traits| traits.relation),
            outcome: content.outcome,
        }
    }

    /// What may be known of the call, each alone, without excluding that these rows are about it.
    fn admits(&self, alike: &Alike<'_>) -> u32 {
        let traits = &alike.row.traits;
        let outcome = match alike.row.outcome {
            Some(OutcomeTold::Exact(outcome)) => outcome == self.outcome,
            Some(OutcomeTold::AnyOther) => !alike.outcomes.contains(&self.outcome),
            None => true,
        };
        bits([
            self.language.contains(&traits.language),
            self.children.contains(&traits.children),
            self.ages.contains(&traits.ages),
            self.pregnancy.contains(&traits.pregnancy),
            self.relation.contains(&traits.relation),
            outcome,
        ])
    }
}

fn bits<const FIELDS: usize>(fields: [bool; FIELDS]) -> u32 {
    let places = fields.into_iter().enumerate();
    places.fold(0, |bits, (place, is_so)| bits | u32::from(is_so) << place)
}

/// Rows that may be about a call.
struct Candidates<'a> {
    alike: &'a Alike<'a>,
    admitted: u32,
    /// What they tell of it exactly as it was.
    told: u32,
}

/// What an outsider finds who asks for a call.
#[derive(Default)]
pub(crate) struct Found {
    /// How many rows may be about it.
    pub(crate) rows: u64,
    /// How many persons are behind them at least.
    pub(crate) persons: u64,
    /// How many of them tell each field as it was.
    told: [u64; ASKED.len()],
    outcomes: BTreeMap<Option<OutcomeTold>, u64>,
}

impl Found {
    pub(crate) fn is_few(&self) -> bool {
        self.rows < SHARED_BY_MIN || self.persons < SHARED_BY_MIN
    }

    /// The outcomes that are told of the rows, each with of how many.
    pub(crate) fn outcomes(&self) -> &BTreeMap<Option<OutcomeTold>, u64> {
        &self.outcomes
    }
}

/// What is learnt, beside what anybody would have guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Questions that were asked.
    pub(crate) asked: u64,
    /// Facts that every row tells that may be about the call.
    pub(crate) certain: u64,
    /// Facts that nine of ten such rows tell.
    pub(crate) likely: u64,
    /// Of `asked`: those of which the commonest answer of the year is right.
    pub(crate) base: u64,
}

impl Facts {
    pub(crate) fn add(&mut self, found: &Found, field: usize, guess: Guess) {
        let told = found.told[field];
        self.asked += 1;
        self.base += u64::from(guess == Guess::Right);
        if told > 0 && told * 10 >= found.rows * 9 {
            self.likely += 1;
            self.certain += u64::from(told == found.rows);
        }
    }
}

/// Whether who guesses the commonest answer of the year is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    Right,
    Wrong,
}

/// The commonest text of each of [`ASKED`] in a year, *not asked* aside.
pub(crate) fn commonest(year: &Year) -> [String; ASKED.len()] {
    ASKED.map(|field| {
        let mut counts = BTreeMap::<String, u64>::new();
        for content in year.answered().filter_map(|call| call.content.as_ref()) {
            *counts.entry(content.text(field)).or_default() += 1;
        }
        counts.remove(NOT_ASKED);
        let commonest = counts.into_iter().max_by_key(|(_, count)| *count);
        commonest.map(|(text, _)| text).unwrap()
    })
}

/// A call of a period, for each way to know something of it.
pub(crate) struct Target<'a> {
    pub(crate) content: Content,
    candidates: Vec<Candidates<'a>>,
}

impl<'a> Target<'a> {
    /// The calls of a period, as far as an outsider may know them; those that are alike once.
    pub(crate) fn all(published: &Published, alike: &'a [Alike<'a>]) -> Vec<Self> {
        let known = |content: &Content| Content {
            language: content.language,
            children_in_household: content.children_in_household,
            ages: content.ages.clone(),
            pregnancy: content.pregnancy,
            relation: content.relation,
            outcome: content.outcome,
            referral: content.referral,
            ..Content::default()
        };
        let distinct: BTreeSet<Content> = published.contents.iter().map(known).collect();
        let targets = distinct
            .into_iter()
            .map(|content| Self::new(content, alike));
        targets.collect()
    }

    fn new(content: Content, alike: &'a [Alike<'a>]) -> Self {
        let suspect = Suspect::of(&content);
        let texts = ASKED.map(|field| content.text(field));
        let columns = ASKED.map(|field| {
            let mut columns = ToldRow::COLUMNS.iter();
            columns.position(|column| *column == field.as_str())
        });
        let candidates = alike.iter().map(|alike| {
            let row = alike.row.told().0;
            let is_told = |field: usize| {
                let told = columns[field].map(|column| &row[column]);
                told == Some(&texts[field]) && texts[field] != NOT_ASKED
            };
            Candidates {
                alike,
                admitted: suspect.admits(alike),
                told: bits::<{ ASKED.len() }>(std::array::from_fn(is_told)),
            }
        });
        Self {
            candidates: candidates.collect(),
            content,
        }
    }

    /// What somebody finds who knows this much of the call.
    pub(crate) fn find(&self, known: Knowledge) -> Found {
        let mut found = Found::default();
        let may_be = |candidates: &&Candidates<'_>| known.is_within(candidates.admitted);
        for Candidates { alike, told, .. } in self.candidates.iter().filter(may_be) {
            found.rows += alike.rows;
            found.persons += alike.persons;
            *found.outcomes.entry(alike.row.outcome).or_default() += alike.rows;
            for (field, sum) in found.told.iter_mut().enumerate() {
                *sum += if told & (1 << field) != 0 {
                    alike.rows
                } else {
                    0
                };
            }
        }
        found
    }

    /// The fields that somebody does not know who knows this much, and that were asked; each with
    /// whether the commonest answer of the year is right.
    pub(crate) fn unknown(
        &self,
        known: Knowledge,
        commonest: &[String; ASKED.len()],
    ) -> Vec<(usize, Guess)> {
        let mut unknown = Vec::new();
        for (field, commonest) in commonest.iter().enumerate() {
            let text = self.content.text(ASKED[field]);
            if !known.has(field) && text != NOT_ASKED {
                let is_right = text == *commonest;
                unknown.push((field, if is_right { Guess::Right } else { Guess::Wrong }));
            }
        }
        unknown
    }
}
