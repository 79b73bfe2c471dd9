//! Looking up the hosts of trunks: SRV (RFC 3263), then addresses.

use std::net::SocketAddr;
use std::time::Duration;

use exchange::Resolution;
use exchange::settings::Host;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use sip::Protocol;

/// The port of a host that has no SRV record.
const SIP_PORT: u16 = 5060;
/// How long a name server has for an answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);
/// How often it is asked again without one.
const ATTEMPTS_AGAIN: usize = 1;
/// Addresses kept of one host.
const ADDRESSES_MAX: usize = 16;

/// Looks up one host with these name servers, or with those of the system; one that fails leaves no address.
pub(crate) async fn resolve(host: Host, protocol: Protocol, servers: &[SocketAddr]) -> Resolution {
    let addresses = match resolver(servers) {
        Ok(resolver) => look_up(&resolver, &host, protocol).await,
        Err(error) => {
            tracing::warn!(%error, "no name server is set up");
            Vec::new()
        }
    };
    if addresses.is_empty() {
        tracing::warn!(host = %host.name, "a trunk's name has no address");
    }
    Resolution {
        host,
        protocol,
        addresses,
    }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    if servers.is_empty() {
        return impatient(TokioResolver::builder_tokio()?).build();
    }
    let server = |at: &SocketAddr| {
        let mut server = NameServerConfig::udp_and_tcp(at.ip());
        for connection in &mut server.connections {
            connection.port = at.port();
        }
        server
    };
    let config = ResolverConfig::from_name_servers(servers.iter().map(server).collect());
    let provider = TokioRuntimeProvider::default();
    impatient(TokioResolver::builder_with_config(config, provider)).build()
}

/// Whoever asked asks again: a question that waits long would only hide a name server that is back.
fn impatient(
    mut builder: ResolverBuilder<TokioRuntimeProvider>,
) -> ResolverBuilder<TokioRuntimeProvider> {
    let options = builder.options_mut();
    options.timeout = ANSWERED_WITHIN;
    options.attempts = ATTEMPTS_AGAIN;
    builder
}

async fn look_up(resolver: &TokioResolver, host: &Host, protocol: Protocol) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    let targets = match host.port {
        Some(port) => vec![(host.name.clone(), port)],
        None => services(resolver, &host.name, protocol).await,
    };
    for (name, port) in targets {
        if let Ok(found) = resolver.lookup_ip(name).await {
            addresses.extend(found.iter().map(|address| SocketAddr::new(address, port)));
        }
    }
    addresses.truncate(ADDRESSES_MAX);
    addresses
}

/// The SRV targets in order of priority and weight; without any, the name itself.
async fn services(resolver: &TokioResolver, name: &str, protocol: Protocol) -> Vec<(String, u16)> {
    let service = match protocol {
        Protocol::Udp => "_sip._udp",
        Protocol::Tcp => "_sip._tcp",
    };
    let mut targets = Vec::new();
    if let Ok(found) = resolver.srv_lookup(format!("{service}.{name}")).await {
        for record in found.answers() {
            if let RData::SRV(service) = &record.data {
                targets.push((
                    service.priority,
                    std::cmp::Reverse(service.weight),
                    service.target.to_utf8(),
                    service.port,
                ));
            }
        }
    }
    targets.sort();
    if targets.is_empty() {
        return vec![(name.to_owned(), SIP_PORT)];
    }
    targets
        .into_iter()
        .map(|(_, _, target, port)| (target, port))
        .collect()
}
