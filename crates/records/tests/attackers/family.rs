//! Who is of a caller's family: he knows the period, and of language, children, ages, pregnancy and relation as many
//! as he likes.

use std::collections::BTreeMap;

use records::content::Outcome;
use records::{COMMONEST_PERCENT_MAX, DISTINCT_MIN, OutcomeTold, Row, SHARED_BY_MIN, Traits};

use crate::suspect::{Facts, Knowledge, OUTCOME, OfOutcome, Target, commonest};
use crate::year::{Published, YEARS, Year, share};

type Outcomes = BTreeMap<Option<OutcomeTold>, u64>;

/// Whether the outcomes of rows, each with of how many it is told, tell the outcome of each.
fn tells(outcomes: &Outcomes) -> bool {
    let is_asked = |outcome: &Option<OutcomeTold>| match outcome {
        None | Some(OutcomeTold::Exact(Outcome::NotAsked)) => false,
        Some(OutcomeTold::Exact(_) | OutcomeTold::AnyOther) => true,
    };
    let asked = || outcomes.iter().filter(|(outcome, _)| is_asked(outcome));
    let total: u64 = asked().map(|(_, count)| count).sum();
    let commonest = asked().map(|(_, count)| *count).max().unwrap_or(0);
    let differ =
        asked().count() >= DISTINCT_MIN && commonest * 100 <= COMMONEST_PERCENT_MAX * total;
    total > 0 && !differ
}

/// What the family finds in a period.
#[derive(Default)]
struct Findings {
    /// Questions that fewer than ten rows, or persons, answer.
    few: u64,
    /// Questions whose answer is nearly always the same.
    learnt: u64,
    facts: Facts,
}

impl Findings {
    fn attack(&mut self, year: &Year, published: &Published) {
        let alike = published.alike();
        let commonest = commonest(year);
        for target in Target::all(published, &alike) {
            // Who knows nothing asks for nobody.
            for known in Knowledge::all(OfOutcome::Unknown).skip(1) {
                let found = target.find(known);
                self.few += u64::from(found.is_few());
                self.learnt += u64::from(tells(found.outcomes()));
                for (field, guess) in target.unknown(known, &commonest) {
                    if field == OUTCOME {
                        self.facts.add(&found, field, guess);
                    }
                }
            }
        }
    }
}

#[test]
fn family_member_learns_no_outcome() {
    println!("the family        asked    of <10  outcomes learnt  certain  at 90 %  base rate");
    for year in &*YEARS {
        let mut findings = Findings::default();

        for published in year.attacked() {
            findings.attack(year, published);
            // Whatever he knows, he finds whole groups.
            let mut groups = BTreeMap::<&Traits, Outcomes>::new();
            for Row {
                traits, outcome, ..
            } in &published.rows
            {
                let outcomes = groups.entry(traits).or_default();
                *outcomes.entry(*outcome).or_default() += 1;
            }
            for outcomes in groups.values() {
                assert!(outcomes.values().sum::<u64>() >= SHARED_BY_MIN);
                assert!(!tells(outcomes));
            }
        }

        let Findings { few, learnt, facts } = findings;
        println!(
            "{:16}  {:>7}  {few:>6}  {learnt:>15}  {:>7}  {:>7}  {:>9}",
            year.name(),
            facts.asked,
            facts.certain,
            facts.likely,
            share(facts.base, facts.asked)
        );
        assert!(facts.asked > 1_000);
        assert_eq!((few, learnt, facts.certain, facts.likely), (0, 0, 0, 0));
    }
}

#[test]
fn family_member_would_learn_outcomes_from_rows_as_they_were_entered() {
    let year = &YEARS[6];
    let mut findings = Findings::default();

    findings.attack(year, &year.first_period_as_entered());

    let Findings { few, learnt, facts } = findings;
    println!(
        "of {} questions to rows as entered: <10 {few}, learnt {learnt}",
        facts.asked
    );
    assert!(few * 8 > facts.asked);
    assert!(learnt * 20 > facts.asked);
}
