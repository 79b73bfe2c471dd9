//! Gateways: several telephones behind one socket, and phones that call from another port than they register from.

use std::net::SocketAddr;

use dispatch::Intent;
use exchange::settings::Network;
use simulation::{Centre, PASSWORD, World};
use sip::digest::Client;
use sip::{Message, Method, Uri};

use super::{open, seconds};

const GATEWAY: &str = "10.9.9.9:5060";
const OTHER_PORT: &str = "10.9.9.9:5062";

/// What an account says from one socket.
struct Telephone {
    account: &'static str,
    at: SocketAddr,
    client: Client,
    sent: u32,
}

impl Telephone {
    fn new(account: &'static str, at: &str) -> Self {
        Self {
            account,
            at: at.parse().unwrap(),
            client: Client::new(account, PASSWORD),
            sent: 0,
        }
    }

    /// Sends a request and gives the last answer that came for it.
    fn ask(&mut self, world: &mut World, method: Method<'_>, uri: &str, more: &str) -> String {
        self.sent += 1;
        let Self {
            account, at, sent, ..
        } = self;
        let (method, port) = (method.text(), at.port());
        let to = if method == "REGISTER" {
            format!("sip:{account}@192.0.2.1")
        } else {
            uri.to_owned()
        };
        let call_id = format!("{account}-{port}-{sent}");
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{call_id};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{account}@192.0.2.1>;tag=a\r\nTo: <{to}>\r\nCall-ID: {call_id}\r\nCSeq: {sent} {method}\r\n\
             Contact: <sip:{account}@{at}>\r\n{more}Content-Length: 0\r\n\r\n"
        );
        world.send(*at, &text);
        world.run(seconds(1));
        let answers = world.sent_to_address(*at);
        let own = answers.filter(|sent| sent.text.contains(&format!("Call-ID: {call_id}\r\n")));
        own.last().unwrap().text.clone()
    }

    /// Sends a request, answers its challenge, and gives the status line of the answer.
    fn does(&mut self, world: &mut World, method: Method<'_>, uri: &str) -> String {
        let challenge = self.ask(world, method, uri, "");
        assert!(challenge.starts_with("SIP/2.0 401"), "{challenge}");
        let message = Message::parse(challenge.into()).unwrap();
        self.client.challenged(&message).unwrap();
        let uri_bytes = Uri::parse(uri).unwrap();
        let (name, value) = self.client.authorize(method, uri_bytes.bytes(), 7).unwrap();
        self.client.accepted();
        let value = String::from_utf8_lossy(value.bytes()).into_owned();
        let name = String::from_utf8_lossy(name.bytes()).into_owned();
        let answer = self.ask(world, method, uri, &format!("{name}: {value}\r\n"));
        answer.lines().next().unwrap().to_owned()
    }

    fn registers(&mut self, world: &mut World) {
        let status = self.does(world, Method::Register, "sip:192.0.2.1");
        assert_eq!(status, "SIP/2.0 200 OK");
    }

    fn dials(&mut self, world: &mut World, code: &str) -> String {
        self.does(world, Method::Invite, &format!("sip:{code}@192.0.2.1"))
    }
}

fn two_operators() -> World {
    open(Centre {
        operators: vec!["eva", "jana"],
        ..Centre::default()
    })
}

#[test]
fn two_accounts_on_one_socket_are_told_apart_by_their_credentials() {
    let mut world = two_operators();
    let mut eva = Telephone::new("eva", GATEWAY);
    let mut jana = Telephone::new("jana", GATEWAY);
    eva.registers(&mut world);
    jana.registers(&mut world);

    assert_eq!(eva.dials(&mut world, "*44"), "SIP/2.0 200 OK");
    assert_eq!(world.operator("eva").intent, Intent::Off);
    assert_eq!(world.operator("jana").intent, Intent::Ready);
    assert_eq!(jana.dials(&mut world, "*44"), "SIP/2.0 200 OK");
    assert_eq!(world.operator("jana").intent, Intent::Off);
}

#[test]
fn an_account_that_leaves_a_shared_socket_leaves_the_other_there() {
    let mut world = two_operators();
    let mut eva = Telephone::new("eva", GATEWAY);
    let mut jana = Telephone::new("jana", GATEWAY);
    eva.registers(&mut world);
    jana.registers(&mut world);
    // Her registration runs out; the other's is refreshed meanwhile.
    world.run(seconds(100));
    jana.registers(&mut world);
    world.run(seconds(60));

    assert_eq!(jana.dials(&mut world, "*44"), "SIP/2.0 200 OK");
    assert_eq!(world.operator("jana").intent, Intent::Off);
}

#[test]
fn a_star_code_from_another_port_of_a_phones_host_is_challenged_and_obeyed() {
    let mut world = two_operators();
    Telephone::new("eva", GATEWAY).registers(&mut world);

    let answer = Telephone::new("eva", OTHER_PORT).dials(&mut world, "*44");

    assert_eq!(answer, "SIP/2.0 200 OK");
    assert_eq!(world.operator("eva").intent, Intent::Off);
}

#[test]
fn a_star_code_from_a_host_without_a_phone_is_forbidden() {
    let mut world = two_operators();
    let mut eva = Telephone::new("eva", OTHER_PORT);

    let answer = eva.ask(&mut world, Method::Invite, "sip:*44@192.0.2.1", "");

    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
}

/// A gateway that is a trunk too, and the telephone of eva on the socket from which its callers come.
fn lines_and_telephones() -> (World, Telephone) {
    let mut world = open(Centre {
        operators: vec!["eva"],
        ..Centre::default()
    });
    let mut settings = world.centre().settings();
    settings.trunks[0].addresses.push(Network {
        address: "10.9.9.9".parse().unwrap(),
        bits: 32,
        port: None,
    });
    world.reload(settings);
    let mut eva = Telephone::new("eva", GATEWAY);
    eva.registers(&mut world);
    (world, eva)
}

#[test]
fn a_telephone_on_a_trunks_socket_shuts_no_caller_out() {
    let (mut world, mut eva) = lines_and_telephones();
    let mut line = Telephone::new("caller", GATEWAY);

    let called = line.ask(&mut world, Method::Invite, "sip:80060@192.0.2.1", "");

    assert!(called.starts_with("SIP/2.0 180"), "{called}");
    assert_eq!(eva.dials(&mut world, "*44"), "SIP/2.0 200 OK");
    assert_eq!(world.operator("eva").intent, Intent::Off);
    // What is neither a line nor a code is hers to prove: she may be told that she is paused.
    assert_eq!(eva.dials(&mut world, "602000001"), "SIP/2.0 403 Forbidden");
}

#[test]
fn a_telephone_behind_a_trunk_dials_codes_from_whatever_port() {
    let (mut world, _) = lines_and_telephones();
    let mut eva = Telephone::new("eva", OTHER_PORT);
    let mut line = Telephone::new("caller", OTHER_PORT);

    let called = line.ask(&mut world, Method::Invite, "sip:80060@192.0.2.1", "");
    let unknown = line.ask(&mut world, Method::Invite, "sip:80061@192.0.2.1", "");

    assert!(called.starts_with("SIP/2.0 180"), "{called}");
    assert!(unknown.starts_with("SIP/2.0 404"), "{unknown}");
    assert_eq!(eva.dials(&mut world, "*44"), "SIP/2.0 200 OK");
    assert_eq!(world.operator("eva").intent, Intent::Off);
}
