use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::Class;

use crate::Tally;

/// How many contacts share a published sum at least, beside the counts of a month, which are exact. (DESIGN §7.1)
pub const SHARED_BY_MIN: u64 = 10;

/// Sums of contacts as they are told. What is missing is not told: it would be about too few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Contacts that arrived.
    pub arrived: u64,
    /// Contacts that ended.
    pub ended: u64,
    /// Of `ended`: those that an operator talked with.
    pub answered: u64,
    /// Of `answered`: those that were answered in time.
    pub answered_in_time: u64,
    /// How the others ended; told of whole months alone.
    pub unanswered: Option<Unanswered>,
    /// Sums of times; told of whole months alone.
    pub times: Times,
}

/// How contacts ended that no operator talked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// Their callers hung up.
    pub abandoned: u64,
    /// Of `abandoned`: those who hung up early.
    pub abandoned_early: u64,
    /// A partner took them.
    pub overflowed: u64,
    /// Their legs were lost.
    pub lost: u64,
}

/// Sums of times, each in whole seconds and about [`SHARED_BY_MIN`] contacts or more; so is what all
/// contacts took beyond them, or it is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Σ (*first answer − arrival*) of those who were answered, by an operator or a partner.
    pub answered_wait: Option<u64>,
    /// Σ (*end − arrival*) of the others.
    pub unanswered_wait: Option<u64>,
    /// Σ (*end − first answer*) of those whom an operator answered.
    pub talk: Option<u64>,
}

impl Sums {
    /// What is told of a part: a piece of a month. No split of it but the two is told apart, and no time.
    pub(crate) const fn of_part(tally: &Tally) -> Self {
        Self {
            arrived: tally.arrived,
            ended: tally.ended(),
            answered: tally.answered,
            answered_in_time: tally.answered_in_time,
            unanswered: None,
            times: Times {
                answered_wait: None,
                unanswered_wait: None,
                talk: None,
            },
        }
    }

    /// Every sum of a month, told or not.
    #[must_use]
    pub const fn whole(tally: &Tally) -> Self {
        Self {
            unanswered: Some(Unanswered {
                abandoned: tally.abandoned,
                abandoned_early: tally.abandoned_early,
                overflowed: tally.overflowed,
                lost: tally.lost,
            }),
            times: Times {
                answered_wait: Some(Timed::AnsweredWait.seconds(tally)),
                unanswered_wait: Some(Timed::UnansweredWait.seconds(tally)),
                talk: Some(Timed::Talk.seconds(tally)),
            },
            ..Self::of_part(tally)
        }
    }

    /// What is told of a month: all counts, and the times that enough contacts share.
    #[must_use]
    pub fn of_month(tally: &Tally) -> Self {
        Self::whole(tally).told_of_month()
    }

    /// The same without the times of a month that too few contacts share.
    pub(crate) fn told_of_month(self) -> Self {
        let counts = self.counts();
        let told = |of: Timed, time: Option<u64>| time.filter(|_| of.is_told_of_month(&counts));
        let Times {
            answered_wait,
            unanswered_wait,
            talk,
        } = self.times;
        Self {
            times: Times {
                answered_wait: told(Timed::AnsweredWait, answered_wait),
                unanswered_wait: told(Timed::UnansweredWait, unanswered_wait),
                talk: told(Timed::Talk, talk),
            },
            ..self
        }
    }

    /// The sums of two months. A time that is not known of both is not known of them together.
    pub(crate) fn join(&self, next: &Self) -> Self {
        let time = |of| {
            let (time, more) = (self.time(of)?, next.time(of)?);
            Some(time.saturating_add(more))
        };
        let ends = self.unanswered.zip(next.unanswered);
        Self {
            arrived: self.arrived.saturating_add(next.arrived),
            ended: self.ended.saturating_add(next.ended),
            answered: self.answered.saturating_add(next.answered),
            answered_in_time: self.answered_in_time.saturating_add(next.answered_in_time),
            unanswered: ends.map(|(ends, more)| ends.join(more)),
            times: Times {
                answered_wait: time(Timed::AnsweredWait),
                unanswered_wait: time(Timed::UnansweredWait),
                talk: time(Timed::Talk),
            },
        }
    }

    /// A time as far as it is known: that of nobody is none, told or not.
    fn time(&self, of: Timed) -> Option<u64> {
        let told = match of {
            Timed::AnsweredWait => self.times.answered_wait,
            Timed::UnansweredWait => self.times.unanswered_wait,
            Timed::Talk => self.times.talk,
        };
        let is_of_nobody = self.unanswered.is_some() && of.contacts(&self.counts()) == 0;
        told.or(is_of_nobody.then_some(0))
    }

