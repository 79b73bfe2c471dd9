//! The office: a tokio runtime for everything that may wait: TCP framing, the control socket, names, warnings, metrics.

mod acts;
mod audit;
mod certificate;
pub(crate) mod closing;
pub(crate) mod configured;
pub(crate) mod control;
mod doubt;
mod http;
mod line;
mod names;
pub(crate) mod pages;
pub(crate) mod places;
pub(crate) mod records;
mod reload;
pub(crate) mod retention;
mod routes;
pub(crate) mod saved;
pub(crate) mod screens;
mod tcp;
pub(crate) mod warn;
pub(crate) mod ways;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use exchange::settings::Listener;
use exchange::{Board, Command, Reply};
use journal::Rejection;
use sip::ListenerId;
use store::sql::{AuditKey, UnixSeconds};
use tokio::sync::{Notify, SetOnce, mpsc, oneshot, watch};
use tokio::time::timeout;
use web::tls::Certificate;

use crate::audit_end::{FollowedEnd, SeenEnd};
use crate::calendar::Calendar;
use crate::configuration::{self, Node, Problem};
use crate::signalling::{
    Connections, FromOffice, FromSignalling, FromStream, Kept, Lost, Shown, ToOffice, Wake,
};
use crate::status::Status;
use crate::ticks::Ticks;
use crate::wall_clock::{self, Clocks};

use pages::WebListeners;
use places::Places;
use records::RecordsDatabase;
use screens::Screens;

pub(crate) use acts::Acts;
pub(crate) use reload::NotReloaded;
pub(crate) use tcp::bind as bind_tcp;

/// Time that the signalling thread has to answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// What every task of the office shares.
pub(crate) struct Office {
    pub(crate) config: PathBuf,
    pub(crate) keys: PathBuf,
    pub(crate) ticks: Ticks,
    signalling: ToSignalling,
    lost: Lost,
    /// What a reload may not change: the bound listeners and what is marked (restart).
    started: Started,
    places: Arc<Places>,
    ways: Mutex<configuration::Warnings>,
    ways_changed: Notify,
    heartbeat: watch::Sender<Option<configuration::Heartbeat>>,
    drained: Notify,
    /// Another configuration was taken in.
    configured: Notify,
    /// The audited acts that the last end left are in the audit: others may follow.
    left_acts_written: SetOnce<()>,
    pub(crate) screens: Screens,
    pub(crate) records: Arc<RecordsDatabase>,
    pub(crate) calendar: Calendar,
    /// The certificate that is shown to browsers of other machines.
    certificate: Option<Arc<Certificate>>,
    /// When the process started, in seconds since the Unix epoch.
    started_at: u64,
    /// Why the machine's clock is not believed, if it is not.
    doubt: Option<String>,
    data: PathBuf,
}

/// The way to the signalling thread.
struct ToSignalling {
    messages: mpsc::Sender<FromOffice>,
    wake: Arc<Wake>,
}

impl ToSignalling {
    /// Asks, and waits for the answer as long as it takes; nothing when the thread has ended.
    async fn ask(&self, command: Command) -> Option<Reply> {
        let (answer, reply) = oneshot::channel();
        self.send(FromOffice::Ask { command, answer }).await?;
        reply.await.ok()
    }

    /// Asks; nothing when there is neither room for the question nor an answer within this time.
    async fn ask_within(&self, limit: Duration, command: Command) -> Option<Reply> {
        timeout(limit, self.ask(command)).await.ok()?
    }

    async fn send(&self, message: FromOffice) -> Option<()> {
        self.messages.send(message).await.ok()?;
        self.wake.wake();
        Some(())
    }
}

/// What was fixed at the start.
pub(crate) struct Started {
    pub(crate) node: Node,
    pub(crate) listeners: Vec<Listener>,
}

