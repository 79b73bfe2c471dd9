//! Unknown sources, overload and full tables.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use common::{Bench, SDP, Sent, branch, invite, peer, request, response, to};
use sip::digest::{Client, Ha1};
use sip::{
    Admission, Command, Event, Flow, Limits, Load, Message, Method, NewCalls, Registering, User,
};

#[test]
fn an_invite_from_a_stranger_gets_403_without_state() {
    let mut bench = Bench::default();

    bench.receive_unknown(peer(), &invite());
    let first = bench.only();
    bench.receive_unknown(peer(), &invite());

    assert!(first.is("403"));
    assert_eq!(bench.only().text, first.text, "stateless, yet the same tag");
    let told = bench.events();
    assert!(
        told.iter()
            .all(|event| matches!(event, Event::StrangerRefused { .. }))
    );
    assert_eq!(told.len(), 2);
    bench.assert_empty();
}

#[test]
fn a_stranger_hears_nothing_else() {
    let mut bench = Bench::default();
    for method in [
        "OPTIONS",
        "MESSAGE",
        "BYE",
        "CANCEL",
        "SUBSCRIBE",
        "FOOBAR",
        "ACK",
    ] {
        bench.receive_unknown(peer(), &request(method, &[], ""));
        bench.receive_unknown(peer(), &request(method, &[&to("x")], ""));
    }
    bench.receive_unknown(peer(), &request("OPTIONS", &["To: <sip:"], ""));

    assert!(bench.sent().is_empty() && bench.events().is_empty());
    bench.assert_empty();
}

#[test]
fn a_strangers_2xx_is_not_hung_up() {
    let mut other = Bench::default();
    let (_, sent) = other.call();
    let mut bench = Bench::with(common::config());

    bench.receive_unknown(
        peer(),
        &response(&sent.text, "200 OK", "callee", SDP).replace("z9hG4bK", "z9hG4bKold"),
    );

    assert!(bench.sent().is_empty() && bench.events().is_empty());
}

#[test]
fn responses_to_our_requests_pass_from_anywhere() {
    let mut bench = Bench::default();
    let (_, sent) = bench.call();

    bench.receive_unknown(peer(), &response(&sent.text, "200 OK", "callee", SDP));

    assert!(matches!(bench.event(), Event::Established { .. }));
}

#[test]
fn what_belongs_to_a_dialog_or_transaction_passes_from_anywhere() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();
    bench.receive_unknown(peer(), &common::ack(&tag));
    assert!(matches!(bench.event(), Event::Acknowledged { .. }));

    bench.receive_unknown(peer(), &request("BYE", &[&to(&tag), "CSeq: 2 BYE"], ""));

    assert!(bench.only().is("200"));
    assert!(matches!(bench.event(), Event::Ended { .. }));
}

#[test]
fn a_flood_is_cut_before_it_is_parsed_and_spares_others() {
    let mut bench = Bench::default();
    for number in 0..1_000 {
        bench.receive_unknown(
            peer(),
            &request("INVITE", &[&branch(&format!("z9hG4bK{number}"))], SDP),
        );
    }
    assert_eq!(bench.sent().len(), 100);

    let other = Flow {
        remote: common::address("203.0.113.3:5060"),
        ..peer()
    };
    bench.receive_unknown(other, &invite());
    bench.receive(&request("OPTIONS", &[], ""));

    assert_eq!(bench.sent().len(), 2);
}

/// Another machine in the network of the peer.
fn neighbour() -> Flow {
    Flow {
        remote: common::address("198.51.100.200:9"),
        ..peer()
    }
}

fn junk(bench: &mut Bench, from: Flow) {
    for _ in 0..1_000 {
        bench.receive_unknown(from, "OPTIONS sip:a@b SIP/2.0\r\n\r\n");
    }
    assert!(bench.sent().is_empty());
}

/// A phone of Jana that knows her password.
struct Phone(Client);

