//! A random day: who is there, how phones behave, who calls, what the network does.

mod peers;

use std::time::Duration;

use dispatch::{Action, Rules, Step, Strategy};
use exchange::Warning;
use journal::{CrashPoint, Fault};
use media::Digit;
use sip::Status;

use crate::centre::{Centre, Dialling};
use crate::chance::Chance;
use crate::network::Weather;
use crate::peer::{Act, CallRef, CallStage, Hold, Manner, Power};
use crate::world::{Caller, World};

const OPERATORS: [&str; 4] = ["eva", "jana", "petra", "olga"];
const HOME: (&str, &str) = ("home", "602000001");
const PARTNER: (&str, &str) = ("sister", "602000009");
/// Longest time in which everything must be over after the last call: sessions of 90 s, dead legs, 32 s of repeats.
const QUIET_AFTER: Duration = Duration::from_secs(1_200);

/// How long a random day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Calls of the day.
    pub calls: u32,
}

/// What a day came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Counts at the end.
    pub total: records::Tally,
    /// Inputs of the exchange.
    pub inputs: u64,
    /// How often it crashed.
    pub crashes: u32,
    /// How often the journal fell sick.
    pub unsaved: usize,
}

/// After so many calls it is looked whether a screen that hears of every change shows what is.
const CALLS_BETWEEN_LOOKS: u32 = 10;

/// Runs a random day to its quiet end. What is wrong ends it with a panic that names the seed.
pub fn random_day(seed: u64, day: Day) -> Summary {
    let mut chance = Chance::new(seed ^ 0x5EED);
    let weather = weather(&mut chance);
    let mut centre = centre(&mut chance);
    centre.dialling = dialling(&mut Chance::new(seed ^ 0xD1A1), &centre);
    let mut peers = Chance::new(seed ^ 0xCA44);
    centre.carrier = peers::carrier(&mut peers);
    centre.habits = peers::habits(&mut peers, &centre);
    let mut world = World::with_weather(seed, centre, weather);
    world.forget_messages();
    morning(&mut world, &mut chance);
    for call in 0..day.calls {
        if call % CALLS_BETWEEN_LOOKS == 0 {
            world.check_screen();
        }
        let wait = chance.millis(100, 14_000);
        world.run(wait);
        somebody_calls(&mut world, &mut chance);
        something_happens(&mut world, &mut chance);
        peers::trouble(&mut world, &mut peers);
    }
    evening(&mut world);
    world.check_screen();
    Summary {
        total: world.state().counts().open.total(),
        inputs: world.inputs(),
        crashes: world.crashes(),
        unsaved: world
            .warnings
            .iter()
            .filter(|warning| matches!(warning, Warning::JournalUnsaved { .. }))
            .count(),
    }
}

fn weather(chance: &mut Chance) -> Weather {
    let worst = [0, 0, 2, 10][usize::try_from(chance.below(4)).unwrap_or(0)];
    Weather {
        loss: worst,
        doubled: worst,
        fastest: Duration::from_millis(5),
        slowest: chance.millis(5, 5 + 40 * worst),
    }
}

fn centre(chance: &mut Chance) -> Centre {
    let there = 1 + usize::try_from(chance.below(4)).unwrap_or(0);
    let strategies = [
        Strategy::LongestIdle,
        Strategy::OrderedList,
        Strategy::RoundRobin,
        Strategy::FewestCalls,
        Strategy::LeastTalkTime,
        Strategy::RingAll,
        Strategy::RingProgressively {
            interval: Duration::from_secs(5),
        },
    ];
    let step = |after, action| Step {
        after: Duration::from_secs(after),
        action,
    };
    Centre {
        operators: OPERATORS[..there].to_vec(),
        second_phones: vec![("eva-mobile", "eva")],
        on_call: vec![HOME],
        partners: vec![PARTNER],
        steps: vec![
            step(10, Action::SecondOperator),
            step(30, Action::OnCall(vec![Centre::operator(HOME.0)])),
            step(45, Action::TellSupervisor),
            step(60, Action::Overflow(Centre::partner(PARTNER.0))),
        ],
        strategy: chance.of(&strategies).unwrap_or_default(),
        line_rings: Duration::from_secs(chance.below(7)),
        wrap_up: (chance.millis(0, 8_000), chance.millis(0, 20_000)),
        session_expires: Duration::from_secs(90),
        ports: (
            1 + u8::try_from(chance.below(2)).unwrap_or(0),
            12 + u16::try_from(chance.below(40)).unwrap_or(0),
        ),
        registers: chance.percent(50),
        trunk_probed_every: chance.percent(50).then_some(Duration::from_secs(60)),
        rules: Rules {
            misses_before_pause: u32::try_from(chance.below(4)).unwrap_or(0),
            ..Rules::default()
        },
        legs_max: 50,
        commit_time: chance.millis(0, 20),
        ..Centre::default()
    }
}

fn dialling(chance: &mut Chance, centre: &Centre) -> Dialling {
    let everywhere = [Dialling::Plain, Dialling::Parameters, Dialling::Tel];
    let registered = [Dialling::CalledParty, Dialling::To];
    let all = [&everywhere[..], &registered].concat();
    let known = if centre.registers {
        &all
    } else {
        &everywhere[..]
    };
    chance.of(known).unwrap_or_default()
}

fn morning(world: &mut World, chance: &mut Chance) {
    let phones = phones(world.centre());
    for phone in &phones {
        world.register(phone);
    }
    world.run(Duration::from_secs(5));
    for phone in &phones {
        world.dial_from(phone, "*40");
        new_manner(world, chance, phone);
    }
    world.run(Duration::from_secs(5));
    trunks_manners(world, chance);
}

