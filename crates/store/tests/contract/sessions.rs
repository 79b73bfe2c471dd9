//! Sessions end when they are told to, with their account, or when they run out.

use store::sql::{
    AccountChange, AccountId, AccountStanding, DeviceKind, Fault, OpenedBy, PasswordChange,
    PasswordHash, SESSIONS_PER_ACCOUNT_MAX, SealedTotp, Session, SessionStanding, Store, TokenHash,
    TotpStep, UnixSeconds,
};

use crate::accounts::account;
use crate::failing::{each_step_fails_once, unless_done};
use crate::fixture::Fixture;

fn session(token: u8, account: u128) -> Session {
    Session {
        token: TokenHash([token; 32]),
        account: AccountId(account),
        device: DeviceKind::New,
        opened_by: OpenedBy::ProviderTwoFactors,
        created: UnixSeconds(1_000),
        last_seen: UnixSeconds(1_000),
        expires: UnixSeconds(2_000 + i64::from(token)),
        standing: SessionStanding::Live,
    }
}

/// Two accounts; the first has two sessions, the second one.
pub(crate) async fn three_sessions(store: &dyn Store) -> [Session; 3] {
    let sessions = [session(1, 1), session(2, 1), session(3, 2)];
    store.create_account(&account(1, "jana")).await.unwrap();
    store.create_account(&account(2, "dana")).await.unwrap();
    for session in &sessions {
        store.open_session(session).await.unwrap();
    }
    sessions
}

pub(crate) async fn session_comes_back_by_its_token(fixture: Fixture) {
    let store = fixture.open().await;
    let [first, second, third] = three_sessions(&*store).await;

    let unknown = store.session(&TokenHash([9; 32])).await.unwrap();

    assert_eq!(unknown, None);
    assert_eq!(store.session(&third.token).await.unwrap(), Some(third));
    assert_eq!(store.sessions(AccountId(1)).await.unwrap(), [first, second]);
}

pub(crate) async fn session_of_no_account_is_refused(fixture: Fixture) {
    let store = fixture.open().await;

    let refused = store.open_session(&session(1, 1)).await.unwrap_err();

    assert!(matches!(refused.fault(), Fault::Unknown));
}

pub(crate) async fn token_opens_one_session(fixture: Fixture) {
    let store = fixture.open().await;
    three_sessions(&*store).await;

    let refused = store.open_session(&session(1, 2)).await.unwrap_err();

    assert!(matches!(refused.fault(), Fault::Taken));
}

pub(crate) async fn use_of_a_session_moves_only_forward(fixture: Fixture) {
    let store = fixture.open().await;
    let [first, ..] = three_sessions(&*store).await;

    for at in [1_500, 1_200] {
        store
            .touch_session(&first.token, UnixSeconds(at))
            .await
            .unwrap();
    }

    let read = store.session(&first.token).await.unwrap().unwrap();
    assert_eq!(read.last_seen, UnixSeconds(1_500));
}

pub(crate) async fn sessions_end_alone_or_with_their_account(fixture: Fixture) {
    let store = fixture.open().await;
    let [first, second, third] = three_sessions(&*store).await;
    let standing = async |session: &Session| {
        let read = store.session(&session.token).await.unwrap();
        read.map(|session| session.standing)
    };

    store.revoke_session(&first.token).await.unwrap();
    assert_eq!(standing(&first).await, Some(SessionStanding::Revoked));
    assert_eq!(standing(&second).await, Some(SessionStanding::Live));

    store.revoke_sessions(AccountId(1)).await.unwrap();
    assert_eq!(standing(&second).await, Some(SessionStanding::Revoked));
    assert_eq!(standing(&third).await, Some(SessionStanding::Live));

    store.remove_account(AccountId(2)).await.unwrap();
    assert_eq!(standing(&third).await, None);
    let gone = store.revoke_session(&third.token).await.unwrap_err();
    assert!(matches!(gone.fault(), Fault::Unknown));
}

pub(crate) async fn sessions_that_ran_out_are_deleted(fixture: Fixture) {
    let store = fixture.open().await;
    let [_, second, _] = three_sessions(&*store).await;

    let deleted = store.prune_sessions(second.expires).await.unwrap();

    assert_eq!(deleted, 1);
    assert_eq!(store.sessions(AccountId(1)).await.unwrap(), [second]);
}

pub(crate) async fn new_secrets_or_no_more_rights_end_all_sessions(fixture: Fixture) {
    let changes = [
        AccountChange::Password(PasswordHash("new".to_owned()), PasswordChange::NotDue),
        AccountChange::Enrolled(SealedTotp(vec![1]), TotpStep(1)),
        AccountChange::NotPinned,
        AccountChange::Standing(AccountStanding::Disabled),
    ];
    let store = fixture.open().await;
    let [_, _, other] = three_sessions(&*store).await;

    for (token, change) in (10..).zip(changes) {
        store.open_session(&session(token, 1)).await.unwrap();
        store.change_account(AccountId(1), &[change]).await.unwrap();

        let sessions = store.sessions(AccountId(1)).await.unwrap();
        let live = sessions
            .iter()
            .filter(|one| one.standing == SessionStanding::Live);
        assert_eq!(live.count(), 0);
    }
    assert_eq!(store.sessions(AccountId(2)).await.unwrap(), [other]);
}

pub(crate) async fn one_session_too_many_ends_the_one_unused_longest(fixture: Fixture) {
    let store = fixture.open().await;
    store.create_account(&account(1, "jana")).await.unwrap();
    let most = u8::try_from(SESSIONS_PER_ACCOUNT_MAX).unwrap();
    for token in 1..=most {
        store.open_session(&session(token, 1)).await.unwrap();
    }
    for token in (1..=most).filter(|token| *token != 7) {
        let hash = TokenHash([token; 32]);
        store
            .touch_session(&hash, UnixSeconds(1_500))
            .await
            .unwrap();
    }

    store.open_session(&session(most + 1, 1)).await.unwrap();
    store.revoke_session(&TokenHash([3; 32])).await.unwrap();
    store.open_session(&session(most + 2, 1)).await.unwrap();

    let sessions = store.sessions(AccountId(1)).await.unwrap();
    let tokens: Vec<u8> = sessions.iter().map(|one| one.token.0[0]).collect();
    let expected: Vec<u8> = (1..=most + 2)
        .filter(|token| ![3, 7].contains(token))
        .collect();
    assert_eq!(tokens, expected);
}

pub(crate) async fn session_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    store.create_account(&account(1, "jana")).await.unwrap();
    store.close().await;
    let tables = ["SELECT token, account, standing FROM session ORDER BY token"];

    let steps = each_step_fails_once(&fixture, &tables, async |store| {
        let opened = store.open_session(&session(1, 1)).await;
        unless_done(opened, |fault| matches!(fault, Fault::Taken))
    });

    assert!(steps.await > 3);
}
