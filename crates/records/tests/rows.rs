//! Anonymous rows: what is left out of them, and by which rule.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Numbers;
use proptest::prelude::*;
use records::content::{Children, Content, Known, Language, Outcome, ToldRepeat};
use records::{
    COMMONEST_PERCENT_MAX, DISTINCT_MIN, LanguageTold, OutcomeTold, Row, SHARED_BY_MIN, Traits,
    generalise as made,
};

const SEED: [u8; 32] = [1; 32];

fn generalise(contents: &[Content], seed: [u8; 32]) -> Vec<Row> {
    made(&contents.iter().cloned().collect(), seed)
}

fn contents(count: usize, outcome: impl Fn(usize) -> Outcome) -> Vec<Content> {
    let content = |at| Content {
        outcome: outcome(at),
        language: Language::Czech,
        ..Content::default()
    };
    (0..count).map(content).collect()
}

fn alternating(at: usize) -> Outcome {
    [Outcome::Advised, Outcome::Referred][at % 2]
}

/// How many rows tell each outcome.
fn told(rows: &[Row]) -> BTreeMap<Option<OutcomeTold>, usize> {
    let mut told = BTreeMap::new();
    for row in rows {
        *told.entry(row.outcome).or_default() += 1;
    }
    told
}

#[test]
fn fewer_than_ten_contents_make_no_rows() {
    assert!(generalise(&contents(9, alternating), SEED).is_empty());
    assert_eq!(generalise(&contents(10, alternating), SEED).len(), 10);
}

#[test]
fn outcome_that_all_have_is_not_told() {
    let alike = contents(100, |_| Outcome::BedFound);

    assert_eq!(told(&generalise(&alike, SEED)), [(None, 100)].into());
}

#[test]
fn another_outcome_of_one_in_ten_is_enough_and_of_fewer_is_not() {
    let others = |at| [Outcome::BedFound, Outcome::Advised][usize::from(at < 10)];
    let exact = OutcomeTold::Exact;

    let in_a_hundred = told(&generalise(&contents(100, others), SEED));
    let in_more = told(&generalise(&contents(101, others), SEED));

    let both = [
        (Some(exact(Outcome::BedFound)), 90),
        (Some(exact(Outcome::Advised)), 10),
    ];
    assert_eq!(in_a_hundred, both.into());
    assert_eq!(in_more, [(None, 101)].into());
}

#[test]
fn outcome_that_was_not_asked_is_no_other_outcome() {
    let half = |at| [Outcome::BedFound, Outcome::NotAsked][at % 2];

    assert_eq!(
        told(&generalise(&contents(40, half), SEED)),
        [(None, 40)].into()
    );
}

#[test]
fn outcomes_that_fewer_than_ten_share_are_told_as_any_other() {
    let outcome = |at| match at {
        0..4 => Outcome::EmergencyCalled,
        4..10 => Outcome::NoBedFree,
        10..40 => Outcome::Referred,
        _ => Outcome::Advised,
    };

    let ten_others = told(&generalise(&contents(80, outcome), SEED));
    let nine_others = told(&generalise(&contents(80, |at| outcome(at + 1)), SEED));

    let exact = |outcome| Some(OutcomeTold::Exact(outcome));
    let any_other = Some(OutcomeTold::AnyOther);
    assert_eq!(
        ten_others,
        [
            (exact(Outcome::Advised), 40),
            (exact(Outcome::Referred), 30),
            (any_other, 10)
        ]
        .into()
    );
    // Nine take the smallest outcome that ten share to them.
    assert_eq!(
        nine_others,
        [(exact(Outcome::Advised), 41), (any_other, 39)].into()
    );
}

#[test]
fn who_has_called_before_is_none_of_the_ten() {
    let mut contents = contents(19, alternating);
    for content in &mut contents[..10] {
        content.told_repeat = ToldRepeat::Repeat;
    }
    assert!(generalise(&contents, SEED).is_empty());

    contents[0].told_repeat = ToldRepeat::First;
    assert_eq!(generalise(&contents, SEED).len(), 19);
}

