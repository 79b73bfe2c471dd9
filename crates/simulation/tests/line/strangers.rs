//! Peers that nobody knows.

use std::time::Duration;

use exchange::Warning;
use exchange::refusals::{LOAD_LASTS, TOLD_EVERY, reason_of};
use simulation::{Caller, Centre, Manner, Sent, World};
use sip::Load;

use super::{open, seconds};

fn invite(number: &str, from: &str) -> String {
    format!(
        "INVITE sip:{number}@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKx{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:x@{from}>;tag=a\r\nTo: <sip:{number}@192.0.2.1>\r\nCall-ID: x{number}@{from}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:x@{from}>\r\nContent-Length: 0\r\n\r\n"
    )
}

fn answers(number: &str, from: &str) -> Vec<String> {
    let mut world = open(Centre::default());
    let address = from.parse().unwrap();
    world.send(address, &invite(number, from));
    world.run(seconds(1));
    let line = |sent: &Sent| sent.text.lines().next().unwrap().to_owned();
    world.sent_to_address(address).map(line).collect()
}

#[test]
fn an_invite_from_nowhere_is_forbidden() {
    assert_eq!(
        answers("80060", "203.0.113.9:5060"),
        ["SIP/2.0 403 Forbidden"]
    );
}

#[test]
fn a_host_of_no_trunk_that_calls_a_line_is_named_once_a_minute() {
    let mut world = open(Centre {
        registers: true,
        ..Centre::default()
    });
    // A scanner's calls of all and sundry are nobody's news.
    let calls = [
        ("1000", "203.0.113.8:5060"),
        ("80060", "203.0.113.9:5060"),
        ("linka", "203.0.113.10:5060"),
    ];
    for minute in 0..2 {
        for (number, from) in calls {
            let from = from.replace(":5060", &format!(":{}", 5060 + minute));
            world.send(from.parse().unwrap(), &invite(number, &from));
        }
        world.run(seconds(61));
    }
    world.send(
        "203.0.113.10:5070".parse().unwrap(),
        &invite("linka", "203.0.113.10:5070"),
    );
    world.run(seconds(1));

    let named: Vec<String> = world
        .refused_hosts
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(named, ["203.0.113.9", "203.0.113.9", "203.0.113.10"]);
}

#[test]
fn a_number_that_is_no_line_is_not_found() {
    let answers = answers("80061", "198.51.100.1:5070");

    assert!(
        answers.contains(&"SIP/2.0 404 Not Found".to_owned()),
        "{answers:?}"
    );
}

#[test]
fn all_else_is_met_with_silence() {
    let mut world = open(Centre::default());
    let from = "203.0.113.9:5060".parse().unwrap();

    for method in ["OPTIONS", "MESSAGE", "BYE", "SUBSCRIBE"] {
        let text = invite("80060", "203.0.113.9:5060").replace("INVITE", method);
        world.send(from, &text);
    }
    world.run(seconds(1));

    assert_eq!(world.sent_to_address(from).count(), 0);
}

#[test]
fn a_phone_outside_the_named_networks_is_met_with_silence() {
    let register = invite("eva", "203.0.113.9:5060").replace("INVITE", "REGISTER");
    // A line end before the request changes nothing of what it is.
    for begin in ["", "\r\n", "\n", "\r\n\r\n"] {
        for (from, answers) in [("203.0.113.9:5060", 0), ("10.9.9.9:5060", 1)] {
            let mut world = open(Centre::default());
            let address = from.parse().unwrap();
            let register = register.replace("203.0.113.9:5060", from);

            world.send(address, &format!("{begin}{register}"));
            world.run(seconds(1));

            let sent = world.sent_to_address(address).count();
            assert_eq!(sent, answers, "{from} {begin:?}");
        }
    }
}

/// New calls in one moment, to a number that is no line.
fn flood(world: &mut World, from: std::net::SocketAddr, calls: std::ops::Range<usize>) {
    for n in calls {
        let text = invite("80061", &from.to_string());
        world.receive(from, &text.replace("x80061", &format!("x{n}")));
    }
}

fn times_told(world: &World, load: Load) -> usize {
    let reason = reason_of(load);
    let warning = Warning::CallRefused { reason };
    let told = world.warnings.iter().filter(|told| **told == warning);
    told.count()
}

