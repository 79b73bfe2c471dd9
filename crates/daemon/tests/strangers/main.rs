//! Peers whom nobody knows, and known ones that ask without end: they cost themselves and nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "what was measured is shown")]

mod crowd;
mod floods;
mod pages;
#[path = "../peers/mod.rs"]
mod peers;
mod registers;
mod sound;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use peers::eventually;
use peers::linka::{LINE, Linka, Site};
use peers::sipp::TRUNK_HOST;
use peers::wire::{Caller, Wire, WirePhone, credentials_with, header, status};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

const SOON: Duration = Duration::from_secs(20);
const STRANGER_HOST: &str = "127.9.0.1";
/// Long enough for an answer on the loopback.
const SILENCE: Duration = Duration::from_millis(500);
const OPTIONS: usize = 400;
const ANSWER_P99: Duration = Duration::from_millis(100);
const GROWTH_MIB: u64 = 64;
const CONNECTIONS: u64 = 10_000;
/// What the test and its harness need beside connections.
const OTHER_DESCRIPTORS: u64 = 500;
/// The daemon's own limits, in all and for one address.
const CONNECTIONS_MAX: usize = 2_000;
const CONNECTIONS_OF_ADDRESS_MAX: usize = 200;
/// How long the daemon waits for a whole message, and some more.
const GIVEN_UP: Duration = Duration::from_secs(40);

/// Resident memory in MiB.
fn resident(linka: &mut Linka<'_>) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", linka.process().id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: u64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kibibytes / 1_024
}

fn descriptors(linka: &mut Linka<'_>) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", linka.process().id()))
        .unwrap()
        .count()
}

/// Asks as the trunk whether the line is there, many times; gives the times of the answers, the shortest first.
#[track_caller]
fn answer_times(site: &Site) -> Vec<Duration> {
    let trunk = Wire::at(TRUNK_HOST, site);
    let uri = format!("sip:{}", site.sip());
    let mut times: Vec<Duration> = (0..OPTIONS)
        .map(|_| {
            let request = trunk.request("OPTIONS", &uri, "trunk", "");
            let sent = Instant::now();
            trunk.send(&request);
            let call_id = header(&request, "Call-ID");
            eventually("OPTIONS is answered", SOON, || {
                let answer = trunk.receive(Duration::from_secs(1))?;
                (status(&answer) == Some(200) && header(&answer, "Call-ID") == call_id)
                    .then_some(())
            });
            sent.elapsed()
        })
        .collect();
    times.sort();
    times
}

#[track_caller]
fn answers_in_time(site: &Site, meanwhile: &str) {
    let times = answer_times(site);
    let (half, most) = (times[OPTIONS / 2], times[OPTIONS * 99 / 100]);
    eprintln!(
        "OPTIONS while {meanwhile}: p50 {half:?}, p99 {most:?}, worst {:?}",
        times[OPTIONS - 1]
    );
    assert!(most < ANSWER_P99, "p99 {most:?} while {meanwhile}");
}

#[track_caller]
fn a_call_works(site: &Site) {
    let mut caller = Caller::calls(site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    assert_eq!(caller.hangs_up(), 200);
}

/// Every torture message there is, and some noise.
fn torture() -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sip-test-fixtures");
    let mut messages = vec![
        Vec::new(),
        vec![0; 1_400],
        vec![0xff; 40_000],
        b"\r\n\r\n".to_vec(),
    ];
    for folder in std::fs::read_dir(fixtures).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            let files = std::fs::read_dir(folder).unwrap();
            messages.extend(files.map(|file| std::fs::read(file.unwrap().path()).unwrap()));
        }
    }
    assert!(messages.len() > 100, "the fixtures are gone");
    // What is larger is no datagram.
    messages.retain(|message| message.len() <= 65_000);
    messages
}

