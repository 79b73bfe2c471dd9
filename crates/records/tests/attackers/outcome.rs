//! Who saw how the call ended, such as that the police came: he knows the period, the outcome, and of language,
//! children, ages, pregnancy and relation as many as he likes.

use records::Row;
use records::content::Field;

use crate::suspect::{Facts, Knowledge, OfOutcome, Target, commonest};
use crate::year::{Published, YEARS, Year, share};

/// What he finds in some periods.
#[derive(Default)]
struct Findings {
    /// Questions that fewer than ten rows, or persons, answer.
    few: u64,
    /// What rows tell of the traits that he does not know.
    facts: Facts,
}

impl Findings {
    fn attack(&mut self, year: &Year, published: &Published) {
        let alike = published.alike();
        let commonest = commonest(year);
        for target in Target::all(published, &alike) {
            for known in Knowledge::all(OfOutcome::Known) {
                let found = target.find(known);
                self.few += u64::from(found.is_few());
                for (field, guess) in target.unknown(known, &commonest) {
                    self.facts.add(&found, field, guess);
                }
            }
        }
    }
}

#[test]
fn who_saw_the_outcome_finds_ten_persons_and_no_trait() {
    println!("saw the outcome   asked    of <10  certain  at 90 %  base rate");
    for year in YEARS.iter() {
        let mut findings = Findings::default();

        for published in year.attacked() {
            findings.attack(year, published);
        }

        let Findings { few, facts } = findings;
        println!(
            "{:16}  {:>7}  {few:>6}  {:>7}  {:>7}  {:>9}",
            year.name(),
            facts.asked,
            facts.certain,
            facts.likely,
            share(facts.base, facts.asked)
        );
        assert!(facts.asked > 1_000);
        assert_eq!((few, facts.certain, facts.likely), (0, 0, 0));
    }
}

#[test]
fn who_saw_the_outcome_would_find_her_among_rows_as_they_were_entered() {
    let year = &YEARS[6];
    let mut findings = Findings::default();

    findings.attack(year, &year.first_period_as_entered());

    let Findings { few, facts } = findings;
    println!(
        "of {} questions to rows as entered: <10 {few}, certain {}, at 90 % {}",
        facts.asked, facts.certain, facts.likely
    );
    assert!(few * 8 > facts.asked);
    assert!(facts.certain * 10 > facts.asked);
}

#[test]
fn no_row_tells_a_referral_or_what_the_call_was_about() {
    for field in [Field::Referral, Field::Category, Field::ChildrenOutcome] {
        assert!(!Row::COLUMNS.contains(&field.as_str()));
    }
}
