//! Registrations of phones as they are kept for the next start.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use dispatch::OperatorId;
use serde::{Deserialize, Serialize};
use sip::{Flow, ListenerId, RestoredBinding, Uri, User};
use store::{Binding, BindingChange};

#[derive(Deserialize, Serialize)]
struct Kept {
    contact: String,
    listener: u16,
    remote: SocketAddr,
    /// Seconds since the Unix epoch.
    expires: u64,
}

/// What the journal thread is to keep of an operator's registrations.
pub(crate) fn change(
    user: OperatorId,
    bindings: &[RestoredBinding],
    now: SystemTime,
) -> BindingChange {
    let kept: Vec<Kept> = bindings
        .iter()
        .filter_map(|binding| kept(binding, now))
        .collect();
    let user = user.to_string();
    match serde_json::to_vec(&kept) {
        Ok(bytes) if !kept.is_empty() => BindingChange::Kept(Binding { user, bytes }),
        Ok(_) | Err(_) => BindingChange::Gone { user },
    }
}

fn kept(binding: &RestoredBinding, now: SystemTime) -> Option<Kept> {
    Some(Kept {
        contact: String::from_utf8(binding.contact.bytes().to_vec()).ok()?,
        listener: binding.flow.listener.0,
        remote: binding.flow.remote,
        expires: seconds(now + binding.remaining),
    })
}

/// The registrations of the last start that have not run out.
pub(crate) fn read(bindings: &[Binding], now: SystemTime) -> Vec<RestoredBinding> {
    let mut restored = Vec::new();
    for binding in bindings {
        let kept: Vec<Kept> = serde_json::from_slice(&binding.bytes).unwrap_or_default();
        restored.extend(
            kept.into_iter()
                .filter_map(|kept| restore(&binding.user, &kept, now)),
        );
    }
    restored
}

fn restore(user: &str, kept: &Kept, now: SystemTime) -> Option<RestoredBinding> {
    let remaining = kept
        .expires
        .checked_sub(seconds(now))
        .filter(|seconds| *seconds > 0)?;
    Some(RestoredBinding {
        user: User(user.to_owned()),
        contact: Uri::parse(&kept.contact).ok()?,
        flow: Flow::udp(ListenerId(kept.listener), kept.remote),
        remaining: Duration::from_secs(remaining),
    })
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