impl Phone {
    fn bench() -> (Self, Bench) {
        let mut config = common::config();
        let hash = Ha1::new(b"jana", b"linka.test", b"secret");
        config.accounts = BTreeMap::from([(User("jana".to_owned()), hash)]);
        (Self(Client::new("jana", "secret")), Bench::with(config))
    }

    fn is_challenged(&mut self, challenge: &Sent) {
        assert!(challenge.is("401"));
        let message = Message::parse(Bytes::copy_from_slice(challenge.text.as_bytes())).unwrap();
        self.0.challenged(&message).unwrap();
    }

    fn register(&mut self, number: u32) -> String {
        let lines = [
            branch(&format!("z9hG4bKphone{number}")),
            format!("CSeq: {number} REGISTER"),
            "To: <sip:jana@linka.test>".to_owned(),
            "From: <sip:jana@linka.test>;tag=phone".to_owned(),
        ];
        let mut lines = lines.to_vec();
        if let Some((name, value)) = self.0.authorize(Method::Register, b"sip:linka.test", 7) {
            let (name, value) = (name.bytes(), value.bytes());
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            lines.push(format!("{}: {}", text(name), text(value)));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        request("REGISTER", &lines, "").replacen("sip:line@192.0.2.1", "sip:linka.test", 1)
    }
}

#[test]
fn junk_of_one_machine_keeps_no_phone_of_its_network_from_registering() {
    let (mut phone, mut bench) = Phone::bench();
    junk(&mut bench, neighbour());

    bench.receive_unknown(peer(), &phone.register(1));
    phone.is_challenged(&bench.only());
    bench.receive_unknown(peer(), &phone.register(2));

    assert!(bench.only().is("200"));
}

#[test]
fn a_phone_that_was_challenged_registers_whatever_else_is_sent_in_its_name() {
    let (mut phone, mut bench) = Phone::bench();
    bench.receive_unknown(peer(), &phone.register(1));
    phone.is_challenged(&bench.only());
    junk(&mut bench, peer());

    for from in [neighbour(), peer()] {
        let other = Phone::bench().0.register(9);
        bench.receive_unknown(from, &other);
    }
    let challenge = bench.only();
    assert_eq!(challenge.target.remote(), neighbour().remote);
    bench.receive_unknown(peer(), &format!("\r\n{}", phone.register(2)));

    assert!(bench.only().is("200"));
}

#[test]
fn whoever_was_challenged_guesses_no_faster_than_others() {
    let mut bench = Phone::bench().1;
    let mut guesser = Phone(Client::new("jana", "guessed"));
    bench.receive_unknown(peer(), &guesser.register(1));
    guesser.is_challenged(&bench.only());
    junk(&mut bench, peer());

    let guesses = (2..1_000).map(|number| guesser.register(number));
    for guess in guesses.collect::<Vec<_>>() {
        bench.receive_unknown(peer(), &guess);
    }

    assert_eq!(bench.sent().len(), 100);
}

/// The answers to INVITEs of their own calls.
fn dial(bench: &mut Bench, (flow, admission): (Flow, Admission), calls: u32) -> Vec<Sent> {
    let host = flow.remote;
    for number in 0..calls {
        let lines = [
            format!("Call-ID: {host}-{number}"),
            format!("Via: SIP/2.0/UDP {host};branch=z9hG4bK{number};rport"),
        ];
        let lines = lines.each_ref().map(String::as_str);
        bench.receive_as(flow, request("INVITE", &lines, SDP).as_bytes(), admission);
    }
    bench.sent()
}

fn refused(answers: &[Sent]) -> usize {
    answers.iter().filter(|answer| answer.is("503")).count()
}

fn loads(bench: &mut Bench) -> Vec<Load> {
    let load = |event| {
        let Event::RefusedForLoad { load } = event else {
            return None;
        };
        Some(load)
    };
    bench.events().into_iter().filter_map(load).collect()
}

#[test]
fn the_invites_of_one_phone_or_trunk_address_have_a_share_and_leave_the_rest_to_others() {
    let phone = neighbour();
    for (greedy, share, load) in [
        ((phone, Admission::Phone), 5, Load::Phone),
        ((peer(), Admission::Trunk), 7, Load::TrunkAddress),
    ] {
        let mut config = common::config();
        config.limits = Limits {
            invites_of_phone: 5,
            invites_of_trunk_address: 7,
            transactions: 15,
            ..Limits::DEFAULT
        };
        let mut bench = Bench::with(config);

        let answers = dial(&mut bench, greedy, 1_000);

        assert_eq!(refused(&answers), 1_000 - share);
        assert_eq!(loads(&mut bench), vec![load; 1_000 - share]);
        assert_eq!(bench.endpoint.counts().transactions, share);
        // A trunk at the phone's own host has its share apart.
        let other = Flow {
            remote: common::address("198.51.100.200:5060"),
            ..peer()
        };
        let answers = dial(&mut bench, (other, Admission::Trunk), 3);
        assert_eq!(refused(&answers), 0, "{load:?}");
    }
}

#[test]
fn a_share_is_free_again_when_its_invites_are_over() {
    let mut config = common::config();
    config.limits.invites_of_phone = 1;
    let mut bench = Bench::with(config);
    let phone = (peer(), Admission::Phone);
    dial(&mut bench, phone, 1);
    let Event::Incoming { dialog, .. } = bench.event() else {
        panic!("no call came in");
    };
    let (status, headers) = (common::status(403), Vec::new());
    bench.command(Command::Reject {
        dialog,
        status,
        headers,
    });
    bench.sent();
    assert_eq!(refused(&dial(&mut bench, phone, 2)), 1);

    bench.seconds(32);
    bench.sent();

    assert_eq!(refused(&dial(&mut bench, phone, 1)), 0);
}

#[test]
fn a_register_on_a_way_that_it_may_not_come_is_met_with_silence_however_it_is_written() {
    let mut bench = Bench::default();
    let register = request("REGISTER", &[], "");
    let broken = request("REGISTER", &["To: <sip:"], "");
    for flow in [peer(), common::peer_tcp()] {
        for admission in [Admission::Unknown, Admission::Trunk] {
            for begin in ["", "\r\n", "\n", "\r\n\r\n"] {
                for text in [&register, &broken] {
                    let bytes = format!("{begin}{text}").into_bytes();
                    bench.receive_where(flow, &bytes, admission, Registering::Ignored);
                }
            }
        }
    }

    assert!(bench.sent().is_empty() && bench.events().is_empty());
    bench.assert_empty();
    bench.receive_where(
        peer(),
        register.as_bytes(),
        Admission::Trunk,
        Registering::Allowed,
    );
    assert!(bench.only().is("401"));
}

#[test]
fn the_invite_of_a_phones_neighbour_is_challenged_without_state() {
    let mut bench = Bench::default();

    bench.receive_as(peer(), invite().as_bytes(), Admission::Neighbour);
    let challenge = bench.only();
    bench.receive_as(
        peer(),
        common::ack(&challenge.to_tag()).as_bytes(),
        Admission::Neighbour,
    );
    let within = request("INVITE", &[&to("x"), "CSeq: 2 INVITE"], SDP);
    bench.receive_as(peer(), within.as_bytes(), Admission::Neighbour);

    assert!(challenge.is("401"));
    assert!(challenge.header("WWW-Authenticate").is_some());
    assert!(bench.only().is("403"));
    assert!(bench.events().is_empty());
    bench.assert_empty();
}

/// One REGISTER of a sender that forges its address: each time another, of a network that nobody knows.
fn forged_register(number: u32) -> (Flow, String) {
    let address = std::net::Ipv4Addr::from(0x0a00_0000 | number.wrapping_mul(0x9e37_79b1) >> 8);
    let flow = Flow {
        remote: (address, 5060).into(),
        ..peer()
    };
    let lines = [
        format!("Via: SIP/2.0/UDP {address};branch=z9hG4bKflood{number};rport"),
        format!("Call-ID: flood{number}"),
    ];
    let lines = lines.each_ref().map(String::as_str);
    (flow, request("REGISTER", &lines, ""))
}

#[test]
fn a_flood_of_registers_leaves_nothing_behind_and_a_trunks_calls_come_through() {
    const REGISTERS: u32 = 208_000;
    const CALLS: u32 = 104;
    let mut bench = Bench::default();
    let mut challenged = 0;

    for call in 0..CALLS {
        for number in 0..REGISTERS / CALLS {
            let (flow, register) = forged_register(call * (REGISTERS / CALLS) + number);
            bench.receive_unknown(flow, &register);
        }
        let challenges = bench.sent();
        assert!(challenges.iter().all(|sent| sent.is("401")));
        challenged += challenges.len();
        let lines = [
            format!("Call-ID: call{call}"),
            branch(&format!("z9hG4bKcall{call}")),
        ];
        let lines = lines.each_ref().map(String::as_str);
        let dialog = bench.incoming(&request("INVITE", &lines, SDP));
        assert!(bench.only().is("100"), "call {call}");
        bench.command(Command::Progress {
            dialog,
            status: common::status(180),
            local_tag: None,
        });
        assert!(bench.only().is("180"), "call {call}");
        bench.advance(Duration::from_millis(115));
    }

    let calls = usize::try_from(CALLS).unwrap();
    let counts = bench.endpoint.counts();
    assert!(challenged > 200_000, "{challenged}");
    assert_eq!((counts.transactions, counts.dialogs), (calls, calls));
}

#[test]
fn while_refused_new_calls_get_503_with_a_spread_retry_after_and_running_ones_go_on() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();
    bench.command(Command::Admit(NewCalls::Refused));

