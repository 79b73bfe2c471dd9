//! Our registration at a trunk: digest, refresh, and trying again.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod common;

use std::time::Duration;

use common::{Bench, Sent, peer, response_with};
use sip::{
    Command, Credentials, Event, Failure, Input, InputError, LocalRoute, LocalRoutes, Register,
    RegistrationId, RegistrationState, Target, Uri,
};

const ID: RegistrationId = RegistrationId(1);
const CHALLENGE: &str =
    r#"WWW-Authenticate: Digest realm="trunk", nonce="abc", algorithm=MD5, qop="auth""#;

fn register() -> Register {
    Register {
        registration: ID,
        target: Target::Flow(peer()),
        registrar: Uri::parse("sip:trunk.example").unwrap(),
        address_of_record: Uri::parse("sip:linka@trunk.example").unwrap(),
        contact_user: "linka".to_owned(),
        credentials: Some(Credentials {
            username: "linka".to_owned(),
            password: "secret".to_owned(),
        }),
        expires: Duration::from_secs(600),
    }
}

fn begin() -> (Bench, Sent) {
    let mut bench = Bench::default();
    bench.command(Command::Register(Box::new(register())));
    let sent = bench.only();
    (bench, sent)
}

fn answer(bench: &mut Bench, request: &Sent, status: &str, lines: &[&str]) {
    bench.receive(&response_with(&request.text, status, "t", lines, ""));
}

fn state(bench: &mut Bench) -> RegistrationState {
    match bench.event() {
        Event::RegistrationChanged {
            registration: ID,
            state,
        } => state,
        _ => panic!("another event"),
    }
}

#[test]
fn a_register_names_us_and_our_contact() {
    let (_, sent) = begin();

    assert_eq!(sent.start_line(), "REGISTER sip:trunk.example SIP/2.0");
    assert_eq!(sent.header("To").unwrap(), "<sip:linka@trunk.example>");
    assert_eq!(
        sent.header("Contact").unwrap(),
        "<sip:linka@192.0.2.1:5060>"
    );
    assert_eq!(sent.header("Expires").unwrap(), "600");
    assert_eq!(sent.header("Authorization"), None);
}

fn routes(local: &str) -> Input {
    let route = |local: &str| LocalRoute {
        network: "0.0.0.0".parse().unwrap(),
        bits: 0,
        local: local.parse().unwrap(),
    };
    let known = Some(local).filter(|local| !local.is_empty());
    Input::Routed(LocalRoutes::new(known.map(route)))
}

/// A registration by a socket that is bound to every address.
fn begin_at(local: &str) -> (Bench, Sent) {
    let mut config = common::config();
    config.listeners[0].local = "0.0.0.0:5060".parse().unwrap();
    let mut bench = Bench::with(config);
    bench.input(routes(local)).unwrap();
    bench.command(Command::Register(Box::new(register())));
    let sent = bench.only();
    (bench, sent)
}

#[test]
fn a_registrar_is_told_at_once_that_our_address_is_another() {
    let (mut bench, first) = begin_at("192.0.2.1");
    answer(&mut bench, &first, "200 OK", &["Expires: 600"]);
    bench.input(routes("192.0.2.1")).unwrap();
    bench.input(routes("")).unwrap();
    assert!(bench.sent().is_empty());

    bench.input(routes("192.0.2.99")).unwrap();

    let again = bench.only();
    assert_eq!(
        again.header("Contact").unwrap(),
        "<sip:linka@192.0.2.99:5060>"
    );
    assert_eq!(again.header("Call-ID"), first.header("Call-ID"));
    answer(&mut bench, &again, "200 OK", &["Expires: 600"]);
    bench.input(routes("192.0.2.99")).unwrap();
    assert!(bench.sent().is_empty());
    bench.seconds(569);
    assert!(bench.sent().is_empty());
    bench.seconds(1);
    assert!(bench.only().is("REGISTER"));
}

fn contact_of(request: &Sent) -> String {
    request.header("Contact").unwrap()
}

#[test]
fn a_change_of_our_address_waits_for_the_response_to_the_last_register() {
    let (mut bench, first) = begin_at("192.0.2.1");
    for local in ["192.0.2.99", "192.0.2.1", "", "192.0.2.98"] {
        bench.input(routes(local)).unwrap();
        assert!(bench.sent().is_empty(), "{local}");
    }

    grant(&mut bench, &first, &["Expires: 600"]);

    let again = bench.only();
    assert_eq!(contact_of(&again), "<sip:linka@192.0.2.98:5060>");
    grant(&mut bench, &again, &["Expires: 600"]);
    assert!(bench.sent().is_empty());
}

