//! A backup is the whole of what is kept, sealed; a restore gives the same, or nothing.

use std::collections::BTreeSet;

use records::content::{Content, Outcome};
use records::{Contents, HourOfWeek, QuarterHour, SEED_BYTES, generalise, tables};
use store::sql::{
    Account, AccountChange, AccountId, AccountStanding, ApiKey, ApiKeyId, ApiKeyStanding,
    AuditPayload, BackedUp, BackupError, BackupKey, DeviceKind, KnownDevice, OpenedBy,
    PasswordChange, PasswordHash, ProviderPin, Role, Scope, SealedTotp, Session, SessionStanding,
    SignedAnchor, Store, TokenHash, TotpStep, UnixSeconds, check_backup, verify_audit,
};

use crate::counts::{arrived, date, misses, month, piece};
use crate::fixture::{AUDIT_KEY, Fixture};

const KEY: BackupKey = BackupKey([3; 32]);
const CHANCE: [u8; 16] = [5; 16];

/// Everything that a backup has.
const KEPT: [&str; 11] = [
    "SELECT * FROM arrived_hours ORDER BY first_day, line, hour",
    "SELECT * FROM closed_period ORDER BY first_day, span, line",
    "SELECT * FROM closed_sums ORDER BY first_day, span, line, class",
    "SELECT * FROM closed_misses ORDER BY first_day",
    "SELECT * FROM record_row ORDER BY first_day, span, line, key",
    "SELECT * FROM record_cell ORDER BY first_day, line, field, second_field, row_at, column_at",
    "SELECT * FROM account ORDER BY id",
    "SELECT * FROM device ORDER BY account, token",
    "SELECT * FROM api_key ORDER BY id",
    "SELECT * FROM audit ORDER BY seq",
    "SELECT * FROM audit_end ORDER BY which",
];

const JANA: AccountId = AccountId(1);

/// Puts something into every table.
async fn fill(store: &dyn Store) {
    fill_records(store).await;
    fill_directory(store).await;
    for day in 1..=4 {
        audit(store, day).await;
    }
    let anchor = store.audit_before(date(2026, 1, 2)).await.unwrap().unwrap();
    let signature = vec![1, 2, 3];
    let signed = SignedAnchor { anchor, signature };
    store.prune_audit(&signed).await.unwrap();
    store.erase_payload(3).await.unwrap();
}

async fn audit(store: &dyn Store, day: u8) {
    let what = AuditPayload {
        salt: [day; 32],
        bytes: vec![day],
    };
    store
        .append_audit(date(2026, 1, day), what, &AUDIT_KEY)
        .await
        .unwrap();
}

async fn fill_records(store: &dyn Store) {
    let first = date(2026, 2, 1);
    let contents: Contents = (0..40)
        .map(|at| Content {
            outcome: [Outcome::Advised, Outcome::Referred][at % 2],
            ..Content::default()
        })
        .collect();
    let rows = generalise(&contents, [1; SEED_BYTES]);
    let made = tables(&[contents]);
    let part = piece("help", first, date(2026, 2, 7), 5);
    sum_arrived(store).await;
    store.put_period(&part, &rows, None).await.unwrap();
    let whole = month(first, 9);
    store.put_period(&whole, &[], Some(&made)).await.unwrap();
    let missed = misses(first, 1);
    store.put_period(&missed, &[], None).await.unwrap();
}

/// A month that is summed, and a quarter-hour of today.
async fn sum_arrived(store: &dyn Store) {
    let (hour, kept) = (HourOfWeek::FIRST, QuarterHour(8));
    let local = |quarter| (date(2026, 1 + u8::from(quarter >= kept), 1), hour);
    let counts = [arrived(7, "help", 30), arrived(9, "help", 3)];
    store.put_arrived(&counts).await.unwrap();
    store.keep_arrived(kept, &local).await.unwrap();
}