#[test]
fn a_phone_that_dials_without_end_is_told_of_and_keeps_no_caller_away() {
    let mut world = open(Centre::default());
    let phone = world.peer("eva").address;

    flood(&mut world, phone, 0..3_000);
    world.run(TOLD_EVERY);
    flood(&mut world, phone, 3_000..6_000);

    let board = world.board();
    assert_eq!(times_told(&world, Load::Phone), 2);
    let refused = board.refused[reason_of(Load::Phone)];
    assert!(
        refused >= 6_000 - sip::INVITES_OF_PHONE_MAX as u64,
        "{refused}"
    );
    assert_eq!(board.crowded, None, "no caller is refused");
    let caller = world.call(Caller::from_number(1));
    world.run(seconds(2));
    assert!(!world.call_of(caller).progress.is_empty());
}

#[test]
fn callers_that_are_refused_for_load_are_told_of_while_it_lasts() {
    let mut world = open(Centre::default());
    let trunk = Centre::trunk();

    flood(&mut world, trunk, 0..sip::INVITES_OF_TRUNK_ADDRESS_MAX + 10);

    let load = Load::TrunkAddress;
    assert_eq!(times_told(&world, load), 1);
    assert_eq!(world.board().refused[reason_of(load)], 10);
    assert_eq!(world.board().crowded, Some(reason_of(load)));
    world.run(LOAD_LASTS);
    assert_eq!(world.board().crowded, None);
}

#[test]
fn an_invite_without_a_description_gets_our_offer_and_sound_after_the_ack() {
    let mut world = open(Centre {
        operators: vec![],
        line_rings: seconds(0),
        ..Centre::default()
    });
    let (from, host) = ("198.51.100.1:5070".parse().unwrap(), "198.51.100.1:5070");
    world.send(from, &invite("80060", host));
    world.run(seconds(1));
    let ok = world
        .sent_to_address(from)
        .find(|sent| sent.text.starts_with("SIP/2.0 200"))
        .unwrap()
        .text
        .clone();
    assert!(ok.contains("m=audio 1"), "{ok}");

    let to = ok.lines().find(|line| line.starts_with("To: ")).unwrap();
    let sdp = "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n";
    let ack = format!(
        "ACK sip:80060@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bKack\r\nMax-Forwards: 70\r\n\
         From: <sip:x@{host}>;tag=a\r\n{to}\r\nCall-ID: x80060@{host}\r\nCSeq: 1 ACK\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    world.send(from, &ack);
    world.run(seconds(1));

    let heard = world
        .media()
        .heard_at("198.51.100.1:30000".parse().unwrap());
    assert!(!heard.is_empty());
}

/// A 2xx from the trunk's first address to an INVITE with this tag, of which no transaction is left.
fn stray(tag: &str) -> String {
    format!(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKold\r\n\
         From: <sip:anonymous@anonymous.invalid>;tag={tag}\r\nTo: <sip:x@192.0.2.1>;tag=b\r\nCall-ID: old\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:x@203.0.113.66>\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn a_stray_2xx_is_hung_up_where_it_came_from_if_its_tag_is_ours() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::RingsOn);
    let _caller = world.call(Caller::from_number(1));
    world.run(seconds(3));
    let invite = |sent: &&Sent| sent.text.starts_with("INVITE ");
    let invite = world.sent_to("eva").find(invite).unwrap().text.clone();
    let from = invite.lines().find(|line| line.starts_with("From: "));
    let tag = from.unwrap().split_once(";tag=").unwrap().1;
    let trunk = "198.51.100.1:5070".parse().unwrap();

    world.send(trunk, &stray("0123456789abcdef0123456789abcdef"));
    world.run(seconds(1));
    assert_eq!(world.sent_to_address(trunk).count(), 0);

    for _ in 0..3 {
        world.send(trunk, &stray(tag));
    }
    world.run(Duration::from_millis(200));

    let methods = world.sent_to_address(trunk);
    let methods = methods.filter_map(|sent| sent.text.split(' ').next());
    assert_eq!(methods.collect::<Vec<_>>(), ["ACK", "BYE"]);
    let elsewhere = "203.0.113.66:5060".parse().unwrap();
    assert_eq!(world.sent_to_address(elsewhere).count(), 0);
}
