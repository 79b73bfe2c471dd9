//! Who knows the telephone bill, or the family, learns nothing from what is published of a year.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod integer_program;
mod rows_and_tables;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Call, DAY_SECONDS, World, YEAR, year};
use dispatch::{
    Class, Closed, ContactId, Decision, LegId, LineId, Moment, Outcome as Ending, QueueId, Seq,
};
use records::content::{Content, Outcome};
use records::{
    Ages, COMMONEST_PERCENT_MAX, ChildrenTold, ClosedPeriod, Counts, DISTINCT_MIN, Date,
    LanguageTold, OutcomeTold, Row, SHARED_BY_MIN, Step, Sums, Traits, generalise,
};

/// Lines of so many calls a day.
const VOLUMES: [u64; 4] = [5, 15, 60, 300];
/// What a family member may know: language, number and ages of children, pregnancy, relation; a bit for each.
const KNOWLEDGE: u32 = 5;

/// The days of the year, and one more.
fn dates() -> Vec<Date> {
    let months =
        (1..=12).flat_map(|month| (1..=31).filter_map(move |day| Date::new(2027, month, day)));
    months.chain(Date::new(2028, 1, 1)).collect()
}

fn day_of(moment: Moment) -> u64 {
    moment.since(YEAR).as_secs() / DAY_SECONDS
}

/// A closed period as anybody sees it, with its anonymous rows.
struct Published {
    first: Date,
    last: Date,
    rows: Vec<Row>,
    /// What is behind the rows.
    contents: Vec<Content>,
}

/// A year as it was, and what is published of it.
struct Year {
    per_day: u64,
    calls: Vec<Call>,
    closed: Vec<ClosedPeriod>,
    published: Vec<Published>,
}

impl Year {
    fn new(per_day: u64) -> Self {
        let world = World {
            per_day,
            hang_ups: 8,
            repeats: 25,
        };
        let calls = year(world, 0x5eed + per_day);
        let closed = count(&calls);
        let published = publish(&calls, &closed);
        Self {
            per_day,
            calls,
            closed,
            published,
        }
    }
}

/// Counts the calls of a year in the order of their starts and ends.
fn count(calls: &[Call]) -> Vec<ClosedPeriod> {
    let line = LineId::parse("help").unwrap();
    let mut events: Vec<(Moment, Option<&Call>)> = Vec::new();
    for call in calls {
        events.push((call.start, None));
        events.push((call.end(), Some(call)));
    }
    events.sort_by_key(|(at, _)| *at);
    let mut counts = Counts::default();
    let mut dates = (0_u64..).zip(dates()).peekable();
    for (at, ended) in events {
        while let Some((day, date)) = dates.next_if(|(day, _)| *day <= day_of(at)) {
            counts.turn(YEAR + Duration::from_secs(day * DAY_SECONDS), date);
        }
        match ended {
            None => counts.arrive(at, line, Class::Crisis),
            Some(call) => counts.decide(&Decision::Closed(Closed {
                contact: ContactId(Seq(1)),
                leg: LegId { start: 1, n: 1 },
                line,
                queue: QueueId::parse("help").unwrap(),
                class: Class::Crisis,
                arrived: call.start,
                answered: call.content.as_ref().map(|_| call.start),
                ended: call.end(),
                outcome: match call.content {
                    Some(_) => Ending::Answered,
                    None => Ending::Abandoned,
                },
            })),
        }
    }
    for (day, date) in dates {
        counts.turn(YEAR + Duration::from_secs(day * DAY_SECONDS), date);
    }
    counts.settle(YEAR + Duration::from_secs(400 * DAY_SECONDS));
    let closed = counts.closed.into_iter();
    closed.map(|closed| closed.period).collect()
}

/// Rows of the pieces of each month, or of the month where it has none.
fn publish(calls: &[Call], closed: &[ClosedPeriod]) -> Vec<Published> {
    let piece = |closed: &ClosedPeriod| match closed {
        ClosedPeriod::Piece { first, last, .. } => Some((*first, *last)),
        ClosedPeriod::Month { .. } | ClosedPeriod::Misses { .. } => None,
    };
    let pieces: Vec<_> = closed.iter().filter_map(piece).collect();
    let month = |closed: &ClosedPeriod| match closed {
        ClosedPeriod::Month { first, last, .. } => Some((*first, *last)),
        ClosedPeriod::Piece { .. } | ClosedPeriod::Misses { .. } => None,
    };
    let is_whole =
        |(first, _): &(Date, Date)| pieces.iter().all(|piece| piece.0.month() != first.month());
    let months = closed.iter().filter_map(month).filter(is_whole);
    let periods = pieces.iter().copied().chain(months);
    let dates = dates();
    let mut by_date = BTreeMap::<Date, Vec<&Content>>::new();
    for call in calls {
        if let Some(date) = dates.get(usize::try_from(day_of(call.end())).unwrap()) {
            by_date.entry(*date).or_default().extend(&call.content);
        }
    }
    let mut seed = [7_u8; 32];
    let published = periods.map(|(first, last)| {
        let within = by_date
            .range(first..=last)
            .flat_map(|(_, contents)| contents);
        let contents: Vec<Content> = within.map(|content| (*content).clone()).collect();
        seed[0] = seed[0].wrapping_add(1);
        Published {
            first,
            last,
            rows: generalise(&contents.iter().cloned().collect(), seed),
            contents,
        }
    });
    published.collect()
}

