//! The registrar: who may register what, for how long, in which order (RFC 3261 §10.3), and on which flow.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use common::{Bench, PEER, SDP, Sent, branch, config, peer, peer_tcp, request, response};
use sip::digest::{Algorithm, Client, Ha1};
use sip::{
    Binding, BindingState, Command, Event, Flow, Message, Method, RestoredBinding, Target, Uri,
    User,
};

const TO: &str = "To: <sip:jana@linka.test>";
const FROM: &str = "From: <sip:jana@linka.test>;tag=phone";

fn jana() -> User {
    User("jana".to_owned())
}

fn accounts() -> BTreeMap<User, Ha1> {
    BTreeMap::from([(jana(), Ha1::new(b"jana", b"linka.test", b"secret"))])
}

/// An endpoint with one account and a phone that knows its password.
struct Phone {
    bench: Bench,
    client: Client,
    flow: Flow,
    number: u32,
}

impl Phone {
    fn new() -> Self {
        Self::with(Algorithm::Md5, "secret")
    }

    fn with(algorithm: Algorithm, password: &str) -> Self {
        let mut config = config();
        config.accounts = accounts();
        config.contacts_max = 2;
        for listener in &mut config.listeners {
            listener.algorithm = algorithm;
        }
        Self {
            bench: Bench::with(config),
            client: Client::new("jana", password),
            flow: peer(),
            number: 0,
        }
    }

    fn text(&mut self, lines: &[&str]) -> String {
        self.number += 1;
        let own = [
            branch(&format!("z9hG4bKreg{}", self.number)),
            format!("CSeq: {} REGISTER", self.number),
        ];
        let mut all: Vec<&str> = own
            .iter()
            .map(String::as_str)
            .filter(|own| {
                let name = own.split(':').next().unwrap();
                !lines.iter().any(|line| line.starts_with(name))
            })
            .collect();
        all.extend([TO, FROM].iter().filter(|own| {
            let name = own.split(':').next().unwrap();
            !lines
                .iter()
                .any(|line| line.starts_with(&format!("{name}:")))
        }));
        all.extend(lines);
        request("REGISTER", &all, "").replacen("sip:line@192.0.2.1", "sip:linka.test", 1)
    }

    /// Sends a REGISTER without credentials.
    fn ask(&mut self, lines: &[&str]) -> Sent {
        let text = self.text(lines);
        self.bench.receive_unknown(self.flow, &text);
        self.bench.only()
    }

    /// Sends a REGISTER with credentials for the last challenge.
    fn authorized(&mut self, lines: &[&str]) -> Sent {
        let (name, value) = self
            .client
            .authorize(Method::Register, b"sip:linka.test", 7)
            .unwrap();
        self.client.accepted();
        let header = format!(
            "{}: {}",
            String::from_utf8_lossy(name.bytes()),
            String::from_utf8_lossy(value.bytes())
        );
        let mut all = lines.to_vec();
        all.push(&header);
        self.ask(&all)
    }

    fn challenged(&mut self, answer: &Sent) {
        let message = Message::parse(Bytes::copy_from_slice(answer.text.as_bytes())).unwrap();
        self.client.challenged(&message).unwrap();
    }

    /// Registers, with a fresh challenge.
    fn register(&mut self, lines: &[&str]) -> Sent {
        let challenge = self.ask(lines);
        assert!(challenge.is("401"), "{challenge:?}");
        self.challenged(&challenge);
        self.authorized(lines)
    }

    fn bindings(&mut self) -> Vec<Binding> {
        match self.bench.event() {
            Event::BindingsChanged { user, bindings } if user == jana() => bindings,
            _ => panic!("another event"),
        }
    }
}

