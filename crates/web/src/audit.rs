//! The audit: who signed in, changed the configuration, exported something, changed a class or
//! queue. Never the ordinary handling of a contact.
//!
//! An act on a contact names a role and the day, no login, no contact and no minute. What belongs
//! to the call itself is not in it. (DESIGN §7.4)

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use records::Date;
use serde::{Deserialize, Serialize};
use store::sql::{AuditKey, AuditPayload, Role, Store, StoreError};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Asked, Clock, Json};
use crate::board::Class;
use crate::problem::{Problem, ProblemBody};

/// How many entries may wait for the database.
pub const AUDIT_WAITING_MAX: usize = 10_000;
/// How long a database that did not take an entry is left alone.
const RETRY: Duration = Duration::from_secs(5);
/// How many entries are told at once.
const TOLD_MAX: u64 = 500;

/// What is audited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Event {
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed in through the provider.
    SignedInByProvider,
    /// An account belongs to somebody at the provider from now on.
    ProviderPinned,
    /// Somebody at the provider was refused whom an account does not belong to.
    ProviderRefused,
    /// A login name was locked after failed attempts.
    LockedOut,
    /// A lock was taken away.
    LockoutCleared,
    /// Somebody chose a password.
    PasswordChanged,
    /// Somebody set up one-time passwords.
    TotpSet,
    /// Sessions were ended by somebody.
    SessionsRevoked,
    /// An account was made, changed or removed.
    AccountChanged {
        /// Whose.
        login: String,
        /// In which way.
        change: &'static str,
    },
    /// A key was made or revoked.
    KeyChanged {
        /// Its name.
        key: String,
        /// In which way.
        change: &'static str,
    },
    /// A contact got another class.
    ClassChanged {
        /// Its class from then on.
        class: Class,
    },
    /// A contact was moved to another queue.
    Moved {
        /// Which queue.
        queue: String,
    },
    /// A contact was given to an operator.
    Given,
    /// Somebody else said what an operator wants.
    OperatorSet {
        /// Whom.
        operator: String,
        /// What was said.
        wants: &'static str,
    },
    /// Something was exported.
    Exported {
        /// Which report.
        report: &'static str,
    },
    /// The configuration is another one from now on than the last that was noted.
    ConfigurationChanged {
        /// The files that differ.
        files: Vec<String>,
        /// Operators with a phone account that they had not before.
        added: Vec<String>,
        /// Operators whose phone account is gone.
        removed: Vec<String>,
        /// Operators with another password.
        password: Vec<String>,
        /// By what the next start knows what changed since: keyed hashes, which tell nothing without the key.
        marks: std::collections::BTreeMap<String, String>,
    },
    /// What had been kept long enough was deleted.
    Retention {
        /// Entries of the audit.
        audit: u64,
        /// Sessions that had run out.
        sessions: u64,
    },
    /// What an entry said was erased.
    Erased {
        /// Which entry.
        entry: u64,
    },
    /// The database was made from a backup.
    Restored,
}

/// An entry as it is written.
#[derive(Serialize)]
struct Entry<'a> {
    by: &'a str,
    #[serde(flatten)]
    event: &'a Event,
}

/// Takes entries, and writes them as soon as the database takes them. Nobody waits for it.
#[derive(Clone)]
pub struct Audit {
    entries: mpsc::Sender<Waiting>,
    clock: Arc<dyn Clock>,
}

enum Waiting {
    Entry(Date, Vec<u8>),
    /// Answered once all before it is written.
    Flush(tokio::sync::oneshot::Sender<()>),
}

impl Audit {
    /// Opens the audit on the current runtime; its writer ends with the last clone.
    #[must_use]
    pub fn open(store: Arc<dyn Store>, clock: Arc<dyn Clock>, key: AuditKey) -> Self {
        let (entries, waiting) = mpsc::channel(AUDIT_WAITING_MAX);
        tokio::spawn(write(store, key, waiting));
        Self { entries, clock }
    }