/// Hundredths of a percent.
fn share(part: usize, whole: usize) -> String {
    let share = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", share / 100, share % 100)
}

/// Of the calls, those that hour of start and minutes of talk tell from all others: what the bill
/// would do to rows with times.
fn told_by_hour_and_minute(calls: &[Call]) -> usize {
    let key = |call: &Call| {
        let seconds = call.start.since(YEAR).as_secs();
        (seconds / 3_600, call.talk.as_secs() / 60)
    };
    let mut counts = BTreeMap::<_, usize>::new();
    for call in calls {
        *counts.entry(key(call)).or_default() += 1;
    }
    counts.values().filter(|count| **count == 1).count()
}

/// The sums that are published, each with how many contacts it is about.
fn sums(closed: &[ClosedPeriod]) -> Vec<&Sums> {
    let mut sums = Vec::new();
    for closed in closed {
        match closed {
            ClosedPeriod::Piece { total, .. } => sums.push(total),
            ClosedPeriod::Month { total, classes, .. } => {
                sums.push(total);
                sums.extend(classes.values());
            }
            ClosedPeriod::Misses { .. } => {}
        }
    }
    sums
}

#[test]
fn bill_holder_pins_no_row_and_learns_no_count_but_arrived() {
    println!("calls/day  calls   by hour+minute  rows    pinned  k<5     k<10    sums  of <10");
    for per_day in VOLUMES {
        let year = Year::new(per_day);
        let (mut rows, mut pinned, mut below_five, mut below_ten) = (0, 0, 0, 0);

        for published in &year.published {
            // He knows the second of his call, so its period; all rows of the period may be it.
            let candidates = published.rows.len();
            rows += candidates;
            for (limit, count) in [(2, &mut pinned), (5, &mut below_five), (10, &mut below_ten)] {
                if candidates < limit {
                    *count += candidates;
                }
            }
        }
        let sums = sums(&year.closed);
        let is_small = |sum: &&&Sums| sum.arrived < SHARED_BY_MIN || sum.ended < SHARED_BY_MIN;
        let small = sums.iter().filter(is_small).count();

        let told = told_by_hour_and_minute(&year.calls);
        println!(
            "{:>9}  {:>6}  {:>14}  {:>6}  {:>6}  {:>6}  {:>6}  {:>4}  {:>6}",
            per_day,
            year.calls.len(),
            share(told, year.calls.len()),
            rows,
            share(pinned, rows),
            share(below_five, rows),
            share(below_ten, rows),
            sums.len(),
            small
        );
        // The attack works where there are times.
        assert!(told * 3 > year.calls.len());
        let answered = year
            .calls
            .iter()
            .filter(|call| call.content.is_some())
            .count();
        assert!(rows * 100 > answered * 99);
        assert_eq!((pinned, below_five, below_ten, small), (0, 0, 0, 0));
    }
}

/// The traits that a family member may take a call for, of each kind.
struct Suspect {
    language: Vec<Option<LanguageTold>>,
    children: Vec<Option<ChildrenTold>>,
    ages: Vec<Option<Ages>>,
    pregnancy: Vec<Option<records::content::Known>>,
    relation: Vec<Option<records::content::Relation>>,
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
        }
    }

    /// Tells whether rows with these traits may be the call, for somebody who knows this much.
    fn may_be(&self, known: u32, traits: &Traits) -> bool {
        let known = |bit: u32| known & (1 << bit) != 0;
        (!known(0) || self.language.contains(&traits.language))
            && (!known(1) || self.children.contains(&traits.children))
            && (!known(2) || self.ages.contains(&traits.ages))
            && (!known(3) || self.pregnancy.contains(&traits.pregnancy))
            && (!known(4) || self.relation.contains(&traits.relation))
    }
}

