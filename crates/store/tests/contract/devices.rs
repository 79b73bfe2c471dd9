//! Devices are known per account, the ones used last.

use store::sql::{
    AccountId, DEVICES_PER_ACCOUNT_MAX, DeviceKind, Fault, KnownDevice, Store, TokenHash,
    UnixSeconds,
};

use crate::accounts::account;
use crate::failing::each_step_fails_once;
use crate::fixture::Fixture;

const TABLE: [&str; 1] =
    ["SELECT account, token, created, last_seen FROM device ORDER BY account, token"];

fn device(token: u8, account: u128, last_seen: i64) -> KnownDevice {
    KnownDevice {
        account: AccountId(account),
        token: TokenHash([token; 32]),
        created: UnixSeconds(1_000),
        last_seen: UnixSeconds(last_seen),
    }
}

async fn two_accounts(store: &dyn Store) {
    store.create_account(&account(1, "jana")).await.unwrap();
    store.create_account(&account(2, "dana")).await.unwrap();
}

/// The devices from 0 on that an account knows.
async fn known(store: &dyn Store, account: u128) -> Vec<u8> {
    let mut known = Vec::new();
    for token in 0..40 {
        let hash = TokenHash([token; 32]);
        let kind = store.knows_device(AccountId(account), &hash).await.unwrap();
        if kind == DeviceKind::Known {
            known.push(token);
        }
    }
    known
}

pub(crate) async fn device_is_known_to_whom_it_was_remembered_for(fixture: Fixture) {
    let store = fixture.open().await;
    two_accounts(&*store).await;

    store.remember_device(&device(1, 1, 1_000)).await.unwrap();
    store.remember_device(&device(2, 1, 1_000)).await.unwrap();
    store.remember_device(&device(2, 2, 1_000)).await.unwrap();

    assert_eq!(known(&*store, 1).await, [1, 2]);
    assert_eq!(known(&*store, 2).await, [2]);
}

pub(crate) async fn device_of_no_account_is_refused(fixture: Fixture) {
    let store = fixture.open().await;

    let refused = store.remember_device(&device(1, 1, 1_000)).await;

    assert!(matches!(refused.unwrap_err().fault(), Fault::Unknown));
}

pub(crate) async fn one_device_too_many_is_the_one_unused_longest(fixture: Fixture) {
    let store = fixture.open().await;
    two_accounts(&*store).await;
    let most = u8::try_from(DEVICES_PER_ACCOUNT_MAX).unwrap();
    store.remember_device(&device(1, 2, 0)).await.unwrap();
    for token in 1..=most {
        let at = 1_000 + i64::from(token);
        store.remember_device(&device(token, 1, at)).await.unwrap();
    }
    store.remember_device(&device(1, 1, 2_000)).await.unwrap();
    store.remember_device(&device(3, 1, 500)).await.unwrap();

    store.remember_device(&device(30, 1, 2_000)).await.unwrap();

    let expected: Vec<u8> = (1..=most).filter(|token| *token != 2).chain([30]).collect();
    assert_eq!(known(&*store, 1).await, expected);
    assert_eq!(known(&*store, 2).await, [1]);
}

pub(crate) async fn devices_are_forgotten_together_or_with_their_account(fixture: Fixture) {
    let store = fixture.open().await;
    two_accounts(&*store).await;
    for account in [1, 2] {
        store
            .remember_device(&device(1, account, 1_000))
            .await
            .unwrap();
        store
            .remember_device(&device(2, account, 1_000))
            .await
            .unwrap();
    }

    store.forget_devices(AccountId(1)).await.unwrap();
    assert_eq!(known(&*store, 1).await, []);
    assert_eq!(known(&*store, 2).await, [1, 2]);

    store.remove_account(AccountId(2)).await.unwrap();
    assert!(fixture.read(&TABLE).await.is_empty());
}

pub(crate) async fn device_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    two_accounts(&*store).await;
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLE, async |store| {
        store.remember_device(&device(1, 1, 1_000)).await
    });

    assert!(steps.await > 3);
}
