//! Every key of the configuration files in one table: what it must be, within which limits, and
//! whether a reload takes it in.
//!
//! A key that is not here is an error wherever it stands, so that a misspelt one never silently means the default.

/// A file of the configuration folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum File {
    Linka,
    Trunks,
    Lines,
    Queues,
    Operators,
    Partners,
}

impl File {
    pub(crate) const ALL: [Self; 6] = [
        Self::Linka,
        Self::Trunks,
        Self::Lines,
        Self::Queues,
        Self::Operators,
        Self::Partners,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Linka => "linka.toml",
            Self::Trunks => "trunks.toml",
            Self::Lines => "lines.toml",
            Self::Queues => "queues.toml",
            Self::Operators => "operators.toml",
            Self::Partners => "partners.toml",
        }
    }
}

/// From when on a changed key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// From `linka reload` on.
    Live,
    /// From the next start on; `linka reload` names it.
    NextStart,
}

/// What stands behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text, such as this one.
    Text(&'static str),
    /// A list of texts, such as this one in TOML.
    Texts(&'static str),
    /// A whole number within limits, and what it counts.
    Number {
        least: u32,
        most: u32,
        of: &'static str,
    },
    /// `true` or `false`.
    Switch,
    /// Skills with their levels.
    Levels,
    /// A table `[…]`.
    Section,
    /// Tables `[[…]]`.
    Sections,
}

/// Whether a key may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Needed,
    MayBeLeftOut,
}

/// A key of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) file: File,
    /// The names of its tables and its own, with dots between them.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    pub(crate) holds: Holds,
    pub(crate) presence: Presence,
}

impl Key {
    /// The name without those of its tables.
    pub(crate) fn name(&self) -> &'static str {
        self.path
            .rsplit_once('.')
            .map_or(self.path, |(_, name)| name)
    }

    /// The tables that it stands in, with dots between them.
    pub(crate) fn table(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(table, _)| table)
    }
}

/// The keys of a table of a file.
pub(crate) fn keys_in(file: File, table: &str) -> impl Iterator<Item = &'static Key> {
    let of_file = KEYS.iter().filter(move |key| key.file == file);
    of_file.filter(move |key| key.table() == table)
}

const fn live(file: File, path: &'static str, kind: Kind) -> Key {
    Key {
        file,
        path,
        kind,
        holds: Holds::Live,
        presence: Presence::MayBeLeftOut,
    }
}

const fn needed(file: File, path: &'static str, kind: Kind) -> Key {
    Key {
        presence: Presence::Needed,
        ..live(file, path, kind)
    }
}

const fn next_start(path: &'static str, kind: Kind) -> Key {
    Key {
        holds: Holds::NextStart,
        ..live(Linka, path, kind)
    }
}

const fn number(least: u32, most: u32, of: &'static str) -> Kind {
    Kind::Number { least, most, of }
}

const fn seconds(least: u32, most: u32) -> Kind {
    number(least, most, "seconds")
}

use File::{Lines, Linka, Operators, Partners, Queues, Trunks};
use Kind::{Levels, Section, Sections, Switch, Text, Texts};

/// A day, in seconds.
const DAY: u32 = 86_400;
/// An hour, in seconds.
const HOUR: u32 = 3_600;

