//! Failures, the waits that they cost, and whom they cost none.

use super::*;

const NOW: UnixSeconds = UnixSeconds(1_000_000);

fn after(seconds: i64) -> UnixSeconds {
    UnixSeconds(NOW.0 + seconds)
}

fn from(address: &str) -> Place {
    Place::new("jana", Origin::network(Some(address.parse().unwrap())))
}

fn fail(lockouts: &mut Lockouts, place: Place, at: UnixSeconds) -> Option<u64> {
    let begun = lockouts.begin(place, None, at).unwrap();
    begun.then_wait.map(|locked| locked.seconds)
}

#[test]
fn fifth_failure_makes_the_next_wait_and_each_further_one_twice_as_long() {
    let mut lockouts = Lockouts::default();
    let place = from("192.0.2.1");

    for _ in 1..FAILURES_MAX {
        assert_eq!(fail(&mut lockouts, place, NOW), None);
    }

    let (mut at, mut waits) = (NOW, Vec::new());
    for _ in 0..9 {
        let wait = fail(&mut lockouts, place, at).unwrap();
        let early = UnixSeconds(at.0 + wait as i64 - 1);
        let locked = lockouts.begin(place, None, early).unwrap_err();
        assert_eq!(locked.seconds, 1);
        at = UnixSeconds(at.0 + wait as i64);
        waits.push(wait);
    }
    assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
}

#[test]
fn networks_are_counted_apart_and_addresses_of_one_together() {
    let mut lockouts = Lockouts::default();
    for last in 1..=FAILURES_MAX {
        fail(&mut lockouts, from(&format!("192.0.2.{last}")), NOW);
        fail(&mut lockouts, from(&format!("2001:db8:0:100::{last}")), NOW);
    }

    let locked =
        |lockouts: &mut Lockouts, address| lockouts.begin(from(address), None, NOW).is_err();

    assert!(locked(&mut lockouts, "192.0.2.200"));
    assert!(locked(&mut lockouts, "::ffff:192.0.2.200"));
    assert!(!locked(&mut lockouts, "192.0.3.1"));
    assert!(locked(&mut lockouts, "2001:db8:0:1ff::1"));
    assert!(!locked(&mut lockouts, "2001:db8:0:200::1"));
}

#[test]
fn other_login_and_known_device_are_spared() {
    let mut lockouts = Lockouts::default();
    let network = Origin::network(Some("192.0.2.1".parse().unwrap()));
    for _ in 0..FAILURES_MAX {
        fail(&mut lockouts, Place::new("Jana", network), NOW);
    }

    let device = Origin::Known(TokenHash([1; 32]));
    assert!(
        lockouts
            .begin(Place::new("jana", network), None, NOW)
            .is_err()
    );
    assert!(
        lockouts
            .begin(Place::new("dana", network), None, NOW)
            .is_ok()
    );
    assert!(
        lockouts
            .begin(Place::new("jana", device), None, NOW)
            .is_ok()
    );
}

#[test]
fn success_forgets_all_failures() {
    let mut lockouts = Lockouts::default();
    let place = from("192.0.2.1");
    for _ in 1..FAILURES_MAX {
        fail(&mut lockouts, place, NOW);
    }
    let fifth = lockouts.begin(place, None, NOW).unwrap();

    lockouts.succeeded(&fifth);

    assert_eq!(fail(&mut lockouts, place, NOW), None);
}

#[test]
fn what_came_to_no_end_does_not_count() {
    let mut lockouts = Lockouts::default();
    let place = from("192.0.2.1");
    for _ in 0..100 {
        let begun = lockouts.begin(place, None, NOW).unwrap();
        lockouts.withdraw(&begun);
    }
    assert!(lockouts.entries.is_empty());

    for _ in 0..FAILURES_MAX {
        fail(&mut lockouts, place, NOW);
    }
    let later = after(FIRST_WAIT_SECONDS);
    let begun = lockouts.begin(place, None, later).unwrap();
    lockouts.withdraw(&begun);

    assert!(lockouts.begin(place, None, later).is_ok());
}