/// Sends torture messages from addresses that nobody knows, until it is dropped.
struct Flood {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Flood {
    fn towards(linka: SocketAddr) -> Self {
        const BURST: usize = 20;
        let (over, sent) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (ends, counts) = (over.clone(), sent.clone());
        let messages = torture();
        let sources = [1, 2, 3].map(|n| UdpSocket::bind((Ipv4Addr::new(127, 8, n, 1), 0)).unwrap());
        let thread = std::thread::spawn(move || {
            let (_open, pace) = mpsc::sync_channel::<()>(1);
            let mut all = messages.iter().cycle().zip(sources.iter().cycle());
            while !ends.load(Ordering::Relaxed) {
                for (message, source) in all.by_ref().take(BURST) {
                    let _dropped = source.send_to(message, linka);
                    counts.fetch_add(1, Ordering::Relaxed);
                }
                let _timeout = pace.recv_timeout(Duration::from_millis(2));
            }
        });
        Self {
            over,
            sent,
            thread: Some(thread),
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _failed = thread.join();
        }
    }
}

#[test]
fn flood_of_garbage_and_torture_delays_nobody() {
    let site = Site::new();
    let mut linka = site.start();
    a_call_works(&site);
    let before = resident(&mut linka);

    let flood = Flood::towards(site.sip());
    answers_in_time(&site, "garbage and torture messages come from strangers");
    eventually("the flood is one", SOON, || {
        (flood.sent.load(Ordering::Relaxed) > 20_000).then_some(())
    });
    let sent = flood.sent.load(Ordering::Relaxed);
    drop(flood);

    let after = resident(&mut linka);
    eprintln!("{sent} datagrams; resident memory from {before} to {after} MiB");
    assert!(after < before + GROWTH_MIB, "from {before} to {after} MiB");
    a_call_works(&site);
    assert!(!linka.log().contains("panicked"));
}

/// A connection from an address of the loopback.
fn connection(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect_timeout(&to.into(), SOON)?;
    Ok(socket.into())
}

/// Whether the peer closed it; what it sent is thrown away.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.read(&mut [0; 4_096]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

fn allow_many_descriptors() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    maximum.unwrap_or(u64::MAX)
}

#[test]
fn ten_thousand_connections_cost_their_places_and_nothing_else() {
    let site = Site::new();
    let mut linka = site.start();
    a_call_works(&site);
    let (before, others) = (resident(&mut linka), descriptors(&mut linka));
    let wanted = CONNECTIONS.min(allow_many_descriptors() - OTHER_DESCRIPTORS);

    let greedy = Ipv4Addr::new(127, 7, 0, 1);
    let mut of_one: Vec<_> = (0..2 * CONNECTIONS_OF_ADDRESS_MAX)
        .map(|_| connection(greedy, site.sip()).unwrap())
        .collect();
    eventually("one address has its places and no more", SOON, || {
        of_one.retain_mut(|stream| !is_closed(stream));
        (of_one.len() <= CONNECTIONS_OF_ADDRESS_MAX).then_some(())
    });
    assert_eq!(of_one.len(), CONNECTIONS_OF_ADDRESS_MAX);
    let addresses = (0..wanted - of_one.len() as u64)
        .map(|n| Ipv4Addr::from(0x7f06_0000 + (n as u32) % 100 + 1));
    let all: Vec<_> = addresses
        .map(|from| connection(from, site.sip()).unwrap())
        .collect();
    eprintln!("{} connections were opened", all.len() + of_one.len());
    answers_in_time(&site, "strangers hold all connections");

    let held = descriptors(&mut linka) - others;
    let after = resident(&mut linka);
    eprintln!("{held} are held; resident memory from {before} to {after} MiB");
    assert!(
        (CONNECTIONS_MAX / 2..=CONNECTIONS_MAX + 5).contains(&held),
        "{held}"
    );
    assert!(after < before + GROWTH_MIB, "from {before} to {after} MiB");
    a_call_works(&site);
    // Who says nothing loses the place, long before those who keep a registration alive would.
    eventually("the silent ones are given up", GIVEN_UP, || {
        (descriptors(&mut linka) <= others + 5).then_some(())
    });
    drop(all);
}

