//! `cargo xtask load`: `linka serve` on one core, SIPp as trunk and phones on the other, and what it cost.

mod meter;
mod peers;
mod site;
mod wire;

use crate::demo::program::Program;
use crate::packages::{CHROMIUM, SIPP, SOX, TCPDUMP, ensure};
use crate::shell;
use anyhow::{Context, Result, bail};
use meter::{Event, Usage};
use peers::Peers;
use site::Site;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(20);
const START_MAX: Duration = Duration::from_secs(60);
/// What a registration may take, at worst.
const REGISTER_EACH_MAX: Duration = Duration::from_millis(200);
const IDLE: Duration = Duration::from_secs(5);
/// What a caller may need beyond her talk before she is counted as failed.
const PATIENCE: Duration = Duration::from_secs(25);
const SECONDS_MAX: u32 = 3_600;
const CALLS_MAX: u32 = 1_000_000;

/// Measures what calls cost.
///
/// Starts a release `linka` on core 0 with a configuration and folders of its own (wrap-up 0, offers of 20 s, twice the
/// usual port range), and SIPp on core 1: N operators, who register and dial *40, and callers at the given rate.
/// Everything stays on the loopback and ends by itself; the folder target/load keeps the logs of the last run.
///
/// Prints for each phase the rate, failed and refused (503) calls, CPU time a call by thread, and the latency from a
/// caller's INVITE to the operator's, or from an operator's BYE to her next INVITE: differences of the kernel's time
/// stamps on the loopback (tcpdump, which needs root), so that they hold no delay of SIPp.
///
/// Examples:
///   cargo xtask load --rate 200
///   cargo xtask load --rate 300 --rtp
///   cargo xtask load --rate 5 --feeds 1000      about 20 changes a second on a thousand screens
///   cargo xtask load --rate 5 --feeds 200 --screen      how long one of them takes to a real screen
///   cargo xtask load --rate 600 --seconds 30 --then 300      overload, then back to normal
///   cargo xtask load --rate 300 --seconds 12 --waiting 2000 --operators 50 --ring-seconds 60     a long silent queue
///   cargo xtask load --waiting 2000 --operators 50 --ring-seconds 0 --rtp     and one that hears the waiting sound
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Options {
    /// Calls a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    rate: u32,
    /// How long calls are made.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=i64::from(SECONDS_MAX)))]
    seconds: u32,
    /// A second phase at this rate, for 30 s, at once after the first: is all normal again after an overload?
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=2_000))]
    then: Option<u32>,
    /// Operators whose phones answer at once.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    operators: u16,
    /// How long each call talks before the caller hangs up; with `--waiting` it is the operator who does.
    #[arg(long, default_value_t = 2_000, value_name = "MS")]
    talk_ms: u32,
    /// Sound both ways: the caller sends 50 packets a second from her INVITE's answer on, the phone echoes them.
    #[arg(long)]
    rtp: bool,
    /// Keeps so many callers waiting beyond those who talk; `--rate` is how fast they come.
    #[arg(long, default_value_t = 0, value_name = "CALLERS", value_parser = clap::value_parser!(u32).range(0..=4_000))]
    waiting: u32,
    /// Keeps so many live feeds of the wallboard open, on the phones' core.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1_000))]
    feeds: u16,
    /// One of them is a wallboard in Chromium; tells how long changes take from the exchange to its screen.
    #[arg(long, requires = "feeds")]
    screen: bool,
    /// How long the line rings before it answers and plays the waiting sound; 0 answers at once.
    #[arg(long, default_value_t = 6, value_name = "S", value_parser = clap::value_parser!(u32).range(0..=60))]
    ring_seconds: u32,
    /// Linka's ports for sound; a call holds two pairs until 5 s after its end.
    #[arg(long, default_value = "10000-29999", value_name = "FIRST-LAST")]
    rtp_ports: String,
    /// The niceness of linka and SIPp alike: a negative one (as root) keeps out what else runs on this machine.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    nice: i8,
    /// Everything lies here, data and logs; left out: target/load. A folder of a tmpfs takes the disk out of the figures.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Uses this `linka` and does not build one.
    #[arg(long, value_name = "FILE")]
    linka: Option<PathBuf>,
}

/// Calls at one rate.
#[derive(Clone, Copy)]
struct Phase {
    rate: u32,
    seconds: u32,
}

impl Phase {
    fn calls(self) -> u32 {
        (self.rate * self.seconds).min(CALLS_MAX)
    }
}

