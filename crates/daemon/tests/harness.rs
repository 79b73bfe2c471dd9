//! Proves the module of real peers by letting the peers call each other, without `linka`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use peers::baresip::{Answering, Softphone};
use peers::linka::Site;
use peers::linphone::Linphone;
use peers::ports::Ports;
use peers::sipp::{Calls, Scenario, Transport};
use peers::sound::Sound;
use peers::{eventually, throughout};
use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(15);

/// Where nobody listens: for softphones that do not register.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

fn tones_pass_both_ways(transport: Transport, codec: (&str, &str, &str, &'static str)) {
    let (payload_type, name, sound, codecs) = codec;
    let ports = Ports::reserve();
    let phone = Softphone::caller("jana", NOWHERE)
        .saying("tone-1100.wav")
        .codecs(codecs)
        .start(&ports);
    let caller = Scenario::towards("caller", phone.address())
        .with("to", "jana")
        .saying(sound)
        .over(transport);
    let mut caller = caller
        .with("codec", payload_type)
        .with("codec_name", name)
        .calls(1)
        .start(&ports);

    caller.succeeds(1, SOON);
    phone.wait_for("CALL_CLOSED", SOON);

    assert_eq!(caller.logged("answered"), 1);
    let (heard, said) = (&phone.heard()[0], &phone.said()[0]);
    assert!(
        heard.seconds_of_tone(700) > 2.0,
        "heard {:.1} s of 700 Hz",
        heard.seconds_of_tone(700)
    );
    assert!(heard.seconds_of_tone(1100) == 0.0);
    assert!(
        said.seconds_of_tone(1100) > 2.0,
        "said {:.1} s of 1100 Hz",
        said.seconds_of_tone(1100)
    );
}

#[test]
fn a_caller_of_sipp_and_a_softphone_hear_each_other_over_udp() {
    tones_pass_both_ways(Transport::Udp, ("8", "PCMA", "tone-700.al", "PCMA"));
}

#[test]
fn a_caller_of_sipp_and_a_softphone_hear_each_other_over_tcp_in_mu_law() {
    tones_pass_both_ways(Transport::Tcp, ("0", "PCMU", "tone-700.ul", "PCMU"));
}

#[test]
fn a_phone_of_sipp_registers_with_digest_and_answers_on_the_same_port() {
    let ports = Ports::reserve();
    let registrar = Scenario::waiting("registrar")
        .with("user", "jana")
        .start(&ports);
    let phone = Scenario::phone("jana", "secret", registrar.address(), "answers").start(&ports);
    phone.wait_for("registered", SOON);
    registrar.wait_for("registered", SOON);

    let mut caller = Scenario::towards("caller", phone.address())
        .with("talk_ms", "300")
        .calls(2)
        .start(&ports);

    caller.succeeds(2, SOON);
    phone.wait_for_times("ended", 2, SOON);
}

#[test]
fn a_phone_of_sipp_registers_and_dials_its_star_code_on_the_same_port() {
    let ports = Ports::reserve();
    let service = Scenario::waiting("star-service").start(&ports);

    let phone = Scenario::phone("jana", "secret", service.address(), "answers")
        .dialling("*40")
        .start(&ports);

    phone.wait_for("ready", SOON);
    service.wait_for("ended", SOON);
    assert_eq!(phone.logged("dialled"), 1);
    assert!(service.proxy_credentials_are_right("jana", "secret", "INVITE"));
}

#[test]
fn a_registrar_tells_a_wrong_password() {
    let ports = Ports::reserve();
    let registrar = Scenario::waiting("registrar")
        .with("user", "jana")
        .start(&ports);

    let _phone = Scenario::phone("jana", "guessed", registrar.address(), "answers").start(&ports);

    registrar.wait_for("wrong password", SOON);
    assert_eq!(registrar.logged("registered"), 0);
}

#[test]
fn a_proxy_challenge_is_answered_by_a_softphone() {
    let ports = Ports::reserve();
    let registrar = Scenario::waiting("registrar-proxy").start(&ports);

    let phone = Softphone::registered("jana", "secret", registrar.address()).start(&ports);

    assert!(phone.is_registered());
    registrar.wait_for("registered", SOON);
    assert!(registrar.proxy_credentials_are_right("jana", "secret", "REGISTER"));
    assert!(!registrar.proxy_credentials_are_right("jana", "guessed", "REGISTER"));
}

#[test]
fn linphone_registers_with_digest_and_it_and_a_caller_hear_each_other() {
    let ports = Ports::reserve();
    let registrar = Scenario::waiting("registrar")
        .with("user", "jana")
        .start(&ports);
    let phone = Linphone::registering(
        "jana",
        "secret",
        registrar.address(),
        Transport::Udp,
        &ports,
    );
    registrar.wait_for("registered", SOON);
    let mut caller = Softphone::caller("777000001", phone.address()).start(&ports);

    caller.dial("jana");
    caller.wait_for("CALL_ESTABLISHED", SOON);
    eventually("3 s are recorded", SOON, || {
        (caller.seconds_heard() > 3.0).then_some(())
    });
    caller.hang_up();

    phone.has_ended(1, SOON);
    caller.wait_for("CALL_CLOSED", SOON);
    let by_caller = &caller.heard()[0];
    assert!(by_caller.seconds_of_tone(1100) > 2.0 && by_caller.seconds_of_tone(700) == 0.0);
    let at_desk = eventually("linphone has heard 2 s of 700 Hz", SOON, || {
        let heard = phone.heard();
        (heard.seconds_of_tone(700) > 2.0).then_some(heard)
    });
    assert!(at_desk.seconds_of_tone(1100) == 0.0);
}

/// Asks a peer whether it is there, and says what it answers.
#[track_caller]
fn asks(peer: SocketAddr, number: u32) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let host = socket.local_addr().unwrap();
    let request = format!(
        "OPTIONS sip:jana@{peer} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bKasks{number};rport\r\n\
         From: <sip:linka@{host}>;tag=asks\r\nTo: <sip:jana@{peer}>\r\nCall-ID: asks{number}\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    let mut answer = [0; 2_000];
    let octets = eventually("the peer is asked", SOON, || {
        socket.send_to(request.as_bytes(), peer).ok()?;
        socket.recv(&mut answer).ok()
    });
    String::from_utf8_lossy(&answer[..octets]).into_owned()
}

#[test]
fn phones_and_trunks_of_sipp_say_that_they_are_there_before_and_after_a_call() {
    let ports = Ports::reserve();
    let registrar = Scenario::waiting("registrar")
        .with("user", "jana")
        .start(&ports);
    let phone = Scenario::phone("jana", "secret", registrar.address(), "answers").start(&ports);
    phone.wait_for("registered", SOON);
    let trunk = Scenario::waiting("voicemail").start(&ports);

    for peer in [&phone, &trunk] {
        assert!(asks(peer.address(), 1).starts_with("SIP/2.0 200 "));
        let mut caller = Scenario::towards("caller", peer.address())
            .with("talk_ms", "300")
            .calls(1)
            .start(&ports);
        caller.succeeds(1, SOON);
        assert!(asks(peer.address(), 2).starts_with("SIP/2.0 200 "));
        let messages = peer.messages();
        let to_the_first = messages
            .split("-----")
            .filter(|message| message.contains("message sent") && message.contains("asks1"));
        assert_eq!(to_the_first.count(), 1, "{messages}");
    }
}

#[test]
fn a_caller_of_sipp_who_is_asked_whether_she_is_there_says_so_and_hangs_up() {
    let ports = Ports::reserve();
    let mut phone = Softphone::caller("jana", NOWHERE).start(&ports);
    let mut caller = Scenario::towards("caller", phone.address())
        .with("to", "jana")
        .with("talk_ms", "30000")
        .calls(1)
        .start(&ports);
    phone.wait_for("CALL_ESTABLISHED", SOON);
    // A question that comes while she still begins to speak is one that SIPp did not expect.
    caller.wait_for("speaks", SOON);

    phone.hold();

    caller.succeeds(1, SOON);
    assert_eq!((caller.logged("was asked"), caller.logged("ended")), (1, 1));
}

#[test]
fn phones_decline_ring_for_ever_and_are_cancelled() {
    let ports = Ports::reserve();
    let busy = Scenario::waiting("declines").start(&ports);
    let absent = Scenario::waiting("never-answers").start(&ports);

    let mut refused = Scenario::towards("caller-refused", busy.address())
        .with("status", "486")
        .calls(1)
        .start(&ports);
    let mut early = Scenario::towards("caller-cancels", absent.address())
        .calls(1)
        .start(&ports);

    refused.succeeds(1, SOON);
    busy.wait_for("declined", SOON);
    early.succeeds(1, SOON);
    absent.wait_for("cancelled", SOON);
    assert_eq!(
        (
            early.logged("ringing"),
            early.logged("cancelled"),
            early.logged("answered")
        ),
        (1, 1, 0)
    );
}

#[test]
fn a_call_that_ends_otherwise_than_the_scenario_says_counts_as_failed() {
    let ports = Ports::reserve();
    let busy = Scenario::waiting("declines").start(&ports);

    let mut caller = Scenario::towards("caller", busy.address())
        .calls(1)
        .start(&ports);

    assert_eq!(
        caller.finish(SOON),
        Calls {
            successful: 0,
            failed: 1
        }
    );
    assert!(caller.errors().contains("486"), "{}", caller.errors());
}

#[test]
fn keys_of_a_silent_caller_are_heard_by_nobody_and_reach_the_phone() {
    let ports = Ports::reserve();
    let phone = Softphone::caller("jana", NOWHERE).start(&ports);
    let mut caller = Scenario::towards("caller-cannot-speak", phone.address())
        .with("to", "jana")
        .calls(1)
        .with("keys", "keys-55.pcap")
        .start(&ports);

    caller.succeeds(1, SOON);

    assert_eq!(caller.logged("pressed"), 1);
    let keys = phone.events("CALL_DTMF_START");
    let keys: Vec<&str> = keys
        .iter()
        .filter_map(|event| event["param"].as_str())
        .collect();
    assert_eq!(keys, ["5", "5"]);
}

#[test]
fn the_mobile_presses_one_and_the_softphone_can_too() {
    let ports = Ports::reserve();
    let mobile = Scenario::waiting("mobile-presses-one")
        .with("keys", "keys-1.pcap")
        .with("talk_ms", "500")
        .start(&ports);
    let mut caller = Softphone::caller("777000001", mobile.address()).start(&ports);

    caller.dial("112");
    caller.wait_for("CALL_ESTABLISHED", SOON);
    mobile.wait_for("pressed", SOON);
    caller.wait_for("CALL_DTMF_START", SOON);
    caller.press('1');
    caller.hang_up();

    mobile.wait_for("ended", SOON);
    assert_eq!(caller.events("CALL_DTMF_START")[0]["param"], "1");
}

#[test]
fn a_softphone_answers_by_hand_holds_and_resumes() {
    let ports = Ports::reserve();
    let mut phone = Softphone::caller("jana", NOWHERE)
        .answering(Answering::ByHand)
        .start(&ports);
    let caller = Scenario::towards("caller-stays-held", phone.address())
        .with("to", "jana")
        .calls(1)
        .start(&ports);
    phone.wait_for("CALL_INCOMING", SOON);
    throughout(
        "it rings until it is accepted",
        Duration::from_millis(300),
        || phone.seen("CALL_ESTABLISHED") == 0,
    );

    phone.accept();
    caller.wait_for("answered", SOON);
    phone.hold();
    caller.wait_for("held", SOON);
    phone.resume();
    caller.wait_for("resumed", SOON);
    phone.hang_up();

    caller.wait_for("ended", SOON);
}

#[test]
fn a_caller_holds_and_resumes_at_a_softphone() {
    let ports = Ports::reserve();
    let phone = Softphone::caller("jana", NOWHERE).start(&ports);

    let mut caller = Scenario::towards("caller-holds", phone.address())
        .with("to", "jana")
        .with("talk_ms", "1000")
        .calls(1)
        .start(&ports);

    caller.succeeds(1, SOON);
    assert_eq!((caller.logged("held"), caller.logged("resumed")), (1, 1));
}

#[test]
fn a_known_prompt_is_found_in_what_a_caller_recorded() {
    let ports = Ports::reserve();
    let voicemail = Scenario::waiting("voicemail")
        .saying("speech-cs.al")
        .start(&ports);
    let mut caller = Softphone::caller("777000001", voicemail.address())
        .saying("silence.wav")
        .start(&ports);

    caller.dial("112");
    caller.wait_for("CALL_ESTABLISHED", SOON);
    eventually("5 s of speech are recorded", SOON, || {
        (caller.seconds_heard() > 5.0).then_some(())
    });
    caller.hang_up();
    caller.wait_for("CALL_CLOSED", SOON);
    voicemail.wait_for("ended", SOON);

    let heard = &caller.heard()[0];
    let speech = Sound::read(&peers::sound::wav("speech-cs.wav")).between(0.0, 4.0);
    let found = heard.find(&speech);
    assert!(
        found.is_there() && found.at_seconds.abs() < 0.5,
        "{found:?}"
    );
    assert!(!heard.find(&Sound::prompt("cs/greeting.wav")).is_there());
    assert!(!heard.find(&Sound::prompt("waiting.wav")).is_there());
    assert!(caller.said()[0].seconds_of_sound() == 0.0);
}

#[test]
fn every_prompt_is_found_in_itself_and_in_no_other() {
    let names = [
        "cs/greeting.wav",
        "en/greeting.wav",
        "cs/press-one.wav",
        "waiting.wav",
    ];

    for recorded in names {
        for wanted in names {
            let found = Sound::prompt(recorded).find(&Sound::prompt(wanted));
            assert_eq!(
                found.is_there(),
                recorded == wanted,
                "{wanted} in {recorded}: {found:?}"
            );
        }
    }
}

#[test]
fn a_tone_is_told_from_its_neighbours_and_from_silence() {
    let tone = Sound::tone(700, 2);

    assert!(tone.seconds_of_tone(700) > 1.9);
    assert!(tone.seconds_of_tone(800) == 0.0 && tone.seconds_of_tone(1100) == 0.0);
    assert!((tone.rms_dbfs() + 9.0).abs() < 0.1);
    assert!(Sound::tone(0, 1).seconds_of_sound() == 0.0);
}

#[test]
fn tests_side_by_side_never_share_a_port() {
    let blocks = [Ports::reserve(), Ports::reserve(), Ports::reserve()];

    let taken: Vec<u16> = blocks
        .iter()
        .flat_map(|block| block.take_range(20))
        .collect();

    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 60);
    assert!(taken.iter().all(|&port| port < 32_768));
}