#[test]
fn an_address_that_is_back_before_the_response_needs_no_other_register() {
    let (mut bench, first) = begin_at("192.0.2.1");
    bench.input(routes("192.0.2.99")).unwrap();
    bench.input(routes("192.0.2.1")).unwrap();

    grant(&mut bench, &first, &["Expires: 600"]);

    assert!(bench.sent().is_empty());
    bench.seconds(570);
    assert_eq!(contact_of(&bench.only()), "<sip:linka@192.0.2.1:5060>");
}

#[test]
fn a_change_of_our_address_is_told_as_soon_as_a_register_came_to_nothing() {
    let (mut bench, first) = begin_at("192.0.2.1");
    bench.input(routes("192.0.2.99")).unwrap();
    bench.advance(Duration::from_millis(31_999));
    let repeated = bench.sent();
    assert!(repeated.iter().all(|sent| sent.text == first.text));

    bench.advance(Duration::from_millis(1));

    assert_eq!(contact_of(&bench.only()), "<sip:linka@192.0.2.99:5060>");
}

#[test]
fn a_change_of_our_address_is_told_before_our_own_pause_ends_and_not_before_retry_after() {
    let unavailable = "503 Service Unavailable";
    let (mut bench, first) = begin_at("192.0.2.1");
    answer(&mut bench, &first, unavailable, &[]);
    bench.input(routes("192.0.2.99")).unwrap();
    let second = bench.only();
    assert_eq!(contact_of(&second), "<sip:linka@192.0.2.99:5060>");

    answer(&mut bench, &second, unavailable, &["Retry-After: 60"]);
    for local in ["192.0.2.1", "192.0.2.99", "192.0.2.98"] {
        bench.input(routes(local)).unwrap();
        bench.advance(Duration::from_millis(19_999));
        assert!(bench.sent().is_empty(), "{local}");
    }
    bench.advance(Duration::from_millis(3));

    let third = bench.only();
    assert_eq!(contact_of(&third), "<sip:linka@192.0.2.98:5060>");
    grant(&mut bench, &third, &["Expires: 600"]);
    bench.input(routes("192.0.2.1")).unwrap();
    assert_eq!(contact_of(&bench.only()), "<sip:linka@192.0.2.1:5060>");
}

#[test]
fn a_grant_for_the_address_that_was_told_is_read_though_we_have_another_one() {
    let (mut bench, first) = begin_at("192.0.2.1");
    bench.input(routes("192.0.2.99")).unwrap();

    let ours_and_another =
        "Contact: <sip:a@203.0.113.1>;expires=90, <sip:linka@192.0.2.1:5060>;expires=100";
    grant(&mut bench, &first, &[ours_and_another]);

    assert_eq!(state(&mut bench), registered(100));
}

#[test]
fn an_unregister_removes_the_address_that_was_told() {
    let (mut bench, _) = begin_at("192.0.2.1");
    bench.input(routes("192.0.2.99")).unwrap();

    bench.command(Command::Unregister { registration: ID });

    assert_eq!(contact_of(&bench.only()), "<sip:linka@192.0.2.1:5060>");
}

#[test]
fn challenges_of_registrar_and_proxy_are_answered() {
    let proxy = CHALLENGE.replace("WWW-Authenticate", "Proxy-Authenticate");
    for (status, challenge, header) in [
        ("401 Unauthorized", CHALLENGE, "Authorization"),
        (
            "407 Proxy Authentication Required",
            proxy.as_str(),
            "Proxy-Authorization",
        ),
    ] {
        let (mut bench, first) = begin();
        answer(&mut bench, &first, status, &[challenge]);
        let second = bench.only();

        assert!(
            second
                .header(header)
                .unwrap()
                .contains("username=\"linka\"")
        );
        assert_eq!(second.header("Call-ID"), first.header("Call-ID"));
        assert_ne!(second.header("CSeq"), first.header("CSeq"));
        answer(&mut bench, &second, "200 OK", &["Expires: 300"]);
        assert_eq!(
            state(&mut bench),
            RegistrationState::Registered {
                expires: Duration::from_secs(300)
            }
        );
    }
}

