//! Dashboards and API: what they need of the office, and their listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use axum::Router;
use dispatch::Moment;
use records::Date;
use store::sql::UnixSeconds;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use web::board::Millis;
use web::identity::{self, FirstStart, Identity};
use web::tls::Certificate;
use web::{App, Audit, Clock, Proxies};

use super::Office;
use super::certificate;
use super::line::OfficeLine;
use super::warn::Words;
use crate::configuration::Node;

/// How often screens hear that they are up to date.
const TICK: Duration = web::feed::KEEP_ALIVE;
/// How long a records database that cannot be opened is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// The listeners of the web.
pub(crate) struct WebListeners {
    plain: Option<std::net::TcpListener>,
    tls: Option<(std::net::TcpListener, Arc<Certificate>)>,
}

/// Where secrets of the web are.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) totp_key: [u8; 32],
    pub(crate) audit: Audit,
}

/// Serves until the process ends.
pub(crate) async fn serve(office: Arc<Office>, listeners: WebListeners, place: Place) {
    tokio::spawn(tick(office.clone()));
    if listeners.plain.is_none() && listeners.tls.is_none() {
        return;
    }
    let store = office.records.late_store();
    let identity = Identity::new(identity::Settings {
        store: store.clone(),
        clock: Arc::new(WallClockOfSystem),
        key: place.totp_key,
        folder: place.data,
        provider: office.started.node.oidc.clone(),
    });
    tokio::spawn(begin(office.clone(), identity.clone()));
    let clock = Arc::new(OfficeClock(office.clone()));
    let app = App {
        line: Arc::new(OfficeLine(office.clone())),
        feed: office.screens.feed.clone(),
        audit: place.audit,
        entering: Arc::default(),
        store,
        gate: identity.clone(),
        clock,
    };
    let router = web::router(app, identity.routes());
    let networks = office.started.node.proxies.clone();
    let proxies = Proxies::new(move |address| {
        let any_port = SocketAddr::new(address, 0);
        networks.iter().any(|network| network.contains(any_port))
    });
    if let Err(error) = listeners.serve(router, proxies).await {
        tracing::error!(%error, "no page is served");
    }
}

impl WebListeners {
    /// Binds what the configuration names, and reads the certificate.
    ///
    /// One that cannot be read keeps no line closed: it is told, and shown as soon as it can be read.
    pub(crate) fn bind(node: &Node, news: &mut Vec<Words>) -> anyhow::Result<Self> {
        let plain = match node.web {
            Some(address) => Some(
                super::bind_listener(address)
                    .with_context(|| format!("web.listen {address} cannot be bound"))?,
            ),
            None => None,
        };
        let tls = match &node.https {
            Some(https) => {
                let (certificate, unread) =
                    Certificate::open(https.certificate.clone(), https.key.clone());
                news.extend(unread.map(certificate::unread));
                let listener = super::bind_listener(https.listen)
                    .with_context(|| format!("web.https {} cannot be bound", https.listen))?;
                Some((listener, certificate))
            }
            None => None,
        };
        Ok(Self { plain, tls })
    }

    /// The certificate that is shown, where one is.
    pub(super) fn certificate(&self) -> Option<Arc<Certificate>> {
        self.tls
            .as_ref()
            .map(|(_, certificate)| certificate.clone())
    }

    async fn serve(self, router: Router, proxies: Proxies) -> anyhow::Result<()> {
        let mut served = JoinSet::new();
        if let Some(listener) = self.plain {
            let listener = TcpListener::from_std(listener)?;
            served.spawn(web::serve(listener, router.clone(), proxies.clone()));
        }
        if let Some((listener, certificate)) = self.tls {
            let config = certificate.server()?;
            tokio::spawn(certificate.keep_looking());
            let listener = TcpListener::from_std(listener)?;
            served.spawn(web::serve_tls(listener, router, proxies, config));
        }
        served.join_all().await;
        Ok(())
    }
}

/// Opens the records database, and looks whether somebody is to sign in for the first time. Until
/// then pages are served, and what needs the database is not.
async fn begin(office: Arc<Office>, identity: Arc<Identity>) {
    while let Err(error) = office.records.store().await {
        let error = anyhow::Error::new(error);
        tracing::error!(
            error = format!("{error:#}"),
            "nobody can sign in before the records database is open"
        );
        tokio::time::sleep(RETRY).await;
    }
    tell_first_start(&identity).await;
}

/// Says where the first administrator finds her password.
async fn tell_first_start(identity: &Identity) {
    match identity.first_start().await {
        Ok(FirstStart::Past) => {}
        Ok(FirstStart::Waits { file, until: _ }) => {
            let file = file.display();
            tracing::info!(%file, login = identity::FIRST_LOGIN, "nobody has signed in yet: the file has a password for one hour");
        }
        Err(error) => {
            let error = anyhow::Error::new(error);
            tracing::error!(
                error = format!("{error:#}"),
                "nobody can sign in for the first time"
            )
        }
    }
}

async fn tick(office: Arc<Office>) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        office.screens.tick();
    }
}

/// The clock of this machine, which the codes of telephones go by.
struct WallClockOfSystem;

impl identity::WallClock for WallClockOfSystem {
    fn now(&self) -> UnixSeconds {
        unix_seconds()
    }
}

/// The moment by the clock of this machine.
pub(crate) fn unix_seconds() -> UnixSeconds {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    UnixSeconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The clock and the calendar of the engine.
pub(super) struct OfficeClock(pub(super) Arc<Office>);

impl Clock for OfficeClock {
    fn now(&self) -> Millis {
        self.0.screens.now()
    }

    fn date(&self, at: Millis) -> Date {
        let at = Moment::from_micros(at.saturating_mul(1_000));
        self.0.calendar.date(at)
    }
}
