//! The control socket of the command line: one JSON line asks, one JSON line answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::warn::{News, Words};
use super::{NotReloaded, Office};
use crate::status::Status;
use crate::wall_clock::Clocks;

/// Bytes of a request.
const REQUEST_BYTES_MAX: u64 = 4_096;
/// Time from an attempt to make the socket to the next.
const BIND_AGAIN: Duration = Duration::from_secs(2);
/// Time that a client has for its request.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// What the command line asks.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub(crate) enum Request {
    /// The state of everything.
    Status,
    /// The configuration is to be read again.
    Reload,
    /// What the clocks say.
    Clock,
    /// The machine's clock is right: the next start may go by it.
    ConfirmClock,
    /// The clock of the engines is to be moved forward; answered with the state after that.
    #[cfg(feature = "test-clock")]
    Advance {
        /// How far.
        seconds: u32,
    },
}

/// What it is answered.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// The state of everything.
    Status { status: Box<Status> },
    /// What the clocks say.
    Clock { clocks: Clocks },
    /// The configuration holds now.
    Reloaded { advice: Vec<String> },
    /// The configuration is refused and the old one stays.
    Refused { problems: Vec<String> },
    /// Something else went wrong.
    Failed { reason: String },
}

/// Where the control socket of a data folder is.
pub(crate) fn socket(data: &Path) -> PathBuf {
    data.join("linka.sock")
}

/// Whether a running linka serves this data folder.
pub(crate) fn is_served(data: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket(data)).is_ok()
}

/// Serves the control socket until the process ends. A disk that does not let it be made is asked again.
pub(super) async fn serve(office: Arc<Office>, path: PathBuf, to_herald: mpsc::Sender<Words>) {
    let mut told = false;
    let listener = loop {
        let at = path.clone();
        // A disk that hangs keeps a thread of its own waiting, and no other task.
        let bound = tokio::task::spawn_blocking(move || bind(&at)).await;
        let bound = bound.map_err(std::io::Error::other).flatten();
        match bound.and_then(UnixListener::from_std) {
            Ok(listener) => break listener,
            Err(_) if told => {}
            Err(error) => {
                told = true;
                // The herald ends with the process.
                let _ending = to_herald.send(no_socket(&path, &error)).await;
            }
        }
        tokio::time::sleep(BIND_AGAIN).await;
    };
    drop(to_herald);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_one(office.clone(), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket failed");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn serve_one(office: Arc<Office>, stream: UnixStream) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader.take(REQUEST_BYTES_MAX));
    let mut line = String::new();
    if !matches!(
        timeout(REQUEST_TIME, reader.read_line(&mut line)).await,
        Ok(Ok(1..))
    ) {
        return;
    }
    let answer = match serde_json::from_str(&line) {
        Ok(Request::Status) => status(&office).await,
        #[cfg(feature = "test-clock")]
        Ok(Request::Advance { seconds }) => {
            crate::clock::advance(seconds);
            status(&office).await
        }
        Ok(Request::Reload) => match office.reload().await {
            Ok(advice) => Answer::Reloaded { advice },
            Err(NotReloaded::Refused(problems)) => Answer::Refused { problems },
            Err(NotReloaded::Unknown(reason)) => Answer::Failed { reason },
        },
        Ok(Request::Clock) => clock(&office).await,
        Ok(Request::ConfirmClock) => match office.confirm_clock().await {
            Ok(()) => clock(&office).await,
            Err(error) => Answer::Failed {
                reason: format!("the confirmation cannot be kept: {error}"),
            },
        },
        Err(error) => Answer::Failed {
            reason: format!("the request cannot be read: {error}"),
        },
    };
    let mut text = serde_json::to_vec(&answer).unwrap_or_default();
    text.push(b'\n');
    // A client that went away needs no answer.
    let _gone = timeout(REQUEST_TIME, writer.write_all(&text)).await;
}

async fn clock(office: &Arc<Office>) -> Answer {
    let clocks = office.clocks().await;
    Answer::Clock { clocks }
}

async fn status(office: &Office) -> Answer {
    match office.status().await {
        Some(status) => Answer::Status {
            status: Box::new(status),
        },
        None => Answer::Failed {
            reason: "linka is ending".to_owned(),
        },
    }
}

fn no_socket(path: &Path, error: &std::io::Error) -> Words {
    Words {
        kind: "no-control-socket",
        text: format!(
            "the control socket {} cannot be made, and so `linka status` and `linka reload` reach nobody: {error}",
            path.display()
        ),
        news: News::Machine,
    }
}

/// Binds the socket with mode 0600; one that a dead process left behind is replaced.
fn bind(path: &Path) -> std::io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = std::os::unix::net::UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Asks a running linka.
pub(crate) fn ask(path: &Path, request: &Request) -> std::io::Result<Answer> {
    use std::io::{BufRead, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    stream.write_all(&text)?;
    let mut line = String::new();
    std::io::BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}
