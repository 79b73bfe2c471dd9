//! What rows may be about, for whoever knows the rule that they are made by.

use std::collections::BTreeMap;

use records::content::{AgeBand, Children, Field, Known, Language, Outcome};
use records::{Ages, ChildrenTold, Choice, LanguageTold, OutcomeTold, Row, Several, Step, Traits};

/// Rows of a period that tell the same traits.
pub(crate) struct Seen {
    /// Which period of the month.
    pub(crate) period: usize,
    pub(crate) traits: Traits,
    pub(crate) outcomes: BTreeMap<Option<OutcomeTold>, u64>,
}

impl Seen {
    pub(crate) fn size(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

/// The rows of a period by their traits.
pub(crate) fn seen(period: usize, rows: &[Row]) -> Vec<Seen> {
    let mut groups = BTreeMap::<Traits, BTreeMap<Option<OutcomeTold>, u64>>::new();
    for row in rows {
        let group = groups.entry(row.traits.clone()).or_default();
        *group.entry(row.outcome).or_default() += 1;
    }
    let seen = |(traits, outcomes)| Seen {
        period,
        traits,
        outcomes,
    };
    groups.into_iter().map(seen).collect()
}

/// The values of a field of one that the rows of a group may be about, beside other groups of the
/// period: who would be in a closer group is not in this one.
pub(crate) fn admitted(field: Field, group: &Seen, beside: &[Seen]) -> Vec<&'static str> {
    let traits = &group.traits;
    let mut values = told(field, traits);
    // Contents of closer groups may have been taken to what was left.
    if *traits == Traits::default() {
        return values;
    }
    values.retain(|value| {
        let mut closer = beside
            .iter()
            .filter(|other| step(&other.traits) < step(traits));
        !closer.any(|other| is_implied(&other.traits, traits, field, value))
    });
    values
}

/// The first step at which rows tell these traits.
fn step(traits: &Traits) -> Step {
    match traits {
        Traits {
            relation: Some(_), ..
        } => Step::Nothing,
        Traits {
            pregnancy: Some(_), ..
        } => Step::Relation,
        Traits {
            ages: Some(Ages::Bands(_)),
            ..
        } => Step::Pregnancy,
        Traits {
            ages: Some(Ages::Groups(_)),
            ..
        } => Step::AgeGroups,
        Traits {
            children: Some(ChildrenTold::Count(_)),
            ..
        } => Step::Ages,
        Traits {
            children: Some(ChildrenTold::Any(_)),
            language: Some(LanguageTold::Exact(_)),
            ..
        } => Step::AnyChildren,
        Traits {
            children: Some(ChildrenTold::Any(_)),
            ..
        } => Step::CommonLanguage,
        Traits {
            language: Some(_), ..
        } => Step::Children,
        Traits { language: None, .. } => Step::Everything,
    }
}

/// Tells whether all contents with these traits and this value of a field have the closer traits.
fn is_implied(closer: &Traits, traits: &Traits, field: Field, value: &str) -> bool {
    let left = |of: Field| {
        if of == field {
            vec![value]
        } else {
            told(of, traits)
        }
    };
    let is_told = |of: Field| {
        let wanted = told(of, closer);
        left(of).iter().all(|value| wanted.contains(value))
    };
    let ages = closer.ages.is_none() || closer.ages == traits.ages;
    ages && [
        Field::Language,
        Field::Children,
        Field::Pregnancy,
        Field::Relation,
    ]
    .into_iter()
    .all(is_told)
}

/// The outcomes that a row may be about.
pub(crate) fn admitted_outcomes(seen: &Seen, told: Option<OutcomeTold>) -> Vec<Outcome> {
    let is_exact = |outcome: &Outcome| {
        seen.outcomes
            .contains_key(&Some(OutcomeTold::Exact(*outcome)))
    };
    let all = Outcome::ALL.iter().copied();
    match told {
        Some(OutcomeTold::Exact(outcome)) => vec![outcome],
        Some(OutcomeTold::AnyOther) => all.filter(|outcome| !is_exact(outcome)).collect(),
        None => all.collect(),
    }
}

/// The values of a field that these traits leave.
fn told(field: Field, traits: &Traits) -> Vec<&'static str> {
    fn exact<T: Choice>(told: Option<T>) -> Option<Vec<&'static str>> {
        told.map(|value| vec![value.as_str()])
    }
    let texts = |values: &[Language]| values.iter().map(|value| value.as_str()).collect();
    let common = [Language::Czech, Language::Slovak];
    let told = match field {
        Field::Language => traits.language.map(|told| match told {
            LanguageTold::Exact(language) => texts(&[language]),
            LanguageTold::Common => texts(&common),
            LanguageTold::Other => {
                let others = Language::ALL.iter().copied();
                texts(
                    &others
                        .filter(|language| !common.contains(language))
                        .collect::<Vec<_>>(),
                )
            }
        }),
        Field::Children => traits.children.map(|told| match told {
            ChildrenTold::Count(children) => vec![children.as_str()],
            ChildrenTold::Any(Known::NotAsked) => vec![Children::NotAsked.as_str()],
            ChildrenTold::Any(Known::No) => vec![Children::Zero.as_str()],
            ChildrenTold::Any(Known::Unknown) => vec![Children::Unknown.as_str()],
            ChildrenTold::Any(Known::Yes) => vec!["1", "2", "3", "4+"],
        }),
        Field::Pregnancy => exact(traits.pregnancy),
        Field::Relation => exact(traits.relation),
        Field::Outcome
        | Field::Category
        | Field::Interpreter
        | Field::Referral
        | Field::ToldRepeat
        | Field::WhoCalled
        | Field::Ages
        | Field::Exposure
        | Field::ChildrenOutcome
        | Field::Source
        | Field::ContactViolence
        | Field::AbductionThreat
        | Field::ChildProtection => None,
    };
    told.unwrap_or_else(|| field.domain())
}

/// What is told of ages: who has no children in the household has no ages of them.
pub(crate) fn ages_told(traits: &Traits) -> Option<Ages> {
    let has_none = match traits.children {
        Some(ChildrenTold::Count(children)) => match children {
            Children::NotAsked | Children::Zero => true,
            Children::One
            | Children::Two
            | Children::Three
            | Children::FourOrMore
            | Children::Unknown => false,
        },
        Some(ChildrenTold::Any(any)) => match any {
            Known::NotAsked | Known::No => true,
            Known::Yes | Known::Unknown => false,
        },
        None => false,
    };
    if has_none {
        return Some(Ages::Bands(Several::default()));
    }
    traits.ages.clone()
}

/// Whether contacts may have ticked an age of whom this is told.
pub(crate) fn admits_age(told: Option<&Ages>, age: AgeBand) -> bool {
    match told {
        None => true,
        Some(Ages::Bands(bands)) => bands.0.contains(&age),
        Some(Ages::Groups(groups)) => age.group().is_some_and(|group| groups.contains(&group)),
    }
}
