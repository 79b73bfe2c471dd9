//! Entries of whole days come into the audit together, once, whatever is heard of it.

use records::Date;
use store::sql::{AuditDay, AuditPayload, Cell, Store, verify_audit};

use crate::failing::each_step_fails_once;
use crate::fixture::{AUDIT_KEY, Fixture};

const AUDIT: &str =
    "SELECT seq, day, previous, commitment, hash, salt, payload FROM audit ORDER BY seq";
const HEAD: &str = "SELECT which, seq, hash, signature FROM audit_end ORDER BY which";
const MARKS: &str = "SELECT day FROM acts_written ORDER BY day";

fn date(day: u8) -> Date {
    Date::new(2026, 1, day).unwrap()
}

/// A day with these entries, salted with this.
fn day(day: u8, texts: &[&str], salt: u8) -> AuditDay {
    let payload = |text: &&str| AuditPayload {
        salt: [salt; 32],
        bytes: text.as_bytes().to_vec(),
    };
    AuditDay {
        day: date(day),
        entries: texts.iter().map(payload).collect(),
    }
}

/// What the audit says, each entry with its day; the audit is whole.
async fn told(store: &dyn Store) -> Vec<(Date, String)> {
    verify_audit(store, &AUDIT_KEY).await.unwrap();
    let entries = store.audit_chain(0..1_000).await.unwrap();
    let text = |payload: AuditPayload| String::from_utf8(payload.bytes).unwrap();
    let told = entries
        .into_iter()
        .map(|entry| (entry.day, entry.payload.map(text)));
    told.map(|(day, text)| (day, text.unwrap_or_default()))
        .collect()
}

fn entry(day: u8, text: &str) -> (Date, String) {
    (date(day), text.to_owned())
}

async fn note(store: &dyn Store, on: u8, text: &str) {
    let what = day(on, &[text], 1).entries.remove(0);
    store
        .append_audit(date(on), what, &AUDIT_KEY)
        .await
        .unwrap();
}

pub(crate) async fn days_are_added_in_order_and_the_chain_is_whole(fixture: Fixture) {
    let store = fixture.open().await;
    note(&*store, 3, "signed in").await;

    let days = [day(1, &["a", "b"], 1), day(2, &["a"], 1)];
    store.append_days(&days, &AUDIT_KEY).await.unwrap();
    store.append_days(&[], &AUDIT_KEY).await.unwrap();
    note(&*store, 3, "signed out").await;

    let expected = [
        entry(3, "signed in"),
        entry(1, "a"),
        entry(1, "b"),
        entry(2, "a"),
        entry(3, "signed out"),
    ];
    assert_eq!(told(&*store).await, expected);
}

pub(crate) async fn day_that_is_written_again_is_there_once(fixture: Fixture) {
    let store = fixture.open().await;
    let first = [day(1, &["a", "b"], 1)];
    store.append_days(&first, &AUDIT_KEY).await.unwrap();
    note(&*store, 2, "signed in").await;
    store.erase_payload(1).await.unwrap();

    // The next attempt has salts of its own, and another day beside it.
    let again = [day(1, &["a", "b"], 2), day(2, &["a"], 2)];
    for _ in 0..2 {
        store.append_days(&again, &AUDIT_KEY).await.unwrap();
    }

    let expected = [
        entry(1, ""),
        entry(1, "b"),
        entry(2, "signed in"),
        entry(2, "a"),
    ];
    assert_eq!(told(&*store).await, expected);
}

pub(crate) async fn day_with_other_entries_is_written_again(fixture: Fixture) {
    let store = fixture.open().await;

    // Two texts that are one when nothing says where each ends.
    for texts in [&["a", "b"][..], &["ab"], &["ab"]] {
        let days = [day(1, texts, 1)];
        store.append_days(&days, &AUDIT_KEY).await.unwrap();
    }

    let expected = [entry(1, "a"), entry(1, "b"), entry(1, "ab")];
    assert_eq!(told(&*store).await, expected);
}

pub(crate) async fn marks_of_days_before_the_first_are_forgotten(fixture: Fixture) {
    let store = fixture.open().await;

    let days = [day(1, &["a"], 1), day(2, &["a"], 1)];
    store.append_days(&days, &AUDIT_KEY).await.unwrap();
    store
        .append_days(&[day(4, &["a"], 1)], &AUDIT_KEY)
        .await
        .unwrap();

    assert!(fixture.read(&[MARKS]).await == [[Cell::Integer(20_260_104)]]);
}

pub(crate) async fn day_that_comes_after_a_newer_one_is_pruned_with_it(fixture: Fixture) {
    let store = fixture.open().await;
    note(&*store, 1, "signed in").await;
    note(&*store, 2, "signed in").await;
    store
        .append_days(&[day(1, &["a"], 1)], &AUDIT_KEY)
        .await
        .unwrap();

    let first = store.audit_before(date(2)).await.unwrap().unwrap();
    let all = store.audit_before(date(3)).await.unwrap().unwrap();

    assert_eq!([first.seq, all.seq], [1, 3]);
    store.prune_audit(&AUDIT_KEY.sign(first)).await.unwrap();
    let expected = [entry(2, "signed in"), entry(1, "a")];
    assert_eq!(told(&*store).await, expected);
}

pub(crate) async fn days_whose_every_step_fails_once_are_whole_or_absent(fixture: Fixture) {
    fixture.open().await.close().await;
    let days = [day(1, &["a", "b"], 1), day(2, &["a"], 1)];

    each_step_fails_once(&fixture, &[AUDIT, HEAD, MARKS], async |store| {
        store.append_days(&days, &AUDIT_KEY).await
    })
    .await;

    let expected = [entry(1, "a"), entry(1, "b"), entry(2, "a")];
    assert_eq!(told(&*fixture.open().await).await, expected);
}

pub(crate) async fn two_that_write_the_same_day_at_once_write_it_once(fixture: Fixture) {
    let (first, second) = (fixture.open().await, fixture.open().await);
    let days = [day(1, &["a"], 1)];

    let (one, other) = tokio::join!(
        first.append_days(&days, &AUDIT_KEY),
        second.append_days(&days, &AUDIT_KEY)
    );

    one.unwrap();
    other.unwrap();
    assert_eq!(told(&*first).await, [entry(1, "a")]);
}
