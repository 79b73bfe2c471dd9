//! The live feed over real connections: CPU time of the server for 1,000 open feeds at 20 changes a
//! second, and how late a change arrives.
//!
//! `cargo bench -p benches --bench feed -- [FEEDS] [SECONDS]`
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use axum::http::HeaderMap;
use dispatch::{ContactId, OperatorId};
use records::Date;
use records::content::Content;
use store::sql::{AccountId, Database, Role};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use utoipa_axum::router::OpenApiRouter;
use web::board::{Change, Class, Contact, ContactState, Millis, Standing};
use web::feed::Feed;
use web::identity::{Due, Gate, SignedIn, Who};
use web::line::{Line, Refusal, Story};
use web::problem::Problem;
use web::{App, Audit, Clock};

const FEEDS: usize = 1_000;
const SECONDS: u64 = 10;
const CHANGES_A_SECOND: u32 = 20;
/// Which account a screen says it is.
const NUMBER: &str = "x-number";
const SERVER: &str = "server";

struct Nobody;

#[async_trait]
impl Line for Nobody {
    async fn act(&self, _: dispatch::Fact) -> Result<(), Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn record(&self, _: records::Fact) -> Result<(), Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn content(&self, _: ContactId, _: OperatorId) -> Result<Content, Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn finished(&self, _: OperatorId) -> Result<Vec<ContactId>, Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn story(&self, _: ContactId) -> Option<Story> {
        None
    }
}

#[async_trait]
impl Gate for Nobody {
    fn is_familiar(&self, _: &HeaderMap) -> bool {
        true
    }

    /// Everybody is who they say.
    async fn who(&self, headers: &HeaderMap) -> Result<Option<Who>, Problem> {
        let number = headers.get(NUMBER).and_then(|number| number.to_str().ok());
        Ok(Some(Who::Account(SignedIn {
            account: AccountId(number.and_then(|number| number.parse().ok()).unwrap_or(0)),
            login: "sona".to_owned(),
            display_name: "sona".to_owned(),
            role: Role::Supervisor,
            due: Due::Nothing,
        })))
    }
}

impl Clock for Nobody {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        u64::try_from(since.unwrap().as_millis()).unwrap()
    }

    fn date(&self, _at: u64) -> Date {
        Date::FIRST
    }
}

fn contact(id: u64, now: Millis) -> Change {
    Change::Contact(Contact {
        id: id.to_string(),
        line: "help".to_owned(),
        queue: "crisis".to_owned(),
        class: Class::Crisis,
        speech: web::board::Speech::Expected,
        standing: Standing::Arrival,
        state: ContactState::Waiting,
        arrived_ms: now,
        talking_since_ms: None,
        with: Vec::new(),
        resting: Vec::new(),
        partner: None,
        steps_taken: 0,
    })
}

/// CPU time of all threads of a name so far.
fn cpu_of(name: &str) -> Duration {
    let ticks_a_second = 100;
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
        let (head, rest) = stat.rsplit_once(')').unwrap();
        if head.ends_with(&format!("({name}")) {
            let fields: Vec<u64> = rest
                .split_whitespace()
                .skip(1)
                .map(|field| field.parse().unwrap_or(0))
                .collect();
            ticks += fields[10] + fields[11];
        }
    }
    Duration::from_millis(ticks * 1_000 / ticks_a_second)
}

/// When each change was told, and how late it came to each screen.
#[derive(Default)]
struct Times {
    told: Vec<Instant>,
    late: Vec<Duration>,
}

async fn screen(number: usize, address: SocketAddr, times: Arc<Mutex<Times>>, all: usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/v1/feed HTTP/1.1\r\nHost: localhost\r\n{NUMBER}: {number}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut seen, mut part) = (0, vec![0; 65_536]);
    while seen < all {
        let read = stream.read(&mut part).await.unwrap();
        let now = Instant::now();
        let text = String::from_utf8_lossy(&part[..read]);
        let changes = text.matches("event: change\n").count();
        let mut times = times.lock().unwrap();
        for at in seen..seen + changes {
            let late = now - times.told[at];
            times.late.push(late);
        }
        seen += changes;
    }
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let feeds = numbers
        .next()
        .map_or(FEEDS, |feeds| usize::try_from(feeds).unwrap());
    let seconds = numbers.next().unwrap_or(SECONDS);
    let folder = tempfile::tempdir().unwrap();
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(SERVER)
        .enable_all()
        .build()
        .unwrap();
    let feed = Feed::new(1);
    let address = server.block_on(serve(folder.path().join("linka.db"), feed.clone()));
    let all = usize::try_from(seconds).unwrap() * CHANGES_A_SECOND as usize;
    let times = Arc::new(Mutex::new(Times::default()));
    let screens = {
        let times = times.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let open = (0..feeds)
                    .map(|number| tokio::spawn(screen(number, address, times.clone(), all)));
                for screen in open.collect::<Vec<_>>() {
                    screen.await.unwrap();
                }
            });
        })
    };
    while feed.open() < feeds {
        std::thread::yield_now();
    }
    let before = cpu_of(SERVER);
    let began = Instant::now();
    for change in 0..all {
        let due =
            began + Duration::from_secs(1) / CHANGES_A_SECOND * u32::try_from(change).unwrap();
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let now = Nobody.now();
        let mut times = times.lock().unwrap();
        times.told.push(Instant::now());
        feed.change(now, vec![contact(change as u64, now)]);
    }
    screens.join().unwrap();
    let (cpu, time) = (cpu_of(SERVER) - before, began.elapsed());
    let mut late = std::mem::take(&mut times.lock().unwrap().late);
    late.sort_unstable();
    let at = |permille: usize| late[(late.len() - 1) * permille / 1_000];
    println!(
        "{feeds} feeds, {CHANGES_A_SECOND} changes a second for {seconds} s: {:.1} % of a core, {:.1} us a change and feed; a change came after {:.1?} (p50), {:.1?} (p99)",
        100.0 * cpu.as_secs_f64() / time.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / (all * feeds) as f64,
        at(500),
        at(990),
    );
}

async fn serve(file: std::path::PathBuf, feed: Arc<Feed>) -> SocketAddr {
    let store = store::sql::open(&Database::File(file)).await.unwrap();
    let nobody = Arc::new(Nobody);
    let app = App {
        line: nobody.clone(),
        feed,
        audit: Audit::open(store.clone(), nobody.clone(), store::sql::AuditKey([9; 32])),
        store,
        gate: nobody.clone(),
        clock: nobody,
        entering: Arc::default(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::serve(
        listener,
        web::router(app, OpenApiRouter::new()),
        web::Proxies::none(),
    ));
    address
}
