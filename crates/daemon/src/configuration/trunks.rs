//! `trunks.toml`.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use dispatch::LineId;
use exchange::settings::{Host, Network, Register, Trunk};
use media::Law;
use serde::Deserialize;
use sip::Protocol;
use toml::Spanned;

use super::listening::address_of;
use super::numbers::number;
use super::queues;
use super::readiness::is_loopback;
use super::source::{Problem, Source, keep};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrunksFile {
    #[serde(default, rename = "trunk")]
    pub(super) trunks: Vec<TrunkTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrunkTable {
    name: Spanned<String>,
    #[serde(default)]
    addresses: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) target: Option<Spanned<String>>,
    #[serde(default = "udp")]
    pub(super) transport: Spanned<String>,
    #[serde(default)]
    pub(super) outgoing_number: Option<Spanned<String>>,
    #[serde(default)]
    default_line: Option<Spanned<String>>,
    #[serde(default = "default_codecs")]
    codecs: Spanned<Vec<String>>,
    #[serde(default = "default_options_interval")]
    options_interval_seconds: u64,
    #[serde(default)]
    calls_max: usize,
    #[serde(default)]
    register: Option<RegisterTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterTable {
    #[serde(default)]
    registrar: Option<Spanned<String>>,
    #[serde(default)]
    domain: Option<Spanned<String>>,
    user: Spanned<String>,
    #[serde(default)]
    auth_user: Option<String>,
    password_file: Spanned<String>,
    #[serde(default = "default_expires")]
    expires_seconds: u64,
}

fn udp() -> Spanned<String> {
    Spanned::new(0..0, "udp".to_owned())
}

fn default_codecs() -> Spanned<Vec<String>> {
    Spanned::new(0..0, vec!["PCMA".to_owned(), "PCMU".to_owned()])
}

const fn default_options_interval() -> u64 {
    10
}

const fn default_expires() -> u64 {
    300
}

impl TrunksFile {
    /// The trunks, or everything that is wrong with them. Passwords are read from `keys`.
    pub(crate) fn trunks(
        &self,
        source: &Source,
        keys: &Path,
        problems: &mut Vec<Problem>,
    ) -> Vec<Trunk> {
        let mut trunks: Vec<Trunk> = Vec::new();
        for table in &self.trunks {
            match table.trunk(source, keys, problems) {
                Some(trunk) if trunks.iter().any(|other| other.name == trunk.name) => {
                    problems.push(source.problem(
                        &table.name,
                        "trunk.name",
                        format!("{} stands twice", trunk.name),
                    ));
                }
                Some(trunk) => trunks.push(trunk),
                None => {}
            }
        }
        if self.trunks.is_empty() {
            problems.push(source.problem_of_file("trunk", "there is no trunk, so nobody can call"));
        }
        trunks
    }

    /// Whether a trunk of that name takes outward calls: it is known where they go and which number
    /// they show.
    pub(crate) fn reaches_out(&self, name: &str) -> bool {
        self.trunks.iter().any(|trunk| {
            trunk.name.get_ref() == name
                && trunk.target.is_some()
                && trunk.outgoing_number.is_some()
        })
    }

    /// The lines that trunks name.
    pub(super) fn default_lines(&self) -> impl Iterator<Item = &Spanned<String>> {
        let trunks = self.trunks.iter();
        trunks.filter_map(|trunk| trunk.default_line.as_ref())
    }
}

impl TrunkTable {
    /// Whether it reaches nobody but programs on this machine.
    pub(super) fn is_of_this_machine(&self) -> bool {
        let mut addresses = self.addresses.iter();
        let target = self.target.as_ref().map(Spanned::get_ref);
        self.register.is_none()
            && addresses.all(|address| is_loopback(address.get_ref()))
            && target.is_none_or(|host| address_of(host).is_some_and(|ip| ip.is_loopback()))
    }

    /// The host that it is registered with at, where one is named.
    pub(super) fn registrar(&self) -> Option<&Spanned<String>> {
        self.register.as_ref()?.registrar.as_ref()
    }

    /// The trunk; everything that is wrong with it is put to the problems.
    fn trunk(&self, source: &Source, keys: &Path, problems: &mut Vec<Problem>) -> Option<Trunk> {
        let addresses = self.addresses.iter();
        let addresses = addresses.map(|text| network(source, "trunk.addresses", text));
        let addresses = addresses.filter_map(|read| keep(read, problems)).collect();
        let target = self.target.as_ref();
        let target = target.map(|text| host(source, "trunk.target", text));
        let target = keep(target.transpose(), problems);
        let register = self.register.as_ref();
        let register = register.map(|table| {
            let target = target.as_ref().and_then(Option::as_ref);
            table.register(source, keys, target)
        });
        let register = keep(register.transpose(), problems);
        let outgoing_number = self.outgoing_number.as_ref();
        let outgoing_number =
            outgoing_number.map(|text| number(source, "trunk.outgoing_number", text));
        let outgoing_number = keep(outgoing_number.transpose(), problems);
        let default_line = self.default_line.as_ref();
        let default_line =
            default_line.map(|name| queues::key(source, "trunk.default_line", name).map(LineId));
        let default_line = keep(default_line.transpose(), problems);
        let protocol = keep(self.protocol(source), problems);
        let codecs = keep(self.codecs(source), problems);
        if self.addresses.is_empty() && self.target.is_none() && self.register.is_none() {
            let text = "nothing tells its calls from a stranger's: give it addresses, a target or a register";
            problems.push(source.problem(&self.name, "trunk.addresses", text));
        }
        Some(Trunk {
            name: self.name.get_ref().clone(),
            addresses,
            protocol: protocol?,
            outgoing_number: outgoing_number?,
            default_line: default_line?,
            codecs: codecs?,
            probe_interval: (self.options_interval_seconds > 0)
                .then(|| Duration::from_secs(self.options_interval_seconds)),
            calls_max: (self.calls_max > 0).then_some(self.calls_max),
            target: target?,
            register: register?,
        })
    }

    fn protocol(&self, source: &Source) -> Result<Protocol, Problem> {
        match self.transport.get_ref().as_str() {
            "udp" => Ok(Protocol::Udp),
            "tcp" => Ok(Protocol::Tcp),
            unknown => Err(source.problem(
                &self.transport,
                "trunk.transport",
                format!("is udp or tcp, not {unknown:?}"),
            )),
        }
    }

    fn codecs(&self, source: &Source) -> Result<Vec<Law>, Problem> {
        let codec = |name: &String| match name.as_str() {
            "PCMA" => Ok(Law::ALaw),
            "PCMU" => Ok(Law::MuLaw),
            unknown => Err(source.problem(
                &self.codecs,
                "trunk.codecs",
                format!("there is no codec {unknown:?}; there are PCMA and PCMU"),
            )),
        };
        if self.codecs.get_ref().is_empty() {
            let text = "is empty, so that every caller is refused; there are PCMA and PCMU";
            return Err(source.problem(&self.codecs, "trunk.codecs", text));
        }
        self.codecs.get_ref().iter().map(codec).collect()
    }
}

impl RegisterTable {
    fn register(
        &self,
        source: &Source,
        keys: &Path,
        target: Option<&Host>,
    ) -> Result<Register, Problem> {
        let registrar = match &self.registrar {
            Some(text) => Some(host(source, "trunk.register.registrar", text)?),
            None => target.cloned(),
        };
        let registrar = registrar.ok_or_else(|| {
            source.problem(
                &self.password_file,
                "trunk.register.registrar",
                "is missing, and the trunk has no target to take its place",
            )
        })?;
        let domain = self.domain.as_ref();
        let domain = domain.map(|text| host(source, "trunk.register.domain", text));
        let user = self.user(source)?;
        let path = keys.join(self.password_file.get_ref());
        let password = std::fs::read_to_string(&path).map_err(|error| {
            let text = format!("{} cannot be read: {error}", path.display());
            source.problem(&self.password_file, "trunk.register.password_file", text)
        })?;
        Ok(Register {
            registrar,
            domain: domain.transpose()?,
            auth_user: self.auth_user.clone().unwrap_or_else(|| user.clone()),
            user,
            password: password.trim_end_matches(['\r', '\n']).to_owned(),
            expires: Duration::from_secs(self.expires_seconds),
        })
    }

    /// The user of the address of record. With its host it would be registered as another one.
    fn user(&self, source: &Source) -> Result<String, Problem> {
        let user = self.user.get_ref();
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b':');
        if user.is_empty() || !user.bytes().all(plain) {
            let text =
                format!("{user:?} is no user: it is what stands before the \"@\" of the address");
            return Err(source.problem(&self.user, "trunk.register.user", text));
        }
        Ok(user.clone())
    }
}

