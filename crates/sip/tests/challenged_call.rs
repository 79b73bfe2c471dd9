//! A trunk that challenges our requests.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, SDP, Sent, outgoing, peer, response, response_with};
use sip::{Command, Credentials, DialogId, Event, Failure, Target};

const CHALLENGE: &str =
    r#"Proxy-Authenticate: Digest realm="trunk", nonce="abc", algorithm=MD5, qop="auth""#;
const STALE: &str = r#"Proxy-Authenticate: Digest realm="trunk", nonce="def", algorithm=MD5, qop="auth", stale=true"#;

fn call() -> (Bench, DialogId, Sent) {
    let mut bench = Bench::default();
    let dialog = bench.endpoint.next_dialog();
    let mut invite = outgoing(dialog, Target::Flow(peer()));
    invite.credentials = Some(Credentials {
        username: "linka".to_owned(),
        password: "secret".to_owned(),
    });
    bench.command(Command::Invite(Box::new(invite)));
    let sent = bench.only();
    (bench, dialog, sent)
}

fn challenge(bench: &mut Bench, sent: &Sent, line: &str) -> Vec<Sent> {
    bench.receive(&response_with(
        &sent.text,
        "407 Proxy Authentication Required",
        "p",
        &[line],
        "",
    ));
    bench.sent()
}

#[test]
fn an_invite_is_sent_again_with_credentials_and_its_ack_repeats_them() {
    let (mut bench, _, first) = call();

    let sent = challenge(&mut bench, &first, CHALLENGE);
    let second = sent[1].clone();
    bench.receive(&response(&second.text, "200 OK", "callee", SDP));
    let ack = bench.only();

    assert!(sent[0].is("ACK"));
    assert!(
        second
            .header("Proxy-Authorization")
            .unwrap()
            .contains("nonce=\"abc\"")
    );
    assert_eq!(second.header("Call-ID"), first.header("Call-ID"));
    assert_eq!(second.our_from_tag(), first.our_from_tag());
    assert_eq!(
        ack.header("Proxy-Authorization"),
        second.header("Proxy-Authorization")
    );
    assert!(matches!(bench.event(), Event::Established { .. }));
}

#[test]
fn wrong_credentials_fail_the_call() {
    let (mut bench, _, first) = call();
    let second = challenge(&mut bench, &first, CHALLENGE).pop().unwrap();

    let sent = challenge(&mut bench, &second, CHALLENGE);

    assert_eq!(sent.len(), 1);
    assert!(
        matches!(bench.event(), Event::Failed { reason: Failure::Status(s), .. } if s.code() == 407)
    );
}

#[test]
fn a_stale_nonce_is_answered_once_more_and_not_for_ever() {
    let (mut bench, _, first) = call();
    let second = challenge(&mut bench, &first, CHALLENGE).pop().unwrap();

    let third = challenge(&mut bench, &second, STALE).pop().unwrap();
    assert!(
        third
            .header("Proxy-Authorization")
            .unwrap()
            .contains("nonce=\"def\"")
    );
    let sent = challenge(&mut bench, &third, STALE);

    assert_eq!(sent.len(), 1);
    assert!(matches!(bench.event(), Event::Failed { .. }));
}

#[test]
fn without_credentials_a_challenge_is_a_refusal() {
    let mut bench = Bench::default();
    let (_, first) = bench.call();

    challenge(&mut bench, &first, CHALLENGE);

    assert!(
        matches!(bench.event(), Event::Failed { reason: Failure::Status(s), .. } if s.code() == 407)
    );
}

#[test]
fn a_call_that_is_cancelled_answers_no_challenge() {
    let (mut bench, dialog, first) = call();
    bench.command(Command::Cancel {
        dialog,
        reason: None,
    });

    let sent = challenge(&mut bench, &first, CHALLENGE);

    assert_eq!(sent.len(), 1);
    assert!(matches!(bench.event(), Event::Failed { .. }));
}

#[test]
fn a_challenged_bye_is_sent_again() {
    let (mut bench, dialog, first) = call();
    bench.receive(&response(&first.text, "200 OK", "callee", SDP));
    bench.sent();
    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
    let bye = bench.only();

    let again = challenge(&mut bench, &bye, CHALLENGE).pop().unwrap();

    assert!(again.is("BYE"));
    assert!(again.header("Proxy-Authorization").is_some());
    challenge(&mut bench, &again, CHALLENGE);
    assert_eq!(bench.endpoint.counts().dialogs, 0);
    bench.seconds(65);
    bench.assert_empty();
}
