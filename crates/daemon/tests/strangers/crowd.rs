//! Ten thousand screens that one account opens at once, and nobody else's that suffers.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use crate::peers::eventually;
use crate::peers::linka::Site;
use crate::peers::people::people;
use crate::{
    CONNECTIONS, GROWTH_MIB, SOON, a_call_works, allow_many_descriptors, answers_in_time,
    connection, descriptors, resident,
};

/// The daemon's own limits: feeds of one account, connections of one network.
const FEEDS_OF_ONE_MAX: usize = 64;
const CONNECTIONS_OF_NETWORK_MAX: usize = 1_024;
/// How many come at a time: the other tests of this process need descriptors as well.
const AT_ONCE: u64 = 1_000;

/// A screen, and what it was told so far.
struct Screen {
    stream: TcpStream,
    told: String,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Closed,
}

impl Screen {
    fn open(from: Ipv4Addr, to: SocketAddr, cookies: &str) -> Self {
        let mut stream = connection(from, to).unwrap();
        let request =
            format!("GET /api/v1/feed HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n");
        // One that found no place may be closed already.
        let _refused = stream.write_all(request.as_bytes());
        stream.set_nonblocking(true).unwrap();
        Self {
            stream,
            told: String::new(),
            end: End::Open,
        }
    }

    /// Hears what came meanwhile; whether it knows now how it is served.
    fn is_answered(&mut self) -> bool {
        let mut part = [0; 4_096];
        while self.end == End::Open && self.told.len() < part.len() {
            match self.stream.read(&mut part) {
                Ok(read) if read > 0 => self.told += &String::from_utf8_lossy(&part[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => self.end = End::Closed,
            }
        }
        self.end == End::Closed || self.told.contains("\r\n\r\n")
    }

    fn was_told(&self, words: &str) -> bool {
        self.told.contains(words)
    }
}

#[test]
fn ten_thousand_idle_feeds_take_their_places_and_nobody_elses() {
    let site = Site::new();
    let mut linka = site.start();
    let (_, people) = people(&site, &[("stena", "wall"), ("vera", "supervisor")]);
    let cookies = people[1].signed_in(&site).cookies();
    a_call_works(&site);
    let (before, others) = (resident(&mut linka), descriptors(&mut linka));
    allow_many_descriptors();
    let (greedy, pages) = (
        Ipv4Addr::new(127, 7, 0, 1),
        SocketAddr::from(([127, 0, 0, 1], site.web())),
    );

    let mut screens = Vec::new();
    for _ in 0..CONNECTIONS / AT_ONCE {
        let more = (0..AT_ONCE).map(|_| Screen::open(greedy, pages, &cookies));
        let mut more: Vec<_> = more.collect();
        eventually("each knows how it is served", SOON, || {
            let answered = more.iter_mut().map(Screen::is_answered);
            (answered.filter(|answered| !answered).count() == 0).then_some(())
        });
        // The others had no connection.
        more.retain(|screen| !screen.told.is_empty());
        screens.append(&mut more);
    }

    let count = |words: &str| {
        screens
            .iter()
            .filter(|screen| screen.was_told(words))
            .count()
    };
    let (open, refused) = (count("200 OK"), count("503 Service Unavailable"));
    eprintln!(
        "{CONNECTIONS} came: {open} feeds, {refused} were refused, the others had no connection"
    );
    assert_eq!(open, FEEDS_OF_ONE_MAX);
    assert_eq!(refused, count("application/problem+json"));
    // Who was refused and asks nothing more loses the connection, and another one gets it.
    assert!(open + refused >= CONNECTIONS_OF_NETWORK_MAX);
    let held = descriptors(&mut linka) - others;
    assert!(held <= CONNECTIONS_OF_NETWORK_MAX + 20, "{held} are held");
    answers_in_time(&site, "one account holds all feeds that it may");
    let vera = people[2].signed_in(&site);
    assert!(vera.feed().contains("event: snapshot"));
    a_call_works(&site);
    let after = resident(&mut linka);
    eprintln!("resident memory from {before} to {after} MiB");
    assert!(after < before + GROWTH_MIB, "from {before} to {after} MiB");
}