/// Reads an address, an address with a port, or a network.
pub(super) fn network(
    source: &Source,
    key: &str,
    text: &Spanned<String>,
) -> Result<Network, Problem> {
    let value = text.get_ref();
    if let Ok(address) = value.parse::<SocketAddr>() {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        return Ok(Network {
            address: address.ip(),
            bits,
            port: Some(address.port()),
        });
    }
    let wrong = |what: &str| Err(source.problem(text, key, format!("{value:?} is no {what}")));
    let (address, bits) = match value.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (value.as_str(), None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return wrong("address and no network");
    };
    let most: u8 = if address.is_ipv4() { 32 } else { 128 };
    match bits.map_or(Ok(most), str::parse) {
        Ok(bits) if bits <= most => Ok(Network {
            address,
            bits,
            port: None,
        }),
        Ok(_) | Err(_) => wrong(&format!(
            "network: behind the \"/\" of such an address stands a number up to {most}"
        )),
    }
}

/// Reads a host name or address with an optional port.
fn host(source: &Source, key: &str, text: &Spanned<String>) -> Result<Host, Problem> {
    let value = text.get_ref();
    if let Ok(address) = value.parse::<SocketAddr>() {
        return Ok(Host {
            name: address.ip().to_string(),
            port: Some(address.port()),
        });
    }
    let (name, port) = match value.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => return Err(source.problem(text, key, format!("{port:?} is no port"))),
        },
        Some(_) | None => (value.as_str(), None),
    };
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(source.problem(text, key, format!("{value:?} is no host")));
    }
    Ok(Host {
        name: name.to_owned(),
        port,
    })
}
