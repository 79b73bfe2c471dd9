//! The messages of trunks and phones are read as the crate `rsip` reads them.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use proptest::prelude::*;
use rsip::headers::{ToTypedHeader, UntypedHeader};
use rsip::message::{HasHeaders, HeadersExt};
use rsip::typed;
use sip::{Message, Name, Start};

fn compare(bytes: &[u8]) {
    let ours = Message::parse(Bytes::copy_from_slice(bytes)).unwrap();
    let theirs = rsip::SipMessage::try_from(bytes).unwrap();

    match (ours.start(), &theirs) {
        (Start::Request { method, uri }, rsip::SipMessage::Request(request)) => {
            assert_eq!(method.text(), request.method.to_string());
            assert_eq!(uri.text().unwrap(), request.uri.to_string());
        }
        (Start::Response { status, .. }, rsip::SipMessage::Response(response)) => {
            assert_eq!(status.code(), response.status_code.code());
        }
        (Start::Request { .. } | Start::Response { .. }, _) => {
            panic!("one reads a request, the other a response")
        }
    }
    assert_eq!(
        ours.call_id().unwrap(),
        theirs.call_id_header().unwrap().value().as_bytes()
    );
    let cseq: typed::CSeq = theirs.cseq_header().unwrap().typed().unwrap();
    assert_eq!(ours.cseq().unwrap().number, cseq.seq);
    assert_eq!(ours.cseq().unwrap().method.text(), cseq.method.to_string());
    let via: typed::Via = theirs.via_header().unwrap().typed().unwrap();
    let branch = via.branch().map(|branch| branch.value().to_owned());
    assert_eq!(
        ours.via().unwrap().branch().map(<[u8]>::to_vec),
        branch.map(String::into_bytes)
    );
    let from: typed::From = theirs.from_header().unwrap().typed().unwrap();
    assert_eq!(
        ours.from().unwrap().tag().map(<[u8]>::to_vec),
        from.tag().map(|tag| tag.value().as_bytes().to_vec())
    );
    assert_eq!(&ours.body()[..], &theirs.body()[..]);
    assert_eq!(ours.headers().count(), theirs.headers().iter().count());
    assert_eq!(
        ours.values(Name::Via).count(),
        theirs
            .headers()
            .iter()
            .filter(|it| matches!(it, rsip::Header::Via(_)))
            .count()
    );
}

fn message(
    start: &str,
    method: &str,
    number: u32,
    id: &str,
    tag: &str,
    extra: &[(String, String)],
    body: &str,
) -> String {
    let extra: String = extra
        .iter()
        .map(|(name, value)| format!("X-{name}: {value}\r\n"))
        .collect();
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK{id};rport\r\n\
         Via: SIP/2.0/TCP proxy.example.com;branch=z9hG4bKp{id}\r\nMax-Forwards: 70\r\n\
         From: \"Anna\" <sip:+420601000017@192.0.2.17>;tag={tag}\r\nTo: <sip:116016@linka.example>\r\n\
         Call-ID: {id}@192.0.2.17\r\nCSeq: {number} {method}\r\nContact: <sip:anna@192.0.2.17:5060>\r\n{extra}\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn the_plain_torture_messages_are_read_alike() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sip-test-fixtures/rfc4475");
    for file in [
        "bext01", "cparam02", "mpart01", "regaut01", "sdp01", "bcast", "zeromf", "unreason",
        "noreason", "invut",
    ] {
        let bytes = std::fs::read(folder.join(format!("{file}.sip"))).unwrap();
        if rsip::SipMessage::try_from(&bytes[..]).is_ok() {
            compare(&bytes);
        } else {
            assert!(
                matches!(file, "mpart01" | "noreason"),
                "{file} was read before"
            );
        }
    }
}

proptest! {
    #[test]
    fn usual_messages_are_read_alike(
        method in prop::sample::select(vec!["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "INFO", "MESSAGE"]),
        code in prop::option::of(prop::sample::select(vec![100, 180, 200, 401, 486, 503])),
        number in 0..1_u32 << 31,
        id in "[a-zA-Z0-9.-]{1,20}",
        tag in "[a-zA-Z0-9.-]{1,20}",
        extra in prop::collection::vec(("[A-Za-z0-9-]{1,10}", "[a-z0-9;=<>\"@,. ]{0,20}[a-z]"), 0..6),
        body in "([ -~]|\r\n){0,200}",
    ) {
        let start = code.map_or_else(|| format!("{method} sip:116016@linka.example:5060;user=phone SIP/2.0"), |code| format!("SIP/2.0 {code} Text"));
        compare(message(&start, method, number, &id, &tag, &extra, &body).as_bytes());
    }
}
