//! What she hears while she waits, and that an answer interrupts it.

use media::Level;
use simulation::{Act, Caller, Centre, Hears, Manner, Sounds};

use super::{open, seconds};

fn nobody_there() -> Centre {
    Centre {
        operators: vec![],
        ..Centre::default()
    }
}

#[test]
fn words_come_in_turn_and_the_waiting_sound_between() {
    let mut world = open(nobody_there());

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(90));

    let prompts: Vec<_> = world
        .heard(caller)
        .into_iter()
        .filter_map(|(at, hears)| match hears {
            Hears::Prompts(prompts, Some(Level::Full)) => Some((at.as_secs(), prompts)),
            _ => None,
        })
        .collect();
    let [one, two] = Sounds::WORDS;
    assert_eq!(
        prompts,
        [
            (6, vec![Sounds::GREETING]),
            (26, vec![one]),
            (46, vec![two]),
            (66, vec![one]),
            (86, vec![two])
        ]
    );
}

#[test]
fn an_answer_interrupts_the_greeting_at_once() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(7)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(8));

    let operator = world.only_call("eva");
    assert!(world.are_joined(caller, operator));
    let answered = world.call_of(operator).answered.unwrap();
    let (joined, _) = world.heard(caller).pop().unwrap();
    let after = world.call_of(caller).began + joined - answered;
    assert!(after.as_millis() <= 100, "{after:?}");
}

#[test]
fn no_words_are_spoken_into_the_call() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(10)));

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(200));

    let after: Vec<_> = world
        .heard(caller)
        .into_iter()
        .skip_while(|(_, hears)| !matches!(hears, Hears::Stream(_)))
        .collect();
    assert_eq!(after.len(), 1, "{after:?}");
}

#[test]
fn who_hangs_up_while_she_waits_is_abandoned() {
    let mut world = open(nobody_there());

    let caller = world.call(Caller::from_number(1));
    world.plan(caller, seconds(40), Act::HangUp);
    world.run(seconds(41));

    let total = world.state().counts().open.total();
    assert_eq!((total.abandoned, total.abandoned_early), (1, 0));
    world.run_until_quiet(seconds(60));
    world.check_counts();
}

#[test]
fn nobody_is_thrown_out_for_want_of_staff() {
    let mut world = open(nobody_there());

    let caller = world.call(Caller::from_number(1));
    world.run(seconds(2 * 3600));

    assert!(world.is_talking(caller));
}
