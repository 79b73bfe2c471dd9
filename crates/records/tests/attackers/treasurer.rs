//! The line's treasurer with its itemised bill: he knows when each call began and how long it was, so what arrived and
//! ended in any span and, of very short ones, that nobody answered; he does not know what was said in any.

use dispatch::Outcome as Ending;
use records::{ABANDONED_EARLY, ClosedPeriod, Date, SHARED_BY_MIN, Sums};

use crate::sums::times;
use crate::truth::Days;
use crate::year::{CHANGING, QUIET, YEARS, Year};

/// Of months with more calls than this no sum is taken apart: far more calls than these have the same sum as others.
const CALLS_TAKEN_APART_MAX: usize = 250;

/// A call as the bill has it.
#[derive(Clone, Copy)]
struct Billed {
    seconds: usize,
    /// What is not on the bill: nobody answered, neither an operator nor a partner.
    is_given_up: bool,
}

fn billed(year: &Year, first: Date, last: Date) -> Vec<Billed> {
    let billed = year.ended(first, last).map(|(_, call)| Billed {
        seconds: usize::try_from(call.end().since(call.start).as_secs()).unwrap(),
        is_given_up: match call.ending {
            Ending::Abandoned | Ending::Lost => true,
            Ending::Answered | Ending::Overflowed | Ending::Taken | Ending::Untaken => false,
        },
    });
    billed.collect()
}

/// Which sums of seconds some of the calls have: by how many they are, a bit for each sum.
#[derive(Clone)]
struct Reached(Vec<Vec<u64>>);

impl Reached {
    /// By no call.
    fn none(calls: usize, seconds: usize) -> Self {
        let mut reached = vec![vec![0; seconds / 64 + 1]; calls + 1];
        reached[0][0] = 1;
        Self(reached)
    }

    /// By one call more.
    fn with(&self, call: Billed) -> Self {
        let mut reached = self.clone();
        let (words, bits) = (call.seconds / 64, call.seconds % 64);
        for calls in 1..self.0.len() {
            for at in words..self.0[calls].len() {
                let fewer = &self.0[calls - 1];
                let mut sums = fewer[at - words] << bits;
                if bits > 0 && at > words {
                    sums |= fewer[at - words - 1] >> (64 - bits);
                }
                reached.0[calls][at] |= sums;
            }
        }
        reached
    }

    fn has(&self, calls: usize, seconds: usize) -> bool {
        self.0[calls][seconds / 64] & (1 << (seconds % 64)) != 0
    }

    /// Whether calls of these and of others are so many together, and so long.
    fn meets(&self, others: &Self, calls: usize, seconds: usize) -> bool {
        (0..=calls).any(|of_these| {
            (0..=seconds)
                .any(|sum| self.has(of_these, sum) && others.has(calls - of_these, seconds - sum))
        })
    }
}

/// The calls without which no others would be so many and so long.
fn needed(calls: &[Billed], count: usize, seconds: usize) -> Vec<Billed> {
    let mut before = vec![Reached::none(count, seconds)];
    for call in calls {
        before.push(before[before.len() - 1].with(*call));
    }
    let mut after = Reached::none(count, seconds);
    let mut needed = Vec::new();
    for (place, call) in calls.iter().enumerate().rev() {
        if !before[place].meets(&after, count, seconds) {
            needed.push(*call);
        }
        after = after.with(*call);
    }
    needed
}

/// How many calls nobody answered, and how long they were together: as it is told, or as the bill
/// has it beyond what is told of the others.
fn given_up(calls: &[Billed], told: &Sums) -> Option<(usize, u64)> {
    let unanswered = told.unanswered?;
    let count = usize::try_from(unanswered.abandoned + unanswered.lost).ok()?;
    let all: u64 = calls.iter().map(|call| call.seconds as u64).sum();
    let others =
        || (unanswered.overflowed == 0).then_some(told.times.answered_wait? + told.times.talk?);
    let seconds = told.times.unanswered_wait;
    Some((count, seconds.or_else(|| Some(all - others()?))?))
}

