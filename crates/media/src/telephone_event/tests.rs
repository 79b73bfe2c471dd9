use super::*;

fn packet(event: u8, end: bool, duration: u16) -> EventPacket {
    EventPacket {
        event,
        end,
        duration,
    }
}

fn heard(packets: &[(u32, EventPacket)]) -> String {
    let packets = packets.iter().zip(0..);
    heard_at(packets.map(|((at, packet), n)| (n * 20, *at, *packet)))
}

/// What is heard of packets that come so many milliseconds after the first.
fn heard_at(packets: impl IntoIterator<Item = (u64, u32, EventPacket)>) -> String {
    let (mut receiver, start) = (EventReceiver::default(), crate::start_of_test());
    packets
        .into_iter()
        .zip(0..)
        .filter_map(|((ms, timestamp, packet), sequence)| {
            let stamp = Stamp {
                sequence,
                timestamp,
            };
            receiver.receive(start + Duration::from_millis(ms), stamp, packet)
        })
        .map(Digit::as_char)
        .collect()
}

/// A press with three end packets, as most phones send it.
fn press(at: u32, event: u8) -> Vec<(u32, EventPacket)> {
    let down = (1..=5).map(|n| (at, packet(event, false, n * 160)));
    down.chain(std::iter::repeat_n((at, packet(event, true, 800)), 3))
        .collect()
}

#[test]
fn a_press_of_many_packets_is_one_digit() {
    assert_eq!(heard(&press(1_000, 5)), "5");
}

#[test]
fn the_same_key_twice_is_two_digits() {
    assert_eq!(heard(&[press(1_000, 5), press(3_000, 5)].concat()), "55");
}

#[test]
fn a_press_whose_start_is_lost_counts_once() {
    assert_eq!(heard(&press(1_000, 11)[4..]), "#");
    assert_eq!(heard(&press(1_000, 11)[7..]), "#");
}

#[test]
fn two_presses_whose_ends_are_lost_stay_two() {
    assert_eq!(
        heard(&[&press(1_000, 5)[..3], &press(2_600, 5)[..3]].concat()),
        "55"
    );
}

#[test]
fn late_packets_of_an_earlier_press_are_no_new_press() {
    let (first, second) = (press(1_000, 1), press(3_000, 2));

    assert_eq!(
        heard(&[&first[..5], &second[..2], &first[5..], &second[2..]].concat()),
        "12"
    );
}

#[test]
fn a_press_longer_than_a_segment_is_one_digit() {
    let segment = |at: u32| (1..=409_u16).map(move |n| (at, packet(3, false, n * 160)));
    let at = u32::MAX - 70_000;
    let full = std::iter::once((at, packet(3, false, u16::MAX)));
    let long: Vec<_> = segment(at)
        .chain(full)
        .chain(segment(at.wrapping_add(0xFFFF)).take(20))
        .collect();
    let lossy: Vec<_> = segment(at)
        .take(400)
        .chain(segment(at.wrapping_add(0xFFFF)).take(20))
        .collect();

    assert_eq!(heard(&long), "3");
    assert_eq!(heard(&lossy), "3");
}

#[test]
fn phones_that_move_the_timestamp_of_one_press_are_understood() {
    let moving: Vec<_> = (0..5)
        .map(|n| (1_000 + n * 160, packet(7, n == 4, (n as u16 + 1) * 160)))
        .collect();

    assert_eq!(heard(&moving), "7");
}

#[test]
fn phones_that_move_the_timestamps_of_the_ends_are_understood() {
    for moved in [160, 320, 800, 1_000] {
        let down = (1..=5).map(|n| (1_000, packet(5, false, n * 160)));
        let ends = [(1_000, 960), (1_000, 1_120), (1_000 + moved, 1_280)]
            .map(|(at, duration)| (at, packet(5, true, duration)));
        let press: Vec<_> = down.chain(ends).collect();
        let next = press.iter().map(|(at, packet)| (at + 3_000, *packet));

        assert_eq!(heard(&press), "5", "moved by {moved}");
        let twice: Vec<_> = press.iter().copied().chain(next).collect();
        assert_eq!(heard(&twice), "55", "moved by {moved}");
    }
}

#[test]
fn two_presses_while_the_clock_stands_still_or_hardly_moves_are_two() {
    for (moved, pause) in [(0, 300), (0, 1_000), (160, 300), (800, 300), (0, 60)] {
        let first = press(1_000, 5).into_iter().zip(0..);
        let second = press(1_000 + moved, 5).into_iter().zip(0..);
        let first = first.map(|((at, packet), n)| (n * 20, at, packet));
        let second = second.map(|((at, packet), n)| (140 + pause + n * 20, at, packet));

        assert_eq!(
            heard_at(first.chain(second)),
            "55",
            "moved by {moved}, after {pause} ms"
        );
    }
}

