//! The audit is a chain: it shows every change, survives erasure, and can begin anew from a signed place.

use records::Date;
use store::sql::{
    AuditAnchor, AuditBeginning, AuditFault, AuditPayload, ChainBroken, Fault, SignedAnchor, Store,
    verify, verify_audit,
};

use crate::failing::each_step_fails_once;
use crate::fixture::{AUDIT_KEY, Fixture};

const TABLES: [&str; 2] = [
    "SELECT seq, day, previous, commitment, hash, salt, payload FROM audit ORDER BY seq",
    "SELECT which, seq, hash, signature FROM audit_end ORDER BY which",
];

fn day(day: u8) -> Date {
    Date::new(2026, 1, day).unwrap()
}

fn payload(text: &str) -> AuditPayload {
    AuditPayload {
        salt: [7; 32],
        bytes: text.as_bytes().to_vec(),
    }
}

/// Five entries, one a day from the 1st on.
async fn five_entries(store: &dyn Store) {
    for number in 1..=5 {
        let what = payload("'; DROP TABLE audit; --");
        store
            .append_audit(day(number), what, &AUDIT_KEY)
            .await
            .unwrap();
    }
}

/// Reads the whole chain and checks it against its ends.
async fn check(store: &dyn Store) -> Result<(), ChainBroken> {
    let beginning = store.audit_beginning().await.unwrap().anchor();
    let entries = store.audit_chain(0..1_000).await.unwrap();
    let end = verify(&beginning, &entries, &AUDIT_KEY)?;
    assert_eq!(end, store.audit_head().await.unwrap());
    Ok(())
}

pub(crate) async fn entries_come_back_as_a_whole_chain(fixture: Fixture) {
    let store = fixture.open().await;

    five_entries(&*store).await;

    let entries = store.audit_chain(2..4).await.unwrap();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, [2, 3]);
    assert_eq!(entries[0].payload, Some(payload("'; DROP TABLE audit; --")));
    assert_eq!(check(&*store).await, Ok(()));
}

pub(crate) async fn empty_audit_ends_where_it_begins(fixture: Fixture) {
    let store = fixture.open().await;

    let head = store.audit_head().await.unwrap();

    assert_eq!(head, AuditAnchor::FIRST);
    assert_eq!(check(&*store).await, Ok(()));
}

pub(crate) async fn change_behind_the_stores_back_is_named(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;

    fixture
        .tamper("UPDATE audit SET day = 20250101 WHERE seq = 3")
        .await;

    assert_eq!(check(&*store).await, Err(ChainBroken::Changed(3)));
}

pub(crate) async fn entry_deleted_behind_the_stores_back_is_named(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;

    fixture.tamper("DELETE FROM audit WHERE seq = 2").await;

    assert_eq!(check(&*store).await, Err(ChainBroken::Missing(2)));
}

pub(crate) async fn erased_payload_leaves_the_chain_whole(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;

    store.erase_payload(2).await.unwrap();
    store.erase_payload(2).await.unwrap();
    let unknown = store.erase_payload(6).await.unwrap_err();

    assert!(matches!(unknown.fault(), Fault::Unknown));
    assert_eq!(store.audit_chain(2..3).await.unwrap()[0].payload, None);
    assert_eq!(check(&*store).await, Ok(()));
}

pub(crate) async fn pruned_audit_goes_on_from_a_signed_place(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    let anchor = store.audit_before(day(4)).await.unwrap().unwrap();
    let signed = SignedAnchor {
        anchor,
        signature: vec![1, 2, 3],
    };

    store.prune_audit(&signed).await.unwrap();
    store
        .append_audit(day(6), payload(""), &AUDIT_KEY)
        .await
        .unwrap();

    assert_eq!(anchor.seq, 3);
    let beginning = store.audit_beginning().await.unwrap();
    assert_eq!(beginning, AuditBeginning::Pruned(signed));
    let entries = store.audit_chain(0..10).await.unwrap();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, [4, 5, 6]);
    assert_eq!(check(&*store).await, Ok(()));
}

pub(crate) async fn audit_that_was_pruned_to_nothing_keeps_its_numbers(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    let anchor = store.audit_before(day(31)).await.unwrap().unwrap();
    let signature = Vec::new();

    let signed = SignedAnchor { anchor, signature };
    store.prune_audit(&signed).await.unwrap();
    let next = store
        .append_audit(day(31), payload(""), &AUDIT_KEY)
        .await
        .unwrap();

    assert_eq!(next.seq, 6);
    assert_eq!(check(&*store).await, Ok(()));
}

pub(crate) async fn place_that_is_not_in_the_chain_prunes_nothing(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    let anchor = AuditAnchor {
        seq: 3,
        hash: [9; 32],
    };
    let signature = Vec::new();

    let signed = SignedAnchor { anchor, signature };
    let refused = store.prune_audit(&signed).await.unwrap_err();

    assert!(matches!(refused.fault(), Fault::Unknown));
    assert_eq!(store.audit_chain(0..10).await.unwrap().len(), 5);
    assert_eq!(store.audit_before(day(1)).await.unwrap(), None);
}

pub(crate) async fn two_that_append_at_once_make_one_chain(fixture: Fixture) {
    let (first, second) = (fixture.open().await, fixture.open().await);

    let both = tokio::join!(five_entries(&*first), five_entries(&*second));

    assert_eq!(both, ((), ()));
    assert_eq!(first.audit_head().await.unwrap().seq, 10);
    assert_eq!(check(&*second).await, Ok(()));
}

pub(crate) async fn pruning_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    let anchor = store.audit_before(day(4)).await.unwrap().unwrap();
    let signature = vec![1];
    let signed = SignedAnchor { anchor, signature };
    store.close().await;

    each_step_fails_once(&fixture, &TABLES, async |store| {
        store.prune_audit(&signed).await
    })
    .await;

    assert_eq!(check(&*fixture.open().await).await, Ok(()));
}

pub(crate) async fn erasing_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    store.close().await;

    each_step_fails_once(&fixture, &TABLES, async |store| {
        store.erase_payload(2).await
    })
    .await;

    assert_eq!(check(&*fixture.open().await).await, Ok(()));
}

pub(crate) async fn whole_audit_is_found_whole_from_its_beginning(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    store.erase_payload(4).await.unwrap();
    let anchor = store.audit_before(day(3)).await.unwrap().unwrap();
    let signature = vec![1];
    let signed = SignedAnchor { anchor, signature };
    store.prune_audit(&signed).await.unwrap();

    let whole = verify_audit(&*store, &AUDIT_KEY).await.unwrap();

    assert_eq!(whole.beginning, AuditBeginning::Pruned(signed));
    assert_eq!(whole.end, store.audit_head().await.unwrap());
    assert_eq!(whole.erased, 1);
}

pub(crate) async fn broken_entry_of_the_whole_audit_is_named(fixture: Fixture) {
    let store = fixture.open().await;
    five_entries(&*store).await;
    let broken = async || match verify_audit(&*store, &AUDIT_KEY).await {
        Err(AuditFault::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    };

    fixture.tamper("DELETE FROM audit WHERE seq = 5").await;
    let cut = broken().await;
    fixture
        .tamper("UPDATE audit SET day = 20250101 WHERE seq = 3")
        .await;
    let changed = broken().await;

    assert_eq!(cut, ChainBroken::Missing(5));
    assert_eq!(changed, ChainBroken::Changed(3));
}
