//! The audit: who signed in, changed the configuration, exported something, changed a class or
//! queue. Never the ordinary handling of a contact.
//!
//! An act on a contact names a role and the day, no login, no contact and no minute: it is noted
//! when its day is over, see [`acts_entry`]. What belongs to the call itself is not in it. (DESIGN §7.4)

mod queue;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use dispatch::ActingRole;
use records::{ContactAct, Date, Deed};
use serde::{Deserialize, Serialize};
use store::sql::{AuditKey, AuditPayload, Store, StoreError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::queue::{NotTaken, Queue};
use crate::app::{App, Asked, Clock, Json};
use crate::board::Class;
use crate::problem::{Problem, ProblemBody};

pub use self::queue::{AUDIT_WAITING_MAX, AuditWriter, Earlier, Noted, Unwritten};

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
    /// Somebody gave a contact a class, whether or not it had that already.
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
    /// Something of the three was done with contacts: more was done on that day than is told apart.
    Acted,
    /// Somebody else said what an operator wants.
    OperatorSet {
        /// Whom.
        operator: String,
        /// What was said.
        wants: &'static str,
    },
    /// Somebody looked at a report; noted once a day.
    Read {
        /// Which report.
        report: &'static str,
    },
    /// Something was exported.
    Exported {
        /// Which report.
        report: &'static str,
        /// From which day on, where one was chosen.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Up to which day, where one was chosen.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
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
    /// What was told by weaker rules was withdrawn, as the database was brought up to date.
    Withdrawn {
        /// Anonymous rows.
        rows: u64,
        /// Parts of months.
        parts: u64,
        /// Classes of months.
        classes: u64,
        /// Cells of tables.
        cells: u64,
        /// Months of lines that were told alone, though fewer than ten contacts ended in them.
        months: u64,
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
    /// How often it happened, where that was more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
}

/// Takes entries, which an [`AuditWriter`] writes as soon as the database takes them. Nobody waits for it.
#[derive(Clone)]
pub struct Audit {
    queue: Arc<Queue>,
    clock: Arc<dyn Clock>,
    read: Arc<Mutex<ReadToday>>,
}

/// Which reports were read on a day, and by whom.
#[derive(Default)]
struct ReadToday {
    day: Option<Date>,
    reports: BTreeSet<(String, &'static str)>,
}

/// How many readings of a day are remembered; of those beyond it each is noted again.
const READ_TODAY_MAX: usize = 10_000;

impl ReadToday {
    /// Whether somebody reads a report for the first time on this day.
    fn is_first(&mut self, day: Date, by: &str, report: &'static str) -> bool {
        if self.day.replace(day) != Some(day) {
            self.reports.clear();
        }
        let reading = (by.to_owned(), report);
        self.reports.len() >= READ_TODAY_MAX || self.reports.insert(reading)
    }
}

impl Audit {
    /// An audit that takes entries from now on, and what writes them.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, key: AuditKey) -> (Self, AuditWriter) {
        let queue = Arc::<Queue>::default();
        let writer = AuditWriter {
            queue: Arc::clone(&queue),
            store,
            key,
        };
        let read = Arc::default();
        (Self { queue, clock, read }, writer)
    }

    /// Opens the audit on the current runtime, where nothing was left to be written.
    #[must_use]
    pub fn open(store: Arc<dyn Store>, clock: Arc<dyn Clock>, key: AuditKey) -> Self {
        let (audit, writer) = Self::new(store, clock, key);
        tokio::spawn(writer.write());
        audit
    }

    /// Notes that somebody reads a report, once a day: a page asks for it again with every choice.
    pub(crate) fn note_read(&self, by: &str, report: &'static str) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.is_first(self.clock.today(), by, report) {
            self.note(by, Event::Read { report });
        }
    }

    /// Notes what somebody did.
    pub fn note(&self, by: &str, event: Event) {
        let payload = match payload(written(by, &event)) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::error!(%error, "an entry of the audit was lost");
                return;
            }
        };
        let day = self.clock.today();
        match self.queue.take(Noted { day, payload }) {
            Ok(()) => {}
            Err(NotTaken::Full) => tracing::error!(
                "the audit is full: {AUDIT_WAITING_MAX} entries wait for the database, and one was lost"
            ),
            Err(NotTaken::Ended) => {
                tracing::error!("the audit has ended with the process, and one entry was lost");
            }
        }
    }

    /// Waits until everything noted so far is written.
    pub async fn flush(&self) {
        self.queue.flush().await;
    }

    /// Hands out what is not written, in order, for the next start: the process is ending, and
    /// nothing is taken from then on.
    #[must_use]
    pub fn end(&self) -> Unwritten {
        self.queue.end()
    }
}

async fn append(
    store: &dyn Store,
    key: &AuditKey,
    day: Date,
    bytes: Vec<u8>,
) -> Result<(), NotAudited> {
    store.append_audit(day, payload(bytes)?, key).await?;
    Ok(())
}

fn payload(bytes: Vec<u8>) -> Result<AuditPayload, NotAudited> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(NotAudited::Chance)?;
    Ok(AuditPayload { salt, bytes })
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

/// The entry for an act that was done on contacts so many times on a day: by a role on the day's
/// shift, whoever had it. One entry tells all of them, so that their number is no count of entries.
///
/// # Errors
/// [`NotAudited::Chance`].
pub fn acts_entry(act: &ContactAct, times: u64) -> Result<AuditPayload, NotAudited> {
    let by = match act.by {
        ActingRole::Supervisor => "a supervisor on shift",
        ActingRole::Administrator => "an administrator on shift",
    };
    let event = match act.deed {
        Deed::Classed { class } => Event::ClassChanged {
            class: class.into(),
        },
        Deed::Moved { queue } => Event::Moved {
            queue: queue.to_string(),
        },
        Deed::Given => Event::Given,
        Deed::Other => Event::Acted,
    };
    payload(entry(&Entry {
        by,
        event: &event,
        times: (times > 1).then_some(times),
    }))
}

fn written(by: &str, event: &Event) -> Vec<u8> {
    entry(&Entry {
        by,
        event,
        times: None,
    })
}

fn entry(entry: &Entry<'_>) -> Vec<u8> {
    serde_json::to_vec(entry).unwrap_or_default()
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
    /// The day on which it happened; nothing finer. Acts on contacts are noted when their day is over.
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
