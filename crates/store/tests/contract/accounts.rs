//! Accounts have one login name each, whatever its case, and no change undoes another.

use store::sql::{
    Account, AccountChange, AccountId, AccountStanding, Fault, PasswordChange, PasswordHash, Role,
    SealedTotp,
};

use crate::fixture::Fixture;

pub(crate) fn account(id: u128, login: &str) -> Account {
    Account {
        id: AccountId(id),
        login: login.to_owned(),
        display_name: "Jana'); DROP TABLE account; --".to_owned(),
        role: Role::Operator,
        standing: AccountStanding::Active,
        password: PasswordHash("$argon2id$v=19$x".to_owned()),
        password_change: PasswordChange::Due,
        totp: None,
    }
}

pub(crate) async fn account_comes_back_as_it_was_written(fixture: Fixture) {
    let store = fixture.open().await;
    let mut written = account(u128::MAX, "Žofie\" OR 1=1 --");
    written.totp = Some(SealedTotp(vec![0, 255]));

    store.create_account(&written).await.unwrap();

    assert_eq!(store.account(written.id).await.unwrap(), Some(written));
    assert_eq!(store.account(AccountId(1)).await.unwrap(), None);
}

pub(crate) async fn login_name_is_one_whatever_its_case(fixture: Fixture) {
    let store = fixture.open().await;
    let first = account(1, "Žofie");
    store.create_account(&first).await.unwrap();

    let taken = store.create_account(&account(2, "žOFIE")).await;

    assert!(matches!(taken.unwrap_err().fault(), Fault::Taken));
    assert_eq!(store.account_of("ŽOFIE").await.unwrap(), Some(first));
    assert_eq!(store.accounts().await.unwrap().len(), 1);
}

pub(crate) async fn accounts_come_in_the_order_of_their_names(fixture: Fixture) {
    let store = fixture.open().await;
    for (id, login) in [(1, "b"), (2, "A_"), (3, "a-"), (4, "C")] {
        store.create_account(&account(id, login)).await.unwrap();
    }

    let accounts = store.accounts().await.unwrap();

    let logins: Vec<_> = accounts.iter().map(|one| one.login.as_str()).collect();
    assert_eq!(logins, ["a-", "A_", "b", "C"]);
}

pub(crate) async fn every_change_touches_nothing_else(fixture: Fixture) {
    let store = fixture.open().await;
    let mut expected = account(1, "jana");
    let other = account(2, "dana");
    store.create_account(&expected).await.unwrap();
    store.create_account(&other).await.unwrap();
    let hash = PasswordHash("new".to_owned());
    let changes = [
        AccountChange::DisplayName("J.".to_owned()),
        AccountChange::Role(Role::Supervisor),
        AccountChange::Standing(AccountStanding::Disabled),
        AccountChange::Password(hash.clone(), PasswordChange::NotDue),
        AccountChange::Totp(Some(SealedTotp(vec![1]))),
    ];

    for change in &changes {
        store.change_account(expected.id, change).await.unwrap();
    }

    expected.display_name = "J.".to_owned();
    expected.role = Role::Supervisor;
    expected.standing = AccountStanding::Disabled;
    (expected.password, expected.password_change) = (hash, PasswordChange::NotDue);
    expected.totp = Some(SealedTotp(vec![1]));
    assert_eq!(store.accounts().await.unwrap(), [other, expected]);
}

pub(crate) async fn account_that_is_not_there_is_not_changed(fixture: Fixture) {
    let store = fixture.open().await;
    let gone = account(1, "jana");
    store.create_account(&gone).await.unwrap();
    store.remove_account(gone.id).await.unwrap();

    let changed = store.change_account(gone.id, &AccountChange::Totp(None));
    let changed = changed.await.unwrap_err();
    let removed = store.remove_account(gone.id).await.unwrap_err();

    let told = "changing account 00000000000000000000000000000001 failed";
    assert_eq!(changed.to_string(), told);
    assert!(matches!(changed.fault(), Fault::Unknown));
    assert!(matches!(removed.fault(), Fault::Unknown));
    assert_eq!(store.accounts().await.unwrap(), []);
}
