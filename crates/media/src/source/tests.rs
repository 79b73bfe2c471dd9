use super::*;
use crate::format::Network;

const SIGNALLED: &str = "192.0.2.10:4000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The source of a phone whose flow is at this host, and whose SDP names another one.
fn source(flow: &str) -> Source {
    let hosts = Hosts::of_flow(flow.parse().unwrap());
    let remote = Some(Remote::at(address(SIGNALLED)));
    Source::new(crate::start_of_test(), remote, hosts)
}

/// The source of a phone that was called and has not answered yet.
fn awaiting_answer(flow: &str) -> Source {
    let hosts = Hosts::of_flow(flow.parse().unwrap());
    Source::new(crate::start_of_test(), None, hosts)
}

/// The source of a trunk of one host, whose SDP names another one.
fn source_of_trunk(host: &str) -> Source {
    let host: IpAddr = host.parse().unwrap();
    let hosts = Hosts::of_trunk([Network::host(host)]);
    let remote = Some(Remote::at(address(SIGNALLED)));
    Source::new(crate::start_of_test(), remote, hosts)
}

/// Has an address speak until it is the source; returns when that was.
fn speak(source: &mut Source, from: Instant, speaker: SocketAddr) -> Instant {
    speak_for(source, from, speaker, RUN)
}

fn speak_for(source: &mut Source, from: Instant, speaker: SocketAddr, long: Duration) -> Instant {
    let end = from + long;
    let mut now = from;
    while now < end {
        assert_eq!(source.admit(now, speaker), Admission::Admitted);
        now += Duration::from_millis(20);
    }
    assert_eq!(source.admit(end, speaker), Admission::Admitted);
    assert!(matches!(source.state, State::Settled { .. }));
    end
}

#[test]
fn hosts_of_sdp_and_flow_are_taken_and_nobody_else() {
    let now = crate::start_of_test();
    let first = |from| source_of_trunk("203.0.113.1").admit(now, address(from));

    assert_eq!(first(SIGNALLED), Admission::Settled(address(SIGNALLED)));
    assert_eq!(first("192.0.2.10:9"), Admission::Admitted);
    assert_eq!(first("203.0.113.1:9"), Admission::Admitted);
    for stranger in ["192.0.2.11:4000", "203.0.113.2:9", "[2001:db8::1]:4000"] {
        assert_eq!(first(stranger), Admission::Refused, "{stranger}");
    }
}

#[test]
fn first_source_stays_the_only_one() {
    let now = crate::start_of_test();
    let mut source = source("192.0.2.77");
    let (phone, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));

    assert_eq!(source.admit(now, phone), Admission::Admitted);
    assert_eq!(source.destination(), Some(phone));
    assert_eq!(source.admit(now, other), Admission::Refused);
    let end = speak(&mut source, now, phone);
    assert_eq!(source.admit(end + PAUSE, other), Admission::Refused);
    assert_eq!(source.destination(), Some(phone));
}

#[test]
fn who_pauses_before_long_gives_way() {
    let now = crate::start_of_test();
    let mut source = source("192.0.2.77");
    let (word, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));
    source.admit(now, word);

    let early = now + PAUSE - Duration::from_millis(1);
    assert_eq!(source.admit(early, other), Admission::Refused);
    assert_eq!(source.admit(now + PAUSE, other), Admission::Admitted);

    assert_eq!(source.destination(), Some(other));
    assert_eq!(source.admit(now + PAUSE, word), Admission::Refused);
}

#[test]
fn words_with_pauses_between_are_no_run() {
    let now = crate::start_of_test();
    let mut source = source("192.0.2.77");
    let (word, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));
    for said in 0..10 {
        source.admit(now + PAUSE * said, word);
    }

    assert_eq!(source.admit(now + PAUSE * 10, other), Admission::Admitted);
}