async fn fill_directory(store: &dyn Store) {
    for (id, login) in [(JANA, "jana"), (AccountId(2), "dana")] {
        let account = Account {
            id,
            login: login.to_owned(),
            display_name: "Žofie Ďáblová".to_owned(),
            role: Role::Administrator,
            standing: AccountStanding::Active,
            password: PasswordHash("$argon2id$".to_owned()),
            password_change: PasswordChange::NotDue,
            totp: None,
            provider: None,
        };
        store.create_account(&account).await.unwrap();
    }
    let enrolled = AccountChange::Enrolled(SealedTotp(vec![0, 255]), TotpStep(77));
    store.change_account(JANA, &[enrolled]).await.unwrap();
    let pin = ProviderPin([4; 32]);
    store.pin_provider(JANA, pin).await.unwrap();
    let device = KnownDevice {
        account: JANA,
        token: TokenHash([1; 32]),
        created: UnixSeconds(1),
        last_seen: UnixSeconds(2),
    };
    store.remember_device(&device).await.unwrap();
    let key = ApiKey {
        id: ApiKeyId(9),
        name: "statistics".to_owned(),
        token: TokenHash([2; 32]),
        scopes: BTreeSet::from([Scope::ReadReports]),
        created: UnixSeconds(1),
        expires: UnixSeconds(9),
        made_by: JANA,
        standing: ApiKeyStanding::Live,
    };
    store.create_api_key(&key).await.unwrap();
    let session = Session {
        token: TokenHash([3; 32]),
        account: JANA,
        device: DeviceKind::Known,
        opened_by: OpenedBy::Password,
        created: UnixSeconds(1),
        last_seen: UnixSeconds(1),
        expires: UnixSeconds(9),
        standing: SessionStanding::Live,
    };
    store.open_session(&session).await.unwrap();
}

async fn back_up(store: &dyn Store) -> Vec<u8> {
    let mut file = Vec::new();
    store.backup(&KEY, CHANCE, &mut file).await.unwrap();
    file
}

async fn restore(store: &dyn Store, mut file: &[u8]) -> Result<BackedUp, BackupError> {
    store.restore(&KEY, &mut file, &[]).await
}

pub(crate) async fn restored_database_is_the_same_whatever_it_was_and_is(fixture: Fixture) {
    let store = fixture.open().await;
    fill(&*store).await;
    let file = back_up(&*store).await;

    for other in [Fixture::sqlite(), Fixture::postgres().await] {
        let restored = other.open().await;
        restore(&*restored, &file).await.unwrap();

        assert!(other.read(&KEPT).await == fixture.read(&KEPT).await);
        assert_eq!(restored.sessions(JANA).await.unwrap(), []);
        let whole = verify_audit(&*restored, &AUDIT_KEY).await.unwrap();
        assert_eq!(whole, verify_audit(&*store, &AUDIT_KEY).await.unwrap());
    }
}

pub(crate) async fn backup_has_every_table_but_those_of_the_running_line(fixture: Fixture) {
    let store = fixture.open().await;
    fill(&*store).await;

    for statement in KEPT {
        assert!(!fixture.read(&[statement]).await.is_empty(), "{statement}");
    }
    let tables = fixture.tables().await;

    let kept = KEPT.map(|statement| statement.split(' ').nth(3).unwrap());
    let left_out = [
        "acts_written",
        "arrived",
        "arrived_since",
        "small_misses",
        "small_month",
        "session",
        "directory_turn",
        "withdrawn",
        "_sqlx_migrations",
    ];
    let named: BTreeSet<String> = kept
        .into_iter()
        .chain(left_out)
        .map(str::to_owned)
        .collect();
    assert_eq!(tables, named);
}

pub(crate) async fn backup_of_many_pages_comes_back_whole(fixture: Fixture) {
    let store = fixture.open().await;
    let first = HourOfWeek::FIRST;
    let local = |quarter: QuarterHour| (date(2026 + quarter.0 as u16, 1, 1), first);
    let counts: Vec<_> = (0..18).map(|year| arrived(year, "help", 1)).collect();
    store.put_arrived(&counts).await.unwrap();
    store.keep_arrived(QuarterHour(18), &local).await.unwrap();

    let file = back_up(&*store).await;
    let other = Fixture::sqlite();
    let found = restore(&*other.open().await, &file).await.unwrap();

    assert_eq!(found.rows, 18 * 168);
    assert_eq!(check_backup(&KEY, &mut &file[..]).unwrap(), found);
    assert!(other.read(&KEPT).await == fixture.read(&KEPT).await);
}