type Outcomes = BTreeMap<Option<OutcomeTold>, u64>;

fn groups(rows: &[Row]) -> BTreeMap<&Traits, Outcomes> {
    let mut groups = BTreeMap::<&Traits, Outcomes>::new();
    for row in rows {
        let outcomes = groups.entry(&row.traits).or_default();
        *outcomes.entry(row.outcome).or_default() += 1;
    }
    groups
}

/// What an outsider makes of the rows that may be the call.
#[derive(Debug, PartialEq, Eq)]
enum Learnt {
    Nothing,
    Outcome,
}

fn learnt(outcomes: &Outcomes) -> Learnt {
    let asked = || {
        outcomes.iter().filter(|(outcome, _)| {
            !matches!(outcome, None | Some(OutcomeTold::Exact(Outcome::NotAsked)))
        })
    };
    let total: u64 = asked().map(|(_, count)| count).sum();
    let commonest = asked().map(|(_, count)| *count).max().unwrap_or(0);
    if total == 0
        || (asked().count() >= DISTINCT_MIN && commonest * 100 <= COMMONEST_PERCENT_MAX * total)
    {
        return Learnt::Nothing;
    }
    Learnt::Outcome
}

/// The attacks on a period: how many a family member can make, how many leave fewer than ten rows,
/// and how many tell the outcome.
fn attack(published: &Published) -> (usize, usize, usize) {
    let groups = groups(&published.rows);
    let mut distinct = BTreeMap::<Content, ()>::new();
    for content in &published.contents {
        let known = Content {
            language: content.language,
            children_in_household: content.children_in_household,
            ages: content.ages.clone(),
            pregnancy: content.pregnancy,
            relation: content.relation,
            ..Content::default()
        };
        distinct.insert(known, ());
    }
    let (mut attacks, mut few, mut learn) = (0, 0, 0);
    for content in distinct.keys() {
        let suspect = Suspect::of(content);
        for known in 1..1_u32 << KNOWLEDGE {
            let mut found = Outcomes::new();
            for (traits, outcomes) in &groups {
                if suspect.may_be(known, traits) {
                    for (outcome, count) in outcomes {
                        *found.entry(*outcome).or_default() += count;
                    }
                }
            }
            attacks += 1;
            few += usize::from(found.values().sum::<u64>() < SHARED_BY_MIN);
            learn += usize::from(learnt(&found) != Learnt::Nothing);
        }
    }
    (attacks, few, learn)
}

#[test]
fn family_member_learns_no_outcome() {
    println!("calls/day  periods  rows    with a trait  attacks  k<10  outcome learnt");
    for per_day in VOLUMES {
        let year = Year::new(per_day);
        let (mut attacks, mut few, mut learn, mut with_trait, mut rows) = (0, 0, 0, 0, 0);

        for published in &year.published {
            assert!(published.first <= published.last);
            let (more, of_few, told) = attack(published);
            (attacks, few, learn) = (attacks + more, few + of_few, learn + told);
            let has_trait = |row: &&Row| row.traits != Traits::default();
            with_trait += published.rows.iter().filter(has_trait).count();
            rows += published.rows.len();
            // Whatever he knows, he finds whole groups.
            for outcomes in groups(&published.rows).values() {
                assert!(outcomes.values().sum::<u64>() >= SHARED_BY_MIN);
                assert_eq!(learnt(outcomes), Learnt::Nothing);
            }
        }

        println!(
            "{:>9}  {:>7}  {:>6}  {:>12}  {:>7}  {:>4}  {:>14}",
            year.per_day,
            year.published.len(),
            rows,
            share(with_trait, rows),
            attacks,
            few,
            learn
        );
        assert!(attacks > 1_000);
        assert!(with_trait * 2 > rows);
        assert_eq!((few, learn), (0, 0));
    }
}

#[test]
fn family_member_would_learn_outcomes_from_rows_as_they_were_entered() {
    let year = Year::new(60);
    let entered = |published: &Published| {
        let row = |content: &Content| Row {
            key: records::RowKey(0),
            traits: Traits::at(Step::Nothing, content),
            outcome: Some(OutcomeTold::Exact(content.outcome)),
        };
        Published {
            rows: published.contents.iter().map(row).collect(),
            contents: published.contents.clone(),
            ..*published
        }
    };

    let (attacks, few, learn) = attack(&entered(&year.published[0]));

    println!("of {attacks} attacks on rows as entered: k<10 {few}, outcome learnt {learn}");
    assert!(few * 4 > attacks);
    assert!(learn * 10 > attacks);
}