fn phones(centre: &Centre) -> Vec<&'static str> {
    let seconds = centre.second_phones.iter().map(|(name, _)| *name);
    centre.operators.iter().copied().chain(seconds).collect()
}

fn somebody_calls(world: &mut World, chance: &mut Chance) {
    let caller = Caller {
        number: u32::try_from(chance.below(12)).unwrap_or(0),
        talks: Some(chance.millis(100, 30_000)),
        gives_up: Some(if chance.percent(30) {
            chance.millis(100, 20_000)
        } else {
            chance.millis(60_000, 400_000)
        }),
    };
    let call = world.call(caller);
    if chance.percent(10) {
        let (first, between) = (chance.millis(3_000, 30_000), chance.millis(100, 4_000));
        press_twice(world, call, first, between);
    }
    if chance.percent(5) {
        world.plan(call, chance.millis(5_000, 60_000), Act::FallSilent);
    }
}

fn press_twice(world: &mut World, call: CallRef, first: Duration, between: Duration) {
    if let Some(five) = Digit::from_char('5') {
        world.plan(call, first, Act::Press(five));
        world.plan(call, first + between, Act::Press(five));
    }
}

/// Something that has nothing to do with the call that just came.
fn something_happens(world: &mut World, chance: &mut Chance) {
    let phones = phones(world.centre());
    let Some(phone) = chance.of(&phones) else {
        return;
    };
    match chance.below(20) {
        0..6 => new_manner(world, chance, phone),
        6..8 => trunks_manners(world, chance),
        8 => world.power(phone, Power::Off),
        9..12 => {
            for phone in phones {
                world.power(phone, Power::On);
            }
        }
        12..14 => {
            let codes = [
                "*40", "*40", "*40", "*41", "*42", "*43", "*44", "*45", "112",
            ];
            let code = chance.of(&codes).unwrap_or("*40");
            world.dial_from(phone, code);
        }
        14 => world.configure(|_| {}),
        15 => hold(world, chance, phone),
        16 => world.register(phone),
        17 => {
            world.board();
        }
        18 => misfortune(world, chance, phone),
        19 if chance.percent(20) => world.unregister(phone),
        _ => world.forget_calls(Duration::from_secs(60)),
    }
}

/// What should not happen, and does.
fn misfortune(world: &mut World, chance: &mut Chance, phone: &str) {
    match chance.below(10) {
        0 => world.crash(CrashPoint::BeforeCommit),
        1 => world.crash(CrashPoint::AfterCommit),
        2 if chance.percent(30) => {
            let faults = [Fault::Full, Fault::Fails, Fault::FailsButWritten];
            world.set_fault(chance.of(&faults));
        }
        3..6 => world.set_fault(None),
        6 => lose_order(world, chance, "trunk"),
        _ => lose_order(world, chance, phone),
    }
}

/// A media thread loses an order about one of the calls of a peer.
fn lose_order(world: &mut World, chance: &mut Chance, peer: &str) {
    let live: Vec<CallRef> = world
        .peer(peer)
        .live_calls()
        .map(|(call, _)| call)
        .collect();
    if let Some(call) = chance.of(&live) {
        world.lose_order(call);
    }
}

/// An operator holds whatever she talks in, and mostly resumes it.
fn hold(world: &mut World, chance: &mut Chance, phone: &str) {
    let live: Vec<CallRef> = world
        .peer(phone)
        .live_calls()
        .filter(|(_, call)| call.stage == CallStage::Talking)
        .map(|(call, _)| call)
        .collect();
    for call in live {
        world.act(call, Act::Hold(Hold::On));
        if chance.percent(80) {
            world.plan(call, chance.millis(50, 10_000), Act::Hold(Hold::Off));
        }
    }
}

fn new_manner(world: &mut World, chance: &mut Chance, phone: &str) {
    let soon = chance.millis(60, 9_000);
    let manner = match chance.below(12) {
        0..6 => Manner::Answers(soon),
        6..8 => Manner::AnswersAndHangsUp(soon, chance.millis(0, 40_000)),
        8 => Manner::Declines(soon, Status::BUSY_HERE),
        9 => Manner::Declines(Duration::ZERO, Status::BUSY_HERE),
        10 => Manner::Declines(soon, Status::SERVICE_UNAVAILABLE),
        _ => Manner::RingsOn,
    };
    world.peer(phone).set_manner(manner);
}

fn trunks_manners(world: &mut World, chance: &mut Chance) {
    for (_, number) in [HOME, PARTNER] {
        let soon = chance.millis(500, 15_000);
        let key = Digit::from_char(if chance.percent(80) { '1' } else { '9' });
        let manner = match (chance.below(6), key) {
            (0..3, Some(key)) => Manner::AnswersAndPresses(soon, chance.millis(500, 15_000), key),
            (3, _) => Manner::AnswersAndHangsUp(soon, chance.millis(0, 30_000)),
            (4, _) => Manner::RingsLate(soon),
            _ => Manner::Declines(soon, Status::BUSY_HERE),
        };
        let manners = &mut world.peer("trunk").manners;
        manners.insert(number.to_owned(), manner);
    }
}

/// Nobody calls any more; everybody hangs up, and nothing may be left.
fn evening(world: &mut World) {
    let phones = phones(world.centre());
    world.set_weather(Weather::CALM);
    world.set_fault(None);
    for phone in &phones {
        world.power(phone, Power::On);
    }
    world.run(Duration::from_secs(400));
    for phone in &phones {
        world.unregister(phone);
    }
    world.run_until_quiet(QUIET_AFTER);
    world.check_heard();
    world.check_counts();
}
