//! Who takes rows and tables of a month together, and the parts of a month with its tables: he knows what a row is and
//! how tables are added, and solves an integer program over all of it.

use std::collections::BTreeMap;

use records::content::{Category, Content, Language, Outcome, Relation, ToldRepeat};
use records::{COMMONEST_PERCENT_MAX, Choice, Contents, HIDDEN_WIDTH_MIN, OutcomeTold};

use crate::admitted::Seen;
use crate::integer_program::{Publication, Secret};
use crate::year::{QUIET, YEARS, Year, share};

/// So many months of a year are tried where each takes long.
const MONTHS_MAX: usize = 4;

/// The months of a year, each by the periods that its rows tell.
pub(crate) fn months(year: &Year) -> impl Iterator<Item = &Vec<Contents>> {
    let tables = year.closed.iter().map(|closed| &closed.tables);
    let months: Vec<_> = tables.filter(|tables| !tables.is_empty()).collect();
    let step = months.len() / MONTHS_MAX;
    months.into_iter().step_by(step.max(1))
}

/// What is found of hidden cells.
#[derive(Default)]
struct Findings {
    months: u64,
    hidden: u64,
    /// Cells that may hold one number alone.
    certain: u64,
    /// Cells whose range is too narrow.
    narrow: Vec<String>,
    /// How often a hidden cell holds each number.
    held: BTreeMap<u64, u64>,
}

impl Findings {
    fn solve(&mut self, month: &[Contents]) {
        self.months += 1;
        for Secret {
            name,
            least,
            most,
            held,
        } in Publication::of(month).secrets()
        {
            let range = format!("{name}: {held} of {least} to {most}");
            assert!((least..=most).contains(&held), "{range}");
            self.hidden += 1;
            self.certain += u64::from(least == most);
            *self.held.entry(held).or_default() += 1;
            if most - least < HIDDEN_WIDTH_MIN {
                self.narrow.push(range);
            }
        }
    }
}

#[test]
fn rows_and_tables_together_leave_every_hidden_cell_open() {
    println!("rows and tables   months  hidden  certain  narrow  base rate");
    for year in YEARS.iter().chain([&*QUIET]) {
        let mut findings = Findings::default();
        months(year).for_each(|month| findings.solve(month));

        let commonest = findings.held.values().max().copied().unwrap_or(0);
        println!(
            "{:16}  {:>6}  {:>6}  {:>7}  {:>6}  {:>9}",
            year.name(),
            findings.months,
            findings.hidden,
            findings.certain,
            findings.narrow.len(),
            share(commonest, findings.hidden)
        );
        assert!(findings.hidden > 0);
        assert_eq!(findings.narrow, Vec::<String>::new());
    }
}

#[test]
fn tables_show_no_cell_of_few_that_rows_do_not_tell() {
    let mut small = 0;
    for year in YEARS.iter().chain([&*QUIET]) {
        for month in months(year) {
            for Secret {
                name, least, most, ..
            } in Publication::of(month).small_shown()
            {
                small += 1;
                assert_eq!(least, most, "{name} of {}", year.name());
            }
        }
    }
    println!("cells of fewer than five that tables show and rows tell as well: {small}");
    assert!(small > 0);
}

#[test]
fn outcome_that_all_of_a_language_have_is_not_learnt_from_its_table() {
    let told = |language, outcome| Content {
        language,
        outcome,
        ..Content::default()
    };
    let others = Outcome::ALL.iter().copied();
    let others = others.filter(|outcome| *outcome != Outcome::EmergencyCalled);
    let others = others.map(|outcome| told(Language::Czech, outcome));
    let all = others.chain([told(Language::Ukrainian, Outcome::EmergencyCalled)]);
    let contents = all.flat_map(|content| vec![content; 20]);

    let published = Publication::of(&[contents.collect()]);

    let untold = |group: &Seen| group.outcomes.contains_key(&None);
    assert!(published.groups.iter().any(untold));
    for (group, outcome, certain) in published.certain_outcomes() {
        let is_learnt = certain * 100 > COMMONEST_PERCENT_MAX * group.size();
        assert!(!is_learnt || !untold(group), "{outcome:?} of {certain}");
    }
}

#[test]
fn rows_and_tables_together_tell_no_outcome_of_nearly_all_calls_of_a_group() {
    for year in YEARS.iter().chain([&*QUIET]) {
        let (mut untold, mut learnt) = (0, Vec::new());
        for month in months(year) {
            for (group, outcome, certain) in Publication::of(month).certain_outcomes() {
                let exact = Some(OutcomeTold::Exact(outcome));
                if group.outcomes.contains_key(&exact) {
                    continue;
                }
                untold += 1;
                if certain * 100 > COMMONEST_PERCENT_MAX * group.size() {
                    learnt.push((outcome, certain, group.size()));
                }
            }
        }
        println!(
            "{:16}  outcomes that no row of a group tells {untold}",
            year.name()
        );
        assert_eq!(learnt, [], "of {}", year.name());
    }
}

/// Beds are for who flees a partner, but for one in twelve.
fn with_beds_for_partners(contents: &Contents) -> Contents {
    let beds = [Outcome::BedFound, Outcome::NoBedFree];
    let category = |(place, mut content): (usize, Content)| {
        if beds.contains(&content.outcome) {
            content.category = match place % 12 {
                0 => Category::FamilyViolence,
                _ => Category::PartnerViolence,
            };
        }
        content
    };
    let contents = contents.iter().cloned().enumerate();
    contents.map(category).collect()
}

#[test]
fn tables_tell_who_saw_the_outcome_not_what_the_call_was_about() {
    let mut learnt = Vec::new();
    for year in YEARS.iter().filter(|year| year.world.per_day >= 15) {
        for month in months(year).take(1) {
            let skewed: Vec<_> = month.iter().map(with_beds_for_partners).collect();
            for month in [month, &skewed] {
                for (name, least, most) in Publication::of(month).beside_outcomes() {
                    if least * 100 > COMMONEST_PERCENT_MAX * most {
                        learnt.push(format!("{}: {name}: {least} of {most}", year.name()));
                    }
                }
            }
        }
    }
    assert_eq!(learnt, Vec::<String>::new());
}

/// Calls that are alike but for a relation, and how they ended.
fn related(relation: Relation, first: usize, repeats: usize) -> impl Iterator<Item = Content> {
    (0..first + repeats).map(move |at| Content {
        relation,
        outcome: [Outcome::Advised, Outcome::Referred, Outcome::Other][at % 3],
        told_repeat: if at < first {
            ToldRepeat::First
        } else {
            ToldRepeat::Repeat
        },
        ..Content::default()
    })
}

#[test]
fn who_would_be_in_a_closer_group_is_no_way_out_of_a_hidden_cell() {
    let others = [
        Relation::Partners,
        Relation::Other,
        Relation::Unknown,
        Relation::NotAsked,
    ];
    let month = related(Relation::Own, 10, 0)
        .chain(related(Relation::Mixed, 3, 0))
        .chain(others.into_iter().flat_map(|other| related(other, 8, 6)));

    let published = Publication::of(&[month.collect()]);

    for Secret {
        name, least, most, ..
    } in published.secrets()
    {
        assert!(
            most - least >= HIDDEN_WIDTH_MIN,
            "{name}: {least} to {most}"
        );
    }
}
