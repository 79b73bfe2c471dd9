//! Accounts have one login name each, whatever its case, and no change undoes another.

use store::sql::{
    ACCOUNTS_MAX, Account, AccountChange, AccountId, AccountStanding, Advance, Fault,
    NAME_CHARACTERS_MAX, PasswordChange, PasswordHash, Pinning, ProviderPin, Role, SealedTotp,
    Store, StoreError, TotpStep,
};

use crate::failing::{each_step_fails_once, unless_done};
use crate::fixture::Fixture;

const TABLES: [&str; 2] = [
    "SELECT login, display_name, role, standing, password, password_change, totp, totp_step, provider
    FROM account ORDER BY login",
    "SELECT token, standing FROM session ORDER BY token",
];

const HERS: ProviderPin = ProviderPin([1; 32]);
const ANOTHERS: ProviderPin = ProviderPin([2; 32]);

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
        provider: None,
    }
}

pub(crate) async fn account_comes_back_as_it_was_written(fixture: Fixture) {
    let store = fixture.open().await;
    let mut written = account(u128::MAX, "Žofie\" OR 1=1 --");
    written.totp = Some(SealedTotp(vec![0, 255]));
    written.provider = Some(HERS);

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
        AccountChange::Enrolled(SealedTotp(vec![1]), TotpStep(7)),
    ];

    for change in changes {
        store.change_account(expected.id, &[change]).await.unwrap();
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

    let changed = store.change_account(gone.id, &[AccountChange::NotEnrolled]);
    let changed = changed.await.unwrap_err();
    let advanced = store.advance_totp(gone.id, TotpStep(1)).await.unwrap_err();
    let removed = store.remove_account(gone.id).await.unwrap_err();

    let told = "changing account 00000000000000000000000000000001 failed";
    assert_eq!(changed.to_string(), told);
    assert!(matches!(changed.fault(), Fault::Unknown));
    assert!(matches!(removed.fault(), Fault::Unknown));
    assert!(matches!(advanced.fault(), Fault::Unknown));
    let pinned = store.pin_provider(gone.id, HERS).await.unwrap_err();
    assert!(matches!(pinned.fault(), Fault::Unknown));
    assert_eq!(store.accounts().await.unwrap(), []);
}

pub(crate) async fn every_role_comes_back(fixture: Fixture) {
    let store = fixture.open().await;
    let roles = [
        Role::Operator,
        Role::Supervisor,
        Role::Administrator,
        Role::Auditor,
        Role::Wall,
    ];

    for (id, role) in (1..).zip(roles) {
        let written = Account {
            role,
            ..account(id, &format!("login{id}"))
        };
        store.create_account(&written).await.unwrap();
    }

    let accounts = store.accounts().await.unwrap();
    let read: Vec<_> = accounts.iter().map(|one| one.role).collect();
    assert_eq!(read, roles);
}

pub(crate) async fn several_changes_are_made_whole_or_not_at_all(fixture: Fixture) {
    let store = fixture.open().await;
    let written = account(1, "jana");
    store.create_account(&written).await.unwrap();
    let changes = [
        AccountChange::Role(Role::Auditor),
        AccountChange::DisplayName("J\u{0}".to_owned()),
    ];

    let refused = store.change_account(written.id, &changes).await;

    assert!(matches!(refused.unwrap_err().fault(), Fault::Invalid(_)));
    assert_eq!(store.account(written.id).await.unwrap(), Some(written));
}

pub(crate) async fn names_that_are_none_are_refused(fixture: Fixture) {
    let store = fixture.open().await;
    let longest = "ž".repeat(NAME_CHARACTERS_MAX);
    let too_long = format!("{longest}ž");
    let refused = ["", " jana", "jana\n", "ja\u{0}na", "ja\u{7f}na", &too_long];

    for name in refused {
        let login = store.create_account(&account(1, name)).await.unwrap_err();
        let mut shown = account(1, "jana");
        shown.display_name = name.to_owned();
        let shown = store.create_account(&shown).await.unwrap_err();

        assert!(matches!(login.fault(), Fault::Invalid(_)), "{name:?}");
        assert!(matches!(shown.fault(), Fault::Invalid(_)), "{name:?}");
        assert_eq!(store.account_of(name).await.unwrap(), None, "{name:?}");
    }
    store.create_account(&account(1, &longest)).await.unwrap();
}