#[test]
fn slow_and_deaf_peers_lose_their_connections() {
    let site = Site::new();
    let mut linka = site.start();
    let before = resident(&mut linka);
    let stranger: Ipv4Addr = STRANGER_HOST.parse().unwrap();
    let mut slow = connection(stranger, site.sip()).unwrap();
    let mut pinging = connection(stranger, site.sip()).unwrap();
    let mut deaf = connection(TRUNK_HOST.parse().unwrap(), site.sip()).unwrap();
    let uri = format!("sip:{}", site.sip());
    let mut message = format!("INVITE {uri} SIP/2.0\r\n")
        .into_bytes()
        .into_iter()
        .cycle();

    // A trunk that asks and asks and never reads the answers.
    deaf.set_nonblocking(true).unwrap();
    let wire = Wire::at(TRUNK_HOST, &site);
    let mut asked: u64 = 0;
    eventually("the deaf one is cut off", SOON, || {
        for _ in 0..1_000 {
            let request = wire
                .request("OPTIONS", &uri, "trunk", "")
                .replace("/UDP", "/TCP");
            match deaf.write(request.as_bytes()) {
                Ok(length) if length == request.len() => asked += 1,
                Ok(_) => return Some(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(_) => return Some(()),
            }
        }
        None
    });
    answers_in_time(&site, "one peer does not read");
    let mut last = Instant::now();
    eventually("the slow one is cut off", GIVEN_UP, || {
        if last.elapsed() >= Duration::from_secs(1) {
            last = Instant::now();
            slow.write_all(&[message.next().unwrap()]).ok();
            pinging.write_all(b"\r\n\r\n").ok();
        }
        is_closed(&mut slow).then_some(())
    });
    eventually("so is the one that only pings", GIVEN_UP, || {
        is_closed(&mut pinging).then_some(())
    });

    let after = resident(&mut linka);
    eprintln!("{asked} unread answers; resident memory from {before} to {after} MiB");
    assert!(after < before + GROWTH_MIB, "from {before} to {after} MiB");
    a_call_works(&site);
}

#[test]
fn stranger_is_refused_or_met_with_silence() {
    let site = Site::new();
    let linka = site.start();
    let stranger = Wire::at(STRANGER_HOST, &site);
    let line = format!("sip:{LINE}@{}", site.sip());

    stranger.send(stranger.request("INVITE", &line, "nobody", ""));
    let refused = stranger.receive(SOON).unwrap();
    assert_eq!(status(&refused), Some(403), "{refused}");
    for method in ["OPTIONS", "MESSAGE", "SUBSCRIBE", "BYE", "INFO", "NOTIFY"] {
        stranger.send(stranger.request(method, &line, "nobody", ""));
        let answer = stranger.receive(SILENCE);
        assert!(answer.is_none(), "{method} was answered");
    }

    let arrived = linka.wait_for("a status", SOON, |status| {
        status["counts"]["arrived"].as_u64()
    });
    assert_eq!(arrived, 0);
}

/// The answer to a REGISTER with credentials, without what is another's in every message.
#[track_caller]
fn refusal(site: &Site, user: &str, password: &str) -> String {
    let wire = Wire::at(STRANGER_HOST, site);
    let uri = format!("sip:{}", site.sip());
    wire.send(wire.request("REGISTER", &uri, user, ""));
    let challenge = wire.receive(SOON).unwrap();
    let with = credentials_with(&challenge, user, password, "REGISTER", &uri);
    let request = wire.request("REGISTER", &uri, user, &with);
    wire.send(request.replace("CSeq: 1", "CSeq: 2"));
    let answer = wire.receive(SOON).unwrap();
    let own = ["Via:", "From:", "To:", "Call-ID:"];
    let lines = answer
        .lines()
        .filter(|line| !own.iter().any(|own| line.starts_with(own)));
    let lines = lines.map(|line| match line.split_once("nonce=\"") {
        Some((before, after)) => format!("{before}{}", after.split_once('"').unwrap().1),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn wrong_password_and_unknown_user_get_the_same_answer() {
    let site = Site::new();
    site.operator("jana", "");
    let _linka = site.start();

    let wrong = refusal(&site, "jana", "guessed");
    let unknown = refusal(&site, "nobody", "guessed");

    assert!(wrong.starts_with("SIP/2.0 401 "), "{wrong}");
    assert_eq!(wrong, unknown);
    // The right one is still taken.
    drop(WirePhone::dials("*40", "jana", &site));
}
