//! Asks the provider: few questions at a time, short answers, no longer than a named time, and no
//! way round by redirects.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use ureq::http::{Request, StatusCode, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long one answer may take, from the name's look-up to its last byte. A sign-in asks five
/// questions at most (the provider's description, a token, keys twice, the person), which together
/// take less than [`REQUEST_TIMEOUT`](crate::REQUEST_TIMEOUT).
pub const ANSWER_TIME: Duration = Duration::from_secs(5);
/// Bytes of an answer. Keys of large providers take about 20 kB.
pub const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// How many questions are asked at once; beyond it somebody who wants to sign in is told that the
/// provider does not answer.
pub const ASKED_AT_ONCE_MAX: usize = 8;

/// A question. It has no `Debug`: codes and secrets stand in it.
pub(super) enum Question {
    /// A document that everybody may read.
    Document { at: String },
    /// Who a token is about.
    Person { at: String, token: String },
    /// A form, with what proves who sends it.
    Form {
        at: String,
        authorization: Option<String>,
        body: String,
    },
}

/// An answer. It has no `Debug`: tokens stand in it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// Too many wait for one already.
    #[error("{ASKED_AT_ONCE_MAX} questions wait for an answer already")]
    Busy,
    /// It was not reached, was too slow, or said too much.
    #[error("the provider does not answer as it should")]
    Failed(#[source] Box<ureq::Error>),
    /// It says that it cannot.
    #[error("the provider answers with status {0}")]
    Status(StatusCode),
    /// The answer is no document of the kind that was asked for.
    #[error("what the provider says of {0} cannot be read")]
    Unreadable(&'static str),
    /// What it says is not about the issuer that is configured, or not safe.
    #[error("the provider's own description is not usable: {0}")]
    Unusable(&'static str),
    /// The question could not be asked.
    #[error("the question could not be asked")]
    NotAsked,
}

/// Asks.
pub(super) struct Asker {
    agent: Arc<OnceLock<ureq::Agent>>,
    places: Arc<Semaphore>,
}

impl Default for Asker {
    fn default() -> Self {
        Self {
            agent: Arc::default(),
            places: Arc::new(Semaphore::new(ASKED_AT_ONCE_MAX)),
        }
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker(..)")
    }
}

impl Asker {
    /// Asks a question on a thread of its own.
    pub(super) async fn ask(&self, question: Question) -> Result<Answer, NoAnswer> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| NoAnswer::Busy)?;
        let agent = Arc::clone(&self.agent);
        let asked = tokio::task::spawn_blocking(move || {
            let answer = send(agent.get_or_init(agent_of_this_machine), question);
            drop(place);
            answer
        });
        asked.await.map_err(|_| NoAnswer::NotAsked)?
    }
}

/// A client that trusts whom this machine trusts.
fn agent_of_this_machine() -> ureq::Agent {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate of this machine cannot be read");
    }
    let roots = found.certs.iter();
    let roots: Vec<_> = roots
        .map(|root| Certificate::from_der(root).to_owned())
        .collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots));
    let config = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(Some(ANSWER_TIME))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .user_agent("linka");
    config.build().into()
}

fn send(agent: &ureq::Agent, question: Question) -> Result<Answer, NoAnswer> {
    let request = match question {
        Question::Document { at } => Request::get(at).body(String::new()),
        Question::Person { at, token } => Request::get(at)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(String::new()),
        Question::Form {
            at,
            authorization,
            body,
        } => {
            let request =
                Request::post(at).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let request = match authorization {
                Some(proof) => request.header(header::AUTHORIZATION, proof),
                None => request,
            };
            request.body(body)
        }
    };
    let mut request = request.map_err(|_| NoAnswer::NotAsked)?;
    let json = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    let failed = |error| NoAnswer::Failed(Box::new(error));
    let mut response = agent.run(request).map_err(failed)?;
    let status = response.status();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    Ok(Answer {
        status,
        body: body.read_to_vec().map_err(failed)?,
    })
}
