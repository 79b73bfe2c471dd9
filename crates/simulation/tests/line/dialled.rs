//! Which line a call is for, however the trunk writes its number.

use simulation::{Centre, Sent, World};

use super::{open, seconds};

const TRUNK: &str = "198.51.100.1:5070";
const RINGS: &str = "SIP/2.0 180 Ringing";
const NOT_FOUND: &str = "SIP/2.0 404 Not Found";

/// The responses to an INVITE with this Request-URI; `more` is To and whatever else names a number.
fn answers_with(world: &mut World, uri: &str, more: &str) -> Vec<String> {
    let from = TRUNK.parse().unwrap();
    world.send(
        from,
        &format!(
            "INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {TRUNK};branch=z9hG4bKdialled\r\nMax-Forwards: 70\r\n\
             From: <sip:x@{TRUNK}>;tag=a\r\n{more}\r\nCall-ID: dialled@{TRUNK}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:x@{TRUNK}>\r\nContent-Length: 0\r\n\r\n"
        ),
    );
    world.run(seconds(1));
    let line = |sent: &Sent| sent.text.lines().next().unwrap().to_owned();
    world.sent_to_address(from).map(line).collect()
}

fn answers(uri: &str) -> Vec<String> {
    let mut world = open(Centre::default());
    answers_with(&mut world, uri, &format!("To: <{uri}>"))
}

/// The same where we are registered, so that the Request-URI is our own Contact.
fn answers_behind_a_registrar(line_by_default: bool, uri: &str, more: &str) -> Vec<String> {
    let mut world = open(Centre {
        registers: true,
        line_by_default,
        ..Centre::default()
    });
    answers_with(&mut world, uri, more)
}

#[test]
fn a_number_is_found_whatever_parameters_and_separators_stand_with_it() {
    for uri in [
        "sip:80060@192.0.2.1",
        "sip:80060@192.0.2.1;user=phone",
        "sip:80060;npdi;rn=+420910000000@192.0.2.1;user=phone",
        "sip:80060;isub=1@192.0.2.1",
        "sip:80060;phone-context=+420@192.0.2.1",
        "sip:80060;Phone-Context=carrier.example@192.0.2.1;user=phone",
        "sip:8-00-60@192.0.2.1",
        "sip:(800)60@192.0.2.1",
        "sip:800.60@192.0.2.1",
        "sip:%38%30%30-60@192.0.2.1",
    ] {
        assert!(answers(uri).contains(&RINGS.to_owned()), "{uri}");
    }
}

#[test]
fn a_tel_uri_is_the_number_that_it_names() {
    for uri in [
        "tel:80060",
        "TEL:80060;phone-context=+420",
        "tel:8-0060;phone-context=carrier.example",
        "tel:80060;npdi;rn=+420910000000;isub=1",
    ] {
        assert!(answers(uri).contains(&RINGS.to_owned()), "{uri}");
    }
}

#[test]
fn a_number_that_only_looks_alike_is_not_found() {
    for uri in [
        "sip:80061;phone-context=+420@192.0.2.1",
        "sip:+80060@192.0.2.1",
        "tel:080060",
        "tel:80061",
        "sip:rn=80060@192.0.2.1",
        "sip:192.0.2.1",
    ] {
        let answers = answers(uri);
        assert!(answers.contains(&NOT_FOUND.to_owned()), "{uri} {answers:?}");
    }
}

#[test]
fn behind_a_registrar_the_called_party_tells_the_line() {
    for more in [
        "To: <sip:linka@carrier.example>\r\nP-Called-Party-ID: <sip:80060@carrier.example>",
        "To: <sip:linka@carrier.example>\r\nP-Called-Party-ID: <tel:800-60;phone-context=+420>",
        "To: <sip:80060@carrier.example;user=phone>",
        "To: <tel:80060>\r\nP-Called-Party-ID: <sip:linka@carrier.example>",
    ] {
        let answers = answers_behind_a_registrar(false, "sip:linka@192.0.2.1:5060", more);
        assert!(answers.contains(&RINGS.to_owned()), "{more} {answers:?}");
    }
}

#[test]
fn an_uri_that_names_nobody_is_looked_up_in_to() {
    let mut world = open(Centre::default());

    let answers = answers_with(&mut world, "sip:192.0.2.1", "To: <sip:80060@192.0.2.1>");

    assert!(answers.contains(&RINGS.to_owned()), "{answers:?}");
}

#[test]
fn a_call_to_our_contact_that_tells_no_number_is_for_the_default_line() {
    let (contact, to) = ("sip:linka@192.0.2.1", "To: <sip:linka@carrier.example>");

    let with = answers_behind_a_registrar(true, contact, to);
    let without = answers_behind_a_registrar(false, contact, to);
    let wrong_number = answers_behind_a_registrar(true, "sip:80061@192.0.2.1", to);

    assert!(with.contains(&RINGS.to_owned()), "{with:?}");
    assert!(without.contains(&NOT_FOUND.to_owned()), "{without:?}");
    assert!(
        wrong_number.contains(&NOT_FOUND.to_owned()),
        "{wrong_number:?}"
    );
}
