//! Broken configurations: each said by file, line and key, with what to do.

use std::fs;
use std::path::Path;

use super::super::schema::File::{self, Lines, Linka, Operators, Partners, Queues, Trunks};
use super::{Example, OPERATOR, PARTNER_STEP};

/// A change that breaks the example, and the one sentence that is said of it.
struct Broken {
    file: File,
    from: &'static str,
    to: &'static str,
    said: &'static str,
}

const fn broken(file: File, from: &'static str, to: &'static str, said: &'static str) -> Broken {
    Broken {
        file,
        from,
        to,
        said,
    }
}

const NOBODY_CALLED: &str = "[[queue.timeline]]\nafter_seconds = 45\naction = \"on-call\"\npartners = [\"on-call-first\", \"on-call-second\"]\n\n[[queue.timeline]]\nafter_seconds = 90\naction = \"tell-supervisor\"\n\n[[queue.timeline]]\nafter_seconds = 120\naction = \"partner\"\npartners = [\"neighbour-line\"]\n";

/// Each said as it stands here: file, line, key, what is wrong, what to do.
const BROKEN: &[Broken] = &[
    broken(
        Linka,
        "repeat_minutes = 30",
        "repeat_minuets = 30",
        "linka.toml:LINE: warnings.repeat_minuets: there is no such key; is repeat_minutes meant?",
    ),
    broken(
        Linka,
        "udp = [\"0.0.0.0:5060\"]",
        "udp = \"0.0.0.0:5060\"",
        "linka.toml:LINE: sip.udp: must be a list such as [\"0.0.0.0:5060\"], and is a text",
    ),
    broken(
        Linka,
        "tcp = [\"0.0.0.0:5060\"]",
        "tcp = [\"0.0.0.0\"]",
        "linka.toml:LINE: sip.tcp: must be such as \"192.168.1.1:5060\", and is \"0.0.0.0\"",
    ),
    broken(
        Linka,
        "# webhook = \"https://example.org/hooks/linka\"",
        "webhook = \"telegram\"",
        "linka.toml:LINE: warnings.webhook: must be an address such as \"https://example.org/linka\"",
    ),
    broken(
        Linka,
        "session_expires_seconds = 1800",
        "session_expires_seconds = 30",
        "linka.toml:LINE: sip.session_expires_seconds: must be a whole number of seconds from 90 to 86400, and is 30",
    ),
    broken(
        Linka,
        "registration_max_seconds = 120",
        "registration_max_seconds = 30",
        "linka.toml:LINE: sip.registration_max_seconds: is 30, less than the 60 of sip.registration_min_seconds",
    ),
    broken(
        Linka,
        "ports = \"10000-19999\"",
        "ports = \"10000\"",
        "linka.toml:LINE: rtp.ports: is a first and a last port such as \"10000-19999\", from 1024 on and four at least",
    ),
    broken(
        Linka,
        "clear_text_networks = [\"127.0.0.0/8\"",
        "clear_text_networks = [\"127.0.0.0/40\"",
        "linka.toml:LINE: sip.clear_text_networks: \"127.0.0.0/40\" is no network: behind the \"/\" of such an address stands a number up to 32",
    ),
    broken(
        Lines,
        "ring_time_seconds = 6",
        "ring_time_seconds = \"six\"",
        "lines.toml:LINE: line.ring_time_seconds: must be a whole number of seconds from 0 to 60, and is a text",
    ),
    broken(
        Lines,
        "ring_time_seconds = 6",
        "ring_time_seconds = 90",
        "lines.toml:LINE: line.ring_time_seconds: must be a whole number of seconds from 0 to 60, and is 90",
    ),
    broken(
        Lines,
        "queue = \"crisis\"",
        "queue = \"crises\"",
        "lines.toml:LINE: line.queue: queues.toml has no \"crises\"; it has crisis",
    ),
    broken(
        Lines,
        "greeting = \"greeting\"",
        "greeting = \"greating\"",
        "lines.toml:LINE: line.greeting: prompts.toml has no \"greating\"",
    ),
    broken(
        Lines,
        "languages = [\"cs\", \"en\", \"uk\"]",
        "languages = [\"cs\", \"de\"]",
        "lines.toml:LINE: line.languages: there are no prompts in \"de\"; there are cs, en and uk",
    ),
    broken(
        Queues,
        "strategy = \"longest-idle\"",
        "strategy = \"longest-ilde\"",
        "queues.toml:LINE: queue.strategy: there is no strategy \"longest-ilde\"; there are longest-idle, ordered-list, round-robin, fewest-calls, least-talk-time, ring-all and ring-progressively",
    ),
    broken(
        Queues,
        "offer_time_seconds = 20",
        "offer_time_seconds = 0",
        "queues.toml:LINE: queue.offer_time_seconds: must be a whole number of seconds from 1 to 3600, and is 0",
    ),
    broken(
        Queues,
        "adrift_seconds = 180",
        "adrift_seconds = 600",
        "queues.toml:LINE: rules.adrift_seconds: must be a whole number of seconds from 1 to 180, and is 600",
    ),
    broken(
        Queues,
        PARTNER_STEP,
        "action = \"partner\"\npartners = [\"neighbour-lime\"]",
        "queues.toml:LINE+1: queue.timeline.partners: partners.toml has no \"neighbour-lime\"",
    ),
    broken(
        Queues,
        PARTNER_STEP,
        "action = \"on-call\"\npartners = [\"neighbour-line\"]",
        "queues.toml:LINE+1: queue.timeline.partners: neighbour-line is of kind \"partner\": a step \"on-call\" names on-call people only, a step \"partner\" calls neighbour-line",
    ),
    broken(
        Queues,
        PARTNER_STEP,
        "action = \"partner\"\npartners = [\"on-call-first\"]",
        "queues.toml:LINE+1: queue.timeline.partners: on-call-first is on call and has to press 1: a step \"on-call\" calls on-call-first",
    ),
    broken(
        Queues,
        PARTNER_STEP,
        "action = \"partner\"",
        "queues.toml:LINE: queue.timeline.partners: calls nobody: name whom it calls, such as [\"on-call-first\"]",
    ),
    broken(
        Trunks,
        "addresses = [\"127.0.0.2\"]",
        "addresses = [\"127.0.0\"]",
        "trunks.toml:LINE: trunk.addresses: \"127.0.0\" is no address and no network",
    ),
    broken(
        Trunks,
        "transport = \"udp\"",
        "transport = \"tls\"",
        "trunks.toml:LINE: trunk.transport: is udp or tcp, not \"tls\"",
    ),
    broken(
        Trunks,
        "codecs = [\"PCMA\", \"PCMU\"]",
        "codecs = []",
        "trunks.toml:LINE: trunk.codecs: is empty, so that every caller is refused; there are PCMA and PCMU",
    ),
    broken(
        Linka,
        "udp = [\"0.0.0.0:5060\"]\ntcp = [\"0.0.0.0:5060\"]",
        "udp = []\ntcp = []",
        "linka.toml: sip.udp: is empty, and so is sip.tcp: nobody can call; listen on one such as \"0.0.0.0:5060\"",
    ),
    broken(
        Trunks,
        "target = \"127.0.0.2:5070\"",
        "target = \"[2001:db8::1]:5060\"",
        "trunks.toml:LINE: trunk.target: is an address of IPv6, and linka.toml has none in sip.udp",
    ),
    broken(
        Trunks,
        "calls_max = 0",
        "calls_max = 0\nregister = { registrar = \"[2001:db8::1]:5060\", user = \"linka\", password_file = \"trunk-carrier\" }",
        "trunks.toml:LINE+1: trunk.register.registrar: is an address of IPv6, and linka.toml has none in sip.udp",
    ),
    broken(
        Linka,
        "listen = \"127.0.0.1:9464\"",
        "listen = \"127.0.0.1:8080\"",
        "linka.toml: metrics.listen: is 127.0.0.1:8080, where web.listen listens already",
    ),
    broken(
        Partners,
        "name = \"on-call-second\"",
        "name = \"on-call-first\" # again",
        "partners.toml:LINE: partner.name: on-call-first stands twice: operators and the directory share their names",
    ),
    broken(
        Partners,
        "trunk = \"loopback\"",
        "trunk = \"lookback\"",
        "partners.toml:LINE: partner.trunk: trunks.toml has no \"lookback\" with a target and an outgoing_number",
    ),
    broken(
        Partners,
        "kind = \"on-call\"",
        "kind = \"oncall\"",
        "partners.toml:LINE: partner.kind: there is no kind \"oncall\"; there are on-call, partner, interpreter and emergency",
    ),
    broken(
        Operators,
        OPERATOR,
        "[[operator]]\nname = \"jana\"\n",
        "operators.toml:LINE: operator.digest_md5: is missing: it is a text such as \"0123456789abcdef0123456789abcdef\"",
    ),
];