#[test]
fn signalled_address_takes_the_place_of_whoever_does_not_speak_or_is_on_its_host() {
    let now = crate::start_of_test();
    let signalled = address(SIGNALLED);
    let (elsewhere, beside) = (address("203.0.113.66:1"), address("192.0.2.10:1"));
    for (other, run, silence) in [
        (elsewhere, Duration::ZERO, Duration::ZERO),
        (elsewhere, Duration::ZERO, SILENCE),
        (elsewhere, RUN, SILENCE),
        (beside, RUN, Duration::ZERO),
    ] {
        let mut source = source_of_trunk("203.0.113.66");
        source.admit(now, other);
        if run == RUN {
            speak(&mut source, now, other);
        }
        if silence == SILENCE {
            source.fall_silent(now);
        }

        let end = now + run + silence;

        assert_eq!(source.admit(end, signalled), Admission::Settled(signalled));
        assert_eq!(source.admit(end, other), Admission::Refused);
        assert_eq!(source.destination(), Some(signalled));
    }
}

#[test]
fn signalled_address_takes_the_place_of_who_speaks_elsewhere_once_it_speaks_for_long() {
    let now = crate::start_of_test();
    let (signalled, elsewhere) = (address(SIGNALLED), address("203.0.113.66:1"));
    let mut source = source_of_trunk("203.0.113.66");
    let mut now = speak(&mut source, now, elsewhere);
    let end = now + TAKEOVER;
    while now < end {
        assert_eq!(source.admit(now, signalled), Admission::Refused);
        assert_eq!(source.admit(now, elsewhere), Admission::Admitted);
        now += Duration::from_millis(20);
    }

    assert_eq!(source.admit(end, signalled), Admission::Settled(signalled));
}

const LEFTOVER: &str = "192.0.2.77:7000";
const PHONE: &str = "192.0.2.77:7002";

/// The source of a phone that was called while a call before it still sends to the port, and when it answered.
fn source_with_leftover() -> (Source, Instant) {
    let start = crate::start_of_test();
    let mut source = awaiting_answer("192.0.2.77");
    assert_eq!(source.admit(start, address(LEFTOVER)), Admission::Refused);
    let answered = start + RUN;
    source.retarget(
        answered,
        Some(Remote::at(address(SIGNALLED))),
        source.hosts.clone(),
    );
    (source, answered)
}

#[test]
fn leftover_of_an_earlier_call_gives_way_to_the_first_word_of_the_phone() {
    let (mut source, now) = source_with_leftover();
    let (leftover, phone) = (address(LEFTOVER), address(PHONE));
    assert_eq!(source.admit(now, leftover), Admission::Admitted);

    assert_eq!(source.admit(now, phone), Admission::Admitted);

    assert_eq!(source.admit(now + PAUSE, leftover), Admission::Refused);
    assert_eq!(source.destination(), Some(phone));
}

#[test]
fn leftover_that_speaks_for_long_gives_way_to_who_speaks_beside_it() {
    let (mut source, now) = source_with_leftover();
    let (leftover, phone) = (address(LEFTOVER), address(PHONE));
    let mut now = speak(&mut source, now, leftover);
    let end = now + TAKEOVER;
    while now < end {
        assert_eq!(source.admit(now, phone), Admission::Refused);
        assert_eq!(source.admit(now, leftover), Admission::Admitted);
        now += Duration::from_millis(20);
    }

    assert_eq!(source.admit(end, phone), Admission::Admitted);

    assert_eq!(source.admit(end, leftover), Admission::Refused);
    assert_eq!(source.destination(), Some(phone));
}

#[test]
fn leftover_that_falls_silent_is_no_source_that_has_moved() {
    let (mut source, now) = source_with_leftover();
    let now = speak(&mut source, now, address(LEFTOVER));
    source.fall_silent(now);

    let phone = source.admit(now + SILENCE, address(PHONE));

    assert_eq!(phone, Admission::Admitted);
}

