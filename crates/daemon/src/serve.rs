//! `linka serve`: puts the parts together, answers the line, and ends in order.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use clap::Args;
use dispatch::{Moment, NodeId};
use exchange::settings::Listener;
use exchange::{Exchange, Setup};
use journal::{Log, Replayed};
use media::SoundId;
use mio::Poll;
use sip::{ListenerId, Protocol};
use store::sql::AuditKey;
use store::{Binding, JournalHandle, NodeJournal};
use tokio::sync::{mpsc, watch};

use crate::bindings;
use crate::calendar::Calendar;
use crate::cli::{Data, Folders};
use crate::configuration::{self, Configuration, Node};
use crate::keys::{Keys, chance};
use crate::media_threads::{self, Media};
use crate::office::closing::Closing;
use crate::office::configured::ConfigurationWatch;
use crate::office::pages::WebListeners;
use crate::office::places::Places;
use crate::office::records::RecordsDatabase;
use crate::office::retention::Retention;
use crate::office::saved::Saved;
use crate::office::screens::{Screens, Site};
use crate::office::warn::Words;
use crate::office::{self, Opening, Started};
use crate::opening::{self, Opened};
use crate::routes;
use crate::running::RunningNode;
use crate::signalling::{
    self, Connections, FROM_MEDIA_MAX, FROM_OFFICE_MAX, FROM_STREAMS_MAX, UdpListener, Wiring,
};
use crate::ticks::Ticks;
use crate::wall_clock;

/// What `linka serve` is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    data: Data,
}

/// Serves until a signal ends it.
pub(crate) fn serve(options: &Options) -> anyhow::Result<ExitCode> {
    start_log();
    let configuration = match configuration::load(&options.folders.config, &options.folders.keys) {
        Ok(configuration) => configuration,
        Err(problems) => {
            crate::cli::print_problems(&problems);
            bail!("the configuration is not valid; nothing was started");
        }
    };
    for advice in configuration.advice.iter().chain(&configuration.not_ready) {
        tracing::warn!("{advice}");
    }
    harden();
    let node = Building::begin(options, configuration)?.build(options)?;
    node.run()
}

/// Loads the WAV files of a configuration.
pub(crate) fn load_sounds(files: &[(SoundId, PathBuf)]) -> anyhow::Result<media::Sounds> {
    let mut sounds = media::Sounds::default();
    for (id, path) in files {
        sounds.insert(*id, media::Sound::load(path)?);
    }
    Ok(sounds)
}

fn start_log() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("LINKA_LOG").unwrap_or_else(|_| "info".into());
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    // A second log in one process is a test's; the first one stays.
    let _stays = log.try_init();
}

/// As many descriptors as allowed, and no core dump: it would hold callers' numbers.
fn harden() {
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
    };
    let descriptors = getrlimit(Resource::Nofile);
    let _wish = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: descriptors.maximum,
            maximum: descriptors.maximum,
        },
    );
    let _wish = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
    let _wish = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// What is open before any thread runs, so that a taken port or a sick folder is a sentence and nothing more.
struct Building {
    configuration: Configuration,
    keys: Keys,
    journal: NodeJournal,
    replayed: Replayed,
    /// The registrations that were kept.
    bindings: Vec<Binding>,
    /// When the machine's clock was confirmed last.
    confirmed: Option<Moment>,
    sounds: media::Sounds,
    poll: Poll,
    udp: Vec<UdpListener>,
    tcp: Vec<(ListenerId, std::net::TcpListener)>,
    listeners: Vec<Listener>,
    own: sip::OwnAddresses,
    places: Arc<Places>,
    metrics: std::net::TcpListener,
    web: WebListeners,
    /// What people are to be told of the start.
    news: Vec<Words>,
    /// Why the machine's clock is not believed, if it is not.
    doubt: Option<String>,
}

impl Building {
    fn begin(options: &Options, configuration: Configuration) -> anyhow::Result<Self> {
        let sounds = load_sounds(&configuration.sounds)?;
        let mut news = Vec::new();
        let opened = opening::open(&options.folders, &options.data.data, &mut news)?;
        let Opened {
            keys,
            journal,
            replayed,
            bindings,
            confirmed,
        } = opened;
        let poll = Poll::new().context("the kernel gives no epoll")?;
        let (udp, tcp, listeners) = bind_sip(&poll, &configuration.node)?;
        let metrics = office::bind_listener(configuration.node.metrics).with_context(|| {
            format!(
                "metrics.listen {} cannot be bound",
                configuration.node.metrics
            )
        })?;
        let web = WebListeners::bind(&configuration.node, &mut news)?;
        let places = Arc::new(Places::default());
        places.know(&configuration.settings);
        let own = sip::OwnAddresses {
            public: configuration.node.public_address,
            routes: routes::read(&places.trunks()),
        };
        Ok(Self {
            configuration,
            keys,
            journal,
            replayed,
            bindings,
            confirmed,
            sounds,
            poll,
            udp,
            tcp,
            listeners,
            own,
            places,
            metrics,
            web,
            news,
            doubt: None,
        })
    }