    let mut waits = Vec::new();
    for number in 0..20 {
        let lines = [
            format!("Call-ID: n{number}"),
            branch(&format!("z9hG4bKn{number}")),
        ];
        bench.receive(&request(
            "INVITE",
            &lines.each_ref().map(String::as_str),
            SDP,
        ));
        let refusal = bench.only();
        assert!(refusal.is("503"));
        waits.push(
            refusal
                .header("Retry-After")
                .unwrap()
                .parse::<u32>()
                .unwrap(),
        );
    }
    bench.receive(&request("BYE", &[&to(&tag), "CSeq: 2 BYE"], ""));

    assert!(bench.only().is("200"));
    // That is no load: it was asked for.
    assert_eq!(loads(&mut bench), []);
    assert!(waits.iter().all(|wait| (5..30).contains(wait)));
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 5);
    assert_eq!(bench.endpoint.counts().dialogs, 0);
    bench.command(Command::Admit(NewCalls::Taken));
    bench.incoming(&request(
        "INVITE",
        &["Call-ID: after", &branch("z9hG4bKafter")],
        SDP,
    ));
}

#[test]
fn a_full_table_refuses_new_calls_and_nothing_else() {
    let mut config = common::config();
    config.limits = Limits {
        dialogs: 1,
        ..Limits::DEFAULT
    };
    let mut bench = Bench::with(config);
    let (_, tag) = bench.answered();

    bench.receive(&request(
        "INVITE",
        &["Call-ID: second", &branch("z9hG4bKsecond")],
        SDP,
    ));
    assert!(bench.only().is("503"));
    assert_eq!(loads(&mut bench), [Load::Tables]);
    bench.receive(&request(
        "INVITE",
        &[&to(&tag), "CSeq: 2 INVITE", &branch("z9hG4bKre")],
        SDP,
    ));
    assert!(matches!(bench.event(), Event::Offered { .. }));
    bench.receive(&request("OPTIONS", &[], ""));

    assert!(bench.sent().pop().unwrap().is("200"));
}

#[test]
fn an_old_clock_changes_nothing() {
    let mut bench = Bench::default();
    bench.call();
    let earlier = bench.start;
    bench.advance(Duration::from_millis(400));

    bench
        .endpoint
        .handle_input(earlier, sip::Input::Timeout)
        .unwrap();
    assert!(bench.sent().is_empty());
    bench.advance(Duration::from_millis(100));

    assert_eq!(bench.sent().len(), 1);
}