#[test]
fn credentials_that_are_refused_are_not_sent_again_at_once() {
    let (mut bench, first) = begin();
    answer(&mut bench, &first, "401 Unauthorized", &[CHALLENGE]);
    let second = bench.only();

    answer(&mut bench, &second, "401 Unauthorized", &[CHALLENGE]);

    assert!(bench.sent().is_empty());
    assert!(
        matches!(state(&mut bench), RegistrationState::Failing { reason: Failure::Status(s), .. } if s.code() == 401)
    );
}

#[test]
fn the_registration_is_refreshed_before_it_ends() {
    let (mut bench, first) = begin();
    let granted =
        "Contact: <sip:linka@192.0.2.1:5060>;expires=100, <sip:other@203.0.113.1>;expires=9";
    let text = response_with(&first.text, "200 OK", "t", &[granted], "");
    bench.receive(&text.replacen("Contact: <sip:op@198.51.100.7:5070>\r\n", "", 1));
    assert_eq!(
        state(&mut bench),
        RegistrationState::Registered {
            expires: Duration::from_secs(100)
        }
    );

    bench.advance(Duration::from_millis(69_999));
    assert!(bench.sent().is_empty());
    bench.advance(Duration::from_millis(1));
    let again = bench.only();
    answer(&mut bench, &again, "200 OK", &["Expires: 100"]);

    assert!(again.is("REGISTER"));
    assert!(
        bench.events().is_empty(),
        "a refresh that changes nothing is no news"
    );
}

#[test]
fn an_interval_too_brief_is_raised() {
    let (mut bench, first) = begin();
    answer(
        &mut bench,
        &first,
        "423 Interval Too Brief",
        &["Min-Expires: 1800"],
    );

    assert_eq!(bench.only().header("Expires").unwrap(), "1800");
}

#[test]
fn failures_are_tried_again_ever_more_slowly_for_ever() {
    let (mut bench, mut sent) = begin();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        answer(&mut bench, &sent, "503 Service Unavailable", &[]);
        let RegistrationState::Failing { retry_after, .. } = state(&mut bench) else {
            panic!("not failing")
        };
        pauses.push(retry_after);
        bench.advance(retry_after);
        sent = bench.only();
    }

    for (pause, longest) in pauses.iter().zip([5, 10, 20, 40, 80, 120, 120, 120]) {
        let longest = Duration::from_secs(longest);
        assert!((longest / 2..=longest).contains(pause), "{pauses:?}");
    }
}

#[test]
fn a_silent_registrar_is_tried_again() {
    let (mut bench, _) = begin();
    bench.seconds(32);
    assert!(matches!(
        state(&mut bench),
        RegistrationState::Failing {
            reason: Failure::Timeout,
            ..
        }
    ));
    bench.sent();

    bench.seconds(5);

    assert!(bench.sent()[0].is("REGISTER"));
}

#[test]
fn retry_after_is_heeded() {
    let (mut bench, sent) = begin();
    answer(
        &mut bench,
        &sent,
        "503 Service Unavailable",
        &["Retry-After: 60"],
    );
    assert!(
        matches!(state(&mut bench), RegistrationState::Failing { retry_after, .. } if retry_after.as_secs() == 60)
    );
}

#[test]
fn unregister_removes_our_contact_and_everything_else() {
    let (mut bench, first) = begin();
    answer(&mut bench, &first, "200 OK", &["Expires: 100"]);
    bench.events();

    bench.command(Command::Unregister { registration: ID });
    let last = bench.only();
    answer(&mut bench, &last, "200 OK", &[]);

    assert_eq!(last.header("Expires").unwrap(), "0");
    assert_eq!(state(&mut bench), RegistrationState::Unregistered);
    bench.seconds(65);
    bench.assert_empty();
    assert_eq!(
        bench.try_command(Command::Unregister { registration: ID }),
        Err(InputError::NoSuchRegistration(ID))
    );
}

#[test]
fn an_unregister_that_nobody_answers_ends_too() {
    let (mut bench, _) = begin();
    bench.command(Command::Unregister { registration: ID });

    bench.seconds(65);

    assert_eq!(state(&mut bench), RegistrationState::Unregistered);
    bench.assert_empty();
}

/// Registers and is answered with these lines, without the Contact that the bench would add.
fn granted(lines: &[&str]) -> (Bench, Sent) {
    let (mut bench, first) = begin();
    grant(&mut bench, &first, lines);
    (bench, first)
}

