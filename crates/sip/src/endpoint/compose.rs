//! The messages that the endpoint writes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;

use super::core::{Core, Pending};
use super::ids::{Body, Header};
use crate::flow::{Protocol, Target};
use crate::message::{HeaderValue, Message, RequestWriter, ResponseWriter};
use crate::transaction::ClientKey;
use crate::{Method, Name, Status, Tag, Token, Uri};

/// The methods that are allowed.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER";
/// The extensions that are understood. 100rel is met but not offered: provisional responses are not worth a round trip.
pub(crate) const SUPPORTED: &str = "timer";
/// The bodies that are understood.
pub(crate) const ACCEPT: &str = "application/sdp, multipart/mixed, multipart/alternative";
const SDP: &str = "application/sdp";
const MAX_FORWARDS: u32 = 70;

/// How we show ourselves to one peer.
pub(crate) struct Face {
    protocol: Protocol,
    told: SocketAddr,
}

impl Face {
    pub(crate) const fn new(protocol: Protocol, told: SocketAddr) -> Self {
        Self { protocol, told }
    }

    pub(crate) const fn nameless() -> Self {
        Self::new(
            Protocol::Udp,
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060),
        )
    }

    /// The Contact of our dialogs. It has no user part: it tells nothing about a line.
    pub(crate) fn contact(&self) -> HeaderValue {
        HeaderValue::address("", &contact_uri(self.protocol, self.told, None), None)
    }

    /// Whether it names more than this machine: without a route to a peer there is nothing to name.
    pub(crate) const fn is_reached_by_others(&self) -> bool {
        !self.told.ip().is_loopback()
    }

    /// The Contact of a registration.
    pub(crate) fn contact_of(&self, protocol: Protocol, user: &str) -> HeaderValue {
        HeaderValue::address("", &contact_uri(protocol, self.told, Some(user)), None)
    }

    fn via(&self, key: ClientKey) -> Option<HeaderValue> {
        let transport = Token::new(self.protocol.via_name().as_bytes())?;
        let host = self.told.ip().into();
        Some(HeaderValue::via(
            transport,
            host,
            Some(self.told.port()),
            &key.branch(),
        ))
    }
}

fn contact_uri(protocol: Protocol, address: SocketAddr, user: Option<&str>) -> Uri {
    let mut uri = Uri::sip(address.ip().into()).port(address.port());
    if let Some(user) = user {
        uri = uri.user(user);
    }
    match protocol {
        Protocol::Udp => uri.build(),
        Protocol::Tcp => uri.param("transport", "tcp").build(),
    }
}

/// The parts that every request has.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method<'a>,
    pub(crate) uri: &'a Uri,
    pub(crate) routes: &'a [HeaderValue],
    pub(crate) key: ClientKey,
    pub(crate) target: Target,
    pub(crate) from: &'a HeaderValue,
    pub(crate) to: &'a HeaderValue,
    pub(crate) call_id: &'a HeaderValue,
    pub(crate) cseq: u32,
}

impl Outgoing<'_> {
    /// Begins the request (RFC 3261 §8.1.1).
    pub(crate) fn begin(&self, core: &Core) -> RequestWriter {
        let mut writer = RequestWriter::new(self.method, self.uri);
        if let Some(via) = core.face(&self.target).via(self.key) {
            writer = writer.header(Name::Via, via);
        }
        writer = writer.header(Name::MaxForwards, MAX_FORWARDS);
        for route in self.routes {
            writer = writer.header(Name::Route, route.clone());
        }
        writer = writer
            .header(Name::From, self.from.clone())
            .header(Name::To, self.to.clone())
            .header(Name::CallId, self.call_id.clone())
            .header(Name::CSeq, cseq(self.cseq, self.method));
        match &core.config.product {
            Some(product) => writer.header(Name::UserAgent, product.clone()),
            None => writer,
        }
    }
}

fn cseq(number: u32, method: Method<'_>) -> HeaderValue {
    crate::header::CSeq { number, method }.into()
}

