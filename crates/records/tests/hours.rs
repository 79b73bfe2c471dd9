//! No hour of the week, and no difference of hours and whole days, is about few contacts.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use records::{HOURS_OF_WEEK, HourOfWeek, Hours, MonthBefore, SHARED_BY_MIN};

/// Quarter-hours of a month: in which hour of the week each is, and how many arrived in it.
fn quarter_hours() -> impl Strategy<Value = Vec<(u8, u8, u64)>> {
    let day = prop_oneof![Just(0..7_u8), Just(0..5), Just(2..4)];
    let count = prop_oneof![4 => 0..4_u64, 1 => 0..15_u64];
    (day, count, 0..700_usize).prop_flat_map(|(days, most, length)| {
        let counts = prop_oneof![4 => 0..=most, 1 => Just(most), 1 => Just(0)];
        prop::collection::vec((days, 0..24_u8, counts), length)
    })
}

fn sums(quarter_hours: &[(u8, u8, u64)]) -> ([u64; HOURS_OF_WEEK], Hours) {
    let (mut exact, mut hours) = ([0; HOURS_OF_WEEK], Hours::default());
    for (day, hour, arrived) in quarter_hours {
        let hour = HourOfWeek::new(*day, *hour).unwrap();
        exact[hour.place()] += arrived;
        hours.add(hour, *arrived);
    }
    (exact, hours)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_told_hour_is_exact_and_no_rest_is_few(
        quarter_hours in quarter_hours(),
        is_before_told in any::<bool>(),
    ) {
        let before = if is_before_told { MonthBefore::Told } else { MonthBefore::Hidden };
        let (exact, hours) = sums(&quarter_hours);
        let told = hours.told(before);

        for (told, exact) in told.0.iter().zip(exact) {
            prop_assert!(told.is_none_or(|told| told == exact && told >= SHARED_BY_MIN));
        }
        let total: u64 = exact.iter().sum();
        prop_assert_eq!(total, quarter_hours.iter().map(|(_, _, arrived)| arrived).sum::<u64>());
        // Whatever days of the week a published sum is about.
        for days in 1..1_u8 << 7 {
            let is_in = |hour: &usize| days >> (hour / 24) & 1 == 1;
            let hours = (0..HOURS_OF_WEEK).filter(is_in);
            let (mut all, mut shown) = (0, 0);
            for hour in hours {
                all += exact[hour];
                shown += told.0[hour].unwrap_or(0);
            }
            let rest = all - shown;
            prop_assert!(shown == 0 || rest == 0 || rest >= SHARED_BY_MIN, "{days:b}: {rest}");
        }
        let shown: u64 = told.0.iter().flatten().sum();
        let keeps_enough = is_before_told || total - shown >= SHARED_BY_MIN;
        prop_assert!(shown == 0 || keeps_enough);
    }

    #[test]
    fn at_most_one_hour_of_a_day_and_one_of_the_month_is_withheld_for_another(
        quarter_hours in quarter_hours(),
    ) {
        let (exact, hours) = sums(&quarter_hours);
        let told = hours.told(MonthBefore::Hidden);

        let withheld = told.0.iter().zip(exact);
        let shared = withheld.filter(|(told, exact)| told.is_none() && *exact >= SHARED_BY_MIN);
        prop_assert!(shared.count() <= 8);
    }
}
