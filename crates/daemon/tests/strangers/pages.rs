//! Strangers at the pages: they keep no connection for long, and whoever is known does not wait for them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::peers::eventually;
use crate::peers::linka::Site;
use crate::peers::people::{Client, people};
use crate::{
    GROWTH_MIB, SOON, a_call_works, allow_many_descriptors, connection, is_closed, resident,
};

/// The daemon's own limits.
const CONNECTIONS_OF_NETWORK_MAX: usize = 1_024;
const HEAD_BYTES_MAX: usize = 32 * 1_024;
/// How long a silent stranger keeps a connection, and some more.
const SILENT_IS_GIVEN_UP: Duration = Duration::from_secs(25);
/// How long a stranger keeps one who asks and reads nothing, and some more.
const DEAF_IS_GIVEN_UP: Duration = Duration::from_secs(150);
/// How often a stranger asks until she is refused.
const REFUSALS: u32 = 5;
/// What opens a connection of HTTP/2 (RFC 9113 §3.4), and an empty frame of settings.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

fn pages(site: &Site) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], site.web()))
}

/// The status of an answer, when one comes.
fn asks(stream: &mut TcpStream, request: &str) -> Option<u16> {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 4_096];
    let length = stream.read(&mut answer).ok()?;
    let head = String::from_utf8_lossy(&answer[..length]).into_owned();
    head.split(' ').nth(1)?.parse().ok()
}

fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n")
}

#[test]
fn silent_strangers_lose_their_connections_to_the_pages() {
    let site = Site::new();
    let _linka = site.start();
    let stranger = Ipv4Addr::new(127, 9, 0, 1);
    let begins: [(&str, &[u8]); 4] = [
        ("says nothing", b""),
        ("does not say which version it speaks", b"PRI * HT"),
        ("says HTTP/2 and asks nothing", HTTP2),
        ("never ends its head", b"GET / HTTP/1.1\r\nHost: l"),
    ];
    let mut open: Vec<_> = begins
        .into_iter()
        .map(|(what, bytes)| {
            let mut stream = connection(stranger, pages(&site)).unwrap();
            stream.write_all(bytes).unwrap();
            (what, stream)
        })
        .collect();

    eventually("each is closed", SILENT_IS_GIVEN_UP, || {
        open.retain_mut(|(_, stream)| !is_closed(stream));
        open.is_empty().then_some(())
    });
}

#[test]
fn one_network_that_is_silent_leaves_the_pages_to_others_and_gives_them_back() {
    let site = Site::new();
    let _linka = site.start();
    allow_many_descriptors();
    let hosts = (1..=200).cycle().map(|host| Ipv4Addr::new(127, 7, 3, host));

    let mut silent: Vec<_> = hosts
        .take(2 * CONNECTIONS_OF_NETWORK_MAX)
        .map(|from| connection(from, pages(&site)).unwrap())
        .collect();
    eventually("a network has its places and no more", SOON, || {
        silent.retain_mut(|stream| !is_closed(stream));
        (silent.len() <= CONNECTIONS_OF_NETWORK_MAX).then_some(())
    });
    let mut other = connection(Ipv4Addr::new(127, 7, 4, 1), pages(&site)).unwrap();

    assert_eq!(asks(&mut other, &get("/", "")), Some(200));
    eventually("the silent ones are given up", SILENT_IS_GIVEN_UP, || {
        silent.retain_mut(|stream| !is_closed(stream));
        silent.is_empty().then_some(())
    });
}

#[test]
fn head_that_is_too_long_is_refused() {
    let site = Site::new();
    let _linka = site.start();
    let stranger = Ipv4Addr::new(127, 9, 0, 1);
    let with_head = |bytes: usize| {
        let mut stream = connection(stranger, pages(&site)).unwrap();
        asks(
            &mut stream,
            &get("/", &format!("X: {}\r\n", "x".repeat(bytes))),
        )
    };

    let fits = with_head(HEAD_BYTES_MAX - 1_024);
    let too_long = with_head(HEAD_BYTES_MAX + 1_024);

    assert_eq!(fits, Some(200));
    assert!(matches!(too_long, Some(431) | None), "{too_long:?}");
}

