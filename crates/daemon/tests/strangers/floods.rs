//! Those whom the line knows, or who forge their addresses, ask without end: callers get in and are heard.

use std::time::Duration;

use crate::peers::eventually;
use crate::peers::linka::{Linka, Site};
use crate::peers::sipp::{PHONES_HOST, TRUNK_HOST};
use crate::peers::wire::{Caller, Wire, WirePhone, sound_of, status};
use crate::sound::{CALLER, CALLERS, ENOUGH, OPERATORS, Voice};
use crate::{GROWTH_MIB, SOON, resident};

/// How many of them are on their way at once: none is lost for want of room in a socket.
const AT_ONCE: usize = 50;
/// Longer than an answer takes on the loopback.
const LOST: Duration = Duration::from_millis(500);
/// Kept for 32 s each, they would take more memory than a flood may.
const REQUESTS: usize = 120_000;
const STAR_CODES: usize = 3_000;
/// A host of phones that is not Jana's.
const OTHER_PHONES_HOST: &str = "127.0.7.1";

/// Two callers a second: a port rests for 5 s after each call, and a site of the tests has 40 pairs.
const BETWEEN_CALLERS: Duration = Duration::from_millis(500);

/// Sends a request again and again, each a new one; gives how many were answered with this status.
fn asks_without_end(
    wire: &Wire,
    requests: usize,
    code: u16,
    request: impl Fn() -> String,
) -> usize {
    let mut answered = 0;
    for _ in 0..requests / AT_ONCE {
        for _ in 0..AT_ONCE {
            wire.send(request());
        }
        let answers = (0..AT_ONCE).map_while(|_| wire.receive(LOST));
        answered += answers
            .filter(|answer| status(answer) == Some(code))
            .count();
    }
    answered
}

/// A site where Jana is ready, and what she hears at her phone.
struct Night<'a> {
    site: &'a Site,
    phone: WirePhone,
    jana: Voice,
}

impl<'a> Night<'a> {
    fn begins(site: &'a Site) -> Self {
        let jana = Voice::at(PHONES_HOST, site, OPERATORS);
        let phone = WirePhone::dials_with("*40", "jana", site, jana.sdp());
        Self { site, phone, jana }
    }

    /// A caller is answered by Jana, and both hear each other.
    #[track_caller]
    fn a_caller_is_heard(&mut self) {
        let calls = self.phone.calls();
        let mut voice = Voice::at(TRUNK_HOST, self.site, CALLERS);
        let mut caller = Caller::calls_with(self.site, CALLER, "", voice.sdp());
        let at = sound_of(&caller.is_answered(SOON)).unwrap();
        eventually("Jana is called", SOON, || {
            (self.phone.calls() > calls).then_some(())
        });
        let phones_at = self.phone.sound().unwrap();
        let before = self.jana.heard(CALLERS);
        eventually("they hear each other", SOON, || {
            voice.says(at);
            self.jana.says(phones_at);
            voice.listens();
            self.jana.listens();
            let both = [self.jana.heard(CALLERS) - before, voice.heard(OPERATORS)];
            both.iter().all(|heard| *heard >= ENOUGH).then_some(())
        });
        assert_eq!(caller.hangs_up(), 200);
    }
}

fn site() -> Site {
    let site = Site::new();
    for name in ["jana", "eva"] {
        site.operator(name, "");
    }
    for (file, from, to) in [
        (
            "lines.toml",
            "ring_time_seconds = 6",
            "ring_time_seconds = 0",
        ),
        ("queues.toml", "wrap_up_seconds = 60", "wrap_up_seconds = 0"),
    ] {
        site.change(file, from, to);
    }
    site
}

/// Callers come and are heard while it lasts and afterwards; memory stays.
fn a_flood_costs_no_caller(flood: impl FnOnce(&Site) -> usize + Send) {
    let site = site();
    let mut linka = site.start();
    let mut night = Night::begins(&site);
    night.a_caller_is_heard();
    let before = resident(&mut linka);

    let answered = std::thread::scope(|scope| {
        let flood = scope.spawn(|| flood(&site));
        while !flood.is_finished() {
            night.a_caller_is_heard();
            std::thread::sleep(BETWEEN_CALLERS);
        }
        flood.join().unwrap()
    });

    let after = resident(&mut linka);
    eprintln!("{answered} of {REQUESTS} were answered; from {before} to {after} MiB");
    assert!(answered > REQUESTS / 20 * 19, "{answered}");
    assert!(after < before + GROWTH_MIB, "from {before} to {after} MiB");
    night.a_caller_is_heard();
}

#[test]
fn options_without_end_from_the_trunks_address_cost_no_caller() {
    a_flood_costs_no_caller(|site| {
        let (wire, uri) = (Wire::at(TRUNK_HOST, site), format!("sip:{}", site.sip()));
        asks_without_end(&wire, REQUESTS, 200, || {
            wire.request("OPTIONS", &uri, "trunk", "")
        })
    });
}

#[test]
fn registers_without_end_of_one_phone_cost_no_caller() {
    a_flood_costs_no_caller(|site| {
        let (wire, uri) = (
            Wire::at(OTHER_PHONES_HOST, site),
            format!("sip:{}", site.sip()),
        );
        wire.registers("eva", site);
        asks_without_end(&wire, REQUESTS, 401, || {
            wire.request("REGISTER", &uri, "eva", "")
        })
    });
}

/// How many calls were refused for load, by what was full.
fn refused(linka: &Linka<'_>, full: &str) -> u64 {
    let name = format!("linka_calls_refused_for_load{{full=\"{full}\"}} ");
    let metrics = linka.get("/metrics").1;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap().parse().unwrap()
}

#[test]
fn star_codes_without_end_of_one_phone_cost_no_caller_and_are_told() {
    let site = site();
    let linka = site.start();
    let mut night = Night::begins(&site);
    let wire = Wire::at(OTHER_PHONES_HOST, &site);
    wire.registers("eva", &site);
    let uri = format!("sip:*43@{}", site.sip());

    std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            for _ in 0..STAR_CODES {
                wire.send(wire.request("INVITE", &uri, "eva", ""));
                // None of the answers is acknowledged.
                wire.receive(Duration::from_millis(1));
            }
        });
        while !flood.is_finished() {
            night.a_caller_is_heard();
            std::thread::sleep(BETWEEN_CALLERS);
        }
    });

    let of_phone = refused(&linka, "phone");
    eprintln!("{of_phone} of {STAR_CODES} were refused");
    assert!(of_phone > 0);
    assert_eq!(
        refused(&linka, "tables") + refused(&linka, "trunk address"),
        0
    );
    assert_eq!(linka.get("/readyz").0, 200);
    night.a_caller_is_heard();
}