pub(crate) async fn no_more_accounts_than_there_may_be(fixture: Fixture) {
    let store = fixture.open().await;
    store.create_account(&account(1, "jana")).await.unwrap();
    // More than a test can afford to make one by one.
    fixture
        .tamper(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO account
            SELECT 'id' || i, 'login' || i, 'login' || i, 'name', 'operator', 'active', 'hash', 'due', NULL, 0, NULL
            FROM n",
        )
        .await;

    let refused = store.create_account(&account(3, "dana")).await;

    assert!(matches!(
        refused.unwrap_err().fault(),
        Fault::Full(ACCOUNTS_MAX)
    ));
}

pub(crate) async fn code_counts_once_and_no_earlier_one_after_it(fixture: Fixture) {
    let store = fixture.open().await;
    let id = AccountId(1);
    store.create_account(&account(1, "jana")).await.unwrap();
    let enrolled = AccountChange::Enrolled(SealedTotp(vec![1]), TotpStep(10));
    store.change_account(id, &[enrolled]).await.unwrap();

    let mut outcomes = Vec::new();
    for step in [10, 11, 11, 9, 12] {
        outcomes.push(store.advance_totp(id, TotpStep(step)).await.unwrap());
    }

    use Advance::{Advanced, Replayed};
    assert_eq!(outcomes, [Replayed, Advanced, Replayed, Replayed, Advanced]);
}

pub(crate) async fn of_two_who_use_a_code_at_once_one_counts(fixture: Fixture) {
    let (one, other) = tokio::join!(fixture.open(), fixture.open());
    let id = AccountId(1);
    one.create_account(&account(1, "jana")).await.unwrap();

    let (first, second) = tokio::join!(
        one.advance_totp(id, TotpStep(5)),
        other.advance_totp(id, TotpStep(5))
    );

    let outcomes = [first.unwrap(), second.unwrap()];
    assert!(outcomes.contains(&Advance::Advanced), "{outcomes:?}");
    assert!(outcomes.contains(&Advance::Replayed), "{outcomes:?}");
}

/// Two administrators, of whom the first is active.
async fn one_active_administrator(store: &dyn Store) -> [AccountId; 2] {
    let mut first = account(1, "jana");
    let mut second = account(2, "dana");
    (first.role, second.role) = (Role::Administrator, Role::Administrator);
    second.standing = AccountStanding::Disabled;
    store.create_account(&first).await.unwrap();
    store.create_account(&second).await.unwrap();
    [first.id, second.id]
}

fn is_last(outcome: Result<(), StoreError>) -> bool {
    matches!(outcome.unwrap_err().fault(), Fault::LastAdministrator)
}

pub(crate) async fn last_active_administrator_stays(fixture: Fixture) {
    let store = fixture.open().await;
    let [last, other] = one_active_administrator(&*store).await;
    let before = store.accounts().await.unwrap();

    let demoted = AccountChange::Role(Role::Operator);
    let disabled = AccountChange::Standing(AccountStanding::Disabled);
    assert!(is_last(store.change_account(last, &[demoted]).await));
    assert!(is_last(store.change_account(last, &[disabled]).await));
    assert!(is_last(store.remove_account(last).await));

    assert_eq!(store.accounts().await.unwrap(), before);
    let enabled = AccountChange::Standing(AccountStanding::Active);
    store.change_account(other, &[enabled]).await.unwrap();
    store.remove_account(last).await.unwrap();
}

pub(crate) async fn of_two_administrators_who_remove_each_other_one_stays(fixture: Fixture) {
    let (one, other) = tokio::join!(fixture.open(), fixture.open());
    let [first, second] = one_active_administrator(&*one).await;
    let enabled = AccountChange::Standing(AccountStanding::Active);
    one.change_account(second, &[enabled]).await.unwrap();

    let (by_one, by_other) = tokio::join!(one.remove_account(first), other.remove_account(second));

    assert!(by_one.is_ok() != by_other.is_ok());
    assert_eq!(one.accounts().await.unwrap().len(), 1);
}

pub(crate) async fn new_account_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    fixture.open().await.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        let created = store.create_account(&account(1, "jana")).await;
        unless_done(created, |fault| matches!(fault, Fault::Taken))
    });

    assert!(steps.await > 3);
}