    /// Notes an act on a contact: by a role on the day's shift, whoever had it.
    pub(crate) fn note_on_contact(&self, role: Role, event: Event) {
        let by = match role {
            Role::Operator => "an operator on shift",
            Role::Supervisor => "a supervisor on shift",
            Role::Administrator => "an administrator on shift",
            Role::Auditor => "an auditor on shift",
            Role::Wall => "a wall",
        };
        self.note(by, event);
    }

    /// Notes what somebody did.
    pub fn note(&self, by: &str, event: Event) {
        let waiting = Waiting::Entry(self.clock.today(), written(by, &event));
        if self.entries.try_send(waiting).is_err() {
            tracing::error!(
                "the audit is full: {AUDIT_WAITING_MAX} entries wait for the database, and one was lost"
            );
        }
    }

    /// Waits until everything noted so far is written.
    pub async fn flush(&self) {
        let (done, written) = tokio::sync::oneshot::channel();
        if self.entries.send(Waiting::Flush(done)).await.is_ok() {
            // The writer ends only with the runtime.
            let _ended = written.await;
        }
    }
}

async fn write(store: Arc<dyn Store>, key: AuditKey, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(next) = waiting.recv().await {
        match next {
            Waiting::Entry(day, bytes) => write_one(&*store, &key, day, bytes).await,
            Waiting::Flush(done) => {
                let _gone = done.send(());
            }
        }
    }
}

async fn write_one(store: &dyn Store, key: &AuditKey, day: Date, bytes: Vec<u8>) {
    while let Err(error) = append(store, key, day, bytes.clone()).await {
        tracing::warn!(%error, "the audit was not written; it is tried again");
        tokio::time::sleep(RETRY).await;
    }
}

async fn append(
    store: &dyn Store,
    key: &AuditKey,
    day: Date,
    bytes: Vec<u8>,
) -> Result<(), NotAudited> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(NotAudited::Chance)?;
    let payload = AuditPayload { salt, bytes };
    store.append_audit(day, payload, key).await?;
    Ok(())
}

/// An entry that is not in the audit.
#[derive(Debug, thiserror::Error)]
pub enum NotAudited {
    /// The database failed.
    #[error("the audit was not written")]
    Store(#[from] StoreError),
    /// The system gave no chance.
    #[error("the system gives no random bytes")]
    Chance(#[source] getrandom::Error),
}

/// Writes an entry at once, for those who do not serve: the command line, and the deletion of what is old.
///
/// # Errors
/// [`NotAudited`].
pub async fn note_now(
    store: &dyn Store,
    key: &AuditKey,
    day: Date,
    by: &str,
    event: &Event,
) -> Result<(), NotAudited> {
    append(store, key, day, written(by, event)).await
}

fn written(by: &str, event: &Event) -> Vec<u8> {
    serde_json::to_vec(&Entry { by, event }).unwrap_or_default()
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(audit))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Range {
    /// Only entries before this one; the newest without it.
    before: Option<u64>,
}

/// An entry of the audit.
#[derive(Debug, Serialize, ToSchema)]
struct Told {
    /// Its number.
    seq: u64,
    /// The day on which it was written.
    day: String,
    /// What happened and who did it; nothing when it was erased.
    #[schema(value_type = Option<Object>)]
    event: Option<serde_json::Value>,
}

/// The audit, the newest entries first, at most 500 at once.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "audit",
    params(Range),
    responses(
        (status = 200, body = Vec<Told>),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn audit(
    State(app): State<App>,
    Asked(range): Asked<Range>,
) -> Result<Json<Vec<Told>>, Problem> {
    let head = app.store.audit_head().await?.seq + 1;
    let end = range.before.map_or(head, |before| before.min(head));
    let entries = app
        .store
        .audit_chain(end.saturating_sub(TOLD_MAX)..end)
        .await?;
    let told = entries.into_iter().rev().map(|entry| Told {
        seq: entry.seq,
        day: entry.day.to_string(),
        event: entry
            .payload
            .and_then(|payload| serde_json::from_slice(&payload.bytes).ok()),
    });
    Ok(Json(told.collect()))
}