/// What is found of the calls of a year.
#[derive(Debug, Default)]
struct Findings {
    months: u64,
    calls: u64,
    /// Of `calls`: nobody answered.
    given_up: u64,
    /// Of `calls`: the bill and the sum tell that nobody answered.
    certain: u64,
    /// Of `certain`: the length alone tells it.
    of_them_early: u64,
}

impl Findings {
    fn take_apart(&mut self, calls: &[Billed], told: &Sums) {
        let Some((count, seconds)) = given_up(calls, told) else {
            return;
        };
        if calls.len() > CALLS_TAKEN_APART_MAX {
            return;
        }
        let certain = needed(calls, count, usize::try_from(seconds).unwrap());
        assert!(certain.iter().all(|call| call.is_given_up));
        let is_early = |call: &&Billed| call.seconds as u64 <= ABANDONED_EARLY.as_secs();
        self.months += 1;
        self.calls += calls.len() as u64;
        self.given_up += calls.iter().filter(|call| call.is_given_up).count() as u64;
        self.certain += certain.len() as u64;
        self.of_them_early += certain.iter().filter(is_early).count() as u64;
    }
}

#[test]
fn treasurer_cannot_take_a_sum_of_times_apart() {
    println!("the treasurer     months  calls  given up  of it certain  by length alone");
    for year in YEARS.iter() {
        let mut findings = Findings::default();

        for closed in &year.closed {
            if let ClosedPeriod::Month {
                first, last, total, ..
            } = &closed.period
            {
                findings.take_apart(&billed(year, *first, *last), total);
            }
        }

        let Findings {
            months,
            calls,
            given_up,
            certain,
            of_them_early,
        } = findings;
        println!(
            "{:16}  {months:>6}  {calls:>5}  {given_up:>8}  {certain:>13}  {of_them_early:>15}",
            year.name()
        );
        assert_eq!(certain, 0);
    }
}

#[test]
fn what_the_bill_has_beyond_all_sums_is_of_ten_or_none() {
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        let days = Days::of(year);
        for closed in &year.closed {
            let ClosedPeriod::Month {
                first,
                last,
                total,
                classes,
                ..
            } = &closed.period
            else {
                continue;
            };
            let month = days.total(*first..=*last);
            // The bill does not have classes: he takes away those whose times are told.
            let beyond = |timed: usize| {
                let classes = classes.iter().map(|(class, sums)| (*class, sums));
                let told = classes.filter(|(_, sums)| times(&sums.times)[timed].is_some());
                let told = told.map(|(class, _)| days.of_class(*first..=*last, class));
                let told: u64 = told.map(|truth| truth.timed()[timed]).sum();
                match times(&total.times)[timed] {
                    Some(_) => 0,
                    None => month.timed()[timed] - told,
                }
            };
            let (waited, given_up, talked) = (beyond(0), beyond(1), beyond(2));
            // How long callers talked with a partner is told nowhere.
            let beyond = waited.max(talked) + given_up + month.overflowed;

            assert!(
                beyond == 0 || beyond >= SHARED_BY_MIN,
                "{} from {first}: {talked} talked, {given_up} given up, {} overflowed",
                year.name(),
                month.overflowed
            );
        }
    }
}

#[test]
fn treasurer_finds_ten_rows_and_ten_answered_or_none() {
    for year in YEARS.iter().chain([&*QUIET, &*CHANGING]) {
        let days = Days::of(year);
        for published in &year.published {
            let calls = billed(year, published.first, published.last);
            assert!(calls.len() as u64 >= SHARED_BY_MIN);
            assert!(published.rows.len() as u64 >= SHARED_BY_MIN);
        }
        for closed in &year.closed {
            let ClosedPeriod::Piece {
                first, last, total, ..
            } = &closed.period
            else {
                continue;
            };
            // What ended he knows; who of them was answered is told of ten or of none.
            assert_eq!(total.ended, billed(year, *first, *last).len() as u64);
            let of_bill = days.total(*first..=*last);
            assert_eq!(
                (total.arrived, total.answered),
                (of_bill.arrived, of_bill.answered)
            );
            for side in [total.answered, total.ended - total.answered] {
                assert!(side == 0 || side >= SHARED_BY_MIN);
            }
        }
    }
}