#[test]
fn what_came_to_no_end_forgets_no_failure_of_others() {
    let mut lockouts = Lockouts::default();
    let place = from("192.0.2.1");
    let first = lockouts.begin(place, None, NOW).unwrap();
    for _ in 1..FAILURES_MAX {
        fail(&mut lockouts, place, NOW);
    }

    lockouts.withdraw(&first);

    fail(&mut lockouts, place, NOW);
    assert!(lockouts.begin(place, None, NOW).is_err());
}

#[test]
fn failures_are_forgotten_after_a_day() {
    let mut lockouts = Lockouts::default();
    let place = from("192.0.2.1");
    for _ in 1..FAILURES_MAX {
        fail(&mut lockouts, place, NOW);
    }

    assert_eq!(fail(&mut lockouts, place, after(FORGET_SECONDS)), None);
}

#[test]
fn clock_that_is_set_back_makes_nobody_wait_for_ever() {
    let mut lockouts = Lockouts::default();
    let place = from("192.0.2.1");
    for _ in 0..FAILURES_MAX {
        fail(&mut lockouts, place, NOW);
    }

    let locked = lockouts.begin(place, None, UnixSeconds(0)).unwrap_err();

    assert_eq!(locked.seconds, WAIT_SECONDS_MAX as u64);
}

#[test]
fn locked_places_are_listed_and_cleared() {
    let mut lockouts = Lockouts::default();
    let (one, other) = (from("192.0.2.1"), from("198.51.100.1"));
    for _ in 0..FAILURES_MAX {
        let begun = lockouts.begin(one, Some(AccountId(7)), NOW);
        begun.unwrap();
    }
    fail(&mut lockouts, other, NOW);

    let listed = lockouts.list(NOW);

    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].account, Some(AccountId(7)));
    assert_eq!(listed[0].until, after(FIRST_WAIT_SECONDS));
    assert_eq!(lockouts.clear(listed[0].number), Some(Some(AccountId(7))));
    assert_eq!(lockouts.clear(listed[0].number), None);
    assert!(lockouts.begin(one, None, NOW).is_ok());
}

#[test]
fn made_up_names_lock_nobody_of_their_network_and_are_answered_like_hers() {
    let mut lockouts = Lockouts::default();
    let names: Vec<String> = (0..150).map(|n| n.to_string()).collect();

    for _ in 0..=FAILURES_MAX {
        let hers = lockouts.begin(of_network(1, "jana"), Some(AccountId(7)), NOW);
        let hers = hers.map(|begun| begun.then_wait);
        for name in &names {
            let made_up = lockouts.begin(of_network(1, name), None, NOW);
            assert_eq!(made_up.map(|begun| begun.then_wait), hers);
        }
    }

    let other = lockouts.begin(of_network(1, "eva"), Some(AccountId(8)), NOW);
    assert!(other.is_ok());
}

#[test]
fn names_without_an_account_take_no_place_of_those_with_one() {
    let mut lockouts = Lockouts::default();
    let waits = Entry {
        number: 0,
        account: None,
        failures: FAILURES_MAX,
        last: NOW,
    };
    let names = (0..PLACES_MAX as u32).map(|n| of_network(n / 50, &n.to_string()));
    lockouts.entries.extend(names.map(|place| (place, waits)));

    let hers = lockouts.begin(of_network(1, "jana"), Some(AccountId(7)), after(1));

    assert!(hers.is_ok());
    assert_eq!(lockouts.entries.len(), PLACES_MAX + 1);
}

#[test]
fn who_finds_no_place_is_told_when_there_is_one() {
    let mut lockouts = Lockouts::default();
    let waits = |n: u32| Entry {
        number: u64::from(n),
        account: None,
        failures: FAILURES_MAX + 2 + n % 2,
        last: NOW,
    };
    let names = (0..PLACES_MAX as u32).map(|n| (of_network(n / 50, &n.to_string()), waits(n)));
    lockouts.entries.extend(names);

    let refused = lockouts.begin(of_network(1, "eva"), None, after(10));

    let seconds = FIRST_WAIT_SECONDS as u64 * 4 - 10;
    assert_eq!(refused.err(), Some(Locked { seconds }));
    let then = after(10 + seconds as i64);
    assert!(lockouts.begin(of_network(1, "eva"), None, then).is_ok());
}

