//! How much memory is asked for to read a message.
#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use bytes::Bytes;
use sip::Message;

#[test]
fn a_message_and_its_body_cost_two_allocations_and_its_headers_none() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../sip-test-fixtures/own/trunk-invite.sip"
    );
    let bytes = Bytes::from(std::fs::read(path).unwrap());
    let mut parsed = None;

    let parsing = measure(|| {
        let message = Message::parse(bytes).unwrap();
        let body = message.body();
        parsed = Some((message, body));
    });
    // The index, and what lets message and body share the bytes.
    assert!((1..=2).contains(&parsing.count_total), "{parsing:?}");

    let (message, body) = parsed.unwrap();
    assert_eq!(body.len(), 287);
    let reading = measure(|| {
        assert!(message.from().unwrap().tag().is_some());
        assert!(message.via().unwrap().branch().is_some());
        assert!(message.uri().unwrap().user().is_some());
        assert_eq!(message.cseq().unwrap().number, 26_213);
        assert_eq!(message.contact().unwrap().uri.port(), Some(5060));
        assert_eq!(message.clone().body(), body);
    });
    assert_eq!(reading.count_total, 0, "{reading:?}");
}
