//! Telephone numbers: as carriers send them, as registrars tell them, and as people write them into
//! the configuration.

use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use crate::peers::linka::{Linka, Site};
use crate::peers::sipp::TRUNK_HOST;
use crate::peers::wire::{Wire, header, status};
use crate::{SOON, quick_site};

/// What an INVITE of the trunk with this Request-URI is met with; `more` is further header lines.
#[track_caller]
fn met_with(wire: &Wire, uri: &str, more: &str) -> Option<u16> {
    wire.send(wire.request("INVITE", uri, "x", more));
    status(&wire.sign())
}

#[test]
fn a_dialled_number_is_found_however_the_carrier_writes_it() {
    let site = Site::new();
    let _linka = site.start();
    let host = site.sip();
    for uri in [
        format!("sip:+420800000116;npdi;rn=+420910000000@{host};user=phone"),
        format!("sip:+420800000116;isub=1@{host}"),
        format!("sip:800000116;phone-context=+420@{host}"),
        format!("sip:+420-800-000-116@{host}"),
        "tel:+420800000116".to_owned(),
        "tel:800-000-116;phone-context=+420".to_owned(),
    ] {
        assert_eq!(
            met_with(&Wire::at(TRUNK_HOST, &site), &uri, ""),
            Some(180),
            "{uri}"
        );
    }
    let wrong = "tel:+420800000117";
    assert_eq!(met_with(&Wire::at(TRUNK_HOST, &site), wrong, ""), Some(404));
}

/// A site whose only trunk wants us to register as `linka`; `more` is further keys of it.
fn registering_site(more: &str) -> Site {
    let site = Site::new();
    let (trunk, mut options) = (site.trunk(), std::fs::OpenOptions::new());
    let password = site.keys().join("trunk-carrier");
    options.write(true).create_new(true).mode(0o600);
    drop(options.open(password).unwrap());
    site.write(
        "trunks.toml",
        &format!(
            "[[trunk]]\nname = \"loopback\"\ntarget = \"{trunk}\"\noutgoing_number = \"+420000000001\"\n\
             options_interval_seconds = 0\n{more}\n[trunk.register]\nuser = \"linka\"\npassword_file = \"trunk-carrier\"\n"
        ),
    );
    site
}

/// The registrar grants the next REGISTER for that long, under the address that it sees.
#[track_caller]
fn grants(registrar: &Wire, seconds: u32) {
    let register = registrar.is_asked("REGISTER");
    let contact = format!("Contact: <sip:linka@203.0.113.9:1024>;expires={seconds}\r\n");
    registrar.answers(&register, "200 OK", &contact);
}

#[track_caller]
fn trunk_becomes(linka: &Linka<'_>, state: &str) {
    linka.wait_for(&format!("the trunk is {state}"), SOON, |status| {
        (status["trunks"][0]["registration"] == state).then_some(())
    });
}

#[test]
fn a_call_to_our_own_contact_is_for_the_line_that_the_registrar_tells() {
    let site = registering_site("");
    let registrar = Wire::trunk(&site);
    let linka = site.start();
    grants(&registrar, 300);
    trunk_becomes(&linka, "registered");

    let contact = format!("sip:linka@{}", site.sip());
    let told = "P-Called-Party-ID: <sip:+420800000116@carrier.example>\r\n";
    assert_eq!(met_with(&registrar, &contact, told), Some(180));
    let request = registrar.request("INVITE", &contact, "x", "");
    let to = format!("To: <{contact}>");
    registrar.send(request.replace(&to, "To: <sip:800-000-116@carrier.example;user=phone>"));
    assert_eq!(status(&registrar.sign()), Some(180));
    assert_eq!(met_with(&registrar, &contact, ""), Some(404));
}

#[test]
fn a_call_to_our_own_contact_that_tells_no_number_is_for_the_default_line() {
    let site = registering_site("default_line = \"help\"\n");
    let registrar = Wire::trunk(&site);
    let linka = site.start();
    grants(&registrar, 300);
    trunk_becomes(&linka, "registered");

    let contact = format!("sip:linka@{}", site.sip());
    assert_eq!(met_with(&registrar, &contact, ""), Some(180));
    let wrong = format!("sip:800000117@{}", site.sip());
    assert_eq!(met_with(&registrar, &wrong, ""), Some(404));
}

#[test]
fn a_registration_is_refreshed_by_what_was_granted_under_another_contact() {
    let site = registering_site("");
    let registrar = Wire::trunk(&site);
    let linka = site.start();
    grants(&registrar, 20);
    trunk_becomes(&linka, "registered");

    linka.advance(Duration::from_secs(11));
    let refresh = registrar.is_asked("REGISTER");
    assert_eq!(header(&refresh, "Expires"), Some("300"));
    trunk_becomes(&linka, "registered");

    // Nobody answers it: what was granted is over before the refresh is given up.
    linka.advance(Duration::from_secs(10));
    trunk_becomes(&linka, "failing");
    grants(&registrar, 20);
    trunk_becomes(&linka, "registered");
}