#[test]
fn a_killed_phone_is_gone_and_a_frozen_one_answers_late() {
    let ports = Ports::reserve();
    let mut phone = Scenario::waiting("answers")
        .with("ring_ms", "100")
        .start(&ports);
    phone.process().freeze();
    let mut caller = Scenario::towards("caller", phone.address())
        .with("talk_ms", "200")
        .calls(1)
        .start(&ports);
    eventually("the caller asks again", SOON, || {
        (caller.messages().matches("INVITE sip:").count() >= 2).then_some(())
    });
    assert_eq!(caller.logged("ringing"), 0);

    phone.process().thaw();
    caller.succeeds(1, SOON);
    phone.process().kill();

    assert!(phone.process().ended().is_some());
}

#[test]
fn a_site_is_the_example_configuration_on_ports_of_its_own() {
    let site = Site::new();
    site.operator("jana", "queues = [\"crisis\"]");

    let read = |name: &str| -> toml::Table {
        toml::from_str(&std::fs::read_to_string(site.config().join(name)).unwrap()).unwrap()
    };

    assert_eq!(
        read("linka.toml")["sip"]["udp"][0].as_str(),
        Some(site.sip().to_string().as_str())
    );
    assert_eq!(
        read("trunks.toml")["trunk"][0]["target"].as_str(),
        Some(site.trunk().to_string().as_str())
    );
    assert_eq!(
        read("operators.toml")["operator"][0]["digest_md5"].as_str(),
        Some("3d1bfdd8cbe1c436ba8d8776a1394c93")
    );
    for name in ["lines.toml", "queues.toml", "partners.toml"] {
        assert!(!read(name).is_empty());
    }
}