pub(crate) async fn erased_payload_stays_erased(fixture: Fixture) {
    let store = fixture.open().await;
    fill(&*store).await;

    let file = back_up(&*store).await;
    let restored = Fixture::sqlite().open().await;
    restore(&*restored, &file).await.unwrap();

    let entries = restored.audit_chain(0..10).await.unwrap();
    let erased: Vec<u64> = entries
        .iter()
        .filter(|entry| entry.payload.is_none())
        .map(|entry| entry.seq)
        .collect();
    assert_eq!(erased, [3]);
}

pub(crate) async fn payload_erased_after_the_backup_does_not_come_back(fixture: Fixture) {
    let full = Fixture::sqlite();
    let filled = full.open().await;
    fill(&*filled).await;
    let file = back_up(&*filled).await;
    let erased = filled.audit_chain(2..3).await.unwrap()[0].anchor();
    let mut other = filled.audit_chain(4..5).await.unwrap()[0].anchor();
    other.hash = [0; 32];

    let store = fixture.open().await;
    let places = [erased, other];
    store.restore(&KEY, &mut &file[..], &places).await.unwrap();

    let entries = store.audit_chain(2..5).await.unwrap();
    let payloads: Vec<bool> = entries
        .iter()
        .map(|entry| entry.payload.is_some())
        .collect();
    assert_eq!(payloads, [false, false, true]);
    verify_audit(&*store, &AUDIT_KEY).await.unwrap();
}

pub(crate) async fn database_that_is_not_empty_is_left_as_it_is(fixture: Fixture) {
    let store = fixture.open().await;
    fill(&*store).await;
    let file = back_up(&*store).await;
    let other = Fixture::sqlite();
    let taken = other.open().await;
    audit(&*taken, 1).await;

    let refused = restore(&*taken, &file).await;

    assert!(matches!(refused, Err(BackupError::NotEmpty("audit"))));
    assert_eq!(taken.accounts().await.unwrap(), []);
}

pub(crate) async fn file_that_was_cut_or_changed_leaves_nothing(fixture: Fixture) {
    let full = Fixture::sqlite();
    let filled = full.open().await;
    fill(&*filled).await;
    let file = back_up(&*filled).await;
    let store = fixture.open().await;

    for at in (0..file.len()).step_by(file.len() / 7) {
        let mut changed = file.clone();
        changed[at] ^= 0x40;
        assert!(restore(&*store, &changed).await.is_err(), "byte {at}");
        assert!(restore(&*store, &file[..at]).await.is_err(), "{at} bytes");
    }

    assert!(fixture.read(&KEPT).await.is_empty());
    restore(&*store, &file).await.unwrap();
}

pub(crate) async fn another_key_leaves_nothing(fixture: Fixture) {
    let full = Fixture::sqlite();
    let filled = full.open().await;
    fill(&*filled).await;
    let file = back_up(&*filled).await;
    let store = fixture.open().await;

    let other = BackupKey([4; 32]);
    let refused = store.restore(&other, &mut &file[..], &[]).await;

    assert!(matches!(refused, Err(BackupError::Key)));
    assert!(fixture.read(&KEPT).await.is_empty());
}

pub(crate) async fn restore_whose_every_step_fails_once_leaves_all_or_nothing(fixture: Fixture) {
    let full = Fixture::sqlite();
    let filled = full.open().await;
    let missed = misses(date(2026, 2, 1), 1);
    filled.put_period(&missed, &[], None).await.unwrap();
    fill_directory(&*filled).await;
    let file = back_up(&*filled).await;
    let expected = full.read(&KEPT).await;

    for step in 0.. {
        let failing = fixture.failing(step).await;
        let outcome = restore(&failing, &file).await;
        failing.close().await;
        let left = fixture.read(&KEPT).await;
        if outcome.is_ok() || !left.is_empty() {
            // It succeeded, or the answer to its commit was lost.
            assert!(left == expected);
            assert!(step > 10, "{step}");
            return;
        }
    }
}
