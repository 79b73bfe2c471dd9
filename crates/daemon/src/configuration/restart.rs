//! What holds from the start of a node on, whatever a reload reads.

use std::fmt::Debug;

use exchange::settings::Network;

use super::node::Node;

impl Node {
    /// What the exchange is told of the node, before listeners are bound: all of it as at the start
    /// but for the networks of phones, and for how many legs may ring elsewhere than at phones.
    pub(crate) fn exchange(
        &self,
        clear_text: Vec<Network>,
        elsewhere_max: usize,
    ) -> exchange::settings::Node {
        exchange::settings::Node {
            sound_address: self.rtp_address.filter(|address| !address.is_unspecified()),
            listeners: Vec::new(),
            clear_text,
            realm: self.realm.clone(),
            session_expires: self.session_expires,
            legs_max: legs_max(self.rtp_ports),
            elsewhere_max,
        }
    }

    /// What holds from the start on only, each key with its value: exactly the keys that the table marks so.
    pub(crate) fn at_start(&self) -> Vec<(&'static str, String)> {
        let text = |value: &dyn Debug| format!("{value:?}");
        let https = self.https.as_ref();
        let oidc = self.oidc.as_ref();
        vec![
            ("database", text(&self.database)),
            ("site.time_zone", text(&self.time_zone)),
            ("sip.udp", text(&self.udp)),
            ("sip.tcp", text(&self.tcp)),
            ("sip.public_address", text(&self.public_address)),
            ("sip.realm", text(&self.realm)),
            ("sip.digest_algorithm", text(&self.algorithm)),
            ("sip.name_servers", text(&self.name_servers)),
            ("sip.registration_min_seconds", text(&self.registration.0)),
            ("sip.registration_max_seconds", text(&self.registration.1)),
            ("sip.session_expires_seconds", text(&self.session_expires)),
            ("rtp.ports", text(&self.rtp_ports)),
            ("rtp.address", text(&self.rtp_address)),
            ("metrics.listen", text(&self.metrics)),
            ("web.listen", text(&self.web)),
            ("web.https", text(&https.map(|https| https.listen))),
            (
                "web.certificate",
                text(&https.map(|https| &https.certificate)),
            ),
            ("web.key", text(&https.map(|https| &https.key))),
            ("web.proxies", text(&self.proxies)),
            (
                "web.oidc.issuer",
                text(&oidc.map(|oidc| oidc.issuer.as_str())),
            ),
            (
                "web.oidc.client_id",
                text(&oidc.map(|oidc| &oidc.client_id)),
            ),
            ("web.oidc.name", text(&oidc.map(|oidc| &oidc.name))),
            (
                "web.oidc.address",
                text(&oidc.map(|oidc| oidc.site.as_str())),
            ),
            ("web.oidc.claim", text(&oidc.map(|oidc| &oidc.claim))),
            (
                "web.oidc.second_factor",
                text(&oidc.map(|oidc| &oidc.second_factor)),
            ),
        ]
    }
}

/// Legs that the port range can carry.
fn legs_max((first, last): (u16, u16)) -> usize {
    const PORTS_A_LEG: usize = 2;
    (usize::from(last - first) + 1) / PORTS_A_LEG
}

/// Legs that may ring at once elsewhere than at registered phones: each person at home is offered
/// one contact, and each partner's line is kept room for one.
pub(crate) fn elsewhere_max(config: &dispatch::Config) -> usize {
    let operators = config.operators.iter();
    let at_home = operators.filter(|operator| operator.place == dispatch::Place::Home);
    at_home.count() + config.partners.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leg_takes_two_ports() {
        assert_eq!(legs_max((10_000, 10_079)), 40);
        assert_eq!(legs_max((10_000, 10_000)), 0);
    }

    #[test]
    fn people_at_home_and_partners_may_ring_elsewhere() {
        let operator = |name: &str, place| dispatch::Operator {
            id: dispatch::OperatorId::parse(name).unwrap(),
            skills: Vec::new(),
            queues: Vec::new(),
            place,
            wrap_up: dispatch::OwnWrapUp::default(),
            at_home: dispatch::HomeTimes::default(),
        };
        let config = dispatch::Config {
            operators: vec![
                operator("jana", dispatch::Place::Desk),
                operator("eva", dispatch::Place::Home),
            ],
            partners: vec![dispatch::Partner {
                id: dispatch::PartnerId::parse("neighbour").unwrap(),
                ring_time: std::time::Duration::from_secs(20),
                rest: std::time::Duration::from_secs(20),
            }],
            ..dispatch::Config::default()
        };

        assert_eq!(elsewhere_max(&config), 2);
    }
}
