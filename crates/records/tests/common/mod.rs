//! A year of calls by chance: Poisson arrivals over the hours of a day, log-normal waits and talk, classes, and
//! what operators entered.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeSet;
use std::time::Duration;

use dispatch::{Class, Moment, Outcome as Ending};
use records::Several;
use records::content::{
    AgeBand, Category, Children, ChildrenOutcome, Content, Interpreter, Known, Language, Outcome,
    Referral, Relation, ToldRepeat, WhoCalled,
};

/// The first of January 2027, at midnight UTC.
pub(crate) const YEAR: Moment = Moment::from_micros(1_798_761_600_000_000);
pub(crate) const DAY_SECONDS: u64 = 24 * 60 * 60;
pub(crate) const DAYS: u64 = 365;
/// How many times the mean of a day arrive in each hour, in hundredths: few before morning, most in the evening.
const DIURNAL: [u64; 24] = [
    60, 45, 35, 30, 30, 35, 50, 70, 90, 105, 115, 115, 110, 110, 115, 120, 125, 135, 145, 155, 160,
    155, 140, 150,
];
/// Half of the talks are shorter than this, in seconds.
const TALK_MEDIAN: f64 = 420.0;
const TALK_SIGMA: f64 = 1.0;
/// Half of those who are answered wait less, in seconds.
const WAIT_MEDIAN: f64 = 9.0;
/// Half of those who are not answered are gone earlier, in seconds.
const PATIENCE_MEDIAN: f64 = 40.0;
const WAIT_SIGMA: f64 = 0.8;
/// How many of a hundred callers who are not answered hang up, are taken by a partner, are lost.
const UNANSWERED: [(u64, Ending); 3] = [
    (86, Ending::Abandoned),
    (8, Ending::Overflowed),
    (6, Ending::Lost),
];
/// How many of a hundred contacts arrive in each class.
const CLASSES: [(u64, Class); 3] = [
    (85, Class::Crisis),
    (5, Class::Danger),
    (10, Class::Information),
];
/// How many of a hundred crisis calls an operator raises.
const RAISED: u64 = 3;

/// One call as it was.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) start: Moment,
    /// Until somebody answered, or until it was over.
    pub(crate) wait: Duration,
    pub(crate) talk: Duration,
    pub(crate) arrived_as: Class,
    pub(crate) ended_as: Class,
    pub(crate) ending: Ending,
    /// What was entered; nothing where no operator talked with the caller.
    pub(crate) content: Option<Content>,
}

/// A line of a year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) per_day: u64,
    /// How many callers of a hundred are gone before an operator answers.
    pub(crate) hang_ups: u64,
    /// How many callers of a hundred say that they have called before.
    pub(crate) repeats: u64,
}

impl Call {
    pub(crate) fn end(&self) -> Moment {
        self.start + self.wait + self.talk
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.content.is_some()
    }
}

/// SplitMix64: a seeded generator of numbers.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Between 0 and 1, and never 0.
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.unit(), 0);
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Whole seconds of which half are below the median, and never none.
    fn seconds(&mut self, median: f64, sigma: f64) -> Duration {
        Duration::from_secs((median * (sigma * self.normal()).exp()) as u64 + 1)
    }

    /// One of these, each as likely as its weight says.
    fn pick<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(total);
        for (weight, choice) in choices {
            if at < *weight {
                return *choice;
            }
            at -= weight;
        }
        unreachable!()
    }
}

/// A year of a line.
pub(crate) fn year(world: World, seed: u64) -> Vec<Call> {
    let mut numbers = Numbers(seed);
    let hundredths: u64 = DIURNAL.iter().sum();
    let mut calls = Vec::new();
    for day in 0..DAYS {
        for (hour, share) in (0..).zip(DIURNAL) {
            let mean = (world.per_day * share) as f64 / hundredths as f64;
            for _ in 0..numbers.poisson(mean) {
                let second = day * DAY_SECONDS + hour * 3_600 + numbers.below(3_600);
                calls.push(call(
                    &mut numbers,
                    world,
                    YEAR + Duration::from_secs(second),
                ));
            }
        }
    }
    calls.sort_by_key(|call| call.start);
    calls
}