    fn build(mut self, options: &Options) -> anyhow::Result<RunningNode> {
        let now = Instant::now();
        let (exchange, started) = self.exchange(now)?;
        let disk = Ticks::new(vec!["journal's disk"]);
        let disk_tick = disk.of(0);
        let desk = self.desk(&options.data.data, (now, started), disk)?;
        let waker = Arc::new(signalling::Wake::new(&self.poll)?);
        let wake = {
            let waker = waker.clone();
            move || waker.wake()
        };
        let journal = JournalHandle::spawn(self.journal, wake.clone())
            .context("the journal thread cannot be started")?;
        let node = self.configuration.node;
        let (media, from_media) = start_media(&node, self.sounds, wake)?;
        let (to_signalling, from_office) = mpsc::channel(FROM_OFFICE_MAX);
        let (to_signalling_streams, from_streams) = mpsc::channel(FROM_STREAMS_MAX);
        let (to_office, from_signalling, lost) = signalling::mail();
        let connections = Arc::new(Connections::default());
        let ticks = Ticks::new(vec!["signalling", "journal", "media"]);
        let wiring = Wiring {
            exchange,
            udp: self.udp,
            poll: self.poll,
            wake: waker.clone(),
            from_office,
            from_streams,
            from_media,
            to_office,
            media,
            journal,
            connections: connections.clone(),
            tick: ticks.of(0),
            journal_tick: ticks.of(1),
            disk_tick,
        };
        let opening = Opening {
            config: options.folders.config.clone(),
            keys: options.folders.keys.clone(),
            ticks,
            to_signalling,
            to_signalling_streams,
            from_signalling,
            lost,
            wake: waker,
            started: Started {
                node,
                listeners: self.listeners,
            },
            connections,
            places: self.places,
            tcp: self.tcp,
            news: self.news,
            doubt: self.doubt,
            metrics: self.metrics,
            web: self.web,
            screens: desk.screens,
            records: desk.records,
            calendar: desk.calendar,
            data: options.data.data.clone(),
            totp_key: self.keys.totp,
            audit_key: AuditKey(self.keys.audit),
            closing: desk.closing,
            retention: desk.retention,
            watch: desk.watch,
        };
        Ok(RunningNode { wiring, opening })
    }

    /// The exchange, and the moment of its start.
    fn exchange(&mut self, now: Instant) -> anyhow::Result<(Exchange, Moment)> {
        let replayed = std::mem::replace(&mut self.replayed, nothing_replayed());
        let last = (replayed.state.seq().0 > 0).then(|| replayed.state.at());
        let (anchor, doubt) = wall_clock::anchor(last, self.confirmed);
        self.doubt = doubt.as_ref().map(wall_clock::sentence);
        let started = anchor.at(Duration::ZERO);
        let mut settings = std::mem::take(&mut self.configuration.settings);
        settings.node.listeners.clone_from(&self.listeners);
        let mut config =
            sip::EndpointConfig::new(self.sip_listeners(), settings.node.realm.clone());
        config.addresses = self.own.clone();
        config.session_expires = settings.node.session_expires;
        let (least, most) = self.configuration.node.registration;
        config.registration = least..=most;
        let exchange = Exchange::new(
            now,
            Setup {
                started: (now, started),
                node: NodeId::ONLY,
                start: self.journal.start(),
                log: Log::new(replayed, started),
                endpoint: sip::Endpoint::new(config, chance()?, now),
                settings,
                today: self.calendar().date(started),
                tag_key: self.keys.tag,
                number_key: chance()?,
                bindings: self.phones(),
            },
        );
        Ok((exchange, started))
    }

    /// The phones of the start before. What was bound to every address then may be bound to one now, which they hear.
    fn phones(&self) -> Vec<sip::RestoredBinding> {
        let mut phones = bindings::read(&self.bindings, SystemTime::now());
        for flow in phones.iter_mut().map(|phone| &mut phone.flow) {
            let mut listeners = self.listeners.iter();
            let listener = listeners.find(|listener| listener.id == flow.listener);
            let everywhere = |listener: &&Listener| listener.local.ip().is_unspecified();
            flow.local = listener.filter(everywhere).and(flow.local);
        }
        phones
    }

