use std::collections::BTreeMap;
use std::time::Duration;

use ::dispatch::{LegId, Moment, Seq};
use ::journal::{Entry, Fact, Saved, State};
use proptest::prelude::*;

use super::{Malformed, Wire, decode, encode};

#[path = "../../../journal/tests/common/mod.rs"]
mod common;

fn again<T: Wire>(value: &T) -> Result<T, Malformed> {
    decode(&encode(value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn entries_and_the_state_they_make_are_read_as_they_were_written(
        chances in common::chances(150)
    ) {
        let mut state = State::default();
        for entry in common::entries(&chances) {
            prop_assert_eq!(again(&entry), Ok(entry.clone()));
            let _ = state.apply(&entry);
        }
        let snapshot = state.snapshot();
        prop_assert_eq!(again(&snapshot), Ok(snapshot));
    }

    #[test]
    fn numbers_and_times_are_read_as_they_were_written(
        wide: u64,
        narrow: u32,
        nanos in 0..1_000_000_000_u32
    ) {
        prop_assert_eq!(again(&wide), Ok(wide));
        prop_assert_eq!(again(&narrow), Ok(narrow));
        prop_assert_eq!(again(&Moment::from_micros(wide)), Ok(Moment::from_micros(wide)));
        let time = Duration::new(wide, nanos);
        prop_assert_eq!(again(&time), Ok(time));
        prop_assert_eq!(again(&Some((wide, time))), Ok(Some((wide, time))));
        let map = BTreeMap::from([(wide, narrow)]);
        prop_assert_eq!(again(&map), Ok(map));
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_take_memory_they_do_not_fill(
        bytes in proptest::collection::vec(any::<u8>(), 0..200)
    ) {
        let _ = decode::<Entry>(&bytes);
        let _ = decode::<::journal::Snapshot>(&bytes);
    }

    #[test]
    fn entry_cut_anywhere_is_refused(chances in common::chances(30), cut: prop::sample::Index) {
        for entry in common::entries(&chances) {
            let bytes = encode(&entry);
            let cut = cut.index(bytes.len());
            prop_assert_eq!(decode::<Entry>(&bytes[..cut]), Err(Malformed));
        }
    }
}

/// One entry as format 1 writes it: a release that reads these bytes differently needs another format number.
#[test]
fn format_one_stays_as_it_is() {
    let entry = Entry {
        seq: Seq(300),
        at: Moment::from_micros(5),
        fact: Fact::LegFound {
            leg: LegId { start: 2, n: 128 },
        },
        saved: Saved::Unsaved,
    };

    assert_eq!(encode(&entry), [0xac, 2, 5, 20, 2, 0x80, 1]);
}

#[test]
fn what_is_read_was_saved() {
    let entry = Entry {
        seq: Seq(1),
        at: Moment::ZERO,
        fact: Fact::Timeout,
        saved: Saved::Unsaved,
    };

    assert_eq!(again(&entry).unwrap().saved, Saved::Saved);
}

#[test]
fn bytes_after_the_end_are_refused() {
    assert_eq!(decode::<u64>(&[1, 0]), Err(Malformed));
}

#[test]
fn number_wider_than_its_type_is_refused() {
    assert_eq!(decode::<u32>(&encode(&u64::MAX)), Err(Malformed));
    assert_eq!(decode::<u64>(&[0xff; 11]), Err(Malformed));
    assert_eq!(
        decode::<u64>(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]),
        Err(Malformed)
    );
}