#[test]
fn made_up_names_of_a_network_are_listed_as_one_and_cleared_together() {
    let mut lockouts = Lockouts::default();
    let (hers, elsewhere) = (of_network(1, "jana"), of_network(2, "made up"));
    for _ in 0..FAILURES_MAX {
        lockouts.begin(hers, Some(AccountId(7)), NOW).unwrap();
        for name in ["one", "two", "three"] {
            fail(&mut lockouts, of_network(1, name), NOW);
        }
        fail(&mut lockouts, elsewhere, after(1));
    }

    let listed = lockouts.list(after(1));

    let told: Vec<_> = listed.iter().map(|it| (it.account, it.failures)).collect();
    assert_eq!(told, [(None, 5), (None, 15), (Some(AccountId(7)), 5)]);
    assert_eq!(lockouts.clear(listed[1].number), Some(None));
    assert_eq!(lockouts.list(after(1)).len(), 2);
    assert!(lockouts.begin(of_network(1, "two"), None, after(1)).is_ok());
    assert!(lockouts.begin(hers, None, after(1)).is_err());
}

fn of_network(network: u32, login: &str) -> Place {
    let address = std::net::Ipv4Addr::from_bits(network << 8);
    Place::new(login, Origin::network(Some(address.into())))
}

#[test]
fn one_place_too_many_forgets_the_one_that_failed_least_and_longest_ago() {
    let mut lockouts = Lockouts::default();
    let place = |number: usize| of_network(number as u32, "jana");
    for number in 0..PLACES_MAX {
        fail(&mut lockouts, place(number), after(number as i64 / 1_000));
    }
    fail(&mut lockouts, place(0), after(20));

    fail(&mut lockouts, place(PLACES_MAX), after(20));

    assert_eq!(lockouts.entries.len(), PLACES_MAX);
    assert!(lockouts.entries.contains_key(&place(0)));
    assert!(!lockouts.entries.contains_key(&place(1)));
}

#[test]
fn lock_is_never_pushed_out_by_failures_of_others() {
    let mut lockouts = Lockouts::default();
    let locked = of_network(0, "jana");
    for _ in 0..FAILURES_MAX {
        fail(&mut lockouts, locked, NOW);
    }

    for n in 0..PLACES_MAX as u32 + 200 {
        let _refused = lockouts.begin(of_network(1 + n / 50, &n.to_string()), None, after(1));
    }

    assert!(lockouts.begin(locked, None, after(2)).is_err());
}

#[test]
fn lock_is_not_pushed_out_where_all_others_failed_more_often() {
    let mut lockouts = Lockouts::default();
    let locked = of_network(0, "jana");
    for _ in 0..FAILURES_MAX {
        fail(&mut lockouts, locked, NOW);
    }
    let waits = Entry {
        number: 0,
        account: None,
        failures: FAILURES_MAX + 1,
        last: NOW,
    };
    let others = (1..PLACES_MAX as u32).map(|n| of_network(1 + n / 50, &n.to_string()));
    lockouts.entries.extend(others.map(|place| (place, waits)));

    let one_more = lockouts.begin(of_network(0, "eva"), None, after(1));

    assert!(one_more.is_err());
    assert!(lockouts.begin(locked, None, after(2)).is_err());
}

#[test]
fn failures_below_the_lock_are_not_pushed_out_by_other_names_of_the_network() {
    let mut lockouts = Lockouts::default();
    let guessed = of_network(1, "jana");
    for _ in 1..FAILURES_MAX {
        fail(&mut lockouts, guessed, NOW);
    }

    for n in 0..=100 {
        for _ in 1..FAILURES_MAX {
            let _refused = lockouts.begin(of_network(1, &n.to_string()), None, after(1));
        }
    }

    assert!(fail(&mut lockouts, guessed, after(2)).is_some());
}
