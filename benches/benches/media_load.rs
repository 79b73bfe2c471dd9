//! CPU time and memory of the media threads under load, over real sockets on loopback.
//!
//! ```text
//! cargo bench -p benches --bench media_load                                # all of them, 5 s each
//! cargo bench -p benches --bench media_load -- relay 500 10                # calls, seconds
//! cargo bench -p benches --bench media_load -- waiting-sound 2000 10       # callers, seconds
//! cargo bench -p benches --bench media_load -- waiting-silent 2000 10
//! ```
//! The one media thread is pinned to the second core, the generator to the first. The time is the thread's own, as the
//! scheduler counts it; on loopback it holds the receiving half of what the thread sends, too.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

// The threads belong to the daemon, which is a binary that nobody imports.
#[allow(dead_code, unused_imports)]
#[path = "../../crates/daemon/src/media_threads/mod.rs"]
mod threads;

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use media::{
    Direction, Event, Format, Hosts, Law, Order, Playlist, PortPair, Proof, Remote, Sound, SoundId,
    Sounds, StreamId, Target, ThreadId,
};
use threads::{Config, Counters, Local, Media};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SOUND: SoundId = SoundId(1);
const FRAME: Duration = Duration::from_millis(20);
/// Time for the load to settle before it is measured.
const SETTLE: Duration = Duration::from_secs(2);

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let number = |n: usize, default: u64| {
        arguments
            .get(n)
            .map_or(default, |text| text.parse().unwrap())
    };
    let seconds = Duration::from_secs(number(2, 5));
    match arguments.first().map(String::as_str) {
        Some("relay") => relay(number(1, 500) as usize, seconds),
        Some("waiting-sound") => waiting(number(1, 2_000) as usize, seconds, Load::Sound),
        Some("waiting-silent") => waiting(number(1, 2_000) as usize, seconds, Load::Silent),
        Some(other) => println!("unknown load {other}: relay, waiting-sound or waiting-silent"),
        None => {
            relay(50, seconds);
            relay(500, seconds);
            waiting(2_000, seconds, Load::Silent);
            waiting(2_000, seconds, Load::Sound);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Load {
    Silent,
    Sound,
}

/// Two phones a call, each sending and hearing 50 packets a second.
fn relay(calls: usize, seconds: Duration) {
    let bench = Bench::start();
    let phones: Vec<Phone> = (0..calls * 2)
        .map(|n| bench.open(n, Format::of(Law::ALaw).with_telephone_event(101)))
        .collect();
    for call in phones.chunks(2) {
        bench.order(Order::Join {
            a: call[0].stream,
            b: call[1].stream,
        });
    }
    let generator = Generator::start(phones);
    let figures = bench.measure(seconds);
    let heard = generator.stop();
    let a_packet = figures.cpu.as_secs_f64() * 1e6 / figures.relayed as f64;
    println!(
        "relay, {calls} calls: {a_packet:.2} us CPU a packet ({} relayed, {heard} heard in all, {:.1} % of a core, {:.2} rounds a packet)",
        figures.relayed,
        figures.share(),
        figures.beats as f64 / figures.relayed as f64,
    );
}

/// Callers who hear the waiting sound and send 50 packets a second of sound without telephone-event, or who neither
/// hear nor send anything.
fn waiting(callers: usize, seconds: Duration, load: Load) {
    let bench = Bench::start();
    let resident = resident();
    let phones: Vec<Phone> = (0..callers)
        .map(|n| bench.open(n, Format::of(Law::ALaw)))
        .collect();
    let memory = self::resident().saturating_sub(resident) / callers as u64;
    let generator = match load {
        Load::Silent => None,
        Load::Sound => {
            for phone in &phones {
                bench.order(Order::Play {
                    stream: phone.stream,
                    playlist: Playlist::waiting(SOUND),
                });
            }
            Some(Generator::start(phones))
        }
    };
    let figures = bench.measure(seconds);
    let after = self::resident().saturating_sub(resident) / callers as u64;
    let heard = generator.map_or(0, Generator::stop);
    let a_caller = figures.cpu.as_secs_f64() * 1e6 / figures.time.as_secs_f64() / callers as f64;
    let datagrams = figures.received + figures.sent;
    println!(
        "waiting {}, {callers} callers: {a_caller:.1} us CPU a caller and second ({:.2} us a datagram, {} read, {} sent, \
         {heard} heard in all, {:.1} % of a core), {memory} then {after} bytes resident a caller",
        if load == Load::Sound {
            "with sound"
        } else {
            "silent"
        },
        figures.cpu.as_secs_f64() * 1e6 / datagrams.max(1) as f64,
        figures.received,
        figures.sent,
        figures.share(),
    );
}

struct Phone {
    stream: StreamId,
    socket: UdpSocket,
}

struct Bench {
    media: Media,
    events: Receiver<Event>,
}

struct Figures {
    time: Duration,
    cpu: Duration,
    received: u64,
    relayed: u64,
    sent: u64,
    beats: u64,
}

impl Figures {
    fn share(&self) -> f64 {
        self.cpu.as_secs_f64() / self.time.as_secs_f64() * 100.0
    }
}

impl Bench {
    fn start() -> Self {
        let (sender, events) = crossbeam_channel::bounded(100_000);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| ());
        let config = Config {
            local: Local::At(LOCAL),
            ports: 10_000..=19_999,
            threads: Some(1),
            events: sender,
            wake,
        };
        let bench = Self {
            media: Media::spawn(&config).unwrap(),
            events,
        };
        let mut sounds = Sounds::default();
        let tone = |n: u32| (f64::from(n) * 0.3).sin() * 8_000.0;
        sounds.insert(
            SOUND,
            Sound::from_samples(&(0..80_000).map(|n| tone(n) as i16).collect::<Vec<_>>()),
        );
        bench.media.load(&Arc::new(sounds)).unwrap();
        bench
    }

    fn order(&self, order: Order) {
        let mut order = order;
        while let Err(full) = self.media.order(ThreadId(0), order) {
            std::thread::yield_now();
            order = *full.order;
        }
    }

    fn ready_port(&self) -> PortPair {
        loop {
            if let Event::PortReady(pair) =
                self.events.recv_timeout(Duration::from_secs(10)).unwrap()
            {
                return pair;
            }
        }
    }

    fn open(&self, n: usize, format: Format) -> Phone {
        let pair = self.ready_port();
        let socket = UdpSocket::bind((LOCAL, 0)).unwrap();
        socket.connect(pair.rtp).unwrap();
        socket.set_nonblocking(true).unwrap();
        let remote = Some(Remote::at(socket.local_addr().unwrap()));
        let target = Target {
            remote,
            format,
            direction: Direction::SendRecv,
            hosts: Hosts::of_flow(LOCAL),
            proof: Proof::Given,
        };
        let stream = StreamId(n as u128);
        self.order(Order::Open {
            stream,
            port: pair.id,
            at: None,
            target,
        });
        Phone { stream, socket }
    }

    fn measure(&self, seconds: Duration) -> Figures {
        pause(SETTLE);
        while self.events.try_recv().is_ok() {}
        let counters = self.media.counters().next().unwrap();
        let (before, cpu, at) = (read(counters), cpu_time("media-0"), Instant::now());
        pause(seconds);
        let (time, after) = (at.elapsed(), read(counters));
        let cpu = cpu_time("media-0") - cpu;
        let [received, relayed, sent, beats] = std::array::from_fn(|n| after[n] - before[n]);
        Figures {
            time,
            cpu,
            received,
            relayed,
            sent,
            beats,
        }
    }
}

fn read(counters: &Counters) -> [u64; 4] {
    [
        &counters.received,
        &counters.relayed,
        &counters.sent,
        &counters.beats,
    ]
    .map(|count| count.load(Ordering::Relaxed))
}

fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// What the scheduler counts for a thread of this process (first field of `schedstat`, in ns).
fn cpu_time(thread: &str) -> Duration {
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        if std::fs::read_to_string(task.join("comm")).unwrap().trim() == thread {
            let schedstat = std::fs::read_to_string(task.join("schedstat")).unwrap();
            return Duration::from_nanos(schedstat.split(' ').next().unwrap().parse().unwrap());
        }
    }
    panic!("no thread {thread}");
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// Sends 50 packets a second from every phone, spread over the 20 ms, and reads what they hear.
struct Generator {
    stopping: Arc<AtomicBool>,
    heard: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Generator {
    fn start(phones: Vec<Phone>) -> Self {
        let (stopping, heard) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (stop, count) = (Arc::clone(&stopping), Arc::clone(&heard));
        let work = move || generate(&phones, &stop, &count);
        Self {
            stopping,
            heard,
            thread: Builder::new()
                .name("generator".to_owned())
                .spawn(work)
                .unwrap(),
        }
    }

    fn stop(self) -> u64 {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.heard.load(Ordering::Relaxed)
    }
}

fn generate(phones: &[Phone], stopping: &AtomicBool, heard: &AtomicU64) {
    pin_to_first_core();
    let voice = voice();
    let mut packet = [0; 172];
    let mut buffer = [0; 1_500];
    let start = Instant::now();
    for tick in 0_u32.. {
        if stopping.load(Ordering::Relaxed) {
            return;
        }
        let due = start + FRAME / 20 * tick;
        pause(due.saturating_duration_since(Instant::now()));
        let round = tick / 20;
        for (n, phone) in phones
            .iter()
            .enumerate()
            .skip((tick % 20) as usize)
            .step_by(20)
        {
            write_packet(&mut packet, n, round, &voice);
            let _ = phone.socket.send(&packet);
            while phone.socket.recv(&mut buffer).is_ok() {
                heard.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn write_packet(packet: &mut [u8; 172], phone: usize, round: u32, voice: &[u8]) {
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[2..4].copy_from_slice(&(round as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&(round * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&(phone as u32).to_be_bytes());
    let frame = (phone + round as usize) * 160 % voice.len();
    packet[12..].copy_from_slice(&voice[frame..frame + 160]);
}

/// Ten seconds of something like speech: a third of it pauses, the rest harmonics of a gliding pitch.
fn voice() -> Vec<u8> {
    let sample = |n: u32| {
        let (time, word) = (f64::from(n) / 8_000.0, n / 2_400);
        let pitch = 110.0 + 25.0 * f64::from(word % 7);
        let loud = if word % 3 == 2 { 20.0 } else { 3_000.0 };
        (1..12)
            .map(|h| (time * pitch * f64::from(h) * std::f64::consts::TAU).sin() / f64::from(h))
            .sum::<f64>()
            * loud
    };
    (0..80_000)
        .map(|n| Law::ALaw.encode(sample(n) as i16))
        .collect()
}

fn pin_to_first_core() {
    let mut own = rustix::thread::CpuSet::new();
    own.set(0);
    let _ = rustix::thread::sched_setaffinity(None, &own);
}