fn grant(bench: &mut Bench, request: &Sent, lines: &[&str]) {
    let text = response_with(&request.text, "200 OK", "t", lines, "");
    bench.receive(&text.replacen("Contact: <sip:op@198.51.100.7:5070>\r\n", "", 1));
}

fn registered(seconds: u64) -> RegistrationState {
    RegistrationState::Registered {
        expires: Duration::from_secs(seconds),
    }
}

#[test]
fn what_the_registrar_granted_holds_and_not_what_we_asked_for() {
    for (lines, seconds) in [
        // Ours, rewritten on the way: there is no other.
        (
            &["Contact: <sip:linka@203.0.113.9:1024>;expires=20"][..],
            20,
        ),
        (
            &[
                "Contact: sip:linka@203.0.113.9:1024;expires=20",
                "Expires: 300",
            ],
            20,
        ),
        // Ours among others.
        (
            &["Contact: <sip:a@203.0.113.1>;expires=9, <sip:linka@192.0.2.1:5060>;expires=100"],
            100,
        ),
        // Several, none of them ours: the first that ends might be it.
        (
            &[
                "Contact: <sip:a@203.0.113.1>;expires=90, <sip:b@203.0.113.2>;expires=0",
                "Contact: <sip:c@203.0.113.3>;expires=40",
            ],
            40,
        ),
        // One that cannot be read hides no other.
        (
            &[
                "Contact: <sip:a@[>;expires=9",
                "Contact: <sip:linka@203.0.113.9>;expires=30",
            ],
            30,
        ),
        (
            &["Contact: <sip:linka@203.0.113.9:1024>", "Expires: 50"],
            50,
        ),
        (&["Expires: 50"], 50),
        (&["Contact: <sip:linka@203.0.113.9:1024>"], 600),
        (&[], 600),
    ] {
        let (mut bench, _) = granted(lines);
        assert_eq!(state(&mut bench), registered(seconds), "{lines:?}");
    }
}

#[test]
fn a_short_grant_is_refreshed_in_time() {
    let (mut bench, _) = granted(&["Contact: <sip:linka@203.0.113.9:1024>;expires=20"]);
    state(&mut bench);

    bench.advance(Duration::from_millis(9_999));
    assert!(bench.sent().is_empty());
    bench.advance(Duration::from_millis(1));

    assert!(bench.only().is("REGISTER"));
}

#[test]
fn a_registrar_that_grants_nothing_is_asked_again() {
    let (mut bench, _) = granted(&["Contact: <sip:linka@192.0.2.1:5060>;expires=0"]);

    let RegistrationState::Failing { retry_after, .. } = state(&mut bench) else {
        panic!("not failing")
    };
    bench.advance(retry_after);

    assert!(bench.only().is("REGISTER"));
}

#[test]
fn registered_is_said_only_until_the_grant_ends() {
    let (mut bench, _) = granted(&["Contact: <sip:linka@203.0.113.9:1024>;expires=20"]);
    assert_eq!(state(&mut bench), registered(20));
    bench.advance(Duration::from_millis(19_999));
    assert!(bench.events().is_empty());

    // The refresh of the tenth second has no answer.
    bench.advance(Duration::from_millis(1));
    assert_eq!(state(&mut bench), RegistrationState::Lapsed);

    let again = bench.sent().pop().unwrap();
    grant(&mut bench, &again, &["Expires: 20"]);
    assert_eq!(state(&mut bench), registered(20));
}

#[test]
fn a_refresh_in_time_keeps_it_registered() {
    let (mut bench, _) = granted(&["Expires: 20"]);
    state(&mut bench);
    for _ in 0..6 {
        bench.advance(Duration::from_secs(10));
        let again = bench.only();
        grant(&mut bench, &again, &["Expires: 20"]);
    }

    assert!(bench.events().is_empty());
}

#[test]
fn what_was_failing_before_its_end_is_not_told_twice() {
    let (mut bench, _) = granted(&["Expires: 20"]);
    state(&mut bench);
    bench.advance(Duration::from_secs(10));
    let again = bench.only();
    answer(&mut bench, &again, "403 Forbidden", &["Retry-After: 60"]);
    assert!(matches!(
        state(&mut bench),
        RegistrationState::Failing { .. }
    ));

    bench.advance(Duration::from_secs(10));

    assert!(bench.events().is_empty());
}