/// The line on which a text stands.
fn line_of(file: &Path, text: &str) -> usize {
    let whole = fs::read_to_string(file).unwrap();
    let at = whole.find(text).unwrap();
    1 + whole[..at].matches('\n').count()
}

#[test]
fn broken_configurations_are_said_with_file_line_and_key_and_what_to_do() {
    assert!(BROKEN.len() >= 20);
    for Broken {
        file,
        from,
        to,
        said,
    } in BROKEN
    {
        let example = Example::new();
        example.change(*file, from, to);
        let line = line_of(&example.config().join(file.name()), to);
        let expected = said
            .replace("LINE+1", &(line + 1).to_string())
            .replace("LINE", &line.to_string());

        let found = example.said();

        assert!(found.contains(&expected), "{expected}\n{found:#?}");
    }
}

#[test]
fn step_that_holds_for_one_class_leaves_the_other_without_anybody_and_that_is_said() {
    let example = Example::new();
    example.change(Queues, NOBODY_CALLED, "[[queue.timeline]]\nclass = \"crisis\"\nafter_seconds = 45\naction = \"on-call\"\npartners = [\"on-call-first\"]\n");

    let said = example.said();

    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].ends_with(
            "queue.timeline: a caller of line help and class danger reaches nobody while nobody is at a desk: \
             add a step \"on-call\" or \"partner\" that holds for class danger"
        ),
        "{said:?}"
    );
}

