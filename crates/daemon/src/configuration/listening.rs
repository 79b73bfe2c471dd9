//! Whether Linka listens where its trunks need it: a trunk is called from a listener of its transport and family.

use std::net::{IpAddr, SocketAddr};

use super::Files;
use super::node::Node;
use super::source::Problem;
use super::trunks::TrunkTable;

/// Names every trunk that no listener can call, and addresses that two would listen on.
pub(super) fn check(files: &Files, node: &Node, problems: &mut Vec<Problem>) {
    let (source, _) = &files.node;
    if node.udp.is_empty() && node.tcp.is_empty() {
        let text =
            "is empty, and so is sip.tcp: nobody can call; listen on one such as \"0.0.0.0:5060\"";
        problems.push(source.problem_of_file("sip.udp", text));
    }
    if node.web == Some(node.metrics) && node.metrics.port() != 0 {
        let text = format!("is {}, where web.listen listens already", node.metrics);
        problems.push(source.problem_of_file("metrics.listen", text));
    }
    for trunk in &files.trunks.1.trunks {
        check_trunk(files, trunk, node, problems);
    }
}

fn check_trunk(files: &Files, trunk: &TrunkTable, node: &Node, problems: &mut Vec<Problem>) {
    let source = &files.trunks.0;
    let (key, listeners) = match trunk.transport.get_ref().as_str() {
        "udp" => ("sip.udp", &node.udp),
        "tcp" => ("sip.tcp", &node.tcp),
        // That it is neither is said where it is read.
        _ => return,
    };
    let transport = trunk.transport.get_ref();
    if listeners.is_empty() {
        let text = format!("linka.toml has no {key}: no call comes or goes by {transport}");
        return problems.push(source.problem(&trunk.transport, "trunk.transport", text));
    }
    let hosts = [
        ("trunk.target", trunk.target.as_ref()),
        ("trunk.register.registrar", trunk.registrar()),
    ];
    for (of_host, host) in hosts {
        if let Some(host) = host
            && let Some(address) = address_of(host.get_ref())
            && !listeners
                .iter()
                .any(|listener| listener.is_ipv4() == address.is_ipv4())
        {
            let family = family(address);
            let text = format!("is an address of {family}, and linka.toml has none in {key}");
            problems.push(source.problem(host, of_host, text));
        }
    }
}

/// Each address of ours that peers could not use, in a sentence.
pub(super) fn advice(node: &Node) -> Vec<String> {
    let listeners = || node.udp.iter().chain(&node.tcp);
    let mut advice = Vec::new();
    if let Some(public) = node.public_address
        && listeners().all(|listener| listener.is_ipv4() != public.is_ipv4())
    {
        advice.push(format!(
            "linka.toml: nobody is told of sip.public_address {public}: sip.udp and sip.tcp have no address of {}",
            family(public)
        ));
    }
    if let Some(sound) = node.rtp_address {
        let mut deaf = listeners().filter(|listener| !reaches(listener.ip(), sound));
        advice.extend(deaf.next().map(|listener| {
            format!(
                "linka.toml: who calls at {listener} cannot reach rtp.address {sound}, and would not be heard: leave it out"
            )
        }));
    }
    advice
}

/// Whether a peer of a listener may be able to send to an address of sound.
fn reaches(listener: IpAddr, sound: IpAddr) -> bool {
    let from_outside = !listener.is_loopback();
    listener.is_ipv4() == sound.is_ipv4() && !(from_outside && sound.is_loopback())
}

const fn family(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "IPv4",
        IpAddr::V6(_) => "IPv6",
    }
}

/// The address of a host that is written as one.
pub(super) fn address_of(host: &str) -> Option<IpAddr> {
    let with_port = host.parse::<SocketAddr>().map(|address| address.ip());
    with_port.or_else(|_| host.parse::<IpAddr>()).ok()
}