/// Runs all phases and prints what was measured. Exits with 1 when a call failed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    ensure(&[SIPP, SOX, TCPDUMP])?;
    if options.screen {
        ensure(&[CHROMIUM])?;
    }
    let linka = match &options.linka {
        Some(linka) => linka.canonicalize().context("--linka")?,
        None => crate::demo::build(&[crate::demo::LINKA])?,
    };
    let folder = match &options.folder {
        Some(folder) => std::path::absolute(folder)?.join("linka-load"),
        None => shell::target().join("load"),
    };
    let site = Site::prepare(folder, options)?;
    println!(
        "disk       fdatasync after 4 KiB: {}",
        meter::disk(site.folder())?
    );
    let peers = Peers::new(&site, options)?;
    let mut serve = peers.linka(&linka)?;
    wait(&mut serve, "linka listens", |_| {
        std::os::unix::net::UnixStream::connect(site.path("data/linka.sock")).is_ok()
    })?;
    let _phones = come_on_shift(&peers, options)?;
    let feeds = match options.feeds {
        0 => None,
        feeds => Some(open_feeds(&peers, feeds)?),
    };
    let idle = idle(serve.id())?;
    let mut phases = vec![Phase {
        rate: options.rate,
        seconds: options.seconds,
    }];
    phases.extend(options.then.map(|rate| Phase { rate, seconds: 30 }));
    let mut load = Load {
        options,
        site: &site,
        peers: &peers,
        serve,
        feeds,
        idle,
        failed: 0,
    };
    for (n, phase) in phases.into_iter().enumerate() {
        load.phase(&format!("callers-{}", n + 1), phase)?;
    }
    Ok(if load.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn come_on_shift(peers: &Peers<'_>, options: &Options) -> Result<Program> {
    let started = Instant::now();
    let mut register = peers.register()?;
    let patience = START_MAX + REGISTER_EACH_MAX * u32::from(options.operators);
    while register.ended()?.is_none() {
        if started.elapsed() > patience {
            bail!("the phones did not register within {patience:?}");
        }
        thread::sleep(TICK);
    }
    if register.ended()?.is_some_and(|status| !status.success()) {
        bail!("a phone did not register:\n{}", register.last_words());
    }
    println!(
        "operators  {} registered and ready after {:.1} s",
        options.operators,
        started.elapsed().as_secs_f64()
    );
    peers.phones()
}

fn open_feeds(peers: &Peers<'_>, feeds: u16) -> Result<Program> {
    let mut screens = peers.feeds(feeds)?;
    wait(&mut screens, "all feeds are open", |screens| {
        screens.last_words().lines().any(|line| line == "open")
    })?;
    println!("feeds      {feeds} are open");
    Ok(screens)
}

/// CPU time a second while nobody calls: registrations, probes, ticks.
fn idle(pid: u32) -> Result<Duration> {
    let before = Usage::of(pid)?;
    thread::sleep(IDLE);
    let after = Usage::of(pid)?;
    let spent: Duration = after.since(&before).values().sum();
    println!(
        "idle       {:.0} µs CPU a second, {} KiB resident",
        micros(spent) / IDLE.as_secs_f64(),
        after.resident_kib
    );
    Ok(spent.div_f64(IDLE.as_secs_f64()))
}

fn wait(program: &mut Program, what: &str, mut done: impl FnMut(&Program) -> bool) -> Result<()> {
    let deadline = Instant::now() + START_MAX;
    while !done(program) {
        if let Some(status) = program.ended()? {
            bail!("ended ({status}) before {what}:\n{}", program.last_words());
        }
        if Instant::now() > deadline {
            bail!("not within {START_MAX:?}: {what}\n{}", program.last_words());
        }
        thread::sleep(TICK);
    }
    Ok(())
}

struct Load<'a> {
    options: &'a Options,
    site: &'a Site,
    peers: &'a Peers<'a>,
    serve: Program,
    feeds: Option<Program>,
    idle: Duration,
    failed: u64,
}