fn call(numbers: &mut Numbers, world: World, start: Moment) -> Call {
    let is_answered = numbers.below(100) >= world.hang_ups;
    let arrived_as = numbers.pick(&CLASSES);
    let is_raised = arrived_as == Class::Crisis && numbers.below(100) < RAISED;
    let mut entered = content(numbers);
    if numbers.below(100) < world.repeats {
        entered.told_repeat = ToldRepeat::Repeat;
    }
    let ending = if is_answered {
        Ending::Answered
    } else {
        numbers.pick(&UNANSWERED)
    };
    let (wait, talk) = match ending {
        Ending::Answered => (WAIT_MEDIAN, numbers.seconds(TALK_MEDIAN, TALK_SIGMA)),
        Ending::Overflowed => (PATIENCE_MEDIAN, numbers.seconds(TALK_MEDIAN, TALK_SIGMA)),
        Ending::Abandoned | Ending::Lost | Ending::Taken | Ending::Untaken => {
            (PATIENCE_MEDIAN, Duration::ZERO)
        }
    };
    Call {
        start,
        wait: numbers.seconds(wait, WAIT_SIGMA),
        talk,
        arrived_as,
        ended_as: if is_raised { Class::Danger } else { arrived_as },
        ending,
        content: is_answered.then_some(entered),
    }
}

/// What an operator enters. Some traits decide the outcome on purpose: silent calls break off, who
/// speaks Vietnamese is always referred.
pub(crate) fn content(numbers: &mut Numbers) -> Content {
    let category = numbers.pick(&[
        (50, Category::PartnerViolence),
        (12, Category::FamilyViolence),
        (6, Category::SexualViolence),
        (6, Category::Stalking),
        (8, Category::Information),
        (8, Category::Silent),
        (4, Category::Abusive),
        (6, Category::NotAsked),
    ]);
    let language = numbers.pick(&[
        (84, Language::Czech),
        (4, Language::Slovak),
        (6, Language::Ukrainian),
        (2, Language::English),
        (2, Language::Vietnamese),
        (2, Language::NotAsked),
    ]);
    let outcome = match (category, language) {
        (Category::Silent | Category::Abusive, _) => Outcome::BrokeOff,
        (_, Language::Vietnamese) => Outcome::Referred,
        _ => numbers.pick(&[
            (55, Outcome::Advised),
            (25, Outcome::Referred),
            (6, Outcome::BedFound),
            (3, Outcome::NoBedFree),
            (2, Outcome::EmergencyCalled),
            (5, Outcome::BrokeOff),
            (4, Outcome::NotAsked),
        ]),
    };
    let mut content = Content {
        category,
        language,
        outcome,
        interpreter: numbers.pick(&[(90, Interpreter::NotNeeded), (10, Interpreter::Joined)]),
        who_called: numbers.pick(&[(80, WhoCalled::AdultVictim), (20, WhoCalled::Relative)]),
        referral: numbers.pick(&[
            (50, Referral::None),
            (30, Referral::Counselling),
            (10, Referral::Police),
            (10, Referral::Shelter),
        ]),
        ..Content::default()
    };
    add_children(numbers, &mut content);
    content
}

fn add_children(numbers: &mut Numbers, content: &mut Content) {
    let (children, many) = numbers.pick(&[
        (35, (Children::NotAsked, 0)),
        (20, (Children::Zero, 0)),
        (18, (Children::One, 1)),
        (17, (Children::Two, 2)),
        (7, (Children::Three, 3)),
        (3, (Children::FourOrMore, 4)),
    ]);
    content.children_in_household = children;
    if many == 0 {
        return;
    }
    let band = |numbers: &mut Numbers| {
        numbers.pick(&[
            (1, AgeBand::BelowOne),
            (2, AgeBand::OneToTwo),
            (4, AgeBand::ThreeToSix),
            (3, AgeBand::SevenToNine),
            (4, AgeBand::TenToFourteen),
            (2, AgeBand::FifteenToSeventeen),
        ])
    };
    let bands: BTreeSet<_> = (0..many).map(|_| band(numbers)).collect();
    content.ages = Several(bands);
    content.children_outcome = numbers.pick(&[
        (60, ChildrenOutcome::None),
        (20, ChildrenOutcome::ChildService),
        (10, ChildrenOutcome::Bed),
        (10, ChildrenOutcome::NotAsked),
    ]);
    content.relation = numbers.pick(&[
        (60, Relation::Own),
        (15, Relation::Partners),
        (10, Relation::Mixed),
        (15, Relation::NotAsked),
    ]);
    content.pregnancy = numbers.pick(&[
        (6, Known::Yes),
        (44, Known::No),
        (5, Known::Unknown),
        (45, Known::NotAsked),
    ]);
}