#[test]
fn people_are_called_by_numbers_that_were_written_with_separators() {
    let site = quick_site();
    site.change("partners.toml", "\"+420000000011\"", "\"+420 000-000.011\"");
    site.change("trunks.toml", "\"+420000000001\"", "\"(+420) 000 000 001\"");
    site.change(
        "lines.toml",
        "[\"800000116\", \"+420800000116\"]",
        "[\"800 000 116\", \"+420-800-000-116\"]",
    );
    let trunk = Wire::trunk(&site);
    let _linka = site.start();
    let line = format!("sip:800000116@{}", site.sip());
    assert_eq!(met_with(&Wire::at(TRUNK_HOST, &site), &line, ""), Some(180));

    let invite = trunk.is_asked("INVITE");

    let called = format!("INVITE sip:+420000000011@{} SIP/2.0\r\n", site.trunk());
    assert!(invite.starts_with(&called), "{invite}");
    let from = header(&invite, "From").unwrap();
    assert!(from.contains("sip:+420000000001@"), "{from}");
}

/// A mistake in a file of the example, and how the sentence about it begins and what it says.
const MISTAKES: [(&str, &str, &str, &str, &str); 12] = [
    (
        "partners.toml",
        "\"+420000000011\"",
        "\"+420000000011 (Eva)\"",
        "partner.number",
        "character 16",
    ),
    (
        "partners.toml",
        "\"+420000000011\"",
        "\"\"",
        "partner.number",
        "no digit",
    ),
    (
        "partners.toml",
        "\"+420000000011\"",
        "\"800000116\"",
        "partner.number",
        "call itself",
    ),
    (
        "partners.toml",
        "\"+420000000011\"",
        "\"+0420000000011\"",
        "partner.number",
        "country",
    ),
    (
        "trunks.toml",
        "\"+420000000001\"",
        "\"\"",
        "trunk.outgoing_number",
        "no digit",
    ),
    (
        "trunks.toml",
        "\"+420000000001\"",
        "\"+420 800 000 116\"",
        "trunk.outgoing_number",
        "line help",
    ),
    (
        "trunks.toml",
        "\"+420000000001\"",
        "\"00420800000116\"",
        "trunk.outgoing_number",
        "line help",
    ),
    (
        "trunks.toml",
        "outgoing_number = \"+420000000001\"",
        "",
        "partner.trunk",
        "outgoing_number",
    ),
    (
        "trunks.toml",
        "transport = \"udp\"",
        "default_line = \"hepl\"",
        "trunk.default_line",
        "hepl",
    ),
    (
        "lines.toml",
        "[\"800000116\",",
        "[\"８００\",",
        "line.numbers",
        "character 1,",
    ),
    (
        "lines.toml",
        "[\"800000116\", \"+420800000116\"]",
        "[]",
        "line.numbers",
        "nobody can call it",
    ),
    (
        "lines.toml",
        "\"+420800000116\"]",
        "\"help@example.org\"]",
        "line.numbers",
        "character 1,",
    ),
];

#[test]
fn check_names_each_number_that_is_none_by_file_line_and_key() {
    for (file, from, to, key, says) in MISTAKES {
        let site = Site::new();
        let path = site.config().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.find(from).unwrap();
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let line = 1 + text[..at].matches('\n').count();

        let checked = site.command(&["check"]);

        let words = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert_eq!(checked.status.code(), Some(2), "{to}: {words}");
        let place = match key {
            "partner.trunk" => format!("partners.toml:11: {key}: "),
            "line.numbers" if says.starts_with("nobody") => format!("lines.toml:5: {key}: "),
            _ => format!("{file}:{line}: {key}: "),
        };
        let named = words
            .lines()
            .any(|said| said.contains(&place) && said.contains(says));
        assert!(named, "{to}: {place}{says}: {words}");
    }
}

#[test]
fn a_number_belongs_to_one_line_however_it_is_written() {
    let site = Site::new();
    site.append(
        "lines.toml",
        "[[line]]\nname = \"second\"\nnumbers = [\"800 000 117\", \"800-000-116\"]\nlanguages = [\"cs\"]\nqueue = \"crisis\"\n",
    );

    let checked = site.command(&["check"]);

    let words = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(2), "{words}");
    let says = "\"800-000-116\" already belongs to line help, in line 8 of this file";
    assert!(words.contains(says), "{words}");
}
