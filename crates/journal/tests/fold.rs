//! The state is a fold over entries: a snapshot and the entries after it make what all entries make.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use dispatch::Decision;
use journal::{Entry, Fact, State};
use proptest::prelude::*;

fn decisions_of(state: &mut State, entry: &Entry) -> (bool, Vec<Decision>) {
    let accepted = state.apply(entry).is_ok();
    let decisions = std::iter::from_fn(|| state.poll_decision()).collect();
    (accepted, decisions)
}

fn after(entries: &[Entry]) -> State {
    let mut state = State::default();
    for entry in entries {
        decisions_of(&mut state, entry);
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn snapshot_at_any_entry_and_the_tail_give_the_live_state_and_its_decisions(
        chances in common::chances(60)
    ) {
        let entries = common::entries(&chances);
        for cut in 0..=entries.len() {
            let (before, tail) = entries.split_at(cut);
            let mut live = after(before);
            let mut restored = State::restore(live.snapshot());
            prop_assert_eq!(restored.snapshot(), live.snapshot());
            for entry in tail {
                prop_assert_eq!(
                    decisions_of(&mut restored, entry),
                    decisions_of(&mut live, entry)
                );
                prop_assert_eq!(restored.poll_timeout(), live.poll_timeout());
                prop_assert_eq!(restored.live_contacts(), live.live_contacts());
            }
            prop_assert_eq!(restored.snapshot(), live.snapshot());
        }
    }

    #[test]
    fn rejected_fact_changes_nothing_but_number_and_time(chances in common::chances(120)) {
        let mut state = State::default();
        for entry in common::entries(&chances) {
            let before = state.snapshot();
            if state.apply(&entry).is_err() {
                let mut now = state.snapshot();
                now.seq = before.seq;
                now.at = before.at;
                prop_assert_eq!(now, before);
            }
            while state.poll_decision().is_some() {}
        }
    }

    #[test]
    fn sums_of_today_are_in_no_snapshot(chances in common::chances(60)) {
        let state = after(&common::entries(&chances));

        let kept = state.snapshot().counts;

        prop_assert_eq!(&kept.of_today, &records::Period::default());
        prop_assert_eq!(kept, state.counts().without_today());
    }

    #[test]
    fn every_caller_is_counted_once_and_no_device(chances in common::chances(200)) {
        let state = after(&common::entries(&chances));
        let total = state.counts().open.total();
        let views = state.dispatcher().contacts().into_iter();
        let live = views.filter(|view| view.origin.line().is_some()).count() as u64;
        let by_quarter: u64 = state.counts().arrived.values().sum();

        prop_assert_eq!(total.arrived, total.ended() + live);
        prop_assert_eq!(by_quarter, total.arrived);
        prop_assert_eq!(state.live_contacts(), state.snapshot().dispatcher.contacts.len());
    }

    #[test]
    fn every_act_that_was_applied_is_counted_once_for_the_audit(chances in common::chances(200)) {
        let mut state = State::default();
        let mut applied = 0;
        for entry in common::entries(&chances) {
            let (is_applied, _) = decisions_of(&mut state, &entry);
            applied += u64::from(is_applied && matches!(entry.fact, Fact::Dispatch(dispatch::Fact::Acted { .. })));
        }

        let acts = &state.counts().acts;

        prop_assert_eq!(acts.today.counts().values().sum::<u64>(), applied);
        prop_assert!(acts.over.is_empty());
    }
}