#[test]
fn what_ten_share_is_told_and_what_nine_share_is_left_out() {
    let mut told = contents(20, alternating);
    for content in told.iter_mut().take(10) {
        content.pregnancy = Known::Yes;
    }
    let mut left_out = contents(29, alternating);
    for content in left_out.iter_mut().take(9) {
        content.pregnancy = Known::Yes;
    }

    let pregnant = |rows: &[Row]| {
        let is_told = |row: &&Row| row.traits.pregnancy == Some(Known::Yes);
        rows.iter().filter(is_told).count()
    };
    assert_eq!(pregnant(&generalise(&told, SEED)), 10);
    let rows = generalise(&left_out, SEED);
    assert_eq!((rows.len(), pregnant(&rows)), (29, 0));
}

#[test]
fn rare_languages_are_told_as_another_one() {
    let mut contents = contents(60, alternating);
    for (at, content) in contents.iter_mut().take(12).enumerate() {
        content.language =
            [Language::English, Language::Ukrainian, Language::Vietnamese][at / 2 % 3];
        content.children_in_household = Children::One;
    }

    let rows = generalise(&contents, SEED);

    let other = |row: &&Row| row.traits.language == Some(LanguageTold::Other);
    assert_eq!(rows.iter().filter(other).count(), 12);
}

#[test]
fn last_few_take_a_group_with_them() {
    let mut contents = contents(40, alternating);
    contents[0].language = Language::Vietnamese;

    let rows = generalise(&contents, SEED);

    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row.traits == Traits::default()));
}

#[test]
fn order_and_keys_are_those_of_the_seed() {
    let mut numbers = Numbers(3);
    let contents: Vec<_> = (0..300).map(|_| common::content(&mut numbers)).collect();

    let rows = generalise(&contents, SEED);
    let again = generalise(&contents, SEED);
    let other = generalise(&contents, [2; 32]);

    assert_eq!(rows, again);
    let keys = |rows: &[Row]| rows.iter().map(|row| row.key).collect::<Vec<_>>();
    let distinct: BTreeSet<_> = keys(&rows).into_iter().chain(keys(&other)).collect();
    assert_eq!(distinct.len(), 600);
    let outcomes = |rows: &[Row]| rows.iter().map(|row| row.outcome).collect::<Vec<_>>();
    assert_ne!(outcomes(&rows), outcomes(&other));
    assert!(!keys(&rows).is_sorted());
}

#[test]
fn row_has_a_text_for_every_column() {
    let mut contents = contents(20, alternating);
    for content in &mut contents {
        content.children_in_household = Children::FourOrMore;
    }

    let texts = generalise(&contents, SEED)[0].texts();

    assert_eq!(texts[0].len(), 32);
    assert_eq!(
        texts[1..6],
        ["czech", "4+", "not_asked", "not_asked", "not_asked"]
    );
    assert_eq!(texts.len(), Row::COLUMNS.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rows_with_the_same_traits_are_ten_and_their_outcomes_differ(
        seed: u64,
        count in 0..400_usize,
    ) {
        let mut numbers = Numbers(seed);
        let contents: Vec<_> = (0..count).map(|_| common::content(&mut numbers)).collect();

        let rows = generalise(&contents, SEED);

        let mut groups = BTreeMap::<&Traits, Vec<Row>>::new();
        for row in &rows {
            groups.entry(&row.traits).or_default().push(row.clone());
        }
        for group in groups.values() {
            prop_assert!(group.len() as u64 >= SHARED_BY_MIN);
            let told = told(group);
            if told.len() == 1 && told.contains_key(&None) {
                continue;
            }
            prop_assert!(told.keys().all(Option::is_some));
            prop_assert!(told.values().all(|count| *count as u64 >= SHARED_BY_MIN));
            prop_assert!(told.len() >= DISTINCT_MIN);
            let commonest = told.iter().filter(|(told, _)| **told != Some(OutcomeTold::Exact(Outcome::NotAsked)));
            let commonest = commonest.map(|(_, count)| *count).max().unwrap_or(0) as u64;
            prop_assert!(commonest * 100 <= COMMONEST_PERCENT_MAX * group.len() as u64);
        }
        // All of them or none.
        prop_assert!(rows.is_empty() || rows.len() == contents.len());
        prop_assert!(count < 100 || !rows.is_empty());
    }
}
