//! What it costs to read and to answer the INVITE of a trunk, 1.2 kB with 17 headers and a session description.
#![allow(missing_docs, clippy::unwrap_used)]

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use sip::sdp::{Capabilities, Description, negotiate};
use sip::{Message, ResponseWriter, Status, Tag};
use std::hint::black_box;

const INVITE: &[u8] = include_bytes!("../../sip-test-fixtures/own/trunk-invite.sip");

fn sip_parse(criterion: &mut Criterion) {
    let bytes = Bytes::from_static(INVITE);
    let invite = Message::parse(bytes.clone()).unwrap();
    let tag = Tag::from_bits(7);

    criterion.bench_function("parse", |bencher| {
        bencher.iter(|| Message::parse(black_box(bytes.clone())).unwrap())
    });
    criterion.bench_function("parse and read five headers", |bencher| {
        bencher.iter(|| {
            let message = Message::parse(black_box(bytes.clone())).unwrap();
            let tags = (
                message.from().unwrap().tag().map(<[u8]>::len),
                message.to().unwrap().tag().map(<[u8]>::len),
            );
            let numbers = (
                message.cseq().unwrap().number,
                message.call_id().unwrap().len(),
            );
            (
                tags,
                numbers,
                message.via().unwrap().branch().map(<[u8]>::len),
            )
        });
    });
    criterion.bench_function("write the answer", |bencher| {
        bencher.iter(|| {
            ResponseWriter::to(black_box(&invite), Status::RINGING, Some(&tag), None).finish()
        });
    });
    criterion.bench_function("read and negotiate the SDP", |bencher| {
        let body = invite.body();
        bencher.iter(|| {
            let offer = Description::parse(black_box(&body)).unwrap();
            negotiate(&offer, &Capabilities::default()).unwrap()
        });
    });
}

criterion_group!(benches, sip_parse);
criterion_main!(benches);
