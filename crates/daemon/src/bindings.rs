//! Registrations of phones as they are kept for the next start.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use dispatch::OperatorId;
use serde::{Deserialize, Serialize};
use sip::{Flow, Instance, ListenerId, RestoredBinding, Uri, User};
use store::{Binding, BindingChange};

#[derive(Deserialize, Serialize)]
struct Kept {
    contact: String,
    listener: u16,
    remote: SocketAddr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<IpAddr>,
    /// Seconds since the Unix epoch.
    expires: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<KeptInstance>,
}

#[derive(Deserialize, Serialize)]
struct KeptInstance {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
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
        local: binding.flow.local,
        expires: seconds(now + binding.remaining),
        instance: binding.instance.as_ref().and_then(kept_instance),
    })
}

/// What is no text names no phone.
fn kept_instance(instance: &Instance) -> Option<KeptInstance> {
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).ok();
    Some(KeptInstance {
        id: text(&instance.id)?,
        flow: instance.flow.as_ref().and_then(text),
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
        flow: Flow::udp(ListenerId(kept.listener), kept.remote).at(kept.local),
        remaining: Duration::from_secs(remaining),
        instance: kept.instance.as_ref().map(restored_instance),
    })
}

fn restored_instance(kept: &KeptInstance) -> Instance {
    let bytes = |text: &String| text.clone().into_bytes();
    Instance {
        id: bytes(&kept.id),
        flow: kept.flow.as_ref().map(bytes),
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_phone_comes_back() {
        let user = OperatorId::parse("jana").unwrap();
        let instance = Instance {
            id: b"\"<urn:uuid:1>\"".to_vec(),
            flow: Some(b"1".to_vec()),
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let flow = Flow::udp(ListenerId(1), SocketAddr::from(([192, 0, 2, 7], 5_060)))
            .at(Some([10, 9, 0, 7].into()));
        let phone = RestoredBinding {
            user: User("jana".to_owned()),
            contact: Uri::parse("sip:jana@192.0.2.7").unwrap(),
            flow,
            remaining: Duration::from_secs(60),
            instance: Some(instance.clone()),
        };

        let BindingChange::Kept(kept) = change(user, &[phone], now) else {
            panic!("nothing was kept")
        };
        let restored = read(&[kept], now + Duration::from_secs(20)).remove(0);

        assert_eq!(restored.instance, Some(instance));
        assert_eq!(restored.flow, flow);
        assert_eq!(restored.remaining, Duration::from_secs(40));
    }
}