#[test]
fn every_mistake_of_every_file_is_said_at_once() {
    let example = Example::new();
    example.change(Linka, "repeat_minutes = 30", "repeat_minutes = 0");
    example.change(Linka, "[heartbeat]", "[heartbeat]\nurls = \"x\"");
    example.change(Lines, "queue = \"crisis\"", "queue = 5");
    example.change(
        Queues,
        "strategy = \"longest-idle\"",
        "strategy = \"by-chance\"",
    );
    example.change(
        Queues,
        "action = \"second-operator\"",
        "action = \"second\"",
    );
    example.change(Trunks, "\"127.0.0.2\"", "\"127.0.0\"");
    example.change(Trunks, "transport = \"udp\"", "transport = \"tls\"");
    example.change(Partners, "kind = \"on-call\"", "kind = \"oncall\"");

    let said = example.said();

    let keys = [
        "lines.toml:",
        "warnings.repeat_minutes",
        "heartbeat.urls",
        "partner.kind",
        "queue.strategy",
        "queue.timeline.action",
        "trunk.addresses",
        "trunk.transport",
    ];
    for key in keys {
        assert!(
            said.iter().any(|said| said.contains(key)),
            "{key}: {said:#?}"
        );
    }
    assert_eq!(said.len(), keys.len(), "{said:#?}");
}
