//! Years as they were, and what is published of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use dispatch::{
    Closed, ContactId, Decision, LegId, LineId, Moment, NodeId, OperatorId, Origin, QueueId, Seq,
};
use records::content::{Content, Outcome, ToldRepeat};
use records::{
    CONTENT_SETTLES, ClosedPeriod, Contents, Counts, Date, OutcomeTold, Row, RowKey, SHARED_BY_MIN,
    Step, Traits, Unstored, generalise,
};

use crate::common::{Call, DAY_SECONDS, Numbers, World, YEAR, year};

/// Lines of so many calls a day.
const VOLUMES: [u64; 5] = [1, 5, 15, 75, 300];
/// How many callers of a hundred are gone before an operator answers.
const HANG_UPS: [u64; 2] = [3, 8];
/// How many callers of a hundred say that they have called before.
const REPEATS: u64 = 25;
/// Of a year that is told in more periods than this, some are attacked.
pub(crate) const PERIODS_ATTACKED_MAX: usize = 24;

/// A year of each volume and share of hang-ups.
pub(crate) static YEARS: LazyLock<Vec<Year>> = LazyLock::new(|| {
    let worlds = VOLUMES.iter().flat_map(|per_day| {
        let world = |hang_ups: &u64| World {
            per_day: *per_day,
            hang_ups: *hang_ups,
            repeats: REPEATS,
        };
        HANG_UPS.iter().map(world)
    });
    let year = |world: World| Year::new(world, year(world, 0x5eed + world.per_day));
    worlds.map(year).collect()
});

/// A year of a call in four days: several months are told together.
pub(crate) static QUIET: LazyLock<Year> = LazyLock::new(|| {
    let world = World {
        per_day: 1,
        hang_ups: 8,
        repeats: REPEATS,
    };
    let calls = year(world, 0x0b5e_55ed).into_iter().step_by(4);
    Year::new(world, calls.collect())
});

/// A year in which every second month has a tenth of the calls of the one before, each answered: its days are small.
pub(crate) static CHANGING: LazyLock<Year> = LazyLock::new(|| {
    let world = World {
        per_day: 75,
        hang_ups: 0,
        repeats: REPEATS,
    };
    let is_there = |(place, call): &(usize, Call)| {
        let month = date_of(call.start).map_or(1, Date::month);
        !month.is_multiple_of(2) || place.is_multiple_of(10)
    };
    let calls = year(world, 0xc4a6e).into_iter().enumerate();
    let calls = calls.filter(is_there).map(|(_, call)| call);
    Year::new(world, calls.collect())
});

/// A year, and what is published of it.
pub(crate) struct Year {
    pub(crate) world: World,
    pub(crate) calls: Vec<Call>,
    /// Its periods in the order in which they were closed.
    pub(crate) closed: Vec<Unstored>,
    /// The periods of which rows are told.
    pub(crate) published: Vec<Published>,
}

/// A closed period as anybody sees it, with its anonymous rows.
pub(crate) struct Published {
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) rows: Vec<Row>,
    /// What is behind the rows.
    pub(crate) contents: Contents,
}

/// Rows of a period that tell the same.
pub(crate) struct Alike<'a> {
    pub(crate) row: &'a Row,
    pub(crate) rows: u64,
    /// How many persons called at least, which nobody outside is told.
    pub(crate) persons: u64,
    /// The outcomes that rows with the same traits tell alone.
    pub(crate) outcomes: BTreeSet<Outcome>,
}

impl Year {
    pub(crate) fn new(world: World, calls: Vec<Call>) -> Self {
        let closed = count(&calls);
        let published = publish(&closed);
        Self {
            world,
            calls,
            closed,
            published,
        }
    }

    /// The periods that are attacked, from all seasons.
    pub(crate) fn attacked(&self) -> impl Iterator<Item = &Published> {
        let step = self.published.len().div_ceil(PERIODS_ATTACKED_MAX);
        self.published.iter().step_by(step.max(1))
    }