#[test]
fn who_speaks_before_its_answer_came_is_heard_and_is_no_leftover_by_a_word() {
    let (mut source, now) = source_with_leftover();
    let (early, other) = (address(LEFTOVER), address(PHONE));
    speak(&mut source, now, early);
    assert_eq!(source.destination(), Some(early));

    let start = crate::start_of_test();
    let mut source = awaiting_answer("192.0.2.77");
    source.admit(start, early);
    let answered = start + RUN - Duration::from_millis(1);
    source.retarget(
        answered,
        Some(Remote::at(address(SIGNALLED))),
        source.hosts.clone(),
    );
    source.admit(answered, early);

    assert_eq!(source.admit(answered, other), Admission::Refused);
}

/// The source of a phone that speaks from so long after it was called, at its answer half a second later.
fn answered_after_speaking(begins: Duration) -> (Source, Instant) {
    let start = crate::start_of_test();
    let mut source = awaiting_answer("192.0.2.77");
    source.admit(start + begins, address(LEFTOVER));
    let answered = start + begins + Duration::from_millis(500);
    let remote = Some(Remote::at(address(SIGNALLED)));
    source.retarget(answered, remote, source.hosts.clone());
    (source, answered)
}

/// Has another address speak beside the source for long; what became of its last packet.
fn rival(source: &mut Source, from: Instant) -> Admission {
    let end = from + TAKEOVER;
    let mut now = from;
    while now < end {
        source.admit(now, address(LEFTOVER));
        source.admit(now, address(PHONE));
        now += Duration::from_millis(20);
    }
    source.admit(end, address(PHONE))
}

#[test]
fn phone_whose_answer_was_lost_gives_its_place_to_nobody() {
    let (mut leftover, at) = answered_after_speaking(LEFTOVER_HEARD);
    assert_eq!(rival(&mut leftover, at), Admission::Admitted);

    let later = LEFTOVER_HEARD + Duration::from_millis(1);
    let (mut phone, at) = answered_after_speaking(later);

    assert_eq!(rival(&mut phone, at), Admission::Refused);
}

#[test]
fn who_still_speaks_when_earlier_calls_are_over_is_no_leftover() {
    let (mut source, answered) = answered_after_speaking(LEFTOVER_HEARD);
    speak(&mut source, answered, address(LEFTOVER));

    let long_after = answered + LEFTOVER_LASTS;

    assert_eq!(rival(&mut source, long_after), Admission::Refused);
}

#[test]
fn who_speaks_on_while_the_phone_holds_without_an_address_is_no_leftover() {
    let now = crate::start_of_test();
    let (phone, other) = (address(LEFTOVER), address(PHONE));
    let mut source = source("192.0.2.77");
    let told = source.remote;
    let mut now = speak(&mut source, now, phone);
    for _ in 0..100 {
        source.retarget(now, None, source.hosts.clone());
        source.admit(now, phone);
        now += RUN;
        source.retarget(now, told, source.hosts.clone());
    }

    assert_eq!(source.admit(now, phone), Admission::Admitted);
    assert_eq!(source.admit(now, other), Admission::Refused);
}

#[test]
fn no_more_than_a_few_early_speakers_are_noted() {
    let now = crate::start_of_test();
    let mut source = awaiting_answer("192.0.2.77");
    for port in 1..1_000 {
        source.admit(now, SocketAddr::new("192.0.2.77".parse().unwrap(), port));
        source.admit(now, SocketAddr::new("192.0.2.78".parse().unwrap(), port));
    }

    let Early::Noted { since, .. } = source.early else {
        panic!("there was no answer")
    };
    assert_eq!(since.len(), EARLY_MAX);
}

#[test]
fn trunk_that_falls_silent_behind_a_router_goes_on_to_hear() {
    let now = crate::start_of_test();
    let (mapped, elsewhere) = (address("192.0.2.10:1"), address("203.0.113.66:1"));
    for (speaker, hears) in [(mapped, mapped), (elsewhere, address(SIGNALLED))] {
        let mut source = source_of_trunk("203.0.113.66");
        let word = speak_for(&mut source, now, speaker, MAPPED / 2 + RUN);
        source.fall_silent(word);
        let end = speak_for(&mut source, word + SILENCE, speaker, MAPPED / 2);

        source.fall_silent(end);

        assert_eq!(source.destination(), Some(hears));
    }
}