pub(crate) async fn change_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    crate::sessions::three_sessions(&*store).await;
    store.close().await;
    let changes = [
        AccountChange::DisplayName("J.".to_owned()),
        AccountChange::Password(PasswordHash("new".to_owned()), PasswordChange::NotDue),
    ];

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.change_account(AccountId(1), &changes).await
    });

    assert!(steps.await > 5);
}

pub(crate) async fn removal_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    crate::sessions::three_sessions(&*store).await;
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        let removed = store.remove_account(AccountId(1)).await;
        unless_done(removed, |fault| matches!(fault, Fault::Unknown))
    });

    assert!(steps.await > 3);
}

pub(crate) async fn code_whose_every_step_fails_once_is_used_or_not(fixture: Fixture) {
    let store = fixture.open().await;
    store.create_account(&account(1, "jana")).await.unwrap();
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        let advanced = store.advance_totp(AccountId(1), TotpStep(5)).await;
        advanced.map(drop)
    });

    assert!(steps.await > 2);
}

pub(crate) async fn account_belongs_to_one_person_and_she_to_one_account(fixture: Fixture) {
    let store = fixture.open().await;
    let [jana, dana] = [account(1, "jana"), account(2, "dana")];
    store.create_account(&jana).await.unwrap();
    store.create_account(&dana).await.unwrap();

    let first = store.pin_provider(jana.id, HERS).await.unwrap();
    let again = store.pin_provider(jana.id, HERS).await.unwrap();
    let another = store.pin_provider(jana.id, ANOTHERS).await.unwrap();
    let second_account = store.pin_provider(dana.id, HERS).await.unwrap();

    let told = [first, again, another, second_account];
    let [pinned, hers, refused] = [Pinning::Pinned, Pinning::Hers, Pinning::Refused];
    assert_eq!(told, [pinned, hers, refused, refused]);
    let kept = store.account(jana.id).await.unwrap().unwrap();
    assert_eq!(kept.provider, Some(HERS));
    assert_eq!(store.account(dana.id).await.unwrap(), Some(dana));
}

pub(crate) async fn account_that_is_nobodys_again_may_be_anybodys(fixture: Fixture) {
    let store = fixture.open().await;
    let jana = account(1, "jana");
    store.create_account(&jana).await.unwrap();
    store.pin_provider(jana.id, HERS).await.unwrap();

    let to = [AccountChange::NotPinned];
    store.change_account(jana.id, &to).await.unwrap();

    assert_eq!(store.account(jana.id).await.unwrap(), Some(jana.clone()));
    let another = store.pin_provider(jana.id, ANOTHERS).await.unwrap();
    assert_eq!(another, Pinning::Pinned);
}

pub(crate) async fn account_that_may_not_sign_in_is_pinned_to_nobody(fixture: Fixture) {
    let store = fixture.open().await;
    let [jana, dana] = [account(1, "jana"), account(2, "dana")];
    store.create_account(&jana).await.unwrap();
    store.create_account(&dana).await.unwrap();
    store.pin_provider(dana.id, ANOTHERS).await.unwrap();
    let to = [AccountChange::Standing(AccountStanding::Disabled)];
    store.change_account(jana.id, &to).await.unwrap();
    store.change_account(dana.id, &to).await.unwrap();

    let first = store.pin_provider(jana.id, HERS).await.unwrap();
    let again = store.pin_provider(dana.id, ANOTHERS).await.unwrap();

    assert_eq!([first, again], [Pinning::Refused; 2]);
    let kept = store.account(jana.id).await.unwrap().unwrap();
    assert_eq!(kept.provider, None);
}

pub(crate) async fn of_two_who_come_first_at_once_the_account_is_one_persons(fixture: Fixture) {
    let store = fixture.open().await;
    store.create_account(&account(1, "jana")).await.unwrap();

    let (hers, anothers) = tokio::join!(
        store.pin_provider(AccountId(1), HERS),
        store.pin_provider(AccountId(1), ANOTHERS),
    );

    let told = [hers.unwrap(), anothers.unwrap()];
    assert!(told.contains(&Pinning::Pinned) && told.contains(&Pinning::Refused));
}

pub(crate) async fn pin_whose_every_step_fails_once_is_there_or_not(fixture: Fixture) {
    let store = fixture.open().await;
    store.create_account(&account(1, "jana")).await.unwrap();
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.pin_provider(AccountId(1), HERS).await.map(drop)
    });

    assert!(steps.await > 2);
}
