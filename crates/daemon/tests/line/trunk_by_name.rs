//! A trunk that the configuration names by its host: a real name server tells where outward calls go.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::connections::{Stream, request};
use crate::peers::eventually;
use crate::peers::linka::{Linka, Site};
use crate::peers::process::Process;
use crate::peers::sipp::{Scenario, Sipp, TRUNK_HOST, Transport};
use crate::peers::wire::{fresh, header};
use crate::warnings::written_down;
use crate::{Counted, SOON, caller, counted, quick_site, registering_trunk, talks};

const CARRIER: &str = "carrier.test";

/// A carrier's name, and its gateways by UDP and TCP, the preferred one first.
type Carrier<'a> = (&'a str, &'a [SocketAddr]);

/// A name server that knows some carriers.
struct NameServer(Process);

impl NameServer {
    fn start(site: &Site, port: u16, carriers: &[Carrier<'_>]) -> Self {
        let mut command = Command::new("dnsmasq");
        command.args([
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
        ]);
        command.args([
            "--conf-file=/dev/null",
            "--pid-file=",
            "--log-facility=-",
            "--user=root",
        ]);
        command.args(["--listen-address=127.0.0.1", &format!("--port={port}")]);
        for (carrier, gateways) in carriers {
            for (place, gateway) in gateways.iter().enumerate() {
                let host = format!("gateway-{place}.{carrier}");
                command.arg(format!("--address=/{host}/{}", gateway.ip()));
                for protocol in ["udp", "tcp"] {
                    let service = format!("--srv-host=_sip._{protocol}.{carrier},{host}");
                    command.arg(format!("{service},{},{place},0", gateway.port()));
                }
            }
        }
        let log = site.config().with_file_name("dnsmasq.log");
        let server = Self(Process::start("dnsmasq", &mut command, log));
        eventually("the name server has started", SOON, || {
            server.0.log().contains("started").then_some(())
        });
        server
    }
}

/// A site whose trunk is known by name; a partner's line is all there is. Nobody listens at the
/// first of its two gateways.
struct NamedSite {
    site: Site,
    first_gateway: u16,
    _server: NameServer,
}

impl std::ops::Deref for NamedSite {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// Has the site look names up at a port where a name server may be.
fn name_server_of(site: &Site) -> u16 {
    let port = site.ports().take();
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    site.change(
        "linka.toml",
        "name_servers = []",
        &format!("name_servers = [\"{server}\"]"),
    );
    port
}

fn site(transport: &str) -> NamedSite {
    let site = quick_site();
    site.change(
        "queues.toml",
        "[[queue.timeline]]\nafter_seconds = 45\naction = \"on-call\"\npartners = [\"on-call-first\", \"on-call-second\"]\n",
        "",
    );
    let port = name_server_of(&site);
    let first_gateway = site.ports().take();
    let target = site.trunk().to_string();
    site.change("trunks.toml", &format!("\"{target}\""), "\"carrier.test\"");
    site.change(
        "trunks.toml",
        "transport = \"udp\"\n# The site's",
        &format!("transport = \"{transport}\"\n# The site's"),
    );
    let first = SocketAddr::new(site.trunk().ip(), first_gateway);
    let server = NameServer::start(&site, port, &[(CARRIER, &[first, site.trunk()])]);
    NamedSite {
        site,
        first_gateway,
        _server: server,
    }
}

/// A caller whom the partner takes, at the gateway that lives.
#[track_caller]
fn reaches_the_partner(site: &Site, linka: &Linka<'_>, transport: Transport) {
    let partner = Scenario::waiting("answers")
        .at(TRUNK_HOST, site.trunk().port())
        .over(transport)
        .start(site.ports());

    let mut call = caller(site).with("talk_ms", "9000").start(site.ports());
    talks(linka, "neighbour-line");

    call.succeeds(1, SOON);
    partner.wait_for("ended", SOON);
    let overflowed = Counted {
        arrived: 1,
        overflowed: 1,
        ..Counted::default()
    };
    counted(linka, overflowed);
}

#[test]
fn dead_first_gateway_is_passed_over_by_udp() {
    let site = site("udp");
    let linka = site.start();

    reaches_the_partner(&site, &linka, Transport::Udp);
}

#[test]
fn dead_first_gateway_is_passed_over_by_tcp() {
    let site = site("tcp");
    let linka = site.start();

    reaches_the_partner(&site, &linka, Transport::Tcp);
}

#[test]
fn gateway_that_takes_no_calls_is_passed_over_at_once() {
    let site = site("udp");
    let linka = site.start();
    let full = Scenario::waiting("refuses")
        .at(TRUNK_HOST, site.first_gateway)
        .start(site.ports());

    reaches_the_partner(&site, &linka, Transport::Udp);

    full.wait_for("refused", SOON);
}

/// How long a gateway that took a call may say nothing more of it before the next one is asked.
const PATIENCE_WITH_A_GATEWAY: Duration = Duration::from_secs(15);

#[test]
fn gateway_whose_connection_is_lost_is_passed_over_at_once() {
    let site = site("tcp");
    let linka = site.start();
    let first = TcpListener::bind((TRUNK_HOST, site.first_gateway)).unwrap();
    let partner = Scenario::waiting("answers")
        .at(TRUNK_HOST, site.trunk().port())
        .over(Transport::Tcp)
        .start(site.ports());

    let _call = caller(&site).with("talk_ms", "9000").start(site.ports());
    let mut taken = Stream::over(first.accept().unwrap().0);
    let invite = taken.hears("the partner is called", "INVITE ");
    let line = |name| format!("{name}: {}\r\n", header(&invite, name).unwrap());
    let lines: String = ["Via", "From", "To", "Call-ID", "CSeq"].map(line).concat();
    taken.send(&format!(
        "SIP/2.0 100 Trying\r\n{lines}Content-Length: 0\r\n\r\n"
    ));
    let lost = Instant::now();
    drop((taken, first));

    talks(&linka, "neighbour-line");
    assert!(lost.elapsed() < PATIENCE_WITH_A_GATEWAY);
    drop(partner);
}

#[test]
fn trunk_known_by_name_alone_calls_by_tcp_from_any_port() {
    let site = site("tcp");
    site.change(
        "trunks.toml",
        "addresses = [\"127.0.0.2\", \"127.0.0.1\"]",
        "addresses = []",
    );
    let _linka = site.start();

    let answer = eventually("its requests are answered", SOON, || {
        let mut stream = Stream::from_trunk(&site);
        let lines = format!("To: <sip:{}>\r\nCall-ID: {}\r\n", site.sip(), fresh());
        stream.send(&request("OPTIONS", &site, site.trunk(), &lines, ""));
        stream.receive()
    });

    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
}

/// A site that registers with a carrier, known by name alone; and the port where its name server may be.
fn registering_site() -> (Site, u16) {
    let site = Site::new();
    let port = name_server_of(&site);
    registering_trunk::write(&site, CARRIER);
    (site, port)
}

/// The carrier's registrar, at the trunk's port of a host.
fn registrar(site: &Site, host: &'static str) -> Sipp {
    let registrar = Scenario::waiting("registrar-proxy");
    let registrar = registrar.at(host, site.trunk().port());
    registrar.start(site.ports())
}

#[test]
fn name_server_that_is_late_at_the_start_is_asked_until_it_is_there() {
    let (site, port) = registering_site();
    let told = written_down(&site);
    let linka = site.start();
    linka.wait_for("the trunk is nowhere", SOON, |status| {
        (status["trunks"][0]["status"] == "DOWN").then_some(())
    });
    let registrar = registrar(&site, TRUNK_HOST);

    let _server = NameServer::start(&site, port, &[(CARRIER, &[site.trunk()])]);

    registrar.wait_for("registered", SOON);
    linka.wait_for("the trunk is registered", SOON, |status| {
        (status["trunks"][0]["registration"] == "registered").then_some(())
    });
    eventually("people are told of both", SOON, || {
        let told = fs::read_to_string(&told).unwrap_or_default();
        let kinds: Vec<&str> = told
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        (kinds == ["trunk-down", "trunk-up"]).then_some(())
    });
}

#[test]
fn carrier_of_another_name_is_registered_with_at_its_own_address() {
    let (site, port) = registering_site();
    let moved = SocketAddr::from(([127, 0, 0, 3], site.trunk().port()));
    let carriers: [Carrier<'_>; 2] = [(CARRIER, &[site.trunk()]), ("moved.test", &[moved])];
    let _server = NameServer::start(&site, port, &carriers);
    let before = registrar(&site, TRUNK_HOST);
    let linka = site.start();
    before.wait_for("registered", SOON);
    let after = registrar(&site, "127.0.0.3");

    site.change("trunks.toml", CARRIER, "moved.test");
    let reloaded = linka.reload();

    assert!(reloaded.status.success(), "{reloaded:?}");
    after.wait_for("registered", SOON);
}