#[test]
fn another_key_under_the_same_timestamp_is_one() {
    assert_eq!(heard(&[press(1_000, 5), press(1_000, 6)].concat()), "56");
}

#[test]
fn late_packets_of_a_press_after_its_end_are_that_press() {
    let late = press(1_000, 5)[3];
    let packets = press(1_000, 5).into_iter().zip(0..);
    let packets = packets.map(|((at, packet), n)| (n * 20, at, packet));

    assert_eq!(heard_at(packets.chain([(170, late.0, late.1)])), "5");
}

#[test]
fn what_was_sent_before_an_end_and_comes_after_it_begins_no_press() {
    for late in [20, 60, 120, 1_000] {
        let (mut receiver, start) = (EventReceiver::default(), crate::start_of_test());
        let sent = press(1_000, 5).into_iter().zip(0..);
        let in_time = sent.clone().filter(|(_, sequence)| *sequence != 2);
        let heard = in_time.chain(sent.filter(|(_, sequence)| *sequence == 2));
        let mut keys = String::new();
        for ((timestamp, packet), sequence) in heard {
            let after = if sequence == 2 {
                140 + late
            } else {
                u64::from(sequence) * 20
            };
            let now = start + Duration::from_millis(after);
            let stamp = Stamp {
                sequence,
                timestamp,
            };
            keys.extend(receiver.receive(now, stamp, packet).map(Digit::as_char));
        }

        assert_eq!(keys, "5", "{late} ms late");
    }
}

#[test]
fn a_later_key_of_a_sender_that_numbers_anew_is_a_key() {
    let (mut receiver, start) = (EventReceiver::default(), crate::start_of_test());
    let mut keys = String::new();
    for (press_at, first, began) in [(0, 900, 1_000), (250, 700, 3_000)] {
        for ((timestamp, packet), n) in press(began, 5).into_iter().zip(0..) {
            let now = start + Duration::from_millis(press_at + u64::from(n) * 20);
            let sequence = first + n;
            let stamp = Stamp {
                sequence,
                timestamp,
            };
            keys.extend(receiver.receive(now, stamp, packet).map(Digit::as_char));
        }
    }

    assert_eq!(keys, "55");
}

#[test]
fn one_key_that_two_sources_tell_is_one_and_two_of_them_are_two() {
    let start = crate::start_of_test();
    let mut keys = Keys::default();
    let mut heard = String::new();
    for (press_at, n) in [(0, 0), (300, 1)] {
        for ((timestamp, packet), sequence) in press(1_000 + n * 2_400, 5).into_iter().zip(0..) {
            for ssrc in [7, 8] {
                let now = start + Duration::from_millis(press_at + u64::from(sequence) * 20);
                let stamp = Stamp {
                    sequence: sequence + n as u16 * 8,
                    timestamp: timestamp + ssrc * 90_000,
                };
                let digit = keys.of(ssrc).receive(now, stamp, packet);
                heard.extend(digit.map(Digit::as_char));
            }
        }
    }

    assert_eq!(heard, "55");
}

#[test]
fn another_key_may_begin_before_the_last_one_ended() {
    assert_eq!(heard(&[press(1_000, 5), press(1_160, 6)].concat()), "56");
}

#[test]
fn a_clock_that_starts_again_is_believed() {
    assert_eq!(heard(&[press(900_000, 5), press(1_000, 5)].concat()), "55");
}

#[test]
fn events_that_are_no_keys_are_no_digits() {
    assert_eq!(heard(&press(1_000, 16)), "");
    assert_eq!(EventPacket::parse(&[5, 0, 0]), None);
}

#[test]
fn what_is_sent_is_heard() {
    let mut sender = DigitSender::new();
    sender.push(&['1', '1', '#'].map(|key| Digit::from_char(key).unwrap()));
    let (mut receiver, start) = (EventReceiver::default(), crate::start_of_test());
    let (mut text, mut ends, mut at, mut clock) = (String::new(), 0, 0, 0);
    loop {
        clock += 160;
        let sent = match sender.advance() {
            DigitStep::First(packet) => {
                at = clock;
                packet
            }
            DigitStep::Again(packet) => packet,
            DigitStep::Pause => continue,
            DigitStep::Done => break,
        };
        ends += u32::from(sent.end);
        let received = EventPacket::parse(&sent.bytes()).unwrap();
        let now = start + Duration::from_micros(u64::from(clock) * 125);
        let stamp = Stamp {
            sequence: (clock / 160) as u16,
            timestamp: at,
        };
        text.extend(receiver.receive(now, stamp, received).map(Digit::as_char));
    }

    assert_eq!((text.as_str(), ends, clock), ("11#", 9, 160 * 31));
}