#[test]
fn a_phone_that_hears_on_another_port_than_it_sends_from_registers_where_it_hears() {
    let mut phone = Phone::new();
    let heard = "198.51.100.7:5060".parse().unwrap();
    let via = |n| format!("Via: SIP/2.0/UDP {heard};branch=z9hG4bKheard{n}");

    let challenge = phone.ask(&[&via(1)]);
    phone.challenged(&challenge);
    let accepted = phone.authorized(&[&via(2)]);

    assert_eq!(challenge.target.remote(), heard);
    assert!(accepted.is("200"));
    assert_eq!(accepted.target.remote(), heard);
    assert_eq!(phone.bindings()[0].flow.remote, heard);
}

#[test]
fn a_phone_that_hears_on_another_port_is_acknowledged_and_hung_up_on_there() {
    let mut phone = Phone::new();
    phone.register(&["Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKheard"]);
    let hears = Target::Flow(phone.bindings()[0].flow);
    let (dialog, invite) = phone.bench.call_over(hears);

    let answer = response(&invite.text, "200 OK", "phone", SDP);
    phone.bench.receive_from(phone.flow, &answer);

    assert_eq!(phone.bench.only().target, hears);
    let followed = |event: &Event| matches!(event, Event::Followed { .. });
    assert!(!phone.bench.events().iter().any(followed));
    let reason = None;
    phone.bench.command(Command::Bye { dialog, reason });
    assert_eq!(phone.bench.only().target, hears);
}

