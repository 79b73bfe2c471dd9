//! `linka.toml`: this node.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dispatch::Key;
use exchange::settings::Network;
use jiff::tz::TimeZone;
use serde::Deserialize;
use sip::digest::Algorithm;
use store::sql::Database;
use toml::Spanned;
use web::identity::provider::ProviderSettings;

use super::oidc::OidcTable;
use super::source::{Problem, Source, keep};
use super::trunks::network;
use super::values::{addresses, parse, url};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NodeFile {
    database: Option<Spanned<String>>,
    site: SiteTable,
    sip: SipTable,
    rtp: RtpTable,
    metrics: MetricsTable,
    web: WebTable,
    prompts: PromptsTable,
    warnings: WarningsTable,
    heartbeat: HeartbeatTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SiteTable {
    time_zone: Option<Spanned<String>>,
    pause_reasons: PauseReasons,
}

/// The reasons that an operator may give for a pause.
#[derive(Deserialize)]
#[serde(transparent)]
struct PauseReasons(Vec<Spanned<String>>);

impl Default for PauseReasons {
    fn default() -> Self {
        Self(
            ["meal", "break", "meeting", "training"]
                .map(unspanned)
                .to_vec(),
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SipTable {
    udp: Vec<Spanned<String>>,
    tcp: Vec<Spanned<String>>,
    public_address: Option<Spanned<String>>,
    realm: String,
    digest_algorithm: Spanned<String>,
    clear_text_networks: Vec<Spanned<String>>,
    name_servers: Vec<Spanned<String>>,
    registration_min_seconds: Spanned<u32>,
    registration_max_seconds: Spanned<u32>,
    session_expires_seconds: u64,
}

fn unspanned(text: &str) -> Spanned<String> {
    Spanned::new(0..0, text.to_owned())
}

impl Default for SipTable {
    fn default() -> Self {
        let private = [
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::1/128",
            "fc00::/7",
        ];
        Self {
            udp: vec![unspanned("0.0.0.0:5060")],
            tcp: vec![unspanned("0.0.0.0:5060")],
            public_address: None,
            realm: "linka".to_owned(),
            digest_algorithm: unspanned("MD5"),
            clear_text_networks: private.map(unspanned).to_vec(),
            name_servers: Vec::new(),
            registration_min_seconds: Spanned::new(0..0, 60),
            registration_max_seconds: Spanned::new(0..0, 120),
            session_expires_seconds: 1800,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RtpTable {
    ports: Spanned<String>,
    address: Option<Spanned<String>>,
}

impl Default for RtpTable {
    fn default() -> Self {
        Self {
            ports: unspanned("10000-19999"),
            address: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MetricsTable {
    listen: Spanned<String>,
}

impl Default for MetricsTable {
    fn default() -> Self {
        Self {
            listen: unspanned("127.0.0.1:9464"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WebTable {
    listen: Spanned<String>,
    https: Spanned<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    proxies: Vec<Spanned<String>>,
    oidc: Option<OidcTable>,
}

impl Default for WebTable {
    fn default() -> Self {
        Self {
            listen: unspanned("127.0.0.1:8080"),
            https: unspanned("0.0.0.0:8443"),
            certificate: None,
            key: None,
            proxies: Vec::new(),
            oidc: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PromptsTable {
    folder: PathBuf,
}

impl Default for PromptsTable {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("prompts"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WarningsTable {
    webhook: Option<Spanned<String>>,
    command: Vec<String>,
    repeat_minutes: u64,
}

impl Default for WarningsTable {
    fn default() -> Self {
        Self {
            webhook: None,
            command: Vec::new(),
            repeat_minutes: 30,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HeartbeatTable {
    url: Option<Spanned<String>>,
    interval_seconds: u64,
}

impl Default for HeartbeatTable {
    fn default() -> Self {
        Self {
            url: None,
            interval_seconds: 60,
        }
    }
}

/// What the daemon itself needs of `linka.toml`.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The records database, when it is not a file of the data folder.
    pub(crate) database: Option<Database>,
    pub(crate) time_zone: TimeZone,
    pub(crate) udp: Vec<SocketAddr>,
    pub(crate) tcp: Vec<SocketAddr>,
    pub(crate) public_address: Option<IpAddr>,
    pub(crate) realm: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) clear_text: Vec<Network>,
    /// Who is asked for the hosts of trunks; those of the system when there are none.
    pub(crate) name_servers: Vec<SocketAddr>,
    /// Least and most time that a phone's registration is granted for.
    pub(crate) registration: (Duration, Duration),
    pub(crate) session_expires: Duration,
    /// First and last UDP port for sound.
    pub(crate) rtp_ports: (u16, u16),
    pub(crate) rtp_address: Option<IpAddr>,
    pub(crate) metrics: SocketAddr,
    /// Where dashboards and API are served in clear text, on loopback alone; nowhere when there is none.
    pub(crate) web: Option<SocketAddr>,
    pub(crate) https: Option<Https>,
    /// Who is believed when she says for whom she asks.
    pub(crate) proxies: Vec<Network>,
    /// The provider through which people may sign in.
    pub(crate) oidc: Option<ProviderSettings>,
    pub(crate) pause_reasons: Vec<Key>,
    pub(crate) prompts: PathBuf,
    pub(crate) warnings: Warnings,
    pub(crate) heartbeat: Option<Heartbeat>,
}

/// Where dashboards and API are served to other machines, and by which certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Https {
    pub(crate) listen: SocketAddr,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// How people are told that something fails, by a way that is not the trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warnings {
    pub(crate) webhook: Option<String>,
    pub(crate) command: Vec<String>,
    pub(crate) repeat: Duration,
}

/// An address that is asked for as long as every thread ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    pub(crate) url: String,
    pub(crate) interval: Duration,
}

impl Node {
    /// The records database: the configured one, or a file of the data folder.
    pub(crate) fn database_in(&self, data: &Path) -> Database {
        let file = || Database::File(data.join("linka.db"));
        self.database.clone().unwrap_or_else(file)
    }
}

impl NodeFile {
    /// The digest realm, which is part of every stored password hash.
    pub(crate) fn realm(&self) -> &str {
        &self.sip.realm
    }

    /// The node, or everything that is wrong with it. Secrets are read from `keys`.
    pub(crate) fn node(
        &self,
        source: &Source,
        keys: &Path,
        problems: &mut Vec<Problem>,
    ) -> Option<Node> {
        let sip = &self.sip;
        let udp = addresses(source, "sip.udp", &sip.udp, problems);
        let tcp = addresses(source, "sip.tcp", &sip.tcp, problems);
        let name_servers = addresses(source, "sip.name_servers", &sip.name_servers, problems);
        let clear_text = sip.clear_text_networks.iter();
        let clear_text = clear_text.map(|text| network(source, "sip.clear_text_networks", text));
        let clear_text: Vec<_> = clear_text.filter_map(|read| keep(read, problems)).collect();
        let public_address = sip.public_address.as_ref();
        let public_address =
            public_address.map(|text| parse(source, "sip.public_address", "203.0.113.10", text));
        let public_address = keep(public_address.transpose(), problems);
        let rtp_address = self.rtp.address.as_ref();
        let rtp_address = rtp_address.map(|text| parse(source, "rtp.address", "0.0.0.0", text));
        let rtp_address = keep(rtp_address.transpose(), problems);
        let metrics = &self.metrics.listen;
        let metrics = keep(
            parse(source, "metrics.listen", "127.0.0.1:9464", metrics),
            problems,
        );
        let database = keep(self.database(source), problems);
        let time_zone = keep(self.time_zone(source), problems);
        let algorithm = keep(self.algorithm(source), problems);
        let registration = keep(self.registration(source), problems);
        let rtp_ports = keep(self.ports(source), problems);
        let web = keep(self.web(source), problems);
        let https = keep(self.https(source), problems);
        let oidc = keep(self.oidc(source, keys), problems);
        let proxies = self.web.proxies.iter();
        let proxies = proxies.map(|text| network(source, "web.proxies", text));
        let proxies = proxies.filter_map(|read| keep(read, problems)).collect();
        let pause_reasons = self.pause_reasons(source, problems);
        let warnings = keep(self.warnings(source), problems);
        let heartbeat = keep(self.heartbeat(source), problems);
        Some(Node {
            database: database?,
            time_zone: time_zone?,
            udp,
            tcp,
            public_address: public_address?,
            realm: sip.realm.clone(),
            algorithm: algorithm?,
            clear_text,
            name_servers,
            registration: registration?,
            session_expires: Duration::from_secs(sip.session_expires_seconds),
            rtp_ports: rtp_ports?,
            rtp_address: rtp_address?,
            metrics: metrics?,
            web: web?,
            https: https?,
            proxies,
            oidc: oidc?,
            pause_reasons,
            prompts: self.prompts.folder.clone(),
            warnings: warnings?,
            heartbeat: heartbeat?,
        })
    }

    fn registration(&self, source: &Source) -> Result<(Duration, Duration), Problem> {
        let (least, most) = (
            &self.sip.registration_min_seconds,
            &self.sip.registration_max_seconds,
        );
        if least.get_ref() > most.get_ref() {
            let text = format!(
                "is {least}, less than the {most} of sip.registration_min_seconds",
                least = most.get_ref(),
                most = least.get_ref()
            );
            return Err(source.problem(most, "sip.registration_max_seconds", text));
        }
        let seconds = |seconds: &Spanned<u32>| Duration::from_secs((*seconds.get_ref()).into());
        Ok((seconds(least), seconds(most)))
    }

    fn warnings(&self, source: &Source) -> Result<Warnings, Problem> {
        let table = &self.warnings;
        let webhook = table.webhook.as_ref();
        let webhook = webhook.map(|text| url(source, "warnings.webhook", text));
        Ok(Warnings {
            webhook: webhook.transpose()?,
            command: table.command.clone(),
            repeat: Duration::from_secs(60 * table.repeat_minutes),
        })
    }

    fn heartbeat(&self, source: &Source) -> Result<Option<Heartbeat>, Problem> {
        let Some(text) = &self.heartbeat.url else {
            return Ok(None);
        };
        Ok(Some(Heartbeat {
            url: url(source, "heartbeat.url", text)?,
            interval: Duration::from_secs(self.heartbeat.interval_seconds),
        }))
    }

    fn database(&self, source: &Source) -> Result<Option<Database>, Problem> {
        let Some(url) = &self.database else {
            return Ok(None);
        };
        let scheme = url.get_ref().split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("postgres" | "postgresql") => Ok(Some(Database::Postgres(url.get_ref().clone()))),
            // The text is not repeated: it may hold a password.
            Some(_) | None => Err(source.problem(
                url,
                "database",
                "is an address such as \"postgres://linka@localhost/linka\"".to_owned(),
            )),
        }
    }

    fn time_zone(&self, source: &Source) -> Result<TimeZone, Problem> {
        let Some(name) = &self.site.time_zone else {
            return Ok(TimeZone::system());
        };
        TimeZone::get(name.get_ref()).map_err(|_| {
            source.problem(
                name,
                "site.time_zone",
                format!(
                    "{:?} is no time zone such as \"Europe/Prague\"",
                    name.get_ref()
                ),
            )
        })
    }

    fn web(&self, source: &Source) -> Result<Option<SocketAddr>, Problem> {
        let listen = &self.web.listen;
        if listen.get_ref().is_empty() {
            return Ok(None);
        }
        let address: SocketAddr = parse(source, "web.listen", "127.0.0.1:8080", listen)?;
        if !address.ip().is_loopback() {
            return Err(source.problem(
                listen,
                "web.listen",
                "is clear text and therefore an address of this machine alone, such as \"127.0.0.1:8080\"".to_owned(),
            ));
        }
        Ok(Some(address))
    }

    fn https(&self, source: &Source) -> Result<Option<Https>, Problem> {
        let web = &self.web;
        match (&web.certificate, &web.key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Https {
                listen: parse(source, "web.https", "0.0.0.0:8443", &web.https)?,
                certificate: certificate.clone(),
                key: key.clone(),
            })),
            (Some(_), None) | (None, Some(_)) => Err(source.problem(
                &web.https,
                "web.certificate",
                "needs web.key, and web.key needs it".to_owned(),
            )),
        }
    }

    fn oidc(&self, source: &Source, keys: &Path) -> Result<Option<ProviderSettings>, Problem> {
        let oidc = self.web.oidc.as_ref();
        oidc.map(|oidc| oidc.provider(source, keys)).transpose()
    }

    fn pause_reasons(&self, source: &Source, problems: &mut Vec<Problem>) -> Vec<Key> {
        let key = |reason: &Spanned<String>| {
            Key::parse(reason.get_ref())
                .map_err(|error| source.problem(reason, "site.pause_reasons", error.to_string()))
        };
        let reasons = self.site.pause_reasons.0.iter();
        reasons
            .filter_map(|reason| keep(key(reason), problems))
            .collect()
    }

    fn algorithm(&self, source: &Source) -> Result<Algorithm, Problem> {
        match self.sip.digest_algorithm.get_ref().as_str() {
            "MD5" => Ok(Algorithm::Md5),
            "SHA-256" => Ok(Algorithm::Sha256),
            unknown => Err(source.problem(
                &self.sip.digest_algorithm,
                "sip.digest_algorithm",
                format!("is MD5 or SHA-256, not {unknown:?}"),
            )),
        }
    }

    fn ports(&self, source: &Source) -> Result<(u16, u16), Problem> {
        let text = &self.rtp.ports;
        let range = text.get_ref().split_once('-').and_then(|(first, last)| {
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        });
        match range {
            Some((first, last)) if first >= 1024 && last > first && last - first >= 3 => Ok((first, last)),
            Some(_) | None => Err(source.problem(text, "rtp.ports", "is a first and a last port such as \"10000-19999\", from 1024 on and four at least")),
        }
    }
}
