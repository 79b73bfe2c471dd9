//! Who saw how the call ended, such as that the police came: he knows the period, the outcome, and of language,
//! children, ages, pregnancy and relation as many as he likes.

use records::content::{Content, Field};
use records::{Contents, Row, SEED_BYTES, generalise};

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

/// What is as it was of a content as far as rows may tell it, and whether she had called before; all else is the same.
fn as_rows_may_tell_it(content: &Content) -> Content {
    let is_of_rows =
        |field: &&Field| Row::COLUMNS.contains(&field.as_str()) || **field == Field::ToldRepeat;
    let mut told = Content::default();
    for field in Field::ALL {
        let domain = field.domain();
        let text = match is_of_rows(&field) {
            true => content.text(*field),
            false => domain[1].to_owned(),
        };
        told.set(*field, &text).unwrap();
    }
    told
}

#[test]
fn rows_are_the_same_whatever_the_referral_was_and_what_the_call_was_about() {
    let told = |contents: &Contents| {
        let rows = generalise(contents, [9; SEED_BYTES]);
        let mut told: Vec<_> = rows.iter().map(Row::told).collect();
        told.sort();
        told
    };
    for published in YEARS.iter().flat_map(|year| year.attacked()) {
        let others: Contents = published.contents.iter().map(as_rows_may_tell_it).collect();

        assert_ne!(others, published.contents);
        assert_eq!(told(&others), told(&published.contents));
    }
}