    pub(crate) fn answered(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.is_answered())
    }

    /// The calls that ended within these days, each with its place among all.
    pub(crate) fn ended(&self, first: Date, last: Date) -> impl Iterator<Item = (usize, &Call)> {
        let calls = self.calls.iter().enumerate();
        calls.filter(move |(_, call)| {
            date_of(call.end()).is_some_and(|date| (first..=last).contains(&date))
        })
    }

    /// Whether the month that begins on this day is told in parts.
    pub(crate) fn is_in_parts(&self, month: Date) -> bool {
        self.closed.iter().any(|closed| match closed.period {
            ClosedPeriod::Piece { first, .. } => first == month,
            ClosedPeriod::Month { .. } | ClosedPeriod::Misses { .. } => false,
        })
    }

    /// Its first period with rows as they were entered: there the attacks work.
    pub(crate) fn first_period_as_entered(&self) -> Published {
        let published = &self.published[0];
        let row = |content: &Content| Row {
            key: RowKey(0),
            traits: Traits::at(Step::Nothing, content),
            outcome: Some(OutcomeTold::Exact(content.outcome)),
        };
        Published {
            rows: published.contents.iter().map(row).collect(),
            contents: published.contents.clone(),
            ..*published
        }
    }

    /// Its name in what is printed: calls a day and hang-ups of a hundred.
    pub(crate) fn name(&self) -> String {
        format!("{:>3} a day, {} %", self.world.per_day, self.world.hang_ups)
    }
}

impl Published {
    /// The rows by what they tell.
    pub(crate) fn alike(&self) -> Vec<Alike<'_>> {
        let mut groups = BTreeMap::<&Traits, BTreeMap<Option<OutcomeTold>, (&Row, u64)>>::new();
        for row in &self.rows {
            let group = groups.entry(&row.traits).or_default();
            group.entry(row.outcome).or_insert((row, 0)).1 += 1;
        }
        let mut persons = BTreeMap::<(&Traits, Option<OutcomeTold>), u64>::new();
        for (content, traits) in self.told_with() {
            let may_be = [
                traits,
                Traits::default(),
                Traits::at(Step::Nothing, content),
            ];
            let group = may_be
                .iter()
                .find_map(|traits| groups.get_key_value(traits));
            let (traits, told) = group.unwrap();
            let exact = Some(OutcomeTold::Exact(content.outcome));
            let outcomes = [exact, Some(OutcomeTold::AnyOther), None];
            let outcome = outcomes
                .into_iter()
                .find(|outcome| told.contains_key(outcome));
            *persons.entry((*traits, outcome.unwrap())).or_default() += persons_of(&[content]);
        }
        let mut alike = Vec::new();
        for (traits, told) in &groups {
            let exact = |told: &Option<OutcomeTold>| match told {
                Some(OutcomeTold::Exact(outcome)) => Some(*outcome),
                Some(OutcomeTold::AnyOther) | None => None,
            };
            let outcomes: BTreeSet<Outcome> = told.keys().filter_map(exact).collect();
            alike.extend(told.iter().map(|(outcome, (row, rows))| Alike {
                row,
                rows: *rows,
                persons: persons.get(&(*traits, *outcome)).copied().unwrap_or(0),
                outcomes: outcomes.clone(),
            }));
        }
        alike
    }

    /// Each content with the traits that its row tells, if those are not left out later.
    fn told_with(&self) -> Vec<(&Content, Traits)> {
        let mut told = Vec::new();
        let mut left: Vec<&Content> = self.contents.iter().collect();
        for step in Step::ALL {
            let mut tried = BTreeMap::<Traits, Vec<&Content>>::new();
            for content in left.drain(..) {
                let group = tried.entry(Traits::at(step, content)).or_default();
                group.push(content);
            }
            for (traits, group) in tried {
                if persons_of(&group) >= SHARED_BY_MIN {
                    told.extend(group.into_iter().map(|content| (content, traits.clone())));
                } else {
                    left.extend(group);
                }
            }
        }
        told.extend(left.into_iter().map(|content| (content, Traits::default())));
        told
    }
}

/// How many persons called at least.
pub(crate) fn persons_of(contents: &[&Content]) -> u64 {
    let is_first = |content: &&&Content| content.told_repeat != ToldRepeat::Repeat;
    contents.iter().filter(is_first).count() as u64
}

