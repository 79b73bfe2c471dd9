//! What is written is read again as it was meant.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use sip::header::CSeq;
use sip::sdp::{Capabilities, Codec, Description, Direction, LocalSession, Order, negotiate};
use sip::{
    CallId, HeaderValue, Host, Message, Method, Name, RequestWriter, ResponseWriter, Status, Tag,
    Token, Uri,
};
use std::net::{IpAddr, SocketAddr};

fn host() -> impl Strategy<Value = Uri> {
    let user = prop::option::of(prop::collection::vec(any::<u8>(), 1..20));
    let named = "[a-z][a-z0-9-]{0,10}[a-z0-9](\\.[a-z][a-z0-9]{0,5}){0,3}";
    let address = any::<IpAddr>().prop_map(|address| (None, Some(address)));
    let place = prop_oneof![named.prop_map(|name| (Some(name), None)), address];
    (
        user,
        place,
        prop::option::of(any::<u16>()),
        prop::option::of("[ -~]{1,12}"),
    )
        .prop_map(|(user, place, port, param)| {
            let host = match &place {
                (Some(name), _) => Host::parse(name.as_bytes()).unwrap(),
                (None, address) => Host::Address(address.unwrap()),
            };
            let mut uri = Uri::sip(host);
            if let Some(user) = user {
                uri = uri.user(user);
            }
            if let Some(port) = port {
                uri = uri.port(port);
            }
            if let Some(param) = param {
                uri = uri.param("p", param).flag("lr");
            }
            uri.build()
        })
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("INVITE".to_owned()),
        Just("MESSAGE".to_owned()),
        "[A-Za-z0-9.!%*_+`'~-]{1,12}"
    ]
}

/// Any bytes that a value may hold, without white space at its ends.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("forbidden", |byte| !matches!(byte, b'\r' | b'\n' | 0));
    prop::collection::vec(byte, 0..60).prop_map(|bytes| bytes.trim_ascii().to_vec())
}

struct Written {
    uri: Uri,
    method: String,
    display: String,
    subject: Vec<u8>,
    number: u32,
    body: Vec<u8>,
}

fn written() -> impl Strategy<Value = Written> {
    let number = 0..1_u32 << 31;
    let body = prop::collection::vec(any::<u8>(), 0..300);
    (host(), method(), "[ -~áéí]{0,20}", value(), number, body).prop_map(
        |(uri, method, display, subject, number, body)| Written {
            uri,
            method,
            display,
            subject,
            number,
            body,
        },
    )
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {:?} {:?} {:?}",
            self.method,
            self.uri.bytes(),
            self.display,
            self.subject
        )
    }
}

impl Written {
    fn write(&self) -> bytes::Bytes {
        let method = Method::parse(self.method.as_bytes()).unwrap();
        RequestWriter::new(method, &self.uri)
            .header(
                Name::Via,
                HeaderValue::literal("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport"),
            )
            .header(
                Name::From,
                HeaderValue::address(&self.display, &self.uri, Some(&Tag::from_bits(1))),
            )
            .header(Name::To, HeaderValue::address("", &self.uri, None))
            .header(Name::CallId, &CallId::from_bits(9))
            .header(
                Name::CSeq,
                CSeq {
                    number: self.number,
                    method,
                },
            )
            .header(Name::Subject, HeaderValue::new(&self.subject).unwrap())
            .body(
                &HeaderValue::literal("application/octet-stream"),
                &self.body,
            )
    }
}

fn unquoted(display: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let plain = display.iter().copied().filter(|&byte| {
        escaped = byte == b'\\' && !escaped;
        !escaped
    });
    plain.collect()
}