#[test]
fn burst_from_beside_a_trunk_takes_no_sound_from_a_silent_caller() {
    let now = crate::start_of_test();
    let mut source = source_of_trunk("203.0.113.66");
    let end = speak_for(&mut source, now, address("192.0.2.10:1"), MAPPED - RUN);
    assert_eq!(source.destination(), Some(address("192.0.2.10:1")));

    source.fall_silent(end);

    assert_eq!(source.destination(), Some(address(SIGNALLED)));
}

#[test]
fn word_from_beside_a_silent_trunk_takes_nothing_from_it() {
    let now = crate::start_of_test();
    let mut source = source_of_trunk("203.0.113.66");

    source.admit(now, address("192.0.2.10:1"));

    assert_eq!(source.destination(), Some(address(SIGNALLED)));
}

#[test]
fn source_that_was_gone_after_a_word_gives_way() {
    let now = crate::start_of_test();
    let mut source = source("192.0.2.77");
    let (gone, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));
    source.admit(now, gone);
    assert_eq!(source.admit(now, other), Admission::Refused);

    source.fall_silent(now);

    assert_eq!(source.admit(now + SILENCE, other), Admission::Admitted);
}

#[test]
fn another_remote_admits_its_own_host_and_the_old_one_no_longer() {
    let now = crate::start_of_test();
    let mut source = source("203.0.113.1");
    source.admit(now, address(SIGNALLED));

    let moved = Remote::at(address("198.51.100.1:6000"));
    source.retarget(now, Some(moved), source.hosts.clone());

    assert_eq!(source.only(), None);
    assert_eq!(source.admit(now, address(SIGNALLED)), Admission::Refused);
    assert_eq!(
        source.admit(now, address("198.51.100.1:6002")),
        Admission::Admitted
    );
}

#[test]
fn phone_whose_router_is_elsewhere_now_is_heard_from_there() {
    let (before, after) = (address("192.0.2.77:7000"), address("198.51.100.7:7000"));
    let mut source = source("192.0.2.77");
    let now = speak(&mut source, crate::start_of_test(), before);
    assert_eq!(source.admit(now, after), Admission::Refused);

    source.retarget(now, source.remote, source.hosts.moved_to(after.ip()));

    assert_eq!(source.admit(now, after), Admission::Admitted);
    assert_eq!(source.destination(), Some(after));
}

#[test]
fn phone_that_registers_by_another_way_is_heard_on_by_the_way_of_its_sound() {
    let (sound, registers) = (address("192.0.2.77:7000"), address("198.51.100.7:7000"));
    let mut source = source("192.0.2.77");
    let now = speak(&mut source, crate::start_of_test(), sound);

    source.retarget(now, source.remote, source.hosts.moved_to(registers.ip()));

    assert_eq!(source.admit(now, sound), Admission::Admitted);
    assert_eq!(source.destination(), Some(sound));
    assert_eq!(source.admit(now, registers), Admission::Refused);
    let twice = source.hosts.moved_to("203.0.113.1".parse().unwrap());
    source.retarget(now, source.remote, twice);
    assert_eq!(source.admit(now, sound), Admission::Refused);
}

#[test]
fn rtcp_is_taken_from_the_host_of_the_source_only() {
    let now = crate::start_of_test();
    let mut source = source("192.0.2.77");
    assert!(!source.admit_control(address("192.0.2.78:4001")));
    speak(&mut source, now, address("192.0.2.77:7000"));

    assert_eq!(
        source.control_destination(),
        Some(address("192.0.2.77:7001"))
    );
    assert!(!source.admit_control(address("192.0.2.10:4001")));
    assert!(source.admit_control(address("192.0.2.77:9001")));
    assert!(!source.admit_control(address("192.0.2.77:9002")));
    assert_eq!(
        source.control_destination(),
        Some(address("192.0.2.77:9001"))
    );
}