impl Load<'_> {
    fn phase(&mut self, name: &str, phase: Phase) -> Result<()> {
        let earlier = meter::events(&self.site.path("refresh.events")).len();
        let capture = format!("{name}.pcap");
        let mut stamps = self.peers.capture(&capture)?;
        wait(&mut stamps, "tcpdump listens", wire::listens)?;
        let before = Usage::of(self.serve.id())?;
        let heard_before = self.heard();
        let started = Instant::now();
        let mut callers = self.peers.callers(name, phase)?;
        let full = self.until_over(&mut callers, phase)?;
        let after = Usage::of(self.serve.id())?;
        let seconds = started.elapsed();
        drop((callers, stamps));
        let packets = wire::packets(&self.site.path(&capture))?;
        let events = meter::events(&self.site.path(&format!("{name}.events")));
        let phones = meter::events(&self.site.path("refresh.events")).split_off(earlier);
        println!(
            "\n{name}  {} calls a second for {} s{}",
            phase.rate,
            phase.seconds,
            if self.options.rtp { ", with RTP" } else { "" }
        );
        self.print_calls(name, phase, &events, &phones);
        self.print_cost(&events, &before, &after, seconds);
        if self.options.feeds > 0 {
            let heard = (self.heard() - heard_before) / u64::from(self.options.feeds);
            #[allow(clippy::cast_precision_loss, reason = "a feed hears few changes")]
            let a_second = heard as f64 / seconds.as_secs_f64();
            println!("feeds      each heard {heard} changes, {a_second:.1} a second");
        }
        if let Some(told) = self.told_by_feeds("screen ") {
            println!("screen     a change told → to be seen: {told}");
        }
        if let Some((full, at)) = full {
            self.print_waiting(&full, &after, at.elapsed());
        }
        if self.options.waiting > 0 {
            println!(
                "operator's BYE → her next INVITE: {}",
                wire::freed(&packets)
            );
        } else if events.iter().any(|event| event.kind == "refused") {
            println!("INVITE → operator's INVITE: not told, calls were refused");
        } else {
            println!(
                "INVITE → operator's INVITE: {}",
                wire::to_operator(&packets)
            );
        }
        println!(
            "INVITE → caller's 200, by SIPp's clock: {}",
            meter::to_answer(&events)
        );
        Ok(())
    }

    /// How many changes all feeds heard so far.
    fn heard(&self) -> u64 {
        let told = self.told_by_feeds("heard ");
        told.and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// What the feeds told last, after this word.
    fn told_by_feeds(&self, word: &str) -> Option<String> {
        let log = self.feeds.as_ref()?.last_words();
        let told = log.lines().rev().find_map(|line| line.strip_prefix(word));
        told.map(str::to_owned)
    }

    /// Waits for the last call; with a queue that is kept full only until the time is over. Says what was used when it was full.
    fn until_over(
        &mut self,
        callers: &mut Program,
        phase: Phase,
    ) -> Result<Option<(Usage, Instant)>> {
        let talk = Duration::from_millis(u64::from(self.options.talk_ms));
        let waiting = Duration::from_secs(u64::from(self.options.waiting / phase.rate + 3));
        let fill = if self.options.waiting > 0 {
            waiting
        } else {
            Duration::ZERO
        };
        let length = Duration::from_secs(u64::from(phase.seconds));
        let (started, mut full) = (Instant::now(), None);
        let mut next_sample = started;
        loop {
            let time = started.elapsed();
            if let Some(status) = self.serve.ended()? {
                bail!("linka ended ({status}):\n{}", self.serve.last_words());
            }
            if fill > Duration::ZERO && full.is_none() && time > fill {
                full = Some((Usage::of(self.serve.id())?, Instant::now()));
            }
            if Instant::now() >= next_sample {
                next_sample += Duration::from_secs(10);
                println!(
                    "  {:>4} s  {} KiB resident",
                    time.as_secs(),
                    Usage::of(self.serve.id())?.resident_kib
                );
            }
            let given_up = time > length + talk + PATIENCE;
            let kept_full = fill > Duration::ZERO && time > length + fill;
            if callers.ended()?.is_some() || given_up || kept_full {
                return Ok(full);
            }
            thread::sleep(TICK);
        }
    }

    fn print_calls(&mut self, name: &str, phase: Phase, events: &[Event], phones: &[Event]) {
        let count = |events: &[Event], kind: &str| {
            events.iter().filter(|event| event.kind == kind).count() as u64
        };
        let calls = count(events, "calls");
        let (answered, refused) = (count(events, "answered"), count(events, "refused"));
        let times: Vec<f64> = events
            .iter()
            .filter(|event| event.kind == "calls")
            .map(|event| event.at)
            .collect();
        let span = times.last().unwrap_or(&0.0) - times.first().unwrap_or(&0.0);
        #[allow(clippy::cast_precision_loss, reason = "counts of calls are small")]
        let achieved = calls.saturating_sub(1) as f64 / span.max(0.001);
        let statistic = |column| {
            meter::statistic(&self.site.path(&format!("{name}.csv")), column).unwrap_or_default()
        };
        let failed = statistic("FailedCall(C)");
        if self.options.waiting == 0 {
            self.failed += failed;
        }
        println!(
            "calls      {calls} came ({achieved:.1} a second of {}), {answered} answered, {failed} failed, {refused} met 503, {} retransmissions; operators' phones rang {}",
            phase.rate,
            statistic("Retransmissions(C)"),
            count(phones, "rings")
        );
    }

    fn print_cost(&self, events: &[Event], before: &Usage, after: &Usage, time: Duration) {
        let calls = events.iter().filter(|event| event.kind == "calls").count();
        #[allow(clippy::cast_precision_loss, reason = "counts of calls are small")]
        let calls = calls.max(1) as f64;
        let threads = after.since(before);
        let total: Duration = threads.values().sum();
        let parts: Vec<String> = threads
            .iter()
            .map(|(name, spent)| format!("{name} {:.0}", micros(*spent) / calls))
            .collect();
        println!(
            "CPU        {:.0} µs a call ({}); {:.0} µs without what idling costs; core 0 busy {:.0} %",
            micros(total) / calls,
            parts.join(", "),
            micros(total.saturating_sub(self.idle.mul_f64(time.as_secs_f64()))) / calls,
            100.0 * total.as_secs_f64() / time.as_secs_f64()
        );
        println!(
            "memory     {} KiB resident before, {} KiB after",
            before.resident_kib, after.resident_kib
        );
    }

    fn print_waiting(&self, full: &Usage, after: &Usage, time: Duration) {
        let spent: Duration = after.since(full).values().sum();
        let waiting = f64::from(self.options.waiting);
        println!(
            "waiting    {} callers: {} KiB resident; CPU {:.1} µs a second and caller",
            self.options.waiting,
            full.resident_kib,
            micros(spent) / time.as_secs_f64() / waiting
        );
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
