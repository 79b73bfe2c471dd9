//! Entry points for fuzzing and for the replay of earlier findings: each reads bytes from the network in every way
//! there is and touches all that can be asked of the result. What they return only keeps the work from being left out.

use crate::digest::{Algorithm, AuthParams, Client, Server};
use crate::framing::{Frame, Framer};
use crate::header::{Contacts, MediaType, NameAddr, Via};
use crate::message::{ResponseWriter, Value};
use crate::sdp::{Capabilities, Description, LocalSession, negotiate};
use crate::{Message, Name, Status, Tag, UriRef};
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const SOURCE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060);

/// Reads a datagram and a framed message, asks everything of them, and answers them.
pub fn message(bytes: &[u8]) -> usize {
    let bytes = Bytes::copy_from_slice(bytes);
    let results = [Message::parse(bytes.clone()), Message::parse_framed(bytes)];
    results
        .iter()
        .map(|result| match result {
            Ok(message) => {
                let description = message.session_description().unwrap_or_default();
                touch(message) + answer(message) + sdp(&description) + sdp(&message.body())
            }
            Err(error) => error
                .answerable()
                .map_or(0, |message| touch(message) + answer(message)),
        })
        .sum()
}

fn touch(message: &Message) -> usize {
    touch_lists(message)
        + touch_numbers(message)
        + usize::from(message.uri().is_ok_and(|uri| uri.equivalent(&uri)))
        + message.from().map_or(0, |from| touch_address(&from))
        + message.to().map_or(0, |to| touch_address(&to))
        + message
            .contact()
            .map_or(0, |contact| touch_address(&contact))
        + message.content_type().map_or(0, |kind| {
            usize::from(kind.is_some_and(|kind| kind.is("application", "sdp")))
        })
        + message.call_id().map_or(0, <[u8]>::len)
        + message
            .headers()
            .map(|(name, value)| name.bytes().len() + value.unfolded().len())
            .sum::<usize>()
        + format!("{message:?} {:?}", message.start()).len()
}

fn touch_lists(message: &Message) -> usize {
    let lists = [
        Name::Route,
        Name::RecordRoute,
        Name::Path,
        Name::ServiceRoute,
        Name::PAssertedIdentity,
    ];
    let addresses = lists.into_iter().flat_map(|name| message.addresses(name));
    let contacts = match message.contacts() {
        Ok(Contacts::List(list)) => list.iter().map(touch_address).sum(),
        Ok(Contacts::Star) | Err(_) => 0,
    };
    let reasons = message
        .reasons()
        .flatten()
        .filter_map(|reason| reason.status());
    let media = message
        .elements(Name::Accept)
        .filter(|accept| MediaType::parse(Name::Accept, *accept).is_ok());
    contacts
        + addresses
            .flatten()
            .map(|address| touch_address(&address))
            .sum::<usize>()
        + message
            .vias()
            .flatten()
            .map(|via| touch_via(&via))
            .sum::<usize>()
        + reasons.count()
        + media.count()
        + usize::from(message.lists(Name::Require, "100rel"))
}

fn touch_numbers(message: &Message) -> usize {
    let numbers = [
        message.expires(),
        message.min_expires(),
        message.min_se(),
        message.rseq(),
    ];
    numbers.iter().filter(|number| number.is_ok()).count()
        + usize::from(message.max_forwards().is_ok())
        + usize::from(message.session_expires().is_ok())
        + usize::from(message.retry_after().is_ok())
        + usize::from(message.rack().is_ok())
        + usize::from(message.cseq().is_ok())
}

fn touch_address(address: &NameAddr<'_>) -> usize {
    let params = address.params.iter().filter_map(|param| param.unquoted());
    params.map(<[u8]>::len).sum::<usize>()
        + address.display().bytes().len()
        + address.tag().map_or(0, <[u8]>::len)
        + touch_uri(&address.uri)
}