/// What the office is opened with.
pub(crate) struct Opening {
    pub(crate) config: PathBuf,
    pub(crate) keys: PathBuf,
    pub(crate) ticks: Ticks,
    pub(crate) to_signalling: mpsc::Sender<FromOffice>,
    pub(crate) to_signalling_streams: mpsc::Sender<FromStream>,
    pub(crate) from_signalling: FromSignalling,
    pub(crate) lost: Lost,
    pub(crate) wake: Arc<Wake>,
    pub(crate) started: Started,
    pub(crate) connections: Arc<Connections>,
    pub(crate) places: Arc<Places>,
    pub(crate) tcp: Vec<(ListenerId, std::net::TcpListener)>,
    /// Why the machine's clock is not believed, if it is not.
    pub(crate) doubt: Option<String>,
    /// What people are to be told of the start.
    pub(crate) news: Vec<warn::Words>,
    pub(crate) metrics: std::net::TcpListener,
    pub(crate) web: WebListeners,
    pub(crate) screens: Screens,
    pub(crate) records: Arc<RecordsDatabase>,
    pub(crate) calendar: Calendar,
    pub(crate) data: PathBuf,
    pub(crate) totp_key: [u8; 32],
    pub(crate) audit_key: AuditKey,
    pub(crate) closing: closing::Closing,
    pub(crate) retention: retention::Retention,
    pub(crate) watch: configured::ConfigurationWatch,
}

/// Opens the office: spawns its tasks on the current runtime, and what serves the pages on theirs.
pub(crate) fn open(
    opening: Opening,
    pages: &tokio::runtime::Handle,
) -> std::io::Result<(Arc<Office>, Acts)> {
    let office = Arc::new(Office {
        config: opening.config,
        keys: opening.keys,
        ticks: opening.ticks,
        signalling: ToSignalling {
            messages: opening.to_signalling,
            wake: opening.wake.clone(),
        },
        lost: opening.lost,
        ways: Mutex::new(opening.started.node.warnings.clone()),
        ways_changed: Notify::new(),
        heartbeat: watch::Sender::new(opening.started.node.heartbeat.clone()),
        drained: Notify::new(),
        configured: Notify::new(),
        left_acts_written: SetOnce::new(),
        started: opening.started,
        places: opening.places.clone(),
        screens: opening.screens,
        records: opening.records,
        calendar: opening.calendar,
        certificate: opening.web.certificate(),
        doubt: opening.doubt,
        data: opening.data.clone(),
        started_at: SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
    });
    let (to_herald, of_office) = mpsc::channel(warn::OF_OFFICE_MAX);
    tokio::spawn(office.records.clone().watch());
    tokio::spawn(office.records.clone().tell_silence(to_herald.clone()));
    let shared = tcp::Shared {
        connections: opening.connections,
        to_signalling: opening.to_signalling_streams,
        wake: opening.wake,
        places: opening.places,
    };
    tcp::listen(&shared, opening.tcp)?;
    let socket = control::socket(&opening.data);
    tokio::spawn(control::serve(office.clone(), socket, to_herald.clone()));
    tokio::spawn(http::serve(
        office.clone(),
        tokio::net::TcpListener::from_std(opening.metrics)?,
    ));
    let mut herald = warn::Herald::new(office.ways());
    for words in &opening.news {
        herald.tell(warn::Now::read(), words);
    }
    let news = (opening.from_signalling, of_office);
    tokio::spawn(office.clone().listen(herald, news, shared));
    let ends = audit::Ends {
        followed: FollowedEnd::of(&opening.data, opening.audit_key.clone()),
        verified: SeenEnd::of(&office.keys),
    };
    watch_over(&office, ends, &to_herald);
    tokio::spawn(opening.closing.run(office.clone()));
    tokio::spawn(opening.retention.run(office.clone()));
    tokio::spawn(opening.watch.run(office.clone()));
    let acts = Acts::open(&office, opening.audit_key);
    let place = pages::Place {
        data: opening.data,
        totp_key: opening.totp_key,
        audit: acts.audit.clone(),
    };
    pages.spawn(pages::serve(office.clone(), opening.web, place));
    Ok((office, acts))
}