    /// Its counts alone.
    fn counts(&self) -> Tally {
        let ends = self.unanswered.unwrap_or_default();
        Tally {
            arrived: self.arrived,
            answered: self.answered,
            answered_in_time: self.answered_in_time,
            abandoned: ends.abandoned,
            abandoned_early: ends.abandoned_early,
            overflowed: ends.overflowed,
            lost: ends.lost,
            ..Tally::default()
        }
    }

    /// What is told of the classes of a month, beside its total: each is shared, and so is what the
    /// total has beyond them. Its talk is then told, too: ten were answered in it and in what is
    /// left, and where nothing is left the total's talk is told as well. Of how many the waits are
    /// a class does not tell.
    pub(crate) fn of_classes(tallies: &BTreeMap<Class, Tally>) -> BTreeMap<Class, Self> {
        let sums = told_apart(tallies).into_iter().map(|(class, tally)| {
            let times = Times {
                talk: Some(Timed::Talk.seconds(tally)),
                ..Times::default()
            };
            let sums = Self {
                times,
                ..Self::of_part(tally)
            };
            (class, sums)
        });
        sums.collect()
    }
}

impl Unanswered {
    const fn join(self, more: Self) -> Self {
        Self {
            abandoned: self.abandoned.saturating_add(more.abandoned),
            abandoned_early: self.abandoned_early.saturating_add(more.abandoned_early),
            overflowed: self.overflowed.saturating_add(more.overflowed),
            lost: self.lost.saturating_add(more.lost),
        }
    }
}

/// A sum of times.
#[derive(Clone, Copy)]
enum Timed {
    AnsweredWait,
    UnansweredWait,
    Talk,
}

impl Timed {
    /// How many contacts are in it.
    const fn contacts(self, tally: &Tally) -> u64 {
        match self {
            Self::AnsweredWait => tally.answered + tally.overflowed,
            Self::UnansweredWait => tally.abandoned + tally.lost,
            Self::Talk => tally.answered,
        }
    }

    /// Whether a month tells it.
    ///
    /// Who has the line's itemised bill knows how long all calls were together, and takes away what
    /// is told. What is left must be of nobody or of enough: the time with partners is told nowhere,
    /// so beside talk it is left with the waits of those whom nobody answered, and beside these alone.
    const fn is_told_of_month(self, tally: &Tally) -> bool {
        let given_up = Self::UnansweredWait.contacts(tally);
        let left = match self {
            Self::AnsweredWait => 0,
            Self::Talk => given_up + tally.overflowed,
            Self::UnansweredWait => tally.overflowed,
        };
        self.contacts(tally) >= SHARED_BY_MIN && (left == 0 || left >= SHARED_BY_MIN)
    }

    const fn seconds(self, tally: &Tally) -> u64 {
        let sum: Duration = match self {
            Self::AnsweredWait => tally.answered_wait,
            Self::UnansweredWait => tally.unanswered_wait,
            Self::Talk => tally.talk,
        };
        sum.as_secs()
    }
}

/// Tells whether enough contacts share these sums and every split of them that is told: none is on
/// one side of it, or enough are on both. (DESIGN §7.1)
pub(crate) const fn is_shared(tally: &Tally) -> bool {
    tally.arrived >= SHARED_BY_MIN
        && tally.answered >= SHARED_BY_MIN
        && is_split(tally.answered, tally.ended())
        && is_split(tally.answered_in_time, tally.answered)
}

/// Tells whether these sums are shared whatever else is added to them.
pub(crate) const fn stays_shared(tally: &Tally) -> bool {
    is_shared(tally)
        && tally.ended() - tally.answered >= SHARED_BY_MIN
        && tally.answered_in_time >= SHARED_BY_MIN
        && tally.answered - tally.answered_in_time >= SHARED_BY_MIN
}

const fn is_split(part: u64, whole: u64) -> bool {
    part == 0 || part == whole || (part >= SHARED_BY_MIN && whole - part >= SHARED_BY_MIN)
}

/// The classes that may be told beside their total: each is shared, and so is what the total has
/// beyond them, or it is nothing.
fn told_apart(tallies: &BTreeMap<Class, Tally>) -> BTreeMap<Class, &Tally> {
    let (mut told, mut rest) = (BTreeMap::new(), Tally::default());
    for (class, tally) in tallies {
        if is_shared(tally) {
            told.insert(*class, tally);
        } else {
            rest.add(tally);
        }
    }
    while rest != Tally::default() && !is_shared(&rest) {
        let smallest = told.iter().min_by_key(|(_, tally)| tally.arrived);
        let Some(class) = smallest.map(|(class, _)| *class) else {
            break;
        };
        if let Some(tally) = told.remove(&class) {
            rest.add(tally);
        }
    }
    told
}