fn touch_uri(uri: &UriRef<'_>) -> usize {
    let owned = uri.to_uri();
    usize::from(owned.view().equivalent(uri))
        + uri.params().iter().count()
        + uri.user_unescaped().map_or(0, |user| user.len())
        + uri.password().map_or(0, <[u8]>::len)
        + format!("{uri:?}").len()
}

fn touch_via(via: &Via<'_>) -> usize {
    via.branch().map_or(0, <[u8]>::len)
        + usize::from(via.has_cookie())
        + usize::from(via.received().is_some())
        + usize::from(via.rport().is_some())
}

/// Answers a request; what is written must be read again.
fn answer(message: &Message) -> usize {
    let tag = Tag::from_bits(7);
    let bytes = ResponseWriter::to(message, Status::BAD_REQUEST, Some(&tag), Some(SOURCE)).finish();
    assert!(!bytes.contains(&0), "a NUL was written");
    bytes.len()
        + Message::parse(bytes).map_or(0, |response| usize::from(response.status().is_some()))
}

/// Reads a session description as offer and as answer, and answers it.
pub fn sdp(bytes: &[u8]) -> usize {
    let Ok(description) = Description::parse(&Bytes::copy_from_slice(bytes)) else {
        return 0;
    };
    let capabilities = Capabilities::default();
    let accepted = LocalSession::new(7, SOURCE)
        .accept(&description, &capabilities)
        .is_ok();
    let answered = negotiate(&description, &capabilities).map_or(0, |agreed| {
        let answer = LocalSession::new(7, SOURCE).answer(&description, &agreed);
        assert!(
            Description::parse(&answer).is_ok(),
            "an answer of ours cannot be read"
        );
        answer.len()
    });
    usize::from(accepted) + answered
}

/// Reads a challenge or credentials, and uses them as client and as server.
pub fn digest(bytes: &[u8]) -> usize {
    let read = AuthParams::parse(Value::new(bytes))
        .map_or(0, |params| params.value("nonce").map_or(0, <[u8]>::len));
    let message = |start: &str, name: &str| {
        let head = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n";
        let text = [
            start.as_bytes(),
            head.as_bytes(),
            b"CSeq: 1 REGISTER\r\n",
            name.as_bytes(),
            bytes,
            b"\r\n\r\n",
        ];
        Message::parse(text.concat().into())
    };
    let mut server = Server::new([7; 32], "linka", Algorithm::Md5);
    let checked = message("REGISTER sip:b SIP/2.0\r\n", "Authorization: ").map_or(0, |request| {
        let credentials = server.credentials(&request);
        let method = request.method().unwrap_or(crate::Method::Register);
        credentials.map_or(0, |given| {
            format!("{:?}", server.verify(1, SOURCE.ip(), method, &given, None)).len()
        })
    });
    let answered =
        message("SIP/2.0 401 Unauthorized\r\n", "WWW-Authenticate: ").map_or(0, |response| {
            let mut client = Client::new("anna", "secret");
            let taken = client.challenged(&response).is_ok();
            let header = client.authorize(crate::Method::Register, b"sip:b", 7);
            usize::from(taken) + header.map_or(0, |(_, value)| value.bytes().len())
        });
    read + checked + answered
}

/// Feeds a stream in pieces and reads the messages it carries.
pub fn framing(bytes: &[u8]) -> usize {
    let mut framer = Framer::new();
    let mut frames = 0;
    let mut size = 1;
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = framer.push(&rest[..size.min(rest.len())]);
        rest = &rest[taken..];
        size = size * 2 % 251 + 1;
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(bytes))) => {
                    frames += usize::from(Message::parse_framed(bytes).is_ok())
                }
                Ok(Some(Frame::Ping | Frame::Pong)) => frames += 1,
                Ok(None) => break,
                Err(error) => return frames + usize::from(error.answerable().is_some()),
            }
        }
        assert!(
            framer.room() > 0 || rest.is_empty(),
            "a framer that takes no more gives nothing"
        );
    }
    frames
}
