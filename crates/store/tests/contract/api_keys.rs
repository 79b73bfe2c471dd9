//! Keys of programs open what they say, until they are revoked; there is a limit to them.

use store::sql::{
    API_KEYS_ENDED_MAX, API_KEYS_LIVE_MAX, AccountId, ApiKey, ApiKeyId, ApiKeyStanding, Fault,
    Scope, Store, TokenHash, UnixSeconds,
};

use crate::failing::{each_step_fails_once, unless_done};
use crate::fixture::Fixture;

const TABLE: [&str; 1] = ["SELECT id, name, token, scopes, standing FROM api_key ORDER BY id"];

/// A key that was made at 1,000 s and ends at 2,000 s.
fn key(id: u128, name: &str) -> ApiKey {
    let mut token = [0; 32];
    token[..16].copy_from_slice(&id.to_be_bytes());
    ApiKey {
        id: ApiKeyId(id),
        name: name.to_owned(),
        token: TokenHash(token),
        scopes: [Scope::ReadBoard].into(),
        created: UnixSeconds(1_000),
        expires: UnixSeconds(2_000),
        made_by: AccountId(u128::MAX),
        standing: ApiKeyStanding::Live,
    }
}

async fn as_many_as_there_may_be(store: &dyn Store) {
    for id in 1..=u128::from(API_KEYS_LIVE_MAX) {
        store.create_api_key(&key(id, "key")).await.unwrap();
    }
}

pub(crate) async fn key_comes_back_by_its_token(fixture: Fixture) {
    let store = fixture.open().await;
    let mut written = key(u128::MAX, "board'); DROP TABLE api_key; --");
    written.scopes = [
        Scope::ReadBoard,
        Scope::ReadReports,
        Scope::ReadAudit,
        Scope::ManageOperators,
    ]
    .into();
    let other = key(1, "audit");

    store.create_api_key(&written).await.unwrap();
    store.create_api_key(&other).await.unwrap();

    assert_eq!(store.api_key(&TokenHash([9; 32])).await.unwrap(), None);
    let found = store.api_key(&written.token).await.unwrap();
    assert_eq!(found.as_ref(), Some(&written));
    assert_eq!(store.api_keys().await.unwrap(), [other, written]);
}

pub(crate) async fn token_belongs_to_one_key(fixture: Fixture) {
    let store = fixture.open().await;
    let first = key(1, "first");
    let mut second = key(2, "second");
    second.token = first.token;
    store.create_api_key(&first).await.unwrap();

    let refused = store.create_api_key(&second).await.unwrap_err();

    assert!(matches!(refused.fault(), Fault::Taken));
}

pub(crate) async fn key_without_a_name_or_a_scope_is_refused(fixture: Fixture) {
    let store = fixture.open().await;
    let mut opens_nothing = key(1, "key");
    opens_nothing.scopes.clear();

    for refused in [
        opens_nothing,
        key(1, ""),
        key(1, "a\u{0}b"),
        key(1, &"x".repeat(65)),
    ] {
        let error = store.create_api_key(&refused).await.unwrap_err();
        assert!(matches!(error.fault(), Fault::Invalid(_)), "{refused:?}");
    }
}

pub(crate) async fn revoked_key_stays_revoked(fixture: Fixture) {
    let store = fixture.open().await;
    let written = key(1, "key");
    store.create_api_key(&written).await.unwrap();

    for _ in 0..2 {
        store.revoke_api_key(written.id).await.unwrap();
    }

    let read = store.api_key(&written.token).await.unwrap().unwrap();
    assert_eq!(read.standing, ApiKeyStanding::Revoked);
    let unknown = store.revoke_api_key(ApiKeyId(9)).await.unwrap_err();
    assert!(matches!(unknown.fault(), Fault::Unknown));
}

pub(crate) async fn one_key_too_many_is_refused_until_another_ends(fixture: Fixture) {
    let store = fixture.open().await;
    as_many_as_there_may_be(&*store).await;

    let refused = store.create_api_key(&key(1_000, "key")).await.unwrap_err();
    store.revoke_api_key(ApiKeyId(7)).await.unwrap();

    assert!(matches!(refused.fault(), Fault::Full(API_KEYS_LIVE_MAX)));
    store.create_api_key(&key(1_000, "key")).await.unwrap();
}

pub(crate) async fn of_the_keys_that_ended_the_newest_are_kept(fixture: Fixture) {
    let store = fixture.open().await;
    as_many_as_there_may_be(&*store).await;
    let mut later = key(1_000, "later");
    (later.created, later.expires) = (UnixSeconds(3_000), UnixSeconds(4_000));
    store.create_api_key(&later).await.unwrap();
    store.revoke_api_key(later.id).await.unwrap();

    let mut last = key(1_001, "last");
    (last.created, last.expires) = (UnixSeconds(3_500), UnixSeconds(4_500));
    store.create_api_key(&last).await.unwrap();

    let keys = store.api_keys().await.unwrap();
    assert_eq!(keys.len() as u64, API_KEYS_ENDED_MAX + 1);
    assert!(keys.iter().any(|one| one.id == later.id));
}

pub(crate) async fn key_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    fixture.open().await.close().await;

    let steps = each_step_fails_once(&fixture, &TABLE, async |store| {
        let created = store.create_api_key(&key(1, "key")).await;
        unless_done(created, |fault| matches!(fault, Fault::Taken))
    });

    assert!(steps.await > 4);
}
