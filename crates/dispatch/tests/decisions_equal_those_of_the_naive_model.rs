//! The dispatcher decides exactly what the plain model decides, whatever comes.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod model;
mod world;

use dispatch::{Decision, Dispatcher, Why};
use model::Model;
use proptest::prelude::*;
use world::{World, drain};

/// Random days compared by the ordinary suite; `LINKA_SOAK` multiplies it.
const SEEDS: u64 = 2_000;

fn seeds() -> u64 {
    let soak = std::env::var("LINKA_SOAK").map_or(Ok(1), |times| times.parse::<u64>());
    SEEDS * soak.expect("a number of times")
}

fn compare(seed: u64, steps: usize) -> Result<Vec<Decision>, String> {
    let (mut dispatcher, mut model, mut world) =
        (Dispatcher::new(), Model::default(), World::new(seed));
    let mut next = (world.now, world.first());
    let mut all = Vec::new();
    for step in 0..steps {
        let (now, input) = next;
        let expected = model.handle(now, &input);
        let decided = match dispatcher.handle_input(now, input.clone()) {
            Ok(()) => Some(drain(&mut dispatcher)),
            Err(_) => None,
        };
        if decided != expected || dispatcher.poll_timeout() != model.due() {
            return Err(format!(
                "seed {seed}, step {step}, {now:?} {input:?}\n{}\n due {:?} {:?}",
                difference(decided.as_deref(), expected.as_deref()),
                dispatcher.poll_timeout(),
                model.due()
            ));
        }
        if let Some(decided) = decided {
            world.note(&input, &decided);
            all.extend(decided);
        }
        told_alike(&dispatcher, &model)
            .map_err(|wrong| format!("seed {seed}, step {step}: {wrong}"))?;
        next = world.next(dispatcher.poll_timeout());
    }
    Ok(all)
}

/// Of each contact that waits it is told alike whether nobody is there or free for it.
fn told_alike(dispatcher: &Dispatcher, model: &Model) -> Result<(), String> {
    for contact in model.contacts.values().filter(|contact| contact.waits()) {
        let expected = model.nobody(contact);
        let why = dispatcher
            .why(contact.id)
            .map_err(|wrong| wrong.to_string())?;
        let mut told = why
            .iter()
            .filter(|why| matches!(why, Why::NobodyThere | Why::NobodyFree { .. }));
        if told.next() != expected.as_ref() || told.next().is_some() {
            let id = contact.id;
            return Err(format!("{id:?}: told {why:?}, expected {expected:?}"));
        }
    }
    Ok(())
}

/// The first decision that differs.
fn difference(decided: Option<&[Decision]>, expected: Option<&[Decision]>) -> String {
    let (Some(decided), Some(expected)) = (decided, expected) else {
        return format!(
            "accepted {}, expected {}",
            decided.is_some(),
            expected.is_some()
        );
    };
    let longest = decided.len().max(expected.len());
    let first = (0..longest).find(|at| decided.get(*at) != expected.get(*at));
    first.map_or_else(String::new, |at| {
        format!(
            "decision {at}: decided {:?}, expected {:?}",
            decided.get(at),
            expected.get(at)
        )
    })
}

#[test]
fn seeded_days_are_decided_alike() {
    for seed in 0..seeds() {
        if let Err(difference) = compare(seed, 500) {
            panic!("{difference}");
        }
    }
}

#[test]
fn the_days_contain_every_kind_of_decision() {
    let days: Vec<Decision> = (0..20)
        .flat_map(|seed| compare(seed, 500).unwrap())
        .collect();
    let named = |name: &str| {
        days.iter()
            .filter(|decision| format!("{decision:?}").contains(name))
            .count()
    };

    let rare: Vec<_> = [
        "Offer {",
        "Taken {",
        "RangOut",
        "AnsweredElsewhere",
        "cause: Ended",
        "cause: Restarted",
        "NoLongerFits",
        "MoreUrgent",
        "Bridge {",
        "HangUp",
        "Overflow {",
        "WithdrawOverflow",
        "BridgePartner",
        "Classed",
        "Missed",
        "Waited",
        "NobodyThere }",
        "Paused {",
        "PauseLifted {",
        "WrapUp {",
        "WrapUpOver",
        "Waits {",
        "LastOperatorMisses",
        "PhoneGone",
        "PhoneBack",
        "outcome: Answered",
        "outcome: Overflowed",
        "outcome: Abandoned",
        "outcome: Lost",
        "outcome: Taken",
        "outcome: Untaken",
    ]
    .into_iter()
    .map(|name| (name, named(name)))
    .collect();
    println!("{} decisions: {rare:?}", days.len());

    for (name, count) in rare {
        assert!(count >= 3, "{name} came {count} times");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_day_is_decided_alike(seed in any::<u64>(), steps in 1_usize..300) {
        prop_assert!(compare(seed, steps).is_ok(), "{}", compare(seed, steps).unwrap_err());
    }
}