#[test]
fn a_phone_is_challenged_once_and_then_bound_to_its_flow() {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let mut phone = Phone::with(algorithm, "secret");

        let challenge = phone.ask(&["Expires: 90"]);
        phone.challenged(&challenge);
        let accepted = phone.authorized(&["Expires: 90"]);

        assert_eq!(challenge.text.matches("WWW-Authenticate").count(), 1);
        assert!(
            challenge
                .header("WWW-Authenticate")
                .unwrap()
                .contains(algorithm.token())
        );
        assert!(accepted.is("200"));
        assert_eq!(
            accepted.header("Contact").unwrap(),
            format!("<sip:caller@{PEER}>;expires=90")
        );
        let bindings = phone.bindings();
        assert_eq!(bindings.len(), 1);
        assert_eq!(bindings[0].flow, peer());
        assert_eq!(bindings[0].state, BindingState::Proven);
        assert_eq!(
            bindings[0].expires_at - phone.bench.now,
            Duration::from_secs(90)
        );
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_get_the_same_challenge() {
    let mut wrong = Phone::with(Algorithm::Md5, "guess");
    let refused = wrong.register(&[]);
    assert!(refused.is("401"));
    assert!(!refused.text.contains("stale"));
    assert!(wrong.bench.events().is_empty());

    let mut nobody = Phone::new();
    nobody.client = Client::new("nobody", "secret");
    let refused = nobody.register(&[]);
    assert!(refused.is("401"));
    assert!(!refused.text.contains("stale"));
}

#[test]
fn nobody_registers_for_another() {
    let mut phone = Phone::new();
    let refused = phone.register(&["To: <sip:petra@linka.test>"]);

    assert!(refused.is("403"));
    assert!(phone.bench.events().is_empty());
}

#[test]
fn credentials_sent_twice_are_stale() {
    let mut phone = Phone::new();
    let challenge = phone.ask(&[]);
    phone.challenged(&challenge);
    let (name, value) = phone
        .client
        .authorize(Method::Register, b"sip:linka.test", 7)
        .unwrap();
    let header = format!(
        "{}: {}",
        String::from_utf8_lossy(name.bytes()),
        String::from_utf8_lossy(value.bytes())
    );
    assert!(phone.ask(&[&header]).is("200"));

    let replayed = phone.ask(&[&header]);

    assert!(replayed.is("401"));
    assert!(
        replayed
            .header("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
}

#[test]
fn expiry_is_granted_between_60_and_120_s() {
    for (asked, granted) in [
        ("Expires: 60", 60),
        ("Expires: 3600", 120),
        ("Subject: none", 120),
        ("Expires: 75", 75),
    ] {
        let mut phone = Phone::new();
        let accepted = phone.register(&[asked]);
        assert!(
            accepted
                .header("Contact")
                .unwrap()
                .ends_with(&format!(";expires={granted}")),
            "{asked}"
        );
    }
}

#[test]
fn an_expiry_below_60_s_gets_423_with_min_expires() {
    let mut phone = Phone::new();
    let refused = phone.register(&["Expires: 59"]);

    assert!(refused.is("423"));
    assert_eq!(refused.header("Min-Expires").unwrap(), "60");
    assert!(phone.bench.events().is_empty());
}

#[test]
fn the_parameter_of_the_contact_goes_before_expires() {
    let mut phone = Phone::new();
    let accepted = phone.register(&["Expires: 3600", "Contact: <sip:a@198.51.100.7>;expires=70"]);
    assert!(accepted.header("Contact").unwrap().ends_with(";expires=70"));
}

#[test]
fn a_binding_that_is_not_refreshed_runs_out() {
    let mut phone = Phone::new();
    phone.register(&["Expires: 60"]);
    phone.bindings();

    phone.bench.advance(Duration::from_millis(59_999));
    assert!(phone.bench.events().is_empty());
    phone.bench.advance(Duration::from_millis(1));

    assert!(phone.bindings().is_empty());
    phone.bench.seconds(65);
    phone.bench.assert_empty();
}

#[test]
fn a_refresh_moves_expiry_and_flow() {
    let mut phone = Phone::new();
    phone.register(&["Expires: 60"]);
    phone.bindings();
    phone.bench.seconds(50);
    phone.flow = Flow {
        remote: common::address("198.51.100.7:9999"),
        ..peer()
    };

    phone.register(&["Expires: 60"]);

    let bindings = phone.bindings();
    assert_eq!(bindings.len(), 1);
    assert_eq!(bindings[0].flow, phone.flow);
    phone.bench.seconds(59);
    assert!(phone.bench.events().is_empty());
}

#[test]
fn a_phone_removes_its_contact() {
    let mut phone = Phone::new();
    phone.register(&[]);
    phone.bindings();

    let accepted = phone.register(&["Expires: 0"]);

    assert!(accepted.is("200"));
    assert_eq!(accepted.header("Contact"), None);
    assert!(phone.bindings().is_empty());
}

#[test]
fn a_star_removes_all_contacts_and_only_with_expires_0() {
    let mut phone = Phone::new();
    phone.register(&["Contact: <sip:a@198.51.100.7>, <sip:b@198.51.100.7>"]);
    assert_eq!(phone.bindings().len(), 2);

    assert!(phone.register(&["Contact: *", "Expires: 100"]).is("400"));
    assert!(phone.bench.events().is_empty());
    assert!(phone.register(&["Contact: *", "Expires: 0"]).is("200"));

    assert!(phone.bindings().is_empty());
}

#[test]
fn a_question_without_contact_lists_the_bindings() {
    let mut phone = Phone::new();
    phone.register(&["Contact: <sip:a@198.51.100.7>"]);
    phone.bindings();
    phone.bench.seconds(20);

    let answer = phone.register(&["Contact:"]);

    assert_eq!(
        answer.header("Contact").unwrap(),
        "<sip:a@198.51.100.7>;expires=100"
    );
    assert!(phone.bench.events().is_empty());
}

/// What is bound once these contacts were registered one after the other, where an account may have two.
fn bound_after(contacts: &[&str]) -> Vec<String> {
    let mut phone = Phone::new();
    for contact in contacts {
        assert!(phone.register(&[&format!("Contact: {contact}")]).is("200"));
        phone.bench.seconds(1);
    }
    let Some(Event::BindingsChanged { bindings, .. }) = phone.bench.events().pop() else {
        panic!("nothing is bound")
    };
    let contacts = bindings
        .iter()
        .map(|binding| binding.contact.bytes().to_vec());
    contacts
        .map(|uri| String::from_utf8(uri).unwrap())
        .collect()
}

#[test]
fn a_phone_that_comes_back_with_a_new_contact_takes_the_place_of_the_oldest() {
    let bound = bound_after(&[
        "<sip:a@h>",
        "<sip:b@h>",
        "<sip:a@h>",
        "<sip:c@h>",
        "<sip:d@h>",
    ]);

    assert_eq!(bound, ["sip:c@h", "sip:d@h"]);
}

#[test]
fn a_phone_that_names_itself_takes_the_place_that_it_had() {
    let itself = ";+sip.instance=\"<urn:uuid:1>\"";
    let (before, after) = (format!("<sip:a@h>{itself}"), format!("<sip:c@h>{itself}"));

    assert_eq!(
        bound_after(&["<sip:b@h>", &before, &after]),
        ["sip:b@h", "sip:c@h"]
    );
    assert_eq!(bound_after(&[&before, &after]), ["sip:c@h"]);
}

#[test]
fn two_flows_of_one_phone_are_two_contacts() {
    let flow = |n| format!("<sip:{n}@h>;reg-id={n};+sip.instance=\"<urn:uuid:1>\"");

    assert_eq!(bound_after(&[&flow(1), &flow(2)]), ["sip:1@h", "sip:2@h"]);
}

#[test]
fn more_contacts_than_allowed_are_refused_whole() {
    let mut phone = Phone::new();
    phone.register(&["Contact: <sip:a@198.51.100.7>"]);
    phone.bindings();

    let refused = phone.register(&["Contact: <sip:b@h>, <sip:c@h>, <sip:d@h>"]);

    assert!(refused.is("403"));
    assert!(phone.bench.events().is_empty());
    assert!(phone.register(&["Contact: <sip:b@198.51.100.7>"]).is("200"));
    assert_eq!(phone.bindings().len(), 2);
}

#[test]
fn a_late_register_of_the_same_call_id_changes_nothing() {
    let mut phone = Phone::new();
    phone.register(&[]);
    phone.bindings();

    let refused = phone.authorized(&["CSeq: 1 REGISTER", "Expires: 0"]);

    assert!(refused.is("500"));
    assert!(phone.bench.events().is_empty());
}

#[test]
fn a_phone_that_restarted_counts_from_the_beginning() {
    let mut phone = Phone::new();
    phone.register(&[]);
    phone.bindings();

    phone.bench.seconds(1);

    let accepted = phone.register(&["CSeq: 1 REGISTER", "Call-ID: fresh"]);

    assert!(accepted.is("200"));
    assert_eq!(phone.bindings().len(), 1);
}

#[test]
fn a_phone_that_restarted_with_the_same_call_id_registers_at_once() {
    let mut phone = Phone::new();
    phone.register(&["CSeq: 500 REGISTER"]);
    phone.bindings();
    phone.bench.seconds(1);

    let accepted = phone.register(&["CSeq: 2 REGISTER"]);

    assert!(accepted.is("200"), "{accepted:?}");
    assert_eq!(phone.bindings().len(), 1);
}

#[test]
fn bindings_end_with_their_connection() {
    let mut phone = Phone::new();
    phone.flow = peer_tcp();
    phone.register(&[]);
    assert_eq!(phone.bindings()[0].flow, peer_tcp());

    phone.bench.input(common::closed(peer_tcp())).unwrap();

    assert!(phone.bindings().is_empty());
}

#[test]
fn restored_bindings_are_unproven_until_the_phone_registers() {
    let mut phone = Phone::new();
    let contact = Uri::parse(format!("sip:caller@{PEER}")).unwrap();
    let restored = RestoredBinding {
        user: jana(),
        contact,
        flow: peer(),
        remaining: Duration::from_secs(30),
        instance: None,
    };
    let stranger = RestoredBinding {
        user: User("gone".to_owned()),
        ..restored.clone()
    };
    let connection = RestoredBinding {
        flow: peer_tcp(),
        ..restored.clone()
    };
    phone.bench.command(Command::RestoreBindings {
        bindings: vec![restored, stranger, connection],
    });
    assert_eq!(phone.bindings()[0].state, BindingState::Unproven);
    assert_eq!(phone.bench.endpoint.counts().bindings, 1);

    phone.register(&[]);

    let bindings = phone.bindings();
    assert_eq!(bindings.len(), 1);
    assert_eq!(bindings[0].state, BindingState::Proven);
}

#[test]
fn a_phone_that_names_itself_takes_its_place_after_a_restart_too() {
    let itself = "+sip.instance=\"<urn:uuid:1>\"";
    let mut before = Phone::new();
    before.register(&[&format!("Contact: <sip:a@198.51.100.7>;{itself}")]);
    let known = before.bindings().remove(0);
    let mut phone = Phone::new();
    phone.bench.command(Command::RestoreBindings {
        bindings: vec![RestoredBinding {
            user: jana(),
            contact: known.contact,
            flow: known.flow,
            remaining: Duration::from_secs(30),
            instance: known.instance,
        }],
    });
    phone.bindings();

    phone.register(&[&format!("Contact: <sip:b@198.51.100.7>;{itself}")]);

    let bindings = phone.bindings();
    assert_eq!(bindings.len(), 1);
    assert_eq!(bindings[0].contact.bytes(), &b"sip:b@198.51.100.7"[..]);
}

#[test]
fn a_restored_binding_runs_out() {
    let mut phone = Phone::new();
    let contact = Uri::parse("sip:a@198.51.100.7").unwrap();
    let restored = RestoredBinding {
        user: jana(),
        contact,
        flow: peer(),
        remaining: Duration::from_secs(30),
        instance: None,
    };
    phone.bench.command(Command::RestoreBindings {
        bindings: vec![restored],
    });
    phone.bindings();

    phone.bench.seconds(30);

    assert!(phone.bindings().is_empty());
    phone.bench.assert_empty();
}

#[test]
fn an_account_that_is_removed_loses_its_bindings() {
    let mut phone = Phone::new();
    phone.register(&[]);
    phone.bindings();

    phone.bench.command(Command::SetAccounts {
        accounts: BTreeMap::new(),
    });

    assert!(phone.bindings().is_empty());
    assert!(phone.register(&[]).is("401"));
}

#[test]
fn bindings_can_be_removed_by_the_caller() {
    let mut phone = Phone::new();
    phone.register(&[]);
    phone.bindings();

    phone
        .bench
        .command(Command::RemoveBindings { user: jana() });
    assert!(phone.bindings().is_empty());
    phone
        .bench
        .command(Command::RemoveBindings { user: jana() });

    assert!(phone.bench.events().is_empty());
}

#[test]
fn an_invite_is_challenged_by_command_and_its_user_told() {
    let mut phone = Phone::new();
    let dialog = phone.bench.incoming(&common::invite());
    phone.bench.sent();
    phone.bench.command(Command::Reject {
        dialog,
        status: common::status(401),
        headers: Vec::new(),
    });
    let challenge = phone.bench.only();
    phone.challenged(&challenge);
    let (name, value) = phone
        .client
        .authorize(Method::Invite, b"sip:line@192.0.2.1", 7)
        .unwrap();
    let header = format!(
        "{}: {}",
        String::from_utf8_lossy(name.bytes()),
        String::from_utf8_lossy(value.bytes())
    );

    phone.bench.receive(&request(
        "INVITE",
        &["CSeq: 2 INVITE", &branch("z9hG4bKagain"), &header],
        SDP,
    ));

    assert!(
        matches!(phone.bench.event(), Event::Incoming { user: Some(user), .. } if user == jana())
    );
}