/// The days of the year, and one more.
pub(crate) static DATES: LazyLock<Vec<Date>> = LazyLock::new(|| {
    let months =
        (1..=12).flat_map(|month| (1..=31).filter_map(move |day| Date::new(2027, month, day)));
    months.chain(Date::new(2028, 1, 1)).collect()
});

/// The day that a moment is in; nothing beyond [`DATES`].
pub(crate) fn date_of(moment: Moment) -> Option<Date> {
    DATES.get(usize::try_from(day_of(moment)).ok()?).copied()
}

/// The day of the year that a moment is in, from 0 on.
fn day_of(moment: Moment) -> u64 {
    moment.since(YEAR).as_secs() / DAY_SECONDS
}

/// Something that happens in a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    IsAnswered,
    Ends,
    IsEntered,
}

/// Counts the calls of a year in the order of what happens.
fn count(calls: &[Call]) -> Vec<Unstored> {
    let mut numbers = Numbers(calls.len() as u64);
    let mut events: Vec<(Moment, Event, ContactId, &Call)> = Vec::new();
    for (seq, call) in (1..).zip(calls) {
        let contact = ContactId(Seq(seq));
        events.push((call.start, Event::Arrives, contact, call));
        events.push((call.end(), Event::Ends, contact, call));
        if call.is_answered() {
            let after = Duration::from_secs(numbers.below(CONTENT_SETTLES.as_secs()));
            events.push((call.start + call.wait, Event::IsAnswered, contact, call));
            events.push((call.end() + after, Event::IsEntered, contact, call));
        }
    }
    events.sort_by_key(|(at, event, contact, _)| (*at, *event, *contact));
    let mut counts = Counts::default();
    let mut dates = (0_u64..).zip(DATES.iter().copied()).peekable();
    for (at, event, contact, call) in events {
        while let Some((day, date)) = dates.next_if(|(day, _)| *day <= day_of(at)) {
            counts.turn(YEAR + Duration::from_secs(day * DAY_SECONDS), date);
        }
        happen(&mut counts, event, contact, call);
    }
    for (day, date) in dates {
        counts.turn(YEAR + Duration::from_secs(day * DAY_SECONDS), date);
    }
    counts.settle(YEAR + Duration::from_secs(400 * DAY_SECONDS));
    counts.closed.into()
}

fn happen(counts: &mut Counts, event: Event, contact: ContactId, call: &Call) {
    let line = LineId::parse("help").unwrap();
    let operator = OperatorId::parse("night").unwrap();
    let leg = LegId::new(NodeId::ONLY, 1, 1);
    match event {
        Event::Arrives => counts.arrive(call.start, line, call.arrived_as),
        Event::IsAnswered => counts.decide(&Decision::Bridge {
            contact,
            operator,
            leg,
        }),
        Event::Ends => counts.decide(&Decision::Closed(Closed {
            contact,
            origin: Origin::Caller { leg, line },
            queue: QueueId::parse("help").unwrap(),
            class: call.ended_as,
            arrived: call.start,
            answered: (call.talk > Duration::ZERO).then(|| call.start + call.wait),
            ended: call.end(),
            outcome: call.ending,
        })),
        Event::IsEntered => {
            let content = call.content.clone().unwrap();
            counts.enter(contact, operator, content).unwrap();
        }
    }
}

/// Rows of the pieces of each month, or of the month where it has none.
fn publish(closed: &[Unstored]) -> Vec<Published> {
    let mut published = Vec::new();
    let mut seed = [7_u8; 32];
    for closed in closed {
        let (ClosedPeriod::Piece { first, last, .. } | ClosedPeriod::Month { first, last, .. }) =
            closed.period
        else {
            continue;
        };
        seed[0] = seed[0].wrapping_add(1);
        let rows = generalise(&closed.rows, seed);
        if !rows.is_empty() {
            published.push(Published {
                first,
                last,
                rows,
                contents: closed.rows.clone(),
            });
        }
    }
    published
}

/// How often something is so, in hundredths of a percent.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let share = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", share / 100, share % 100)
}
