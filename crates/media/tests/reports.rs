//! RTCP, the end of a stream, and orders that cannot be obeyed.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Desk, FRAME, Sent, WAITING, alaw};
use media::{
    Channel, Direction, Event, Hosts, InputError, Order, Output, Playlist, PortId, Proof, StreamId,
    Target,
};

fn reports(desk: &mut Desk) -> Vec<Sent> {
    let sent = std::mem::take(&mut desk.sent);
    sent.into_iter()
        .filter(|sent| sent.channel == Channel::Rtcp)
        .collect()
}

#[test]
fn reports_go_to_the_port_above_about_every_five_seconds() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    desk.play(&phone, Playlist::waiting(WAITING));

    desk.pass(Duration::from_secs(500));

    let reports = reports(&mut desk);
    assert!((80..=120).contains(&reports.len()), "{}", reports.len());
    for report in &reports {
        assert_eq!(
            (report.to.ip(), report.to.port()),
            (phone.address.ip(), phone.address.port() + 1)
        );
        assert_eq!(report.bytes[1], 200, "a sender report: sound is being sent");
    }
    let gaps: Vec<_> = reports
        .windows(2)
        .map(|pair| pair[1].at - pair[0].at)
        .collect();
    assert!(gaps.iter().min() < gaps.iter().max(), "spread, not in step");
    let packets = u32::from_be_bytes(reports.last().unwrap().bytes[20..24].try_into().unwrap());
    assert!(packets > 24_000, "{packets}");
}

#[test]
fn a_stream_that_only_hears_reports_what_it_lost() {
    let mut desk = Desk::new();
    let mut phone = desk.phone(1, alaw());
    for n in 0..50 {
        let bytes = phone.sound(1);
        desk.now += FRAME;
        if n % 5 != 3 {
            desk.hear(&phone, &bytes);
        }
    }

    desk.pass(Duration::from_secs(8));

    let report = &reports(&mut desk)[0].bytes;
    assert_eq!(
        (report[0], report[1]),
        (0x81, 201),
        "a receiver report with one block"
    );
    assert_eq!(report[8..12], phone.next.ssrc.to_be_bytes());
    assert_eq!(
        (report[12], &report[13..16]),
        ((10 * 256 / 50) as u8, &[0, 0, 10][..])
    );
}

#[test]
fn closing_says_goodbye_and_gives_the_port_back() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    desk.play(&phone, Playlist::waiting(WAITING));
    desk.pass(FRAME);

    desk.order(Order::Close {
        stream: phone.stream,
    });

    let goodbye = reports(&mut desk).pop().unwrap();
    assert_eq!(goodbye.bytes[goodbye.bytes.len() - 8..][..2], [0x81, 203]);
    assert_eq!(
        desk.outputs.last(),
        Some(&Output::Free { port: phone.port })
    );
    assert_eq!(desk.engine.poll_timeout(), None);
    assert_eq!(desk.engine.streams_open(), 0);
}

#[test]
fn a_report_of_the_source_is_a_sign_of_life_and_one_of_a_stranger_is_not() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    let heard = |desk: &mut Desk, from| {
        desk.engine
            .control_packet(desk.now, phone.port, from, &report);
        desk.order(Order::Ask {
            stream: phone.stream,
        });
        desk.take_events()
            != [Event::LastHeard {
                stream: phone.stream,
                at: None,
            }]
    };

    assert!(!heard(&mut desk, "203.0.113.1:4003".parse().unwrap()));
    assert!(heard(&mut desk, "192.0.2.1:4003".parse().unwrap()));
}

#[test]
fn orders_that_cannot_be_obeyed_change_nothing() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    let (stream, port) = (phone.stream, phone.port);
    let remote = Some(media::Remote::at(phone.address));
    let target = Target {
        remote,
        format: alaw(),
        direction: Direction::SendRecv,
        hosts: Hosts::default(),
        proof: Proof::Given,
    };
    let nobody = StreamId(99);
    let open = |stream, port| Order::Open {
        stream,
        port,
        at: None,
        target: target.clone(),
    };

    for (order, error) in [
        (open(stream, PortId(7)), InputError::StreamOpen(stream)),
        (open(nobody, port), InputError::PortTaken(port)),
        (Order::Release { port }, InputError::PortTaken(port)),
        (
            Order::Join {
                a: stream,
                b: stream,
            },
            InputError::JoinedToItself(stream),
        ),
        (
            Order::Join {
                a: stream,
                b: nobody,
            },
            InputError::NoStream(nobody),
        ),
        (Order::Part { stream: nobody }, InputError::NoStream(nobody)),
        (
            Order::Close { stream: nobody },
            InputError::NoStream(nobody),
        ),
        (Order::Ask { stream: nobody }, InputError::NoStream(nobody)),
        (
            Order::Retarget {
                stream: nobody,
                target: target.clone(),
            },
            InputError::NoStream(nobody),
        ),
    ] {
        let outputs = desk.outputs.len();

        assert_eq!(desk.try_order(order), Err(error));
        assert_eq!(
            (
                desk.outputs.len(),
                desk.events.len(),
                desk.engine.streams_open()
            ),
            (outputs, 0, 1)
        );
    }
}

#[test]
fn a_port_is_given_back_unopened() {
    let mut desk = Desk::new();

    desk.order(Order::Release { port: PortId(3) });

    assert_eq!(desk.outputs, [Output::Free { port: PortId(3) }]);
}

#[test]
fn ids_and_ports_are_free_again_after_a_close() {
    let mut desk = Desk::new();
    for _ in 0..3 {
        let (a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
        desk.join(&a, &b);
        desk.play(&b, Playlist::waiting(WAITING));
        desk.order(Order::Close { stream: a.stream });
        desk.order(Order::Close { stream: b.stream });
    }

    assert_eq!(desk.engine.poll_timeout(), None);
}
