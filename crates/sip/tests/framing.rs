//! Messages cut out of a stream (RFC 3261 §18.3, RFC 5626 §3.5.1).
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use sip::framing::{Frame, Framer};
use sip::limits::MESSAGE_BYTES_MAX;
use sip::{Message, ParseError, Status};

fn message(length: &str, body: &str) -> String {
    format!(
        "MESSAGE sip:line@linka.example SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.17;branch=z9hG4bK1\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n{length}\r\n{body}"
    )
}

fn push(framer: &mut Framer, bytes: &[u8]) {
    assert_eq!(framer.push(bytes), bytes.len());
}

fn next_message(framer: &mut Framer) -> Option<Bytes> {
    match framer.next_frame().unwrap() {
        Some(Frame::Message(bytes)) => Some(bytes),
        None => None,
        Some(Frame::Ping | Frame::Pong) => panic!("a keep-alive"),
    }
}

fn broken(text: &str) -> ParseError {
    let mut framer = Framer::new();
    push(&mut framer, text.as_bytes());
    let error = framer.next_frame().unwrap_err();
    assert!(framer.next_frame().is_err(), "the stream stays lost");
    error
}

#[test]
fn messages_are_cut_wherever_the_pieces_end() {
    let text = message("Content-Length: 4\r\n", "body") + &message("l: 0\r\n", "");
    for piece in [1, 2, 3, 7, 100, text.len()] {
        let mut framer = Framer::new();
        let mut found = Vec::new();
        for bytes in text.as_bytes().chunks(piece) {
            push(&mut framer, bytes);
            found.extend(std::iter::from_fn(|| next_message(&mut framer)));
        }
        assert_eq!(found.len(), 2);
        assert_eq!(
            &Message::parse_framed(found[0].clone()).unwrap().body()[..],
            b"body"
        );
        assert!(
            Message::parse_framed(found[1].clone())
                .unwrap()
                .body()
                .is_empty()
        );
    }
}

#[test]
fn keep_alives_stand_between_messages() {
    let mut framer = Framer::new();
    push(&mut framer, b"\r\n\r\n\r\n");
    assert!(matches!(framer.next_frame(), Ok(Some(Frame::Ping))));
    assert!(matches!(framer.next_frame(), Ok(None | Some(Frame::Pong))));

    let mut framer = Framer::new();
    push(&mut framer, b"\r\n\r");
    assert!(matches!(framer.next_frame(), Ok(None)));
    push(&mut framer, b"\n");
    assert!(matches!(framer.next_frame(), Ok(Some(Frame::Ping))));
    push(
        &mut framer,
        format!("\r\n{}", message("l: 0\r\n", "")).as_bytes(),
    );
    assert!(matches!(framer.next_frame(), Ok(Some(Frame::Pong))));
    assert!(next_message(&mut framer).is_some());
}

#[test]
fn a_length_that_cannot_be_trusted_ends_the_stream_after_an_answer() {
    for (length, status) in [
        ("", Status::BAD_REQUEST),
        ("Content-Length: -1\r\n", Status::BAD_REQUEST),
        ("Content-Length: 4, 4\r\n", Status::BAD_REQUEST),
        ("Content-Length: 4\r\nl: 5\r\n", Status::BAD_REQUEST),
        ("Content-Length\x0b: 4\r\n", Status::BAD_REQUEST),
        (
            "Content-Length: 18446744073709551615\r\n",
            Status::MESSAGE_TOO_LARGE,
        ),
        ("Content-Length: 65535\r\n", Status::MESSAGE_TOO_LARGE),
    ] {
        let error = broken(&message(length, "body"));
        assert_eq!(error.status(), status, "{length}");
        assert!(error.answerable().is_some(), "{length}");
    }
}

#[test]
fn a_second_message_cannot_hide_behind_a_bare_line_break() {
    let error = broken(&message(
        "X: a\nContent-Length: 0\r\nContent-Length: 4\r\n",
        "body",
    ));
    assert_eq!(error.status(), Status::BAD_REQUEST);
}

#[test]
fn what_a_peer_can_make_us_hold_is_bounded() {
    let mut framer = Framer::new();
    let mut taken = 0;
    loop {
        let more = framer.push(&[b'x'; 4_096]);
        taken += more;
        match framer.next_frame() {
            Ok(frame) => assert!(frame.is_none() && more > 0),
            Err(error) => {
                assert_eq!(error.status(), Status::MESSAGE_TOO_LARGE);
                break;
            }
        }
    }
    assert_eq!(taken, MESSAGE_BYTES_MAX);
}

#[test]
fn the_largest_message_passes() {
    let head = message("Content-Length: 99999\r\n", "").len();
    let length = MESSAGE_BYTES_MAX - head;
    let text = message(
        &format!("Content-Length: {length}\r\n"),
        &"x".repeat(length),
    );
    let mut framer = Framer::new();

    push(&mut framer, text.as_bytes());
    assert_eq!(text.len(), MESSAGE_BYTES_MAX);
    assert_eq!(
        Message::parse_framed(next_message(&mut framer).unwrap())
            .unwrap()
            .body()
            .len(),
        length
    );
}

#[test]
fn nothing_of_a_stream_is_printed() {
    let mut framer = Framer::new();
    push(&mut framer, message("l: 0\r\n", "").as_bytes());
    let before = format!("{framer:?}");

    let printed = format!("{before} {:?}", framer.next_frame().unwrap());
    assert!(!printed.contains("linka"), "{printed}");
}
