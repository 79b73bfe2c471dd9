//! Anonymous rows: what is left out of them, and by which rule.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Numbers;
use proptest::prelude::*;
use records::content::{Children, Content, Known, Language, Outcome, Referral};
use records::{
    COMMONEST_PERCENT_MAX, DISTINCT_MIN, LanguageTold, Row, SHARED_BY_MIN, Traits, generalise,
};

const SEED: [u8; 32] = [1; 32];

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

#[test]
fn fewer_than_ten_contents_make_no_rows() {
    assert!(generalise(&contents(9, alternating), SEED).is_empty());
    assert_eq!(generalise(&contents(10, alternating), SEED).len(), 10);
}

#[test]
fn contents_of_one_outcome_make_no_rows() {
    let alike = contents(100, |_| Outcome::BedFound);

    assert!(generalise(&alike, SEED).is_empty());
}

#[test]
fn one_other_outcome_in_ten_is_enough_and_one_in_eleven_is_not() {
    let one_other = |at| [Outcome::BedFound, Outcome::Advised][usize::from(at == 0)];

    assert_eq!(generalise(&contents(10, one_other), SEED).len(), 10);
    assert!(generalise(&contents(11, one_other), SEED).is_empty());
}

#[test]
fn outcome_that_was_not_asked_is_no_other_outcome() {
    let half = |at| [Outcome::BedFound, Outcome::NotAsked][at % 2];

    assert!(generalise(&contents(40, half), SEED).is_empty());
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
fn referral_is_left_out_where_all_have_the_same() {
    let mut contents = contents(40, alternating);
    for content in &mut contents {
        content.referral = Referral::Shelter;
    }

    let rows = generalise(&contents, SEED);

    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row.referral.is_none()));
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

        let mut groups = BTreeMap::<&Traits, BTreeMap<Outcome, u64>>::new();
        for row in &rows {
            *groups.entry(&row.traits).or_default().entry(row.outcome).or_default() += 1;
        }
        for outcomes in groups.values() {
            prop_assert!(outcomes.values().sum::<u64>() >= SHARED_BY_MIN);
            let asked = || outcomes.iter().filter(|(outcome, _)| **outcome != Outcome::NotAsked);
            let total: u64 = asked().map(|(_, count)| count).sum();
            let commonest = asked().map(|(_, count)| *count).max().unwrap_or(0);
            prop_assert!(asked().count() >= DISTINCT_MIN || total == 0);
            prop_assert!(commonest * 100 <= COMMONEST_PERCENT_MAX * total);
        }
        // All of them or none, and each with its own outcome.
        if !rows.is_empty() {
            let sorted = |mut outcomes: Vec<Outcome>| {
                outcomes.sort();
                outcomes
            };
            let of_rows = sorted(rows.iter().map(|row| row.outcome).collect());
            let of_contents = sorted(contents.iter().map(|content| content.outcome).collect());
            prop_assert_eq!(of_rows, of_contents);
        }
        prop_assert!(count < 100 || !rows.is_empty());
    }
}