/// Spawns what looks again and again whether something fails of which nobody else would tell.
fn watch_over(office: &Arc<Office>, ends: audit::Ends, to_herald: &mpsc::Sender<warn::Words>) {
    if let Some(shown) = office.certificate.clone() {
        tokio::spawn(certificate::watch(office.clone(), shown, to_herald.clone()));
    }
    tokio::spawn(routes::watch(office.clone()));
    tokio::spawn(doubt::watch(office.clone(), to_herald.clone()));
    tokio::spawn(saved::watch(office.clone(), to_herald.clone()));
    tokio::spawn(audit::watch(office.clone(), ends, to_herald.clone()));
    let heartbeat = office.heartbeat.subscribe();
    tokio::spawn(warn::beat(heartbeat, office.ticks.clone()));
}

impl Office {
    /// The state of everything; none while the process ends.
    pub(crate) async fn status(&self) -> Option<Status> {
        let board = self.board().await?;
        let mut status = Status::of(&board);
        status.unsaved = self.screens.saved.unsaved(status.unsaved);
        let setup = self.screens.feed.setup();
        status.name(&setup.names);
        status.time_zone = setup.time_zone;
        status.lost = self.lost.named();
        status.clock_doubt.clone_from(&self.doubt);
        status.certificate_ends = self.certificate_ends().map(|ends| ends.0);
        Some(status)
    }

    /// When the certificate runs out, where one is shown.
    fn certificate_ends(&self) -> Option<UnixSeconds> {
        self.certificate.as_ref()?.ends()
    }

    /// What the clocks say.
    pub(crate) async fn clocks(self: &Arc<Self>) -> Clocks {
        let data = self.data.clone();
        let confirmed = tokio::task::spawn_blocking(move || wall_clock::confirmed(&data)).await;
        Clocks {
            machine: wall_clock::seconds(wall_clock::machine()),
            counted: wall_clock::seconds(self.screens.moment()),
            doubt: self.doubt.clone(),
            confirmed: confirmed.ok().flatten().map(wall_clock::seconds),
        }
    }

    /// Confirms the machine's clock for the next start.
    pub(crate) async fn confirm_clock(self: &Arc<Self>) -> std::io::Result<()> {
        let data = self.data.clone();
        let confirmed = tokio::task::spawn_blocking(move || wall_clock::confirm(&data)).await;
        confirmed.map_err(std::io::Error::other)?
    }

    async fn board(&self) -> Option<Box<Board>> {
        match self.ask(Command::Status).await? {
            Reply::Status(board) => Some(board),
            Reply::Records(_)
            | Reply::Done
            | Reply::Refused(_)
            | Reply::Why(_)
            | Reply::Content(_)
            | Reply::Finished(_)
            | Reply::Draining => None,
        }
    }

    /// Takes no new calls and waits until the last one has ended.
    pub(crate) async fn drain(&self) {
        // However busy the exchange is: who took no answer for an end would end all calls.
        if self.signalling.ask(Command::Drain).await.is_some() {
            self.drained.notified().await;
        }
    }

    /// Ends the signalling thread, a snapshot last.
    pub(crate) async fn stop(&self) {
        self.send(FromOffice::Stop).await;
    }

    /// Why this node ought not to be sent calls, if so.
    pub(crate) async fn not_ready(&self) -> Option<String> {
        if let Some(thread) = self.ticks.stuck() {
            return Some(format!("the thread {thread} does not tick"));
        }
        let status = self.status().await;
        let Some(status) = status else {
            return Some("linka is ending".to_owned());
        };
        match (status.unsaved, status.mode.as_str()) {
            (Some(reason), _) => Some(saved::not_on_disk(&reason)),
            (None, "serving") => {
                let refuses = |reason| format!("callers are refused: {reason}");
                status.crowded.map(refuses)
            }
            (None, mode) => Some(mode.to_owned()),
        }
    }

    /// Asks the exchange; nothing when it does not answer in time.
    async fn ask(&self, command: Command) -> Option<Reply> {
        self.signalling.ask_within(ANSWER_TIME, command).await
    }