proptest! {
    #[test]
    fn a_request_comes_back(written in written()) {
        let request = Message::parse_framed(written.write()).unwrap();

        prop_assert_eq!(request.method().unwrap().text(), &written.method);
        prop_assert!(request.uri().unwrap().equivalent(&written.uri.view()));
        prop_assert_eq!(unquoted(request.from().unwrap().display().bytes()), written.display.trim().as_bytes());
        prop_assert!(request.from().unwrap().uri.equivalent(&written.uri.view()));
        prop_assert_eq!(request.cseq().unwrap().number, written.number);
        prop_assert_eq!(request.value(Name::Subject).unwrap().bytes(), &written.subject[..]);
        prop_assert_eq!(&request.body()[..], &written.body[..]);
    }

    #[test]
    fn a_response_comes_back(written in written(), code in 100..700_u16, source in any::<SocketAddr>()) {
        let request = Message::parse_framed(written.write()).unwrap();
        let status = Status::new(code).unwrap();
        let tag = Tag::from_bits(2);

        let response = Message::parse(ResponseWriter::to(&request, status, Some(&tag), Some(source)).finish()).unwrap();

        prop_assert_eq!(response.status(), Some(status));
        prop_assert_eq!(response.call_id(), request.call_id());
        prop_assert_eq!(response.cseq(), request.cseq());
        prop_assert_eq!(response.via().unwrap().rport(), Some(Some(source.port())));
        prop_assert_eq!(response.via().unwrap().received(), Some(source.ip()));
        prop_assert_eq!(response.to().unwrap().tag(), (code != 100).then_some(tag.bytes()));
    }

    #[test]
    fn a_value_with_a_line_break_is_never_made(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let forbidden = bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        prop_assert_eq!(HeaderValue::new(&bytes).is_err(), forbidden);
    }

    #[test]
    fn a_list_of_tokens_comes_back(tokens in prop::collection::vec("[a-z0-9.-]{1,10}", 1..6)) {
        let value = HeaderValue::list(tokens.iter().map(|token| Token::new(token.as_bytes()).unwrap()));
        let read = sip::Value::new(value.bytes()).elements().map(|element| element.bytes().to_vec());
        prop_assert_eq!(read.collect::<Vec<_>>(), tokens.iter().map(|token| token.as_bytes().to_vec()).collect::<Vec<_>>());
    }

    #[test]
    fn offer_and_answer_of_two_of_us_agree(
        ours in direction(), theirs in direction(), codecs in codecs(), others in codecs(), one in any::<SocketAddr>(),
        two in any::<SocketAddr>(),
    ) {
        prop_assume!(one.port() != 0 && two.port() != 0 && [one, two].iter().all(|it| !it.ip().to_canonical().is_unspecified()));
        let offering = Capabilities { codecs, order: Order::Theirs, direction: ours, ..Capabilities::default() };
        let answering = Capabilities { codecs: others, order: Order::Ours, direction: theirs, ..Capabilities::default() };
        let mut caller = LocalSession::new(1, one);
        let offer = Description::parse(&caller.offer(&offering)).unwrap();

        match negotiate(&offer, &answering) {
            Ok(agreed) => {
                let answer = Description::parse(&LocalSession::new(2, two).answer(&offer, &agreed)).unwrap();
                let seen = caller.accept(&answer, &offering).unwrap();
                prop_assert_eq!((seen.codec, seen.payload_type), (agreed.codec, agreed.payload_type));
                prop_assert_eq!(seen.telephone_event, agreed.telephone_event);
                prop_assert_eq!(seen.direction, agreed.direction.reversed());
                prop_assert_eq!(agreed.direction, theirs.and(ours.reversed()));
                prop_assert_eq!((agreed.rtp.port(), seen.rtp.port()), (one.port(), two.port()));
            }
            Err(_) => prop_assert!(!offering.codecs.iter().any(|codec| answering.codecs.contains(codec))),
        }
    }
}

fn direction() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
    ])
}

fn codecs() -> impl Strategy<Value = Vec<Codec>> {
    prop::sample::select(vec![
        vec![Codec::Pcma],
        vec![Codec::Pcmu],
        vec![Codec::Pcma, Codec::Pcmu],
        vec![Codec::Pcmu, Codec::Pcma],
    ])
}
