//! Where the requests of a dialog go: route set, remote target and next hop (RFC 3261 §12).

use std::net::{IpAddr, SocketAddr};

use super::reach::{reachable, without_connection};
use crate::flow::{Flow, Protocol, Target, Transport};
use crate::header::Name;
use crate::message::{HeaderValue, Message};
use crate::uri::{Uri, UriRef};

/// One element of a route set.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    value: HeaderValue,
    uri: Uri,
    routing: Routing,
}

/// Whether a proxy leaves the Request-URI alone (`lr`) or replaces it (RFC 2543).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Routing {
    Loose,
    Strict,
}

/// The way of a dialog.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The remote target.
    pub(crate) remote: Uri,
    set: Vec<Hop>,
    /// Where the peer was last heard, or where the first request went.
    heard: Target,
    leads: Leads,
    /// An address that the peer named and that could not be sent to.
    failed: Option<Target>,
}

/// What leads to the peer where no proxy stands between.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Leads {
    /// The address that its Contact names, if it can be reached from here.
    Contact,
    /// The flow by which it is registered (RFC 5626 §5.3): what a phone behind NAT says of its
    /// address may look like one that can be reached, and is none.
    Flow,
}

/// Whether Record-Route is read from the top, as the server of the INVITE does, or from the end.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    AsWritten,
    Reversed,
}

/// The Request-URI and the Route values of a request inside the dialog.
pub(crate) struct Addressing {
    pub(crate) uri: Uri,
    pub(crate) routes: Vec<HeaderValue>,
}

impl Route {
    pub(crate) fn new(remote: Uri, message: &Message, order: Order, heard: Target) -> Self {
        let mut set: Vec<Hop> = message
            .elements(Name::RecordRoute)
            .filter_map(|value| Hop::read(value.into()))
            .collect();
        if order == Order::Reversed {
            set.reverse();
        }
        let heard = match heard {
            Target::FlowOrAddress { flow, .. } => Target::Flow(flow),
            Target::Flow(_) | Target::Address { .. } => heard,
        };
        Self {
            remote,
            set,
            heard,
            leads: Leads::Contact,
            failed: None,
        }
    }

    /// The way of a request that has no dialog yet.
    pub(crate) const fn direct(remote: Uri, heard: Target) -> Self {
        Self {
            remote,
            set: Vec::new(),
            heard,
            leads: Leads::Contact,
            failed: None,
        }
    }

    /// The same way, by what the answer to the first request says of it.
    pub(crate) fn answered(&self, response: &Message) -> Self {
        let contact = response.contact().ok();
        let remote = contact.map_or_else(|| self.remote.clone(), |contact| contact.uri.to_uri());
        Self::new(remote, response, Order::Reversed, self.heard)
    }

    /// The peer is a registered phone, and the dialog goes by its flow.
    pub(crate) const fn keep_to_flow(&mut self) {
        self.leads = Leads::Flow;
    }

    /// A target refresh request or its 2xx names a new remote target (RFC 3261 §12.2).
    pub(crate) fn refresh(&mut self, message: &Message) {
        if let Ok(contact) = message.contact() {
            self.remote = contact.uri.to_uri();
        }
    }

    /// The peer was heard from elsewhere: behind NAT its address may change in mid-call.
    pub(crate) fn hear(&mut self, flow: Flow) {
        if self.heard.listener() == flow.listener
            && self.heard.protocol() == flow.transport.protocol()
        {
            self.heard = Target::Flow(flow);
        }
    }

    pub(super) const fn heard(&self) -> Target {
        self.heard
    }

    /// Request-URI and Route (RFC 3261 §12.2.1.1).
    pub(crate) fn addressing(&self) -> Addressing {
        let values = |hops: &[Hop]| hops.iter().map(|hop| hop.value.clone()).collect();
        match self.set.split_first() {
            None => Addressing {
                uri: self.remote.clone(),
                routes: Vec::new(),
            },
            Some((first, _)) if first.routing == Routing::Loose => Addressing {
                uri: self.remote.clone(),
                routes: values(&self.set),
            },
            Some((first, rest)) => {
                let mut routes: Vec<HeaderValue> = values(rest);
                routes.push(HeaderValue::address("", &self.remote, None));
                Addressing {
                    uri: first.uri.clone(),
                    routes,
                }
            }
        }
    }