/// Every key there is.
pub(crate) const KEYS: &[Key] = &[
    next_start("database", Text("postgres://linka@localhost/linka")),
    live(Linka, "site", Section),
    next_start("site.time_zone", Text("Europe/Prague")),
    live(Linka, "site.pause_reasons", Texts("[\"meal\", \"break\"]")),
    live(Linka, "sip", Section),
    next_start("sip.udp", Texts("[\"0.0.0.0:5060\"]")),
    next_start("sip.tcp", Texts("[\"0.0.0.0:5060\"]")),
    next_start("sip.public_address", Text("203.0.113.10")),
    next_start("sip.realm", Text("linka")),
    next_start("sip.digest_algorithm", Text("MD5")),
    live(
        Linka,
        "sip.clear_text_networks",
        Texts("[\"192.168.0.0/16\"]"),
    ),
    next_start("sip.name_servers", Texts("[\"192.168.1.1:53\"]")),
    next_start("sip.registration_min_seconds", seconds(1, DAY)),
    next_start("sip.registration_max_seconds", seconds(1, DAY)),
    next_start("sip.session_expires_seconds", seconds(90, DAY)),
    live(Linka, "rtp", Section),
    next_start("rtp.ports", Text("10000-19999")),
    next_start("rtp.address", Text("0.0.0.0")),
    live(Linka, "metrics", Section),
    next_start("metrics.listen", Text("127.0.0.1:9464")),
    live(Linka, "web", Section),
    next_start("web.listen", Text("127.0.0.1:8080")),
    next_start("web.https", Text("0.0.0.0:8443")),
    next_start("web.certificate", Text("/etc/linka/fullchain.pem")),
    next_start("web.key", Text("/etc/linka/privkey.pem")),
    next_start("web.proxies", Texts("[\"127.0.0.1\"]")),
    live(Linka, "web.oidc", Section),
    in_oidc("web.oidc.issuer", Text("https://id.example.org")),
    in_oidc("web.oidc.client_id", Text("linka")),
    in_oidc("web.oidc.name", Text("Spolek")),
    in_oidc("web.oidc.address", Text("https://linka.example.org")),
    next_start("web.oidc.claim", Text("preferred_username")),
    next_start("web.oidc.second_factor", Texts("[\"mfa\", \"otp\"]")),
    live(Linka, "prompts", Section),
    live(Linka, "prompts.folder", Text("prompts")),
    live(Linka, "warnings", Section),
    live(
        Linka,
        "warnings.webhook",
        Text("https://example.org/hooks/linka"),
    ),
    live(
        Linka,
        "warnings.command",
        Texts("[\"/usr/local/bin/send-sms\"]"),
    ),
    live(
        Linka,
        "warnings.repeat_minutes",
        number(1, 1_440, "minutes"),
    ),
    live(Linka, "heartbeat", Section),
    live(
        Linka,
        "heartbeat.url",
        Text("https://example.org/alive/linka"),
    ),
    live(Linka, "heartbeat.interval_seconds", seconds(5, HOUR)),
    needed(Trunks, "trunk", Sections),
    needed(Trunks, "trunk.name", Text("carrier")),
    live(Trunks, "trunk.addresses", Texts("[\"198.51.100.0/28\"]")),
    live(Trunks, "trunk.target", Text("sip.carrier.example")),
    live(Trunks, "trunk.transport", Text("udp")),
    live(Trunks, "trunk.outgoing_number", Text("+420000000001")),
    live(Trunks, "trunk.default_line", Text("help")),
    live(Trunks, "trunk.codecs", Texts("[\"PCMA\", \"PCMU\"]")),
    live(Trunks, "trunk.options_interval_seconds", seconds(0, HOUR)),
    live(Trunks, "trunk.calls_max", number(0, 100_000, "calls")),
    live(Trunks, "trunk.register", Section),
    live(
        Trunks,
        "trunk.register.registrar",
        Text("sip.carrier.example"),
    ),
    live(Trunks, "trunk.register.domain", Text("carrier.example")),
    needed(Trunks, "trunk.register.user", Text("linka")),
    live(Trunks, "trunk.register.auth_user", Text("linka")),
    needed(
        Trunks,
        "trunk.register.password_file",
        Text("trunk-carrier"),
    ),
    live(Trunks, "trunk.register.expires_seconds", seconds(60, HOUR)),
    needed(Lines, "line", Sections),
    needed(Lines, "line.name", Text("help")),
    needed(Lines, "line.numbers", Texts("[\"800000116\"]")),
    needed(Lines, "line.languages", Texts("[\"cs\", \"en\"]")),
    needed(Lines, "line.queue", Text("crisis")),
    live(Lines, "line.class", Text("crisis")),
    live(Lines, "line.ring_time_seconds", seconds(0, 60)),
    live(Lines, "line.greeting", Text("greeting")),
    live(Lines, "line.waiting_sound", Text("waiting")),
    live(Lines, "line.waiting_words", Texts("[\"waiting-stay\"]")),
    live(Lines, "line.waiting_words_every_seconds", seconds(10, HOUR)),
    live(Lines, "line.cannot_speak", Switch),
    live(Lines, "line.skills", Levels),
    live(Lines, "line.choice", Sections),
    needed(Lines, "line.choice.key", Text("2")),
    needed(Lines, "line.choice.skills", Levels),
    live(Queues, "rules", Section),
    live(Queues, "rules.misses_before_pause", number(0, 10, "misses")),
    live(Queues, "rules.rest_no_answer_seconds", seconds(1, HOUR)),
    live(Queues, "rules.rest_declined_seconds", seconds(1, HOUR)),
    live(Queues, "rules.rest_unreachable_seconds", seconds(1, HOUR)),
    live(
        Queues,
        "rules.last_minutes_of_shift",
        number(0, 240, "minutes"),
    ),
    live(Queues, "rules.adrift_seconds", seconds(1, 180)),
    live(Queues, "rules.do_not_disturb", Text("declined")),
    needed(Queues, "queue", Sections),
    needed(Queues, "queue.name", Text("crisis")),
    live(Queues, "queue.strategy", Text("longest-idle")),
    live(Queues, "queue.offer_time_seconds", seconds(1, HOUR)),
    live(Queues, "queue.progressive_step_seconds", seconds(1, HOUR)),
    live(Queues, "queue.wrap_up_seconds", seconds(0, 12 * HOUR)),
    live(Queues, "queue.wrap_up_hard_seconds", seconds(0, 12 * HOUR)),
    live(
        Queues,
        "queue.staff_minimum",
        number(0, 10_000, "operators"),
    ),
    live(Queues, "queue.reserve", Sections),
    needed(Queues, "queue.reserve.class", Text("danger")),
    needed(
        Queues,
        "queue.reserve.operators",
        number(0, 10_000, "operators"),
    ),
    live(Queues, "queue.reserve.skills", Levels),
    live(Queues, "queue.relax", Sections),
    needed(Queues, "queue.relax.skill", Text("uk")),
    needed(Queues, "queue.relax.after_seconds", seconds(0, DAY)),
    needed(Queues, "queue.relax.level", number(0, 9, "levels")),
    live(Queues, "queue.timeline", Sections),
    needed(Queues, "queue.timeline.after_seconds", seconds(0, DAY)),
    needed(Queues, "queue.timeline.action", Text("on-call")),
    live(Queues, "queue.timeline.class", Text("crisis")),
    live(
        Queues,
        "queue.timeline.partners",
        Texts("[\"on-call-first\"]"),
    ),
    live(Operators, "operator", Sections),
    needed(Operators, "operator.name", Text("jana")),
    live(Operators, "operator.display_name", Text("Jana")),
    live(Operators, "operator.queues", Texts("[\"crisis\"]")),
    live(Operators, "operator.order", number(0, u32::MAX, "place")),
    live(Operators, "operator.skills", Levels),
    live(Operators, "operator.wrap_up_seconds", seconds(0, 12 * HOUR)),
    live(
        Operators,
        "operator.wrap_up_hard_seconds",
        seconds(0, 12 * HOUR),
    ),
    live(Operators, "operator.language", Text("cs")),
    needed(
        Operators,
        "operator.digest_md5",
        Text("0123456789abcdef0123456789abcdef"),
    ),
    needed(
        Operators,
        "operator.digest_sha256",
        Text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ),
    live(Partners, "partner", Sections),
    needed(Partners, "partner.name", Text("on-call-first")),
    needed(Partners, "partner.kind", Text("on-call")),
    needed(Partners, "partner.number", Text("+420000000011")),
    needed(Partners, "partner.trunk", Text("carrier")),
    live(Partners, "partner.ring_time_seconds", seconds(1, 600)),
    live(Partners, "partner.confirm_time_seconds", seconds(5, 120)),
    live(Partners, "partner.rest_seconds", seconds(5, HOUR)),
    live(Partners, "partner.language", Text("cs")),
];

const fn in_oidc(path: &'static str, kind: Kind) -> Key {
    Key {
        presence: Presence::Needed,
        ..next_start(path, kind)
    }
}
