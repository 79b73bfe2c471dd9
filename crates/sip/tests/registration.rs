//! Our registration at a trunk: digest, refresh, and trying again.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod common;

use std::time::Duration;

use common::{Bench, Sent, peer, response_with};
use sip::{
    Command, Credentials, Event, Failure, InputError, Register, RegistrationId, RegistrationState,
    Target, Uri,
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