    /// What the office shows and writes with.
    fn desk(
        &mut self,
        data: &Path,
        started: (Instant, Moment),
        disk: Ticks,
    ) -> anyhow::Result<Desk> {
        let database = self.configuration.node.database_in(data);
        let records = Arc::new(RecordsDatabase::new(database));
        let calendar = self.calendar();
        let (to_retention, written) = watch::channel(Moment::ZERO);
        let closing = Closing {
            written: to_retention,
            today: calendar.date(started.1),
            calendar: calendar.clone(),
            database: records.clone(),
            key: AuditKey(self.keys.audit),
        };
        let retention = Retention {
            database: records.clone(),
            calendar: calendar.clone(),
            key: AuditKey(self.keys.audit),
            written,
        };
        let watch = ConfigurationWatch {
            database: records.clone(),
            calendar: calendar.clone(),
            key: AuditKey(self.keys.audit),
        };
        let feed = web::feed::Feed::new(u64::from_be_bytes(chance()?));
        let setup = std::mem::take(&mut self.configuration.setup);
        let zone = self.configuration.node.time_zone.iana_name();
        let site = Site {
            sip_address: self.sip_address(),
            time_zone: zone.map(str::to_owned),
        };
        let saved = Saved::new(disk, self.journal.unkept());
        Ok(Desk {
            screens: Screens::new(started, (site, saved), feed, setup),
            records,
            calendar,
            closing,
            retention,
            watch,
        })
    }

    /// Where phones register: the first listener as peers outside know it.
    fn sip_address(&self) -> Option<SocketAddr> {
        let local = self.listeners.first()?.local;
        let own = self.own.told(local.ip(), routes::outside(local.ip()));
        Some(SocketAddr::new(own, local.port()))
    }

    fn calendar(&self) -> Calendar {
        Calendar::new(self.configuration.node.time_zone.clone())
    }

    fn sip_listeners(&self) -> Vec<sip::Listener> {
        let listener = |listener: &Listener| sip::Listener {
            id: listener.id,
            protocol: listener.protocol,
            local: listener.local,
            algorithm: self.configuration.node.algorithm,
        };
        self.listeners.iter().map(listener).collect()
    }
}

/// What the office shows and writes with.
struct Desk {
    screens: Screens,
    records: Arc<RecordsDatabase>,
    calendar: Calendar,
    closing: Closing,
    retention: Retention,
    watch: ConfigurationWatch,
}

/// Where sound is received: in the families that SIP is, so that no leg names an address that nobody listens at.
fn sound_at(node: &Node) -> media_threads::Local {
    use media_threads::Local;
    let listeners = || node.udp.iter().chain(&node.tcp);
    match node.rtp_address {
        Some(address) => Local::At(address),
        None if listeners().all(SocketAddr::is_ipv4) => {
            Local::At(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        }
        None if listeners().all(SocketAddr::is_ipv6) => {
            Local::At(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        }
        None => Local::Everywhere,
    }
}

/// Starts the media threads with their sounds; their news come by the channel, each time after a wake.
fn start_media(
    node: &Node,
    sounds: media::Sounds,
    wake: impl Fn() + Send + Sync + 'static,
) -> anyhow::Result<(Arc<Media>, crossbeam_channel::Receiver<media::Event>)> {
    let (events, from_media) = crossbeam_channel::bounded(FROM_MEDIA_MAX);
    let media = Media::spawn(&media_threads::Config {
        local: sound_at(node),
        ports: node.rtp_ports.0..=node.rtp_ports.1,
        threads: None,
        events,
        wake: Arc::new(wake),
    })?;
    media
        .load(&Arc::new(sounds))
        .context("the sounds cannot be given to the media threads")?;
    Ok((Arc::new(media), from_media))
}

/// What stands in the place of a replay that was taken.
fn nothing_replayed() -> Replayed {
    Replayed {
        state: journal::State::default(),
        snapshot: dispatch::Seq(0),
        skipped: Vec::new(),
        rejected: 0,
        gaps: Vec::new(),
    }
}

/// Makes the data folder, readable for its owner alone, if there is none.
pub(crate) fn make_data_folder(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(data);
    made.with_context(|| format!("the data folder {} cannot be made", data.display()))
}

type Bound = (
    Vec<UdpListener>,
    Vec<(ListenerId, std::net::TcpListener)>,
    Vec<Listener>,
);

fn bind_sip(poll: &Poll, node: &Node) -> anyhow::Result<Bound> {
    let (mut udp, mut tcp, mut listeners) = (Vec::new(), Vec::new(), Vec::new());
    for address in &node.udp {
        let id = ListenerId(u16::try_from(listeners.len()).context("too many listeners")?);
        let socket = UdpListener::bind(poll, id, *address)
            .with_context(|| format!("sip.udp {address} cannot be bound"))?;
        let local = socket.local()?;
        listeners.push(Listener {
            id,
            protocol: Protocol::Udp,
            local,
        });
        udp.push(socket);
    }
    for address in &node.tcp {
        let id = ListenerId(u16::try_from(listeners.len()).context("too many listeners")?);
        let socket = office::bind_tcp(*address)
            .with_context(|| format!("sip.tcp {address} cannot be bound"))?;
        let local = socket.local_addr()?;
        listeners.push(Listener {
            id,
            protocol: Protocol::Tcp,
            local,
        });
        tcp.push((id, socket));
    }
    Ok((udp, tcp, listeners))
}
