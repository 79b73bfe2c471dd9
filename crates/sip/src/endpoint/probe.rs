//! OPTIONS that ask whether a peer is there (RFC 3261 §11).

use std::collections::BTreeMap;

use super::compose::Outgoing;
use super::core::Core;
use super::ids::ProbeId;
use super::{Event, Failure};
use crate::flow::Target;
use crate::message::HeaderValue;
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::{Method, Name, Status, Uri};

/// The probes without an outcome.
pub(crate) struct Probes(BTreeMap<ProbeId, ClientKey>);

impl Probes {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Sends a probe; asking again under the same id replaces the question.
    pub(crate) fn send(&mut self, core: &mut Core, probe: ProbeId, target: Target, uri: &Uri) {
        let key = core.client_key();
        let face = core.face(&target).contact();
        let tag = core.tag();
        let call_id = HeaderValue::from(&core.call_id());
        let from = with_tag(&face, &tag);
        let to = HeaderValue::address("", uri, None);
        let cseq = core.first_cseq();
        let request = Outgoing {
            method: Method::Options,
            uri,
            routes: &[],
            key,
            target,
            from: &from,
            to: &to,
            call_id: &call_id,
            cseq,
        };
        let accept = HeaderValue::literal(super::ACCEPT);
        let bytes = request
            .begin(core)
            .header(Name::Contact, face)
            .header(Name::Accept, accept)
            .finish();
        self.0.insert(probe, key);
        core.send(
            key,
            Kind::NonInvite,
            target,
            bytes,
            ClientOwner::Probe(probe),
        );
    }

    /// Any final response means that the peer is there.
    pub(crate) fn on_outcome(
        &mut self,
        core: &mut Core,
        probe: ProbeId,
        key: ClientKey,
        outcome: Result<Status, Failure>,
    ) {
        let provisional = outcome.is_ok_and(Status::is_provisional);
        if provisional || self.0.get(&probe) != Some(&key) {
            return;
        }
        self.0.remove(&probe);
        core.wire.tell(Event::Probed { probe, outcome });
    }
}

fn with_tag(address: &HeaderValue, tag: &crate::Tag) -> HeaderValue {
    let name = crate::Token::new(b"tag");
    match (name, crate::Token::new(tag.bytes())) {
        (Some(name), Some(value)) => address.clone().with_param(name, value),
        _ => address.clone(),
    }
}
