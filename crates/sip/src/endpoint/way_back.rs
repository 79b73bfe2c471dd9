//! Where a request is answered (RFC 3261 §18.2.2, RFC 3581 §4).

use super::Admission;
use crate::flow::{Flow, Target, Transport};
use crate::header::Via;

/// The port of a sent-by that names none (RFC 3261 §18.2.2).
const SIP_PORT: u16 = 5060;

/// Where responses to a request go, and whatever else is sent to who sent it.
///
/// A datagram is answered at the port of sent-by, where its sender hears, unless that asked for the
/// port it sent from by `rport`. Behind NAT sent-by's host is not the source: then only the source
/// leads back. `maddr` is not followed: it would send our answers wherever anybody likes.
pub(crate) fn way_back(flow: Flow, via: &Via<'_>) -> Flow {
    let source = flow.remote.ip();
    let names_source = via
        .host
        .address()
        .is_some_and(|host| host.to_canonical() == source.to_canonical());
    match flow.transport {
        Transport::Udp if names_source && via.rport().is_none() => {
            let port = via.port.unwrap_or(SIP_PORT);
            Flow {
                remote: (source, port).into(),
                ..flow
            }
        }
        Transport::Udp | Transport::Tcp(_) => flow,
    }
}

/// Where the responses of a transaction go. Once its connection is gone they go to sent-by's port by a new one, but for
/// nobody unknown: a stranger makes us connect to nobody.
pub(crate) fn where_answered(back: Flow, via: &Via<'_>, admission: Admission) -> Target {
    match (back.transport, admission) {
        (Transport::Tcp(_), Admission::Trunk | Admission::Phone) => Target::FlowOrAddress {
            flow: back,
            address: (back.remote.ip(), via.port.unwrap_or(SIP_PORT)).into(),
        },
        (Transport::Udp, _) | (Transport::Tcp(_), Admission::Neighbour | Admission::Unknown) => {
            Target::Flow(back)
        }
    }
}
