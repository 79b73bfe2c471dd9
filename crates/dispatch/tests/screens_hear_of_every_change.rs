//! What an input is said to have touched is everything that screens show differently after it.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod world;

use std::collections::BTreeMap;

use dispatch::{ContactId, ContactView, Dispatcher, Fact, Input, OperatorId, OperatorView};
use world::{World, drain};

const SEEDS: u64 = 60;
const STEPS: usize = 400;

#[derive(Default)]
struct Screen {
    contacts: BTreeMap<ContactId, ContactView>,
    operators: BTreeMap<OperatorId, OperatorView>,
}

impl Screen {
    fn look_at_what_was_touched(&mut self, dispatcher: &Dispatcher) {
        for id in &dispatcher.touched().contacts {
            match dispatcher.contact(*id) {
                Some(view) => self.contacts.insert(*id, view),
                None => self.contacts.remove(id),
            };
        }
        for id in &dispatcher.touched().operators {
            match dispatcher.operator(*id) {
                Some(view) => self.operators.insert(*id, view),
                None => self.operators.remove(id),
            };
        }
    }

    fn of_everything(dispatcher: &Dispatcher) -> Self {
        let contacts = dispatcher.contacts().into_iter();
        let operators = dispatcher.operators().into_iter();
        Self {
            contacts: contacts.map(|view| (view.id, view)).collect(),
            operators: operators.map(|view| (view.id, view)).collect(),
        }
    }
}

#[test]
fn screen_that_follows_what_was_touched_shows_what_is() {
    for seed in 0..SEEDS {
        let (mut dispatcher, mut world) = (Dispatcher::new(), World::new(seed));
        let mut screen = Screen::default();
        let mut next = (world.now, world.first());
        for step in 0..STEPS {
            let (now, input) = next;
            if dispatcher.handle_input(now, input.clone()).is_ok() {
                world.note(&input, &drain(&mut dispatcher));
            }
            screen.look_at_what_was_touched(&dispatcher);
            let all = Screen::of_everything(&dispatcher);
            if matches!(
                input,
                Input::Fact {
                    fact: Fact::Configured(_),
                    ..
                }
            ) {
                screen
                    .operators
                    .retain(|id, _| all.operators.contains_key(id));
            }
            let told = || format!("seed {seed}, step {step}, {input:?}");
            assert_eq!(screen.contacts, all.contacts, "{}", told());
            assert_eq!(screen.operators, all.operators, "{}", told());
            next = world.next(dispatcher.poll_timeout());
        }
    }
}