    async fn send(&self, message: FromOffice) -> Option<()> {
        self.signalling.send(message).await
    }

    fn ways(&self) -> configuration::Warnings {
        let ways = self.ways.lock();
        ways.unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Listens to the signalling thread, and to what the office itself has to warn of.
    async fn listen(
        self: Arc<Self>,
        mut herald: warn::Herald,
        (mut from_signalling, mut of_office): (FromSignalling, mpsc::Receiver<warn::Words>),
        shared: tcp::Shared,
    ) {
        let mut looks = tokio::time::interval(warn::LOOK_FOR_STEADY_EVERY);
        loop {
            let message = tokio::select! {
                message = from_signalling.next() => message,
                _ = looks.tick() => {
                    herald.tell_steady(warn::Now::read());
                    continue;
                }
                Some(words) = of_office.recv() => {
                    herald.tell(warn::Now::read(), &words);
                    continue;
                }
                () = self.ways_changed.notified() => {
                    herald.configure(self.ways());
                    continue;
                }
            };
            match message {
                Some(ToOffice::Kept(Kept::Warn(warning))) => {
                    herald.tell(warn::Now::read(), &warn::words(&warning));
                }
                Some(ToOffice::Connect(connect)) => {
                    tokio::spawn(tcp::connect(shared.clone(), connect));
                }
                Some(ToOffice::Kept(Kept::Resolve(host, protocol))) => {
                    let office = self.clone();
                    tokio::spawn(async move {
                        let servers = &office.started.node.name_servers;
                        let resolution = names::resolve(host, protocol, servers).await;
                        office.places.found(&resolution);
                        office.send(FromOffice::Resolved(resolution)).await;
                    });
                }
                Some(ToOffice::Shown(Shown::Changed(changed))) => {
                    if self.screens.take(*changed) == screens::Told::WithGap {
                        tokio::spawn(self.clone().show_everything());
                    }
                }
                Some(ToOffice::Shown(Shown::Tapped(contact, operator, digit))) => {
                    self.screens.tap(contact, operator, digit);
                }
                Some(ToOffice::Drained) => self.drained.notify_one(),
                None => return,
            }
        }
    }

    /// Changes were lost on their way to the screens: everything is asked for.
    async fn show_everything(self: Arc<Self>) {
        if let Some(board) = self.board().await {
            self.screens.replace(*board);
        }
    }
}

/// What came of something that was to be done: that it was, or why not. Nothing when the exchange
/// answered in no time, or something else.
fn done(reply: Option<Reply>) -> Option<Result<(), Rejection>> {
    match reply? {
        Reply::Done => Some(Ok(())),
        Reply::Refused(error) => Some(Err(error)),
        Reply::Status(_)
        | Reply::Records(_)
        | Reply::Why(_)
        | Reply::Content(_)
        | Reply::Finished(_)
        | Reply::Draining => None,
    }
}

/// Problems as sentences.
pub(crate) fn sentences(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// Binds a listener of HTTP.
pub(crate) fn bind_listener(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
impl ToSignalling {
    /// The way to nobody.
    pub(crate) fn unheard() -> Self {
        let poll = mio::Poll::new().unwrap();
        let (messages, _nobody_reads) = mpsc::channel(1);
        Self {
            messages,
            wake: Arc::new(Wake::new(&poll).unwrap()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn command_for_which_there_is_no_room_is_given_up_in_time() {
        let poll = mio::Poll::new().unwrap();
        let (messages, _nobody_reads) = mpsc::channel(1);
        let signalling = ToSignalling {
            messages,
            wake: Arc::new(Wake::new(&poll).unwrap()),
        };
        signalling.send(FromOffice::Stop).await.unwrap();

        let limit = Duration::from_millis(1);
        let asked = signalling.ask_within(limit, Command::Status);

        let given_up = timeout(Duration::from_secs(30), asked).await;
        assert!(given_up.unwrap().is_none());
    }
}