#[test]
fn stranger_who_reads_no_answer_loses_the_connection() {
    let site = Site::new();
    let _linka = site.start();
    let mut deaf = connection(Ipv4Addr::new(127, 9, 0, 1), pages(&site)).unwrap();
    deaf.set_nonblocking(true).unwrap();
    let request = get("/api/openapi.json", "");

    eventually("the deaf one is cut off", DEAF_IS_GIVEN_UP, || {
        match deaf.write(request.as_bytes()) {
            Ok(_) => None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(_) => Some(()),
        }
    });
}

#[test]
fn stranger_who_asks_and_asks_is_held_back_and_a_supervisor_is_not() {
    let site = Site::new();
    let _linka = site.start();
    let (_, people) = people(&site, &[("vera", "supervisor")]);
    let cookies = people[1].signed_in(&site).cookies();
    let as_vera = get("/api/v1/reports/counts", &format!("Cookie: {cookies}\r\n"));
    let home = Ipv4Addr::new(127, 0, 0, 1);
    let mut vera = connection(home, pages(&site)).unwrap();
    assert_eq!(asks(&mut vera, &as_vera), Some(200));

    let began = Instant::now();
    for refused in 1..=REFUSALS {
        let mut greedy = connection(home, pages(&site)).unwrap();
        let mut paths = ["/", "/assets/none.js", "/api/v1/audit", "/nowhere"]
            .iter()
            .cycle();
        let answer = paths.find_map(|path| {
            let answer = asks(&mut greedy, &get(path, "Accept-Encoding: gzip\r\n"));
            assert!(answer != Some(200) || *path != "/api/v1/audit");
            (answer == Some(429) || answer.is_none()).then_some(answer)
        });
        assert_eq!(answer, Some(Some(429)));
        assert_eq!(asks(&mut greedy, &get("/", "")), None, "it is closed");
        let mut vera = connection(home, pages(&site)).unwrap();
        assert_eq!(asks(&mut vera, &as_vera), Some(200), "after {refused}");
    }
    eprintln!(
        "a stranger was refused {REFUSALS} times in {:?}",
        began.elapsed()
    );

    a_call_works(&site);
}

#[test]
fn proxy_that_is_named_locks_out_whom_it_speaks_for_and_nobody_else() {
    let site = Site::new();
    site.change("linka.toml", "proxies = []", "proxies = [\"127.0.0.1\"]");
    let _linka = site.start();
    let _people = people(&site, &[("vera", "supervisor")]);
    let tries = |from: &str| {
        let body = r#"{"login":"vera","password":"guessed guessed"}"#;
        let request = format!(
            "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Forwarded-For: 10.1.1.1, {from}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut proxy = connection(Ipv4Addr::new(127, 0, 0, 1), pages(&site)).unwrap();
        asks(&mut proxy, &request)
    };

    eventually("the guesser is locked out", SOON, || {
        (tries("203.0.113.9") == Some(429)).then_some(())
    });

    assert_eq!(tries("198.51.100.1"), Some(401));
}

/// Whoever tries passwords: each is hashed in 19 MiB.
#[test]
fn sign_ins_that_fail_leave_no_memory_behind() {
    const CLIENTS: usize = 4;
    const TRIES: usize = 40;
    let site = Site::new();
    let mut linka = site.start();
    a_call_works(&site);
    let before = resident(&mut linka);

    let site = &site;
    let fails = |client: usize| {
        let pages = Client::new(site);
        let tries = (0..TRIES).map(|n| {
            let credentials = json!({"login": format!("who{client}-{n}"), "password": "wrong"});
            pages.ask("POST", "/session", Some(credentials)).0
        });
        tries.filter(|status| *status == 401).count()
    };
    let failed: usize = std::thread::scope(|scope| {
        let clients = (0..CLIENTS).map(|client| scope.spawn(move || fails(client)));
        let clients: Vec<_> = clients.collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum()
    });

    let after = resident(&mut linka);
    eprintln!("{failed} sign-ins failed; from {before} to {after} MiB");
    assert!(failed > CLIENTS * TRIES / 2, "{failed}");
    assert!(after < before + GROWTH_MIB, "from {before} to {after} MiB");
}