    /// Where to send it: the address that the next URI names, if it can be reached from here, else where the peer was
    /// heard; to a registered phone without a proxy always there. Names are not looked up inside a dialog; what means
    /// nothing from here comes back by the flow.
    pub(crate) fn next_hop(&self, ours: &[SocketAddr]) -> Target {
        let next = self.set.first().map_or(&self.remote, |hop| &hop.uri).view();
        let by_flow = self.leads == Leads::Flow && self.set.is_empty();
        let named = address_of(&next, self.heard, ours).filter(|_| !by_flow);
        if let Some(address) = named.filter(|address| self.failed != Some(*address)) {
            return address;
        }
        match (self.heard, self.connection()) {
            (heard, Some(flow)) => Target::FlowOrAddress {
                flow,
                address: without_connection(&next, heard.remote(), ours),
            },
            (heard, None) => heard,
        }
    }

    /// Another way than to an address that could not be sent to, for all that follows too.
    pub(crate) fn around(&mut self, failed: Target, ours: &[SocketAddr]) -> Option<Target> {
        self.failed = Some(failed);
        Some(self.next_hop(ours)).filter(|next| *next != failed)
    }

    pub(crate) const fn leads(&self) -> Leads {
        self.leads
    }

    /// The connection that the peer was heard by, if it was one.
    pub(crate) const fn connection(&self) -> Option<Flow> {
        match self.heard {
            Target::Flow(flow) | Target::FlowOrAddress { flow, .. } => match flow.transport {
                Transport::Tcp(_) => Some(flow),
                Transport::Udp => None,
            },
            Target::Address { .. } => None,
        }
    }
}

impl Hop {
    fn read(value: HeaderValue) -> Option<Self> {
        let parsed = crate::header::NameAddr::parse(
            Name::RecordRoute,
            crate::message::Value::new(value.bytes()),
        )
        .ok()?;
        let routing = if parsed.uri.params().contains(b"lr") {
            Routing::Loose
        } else {
            Routing::Strict
        };
        let uri = parsed.uri.to_uri();
        Some(Self {
            value,
            uri,
            routing,
        })
    }
}

/// The address that a URI names, unless the peer is heard from there anyway.
fn address_of(uri: &UriRef<'_>, heard: Target, ours: &[SocketAddr]) -> Option<Target> {
    let peer = heard.remote();
    let remote = reachable(uri, peer, ours).filter(|named| !is_where_asked(*named, heard, ours))?;
    let protocol = protocol_of(uri)?;
    match heard {
        Target::Flow(Flow {
            transport: Transport::Tcp(_),
            ..
        }) if remote.ip() == peer.ip() && protocol == Protocol::Tcp => None,
        Target::Flow(flow)
            if flow.transport == Transport::Udp && remote == peer && protocol == Protocol::Udp =>
        {
            None
        }
        Target::Flow(_) | Target::Address { .. } | Target::FlowOrAddress { .. }
            if protocol != heard.protocol() =>
        {
            None
        }
        Target::Flow(_) | Target::Address { .. } | Target::FlowOrAddress { .. } => {
            Some(Target::Address {
                listener: heard.listener(),
                protocol,
                remote,
                local: local_to_send_from(heard),
            })
        }
    }
}

/// Whether it is the address of ours that the peer spoke to, which the machine's routes need not know.
fn is_where_asked(named: SocketAddr, heard: Target, ours: &[SocketAddr]) -> bool {
    let mut ports = ours.iter().map(SocketAddr::port);
    Some(named.ip()) == heard.local() && ports.any(|port| port == named.port())
}

/// The address of ours that the peer spoke to. A connection that is opened takes its own.
fn local_to_send_from(heard: Target) -> Option<IpAddr> {
    match heard.protocol() {
        Protocol::Udp => heard.local(),
        Protocol::Tcp => None,
    }
}

fn protocol_of(uri: &UriRef<'_>) -> Option<Protocol> {
    match uri.params().value(b"transport") {
        None => Some(Protocol::Udp),
        Some(name) if name.eq_ignore_ascii_case(b"udp") => Some(Protocol::Udp),
        Some(name) if name.eq_ignore_ascii_case(b"tcp") => Some(Protocol::Tcp),
        Some(_) => None,
    }
}
