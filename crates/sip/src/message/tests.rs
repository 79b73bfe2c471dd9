use super::*;
use crate::header::CSeq;
use crate::uri::Host;
use crate::{Tag, Uri};

const INVITE: &str = "INVITE sip:116016@line.example SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKx;rport, SIP/2.0/TCP [2001:db8::1];branch=z9hG4bKy\r\n\
    Max-Forwards: 70\r\n\
    f: \"A, B\" <sip:a@192.0.2.1;x=y>;tag=1\r\n\
    To: <sip:116016@line.example>\r\n\
    i: abc@192.0.2.1\r\n\
    CSeq: 7\r\n INVITE\r\n\
    Subject: caf\u{e9}\r\n\
    m: <sip:a@192.0.2.1:5062>\r\n\
    l: 4\r\n\
    \r\n\
    body";

fn parse(text: &str) -> Result<Message, ParseError> {
    Message::parse(Bytes::copy_from_slice(text.as_bytes()))
}

#[test]
fn a_message_gives_its_parts() {
    let message = parse(INVITE).unwrap();

    assert_eq!(message.method(), Some(Method::Invite));
    assert_eq!(message.uri().unwrap().user(), Some(&b"116016"[..]));
    assert_eq!(message.via().unwrap().branch(), Some(&b"z9hG4bKx"[..]));
    assert_eq!(message.via().unwrap().rport(), Some(None));
    assert_eq!(message.vias().count(), 2);
    assert_eq!(message.from().unwrap().tag(), Some(&b"1"[..]));
    assert_eq!(message.from().unwrap().display().bytes(), b"A, B");
    assert_eq!(message.to().unwrap().tag(), None);
    assert_eq!(message.cseq().unwrap().number, 7);
    assert_eq!(message.call_id().unwrap(), b"abc@192.0.2.1");
    assert_eq!(message.max_forwards(), Ok(Some(70)));
    assert_eq!(message.contact().unwrap().uri.port(), Some(5062));
    assert_eq!(&message.body()[..], b"body");
}

#[test]
fn an_empty_value_of_a_parameter_is_none() {
    let message = parse(&INVITE.replace(";rport", ";rport=;x= ")).unwrap();

    let via = message.via().unwrap();
    assert_eq!(via.rport(), Some(None));
    assert_eq!(via.branch(), Some(&b"z9hG4bKx"[..]));
    let written = ResponseWriter::to(
        &message,
        Status::RINGING,
        None,
        Some("198.51.100.7:40000".parse().unwrap()),
    );
    let response = Message::parse_framed(written.finish()).unwrap();
    assert_eq!(response.via().unwrap().rport(), Some(Some(40000)));
}

#[test]
fn nothing_of_a_message_is_printed() {
    let message = parse(INVITE).unwrap();
    let printed = format!(
        "{message:?} {:?} {:?} {:?}",
        message.start(),
        message.from(),
        message.via()
    );

    for secret in ["116016", "192.0.2.1", "z9hG4bK", "abc"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_response_copies_what_the_request_says() {
    let request = parse(INVITE).unwrap();
    let source = "198.51.100.7:40000".parse().unwrap();
    let tag = Tag::from_bits(1);

    let bytes = ResponseWriter::to(&request, Status::RINGING, Some(&tag), Some(source)).finish();
    let response = Message::parse_framed(bytes).unwrap();

    assert_eq!(response.status(), Some(Status::RINGING));
    let via = response.via().unwrap();
    assert_eq!(via.received(), Some("198.51.100.7".parse().unwrap()));
    assert_eq!(via.rport(), Some(Some(40000)));
    assert_eq!(via.branch(), Some(&b"z9hG4bKx"[..]));
    assert_eq!(response.vias().count(), 2);
    assert_eq!(response.to().unwrap().tag(), Some(tag.bytes()));
    assert_eq!(response.cseq(), request.cseq());
    assert_eq!(response.call_id(), request.call_id());
}

#[test]
fn a_request_is_read_as_it_was_written() {
    let uri = Uri::sip(Host::parse(b"line.example").unwrap())
        .user("a b")
        .port(5070)
        .flag("lr")
        .build();
    let from = HeaderValue::address("A \"q\" \r\nX: y", &uri, Some(&Tag::from_bits(2)));

    let bytes = RequestWriter::new(Method::Options, &uri)
        .header(
            Name::Via,
            HeaderValue::literal("SIP/2.0/UDP h;branch=z9hG4bK1"),
        )
        .header(Name::From, from)
        .header(Name::To, HeaderValue::address("", &uri, None))
        .header(Name::CallId, HeaderValue::literal("1"))
        .header(
            Name::CSeq,
            CSeq {
                number: 1,
                method: Method::Options,
            },
        )
        .finish();
    let request = Message::parse_framed(bytes).unwrap();

    assert!(request.uri().unwrap().equivalent(&uri.view()));
    assert_eq!(
        request.from().unwrap().display().bytes(),
        br#"A \"q\"   X: y"#
    );
    assert_eq!(request.headers().count(), 6);
}

#[test]
fn line_breaks_cannot_be_written() {
    for bad in ["a\r\nX: y", "a\nb", "a\rb", "a\0b"] {
        assert_eq!(HeaderValue::new(bad), Err(ForbiddenByte));
    }
}