/// Header fields and body that a response has besides those of the request.
#[derive(Default)]
pub(crate) struct Added<'a> {
    pub(crate) headers: Vec<(Name<'static>, HeaderValue)>,
    pub(crate) more: &'a [Header],
    pub(crate) body: Option<(HeaderValue, &'a Body)>,
}

impl<'a> Added<'a> {
    pub(crate) fn one(name: Name<'static>, value: HeaderValue) -> Self {
        Self {
            headers: vec![(name, value)],
            ..Self::default()
        }
    }

    pub(crate) fn sdp(mut self, body: &'a Body) -> Self {
        self.body = Some((HeaderValue::literal(SDP), body));
        self
    }

    pub(crate) fn with(mut self, name: Name<'static>, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Core {
    /// Answers a request in its transaction.
    pub(crate) fn answer(
        &mut self,
        pending: &Pending,
        status: Status,
        tag: Option<&Tag>,
        added: Added<'_>,
    ) -> Bytes {
        let bytes = self.response(&pending.request, pending.source, status, tag, added);
        self.respond(pending.key, status, bytes.clone());
        bytes
    }

    /// Writes a response to a request from that source.
    pub(crate) fn response(
        &self,
        request: &Message,
        source: SocketAddr,
        status: Status,
        tag: Option<&Tag>,
        added: Added<'_>,
    ) -> Bytes {
        let mut writer = ResponseWriter::to(request, status, tag, Some(source));
        for (name, value) in added.headers {
            writer = writer.header(name, value);
        }
        for header in added.more {
            if let Some(name) = Name::parse(header.name.as_bytes()) {
                writer = writer.header(name, header.value.clone());
            }
        }
        if status == Status::METHOD_NOT_ALLOWED {
            // RFC 3261 §21.4.6: whoever is refused is told what would do.
            writer = writer.header(Name::Allow, HeaderValue::literal(ALLOW));
        }
        if let Some(product) = &self.config.product {
            writer = writer.header(Name::Server, product.clone());
        }
        match added.body {
            Some((content_type, body)) => writer.body(&content_type, body.as_ref()),
            None => writer.finish(),
        }
    }
}

/// Adds the caller's own header fields to a request.
pub(crate) fn with_headers(mut writer: RequestWriter, headers: &[Header]) -> RequestWriter {
    for header in headers {
        if let Some(name) = Name::parse(header.name.as_bytes()) {
            writer = writer.header(name, header.value.clone());
        }
    }
    writer
}

/// Ends a request with a session description.
pub(crate) fn with_sdp(writer: RequestWriter, sdp: &Body) -> Bytes {
    writer.body(&HeaderValue::literal(SDP), sdp.as_ref())
}

/// A received value to be written again.
pub(crate) fn copied(message: &Message, name: Name<'_>) -> HeaderValue {
    message
        .value(name)
        .map_or_else(|| HeaderValue::literal(""), HeaderValue::from)
}

/// The ACK of a final response other than 2xx, made from the INVITE as it was sent (RFC 3261 §17.1.1.3).
pub(crate) fn acknowledge(invite: &Bytes, response: &Message) -> Bytes {
    within_transaction(invite, Method::Ack, |writer, _| {
        writer.copy(Name::To, response)
    })
}

/// The CANCEL of an INVITE, made from the INVITE as it was sent (RFC 3261 §9.1).
pub(crate) fn cancel(invite: &Bytes, reason: Option<&HeaderValue>) -> Bytes {
    within_transaction(invite, Method::Cancel, |writer, invite| {
        let writer = writer.copy(Name::To, invite);
        match reason {
            Some(reason) => writer.header(Name::Reason, reason.clone()),
            None => writer,
        }
    })
}

/// A request that shares branch, number and route with the INVITE; empty if that cannot be read, which we wrote.
fn within_transaction(
    invite: &Bytes,
    method: Method<'static>,
    fill: impl FnOnce(RequestWriter, &Message) -> RequestWriter,
) -> Bytes {
    let Ok(invite) = Message::parse(invite.clone()) else {
        return Bytes::new();
    };
    let (Ok(uri), Ok(number)) = (invite.uri(), invite.cseq()) else {
        return Bytes::new();
    };
    let writer = RequestWriter::new(method, &uri.to_uri())
        .copy(Name::Via, &invite)
        .header(Name::MaxForwards, MAX_FORWARDS)
        .copy(Name::Route, &invite)
        .copy(Name::From, &invite)
        .copy(Name::CallId, &invite)
        .header(Name::CSeq, cseq(number.number, method));
    fill(writer, &invite).finish()
}
