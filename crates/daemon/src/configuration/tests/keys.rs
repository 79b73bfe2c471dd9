//! Every key of the table: from when on it holds, and what the comments say of that.

use std::fs;
use std::path::Path;

use exchange::settings::Register;
use sip::PhoneNumber;

use super::super::schema::File::{Lines, Linka, Operators, Partners, Queues, Trunks};
use super::super::schema::{Holds, KEYS, Key, Kind};
use super::super::{Configuration, elsewhere_max};
use super::{Example, OPERATOR};

/// Keys whose change is no change of their own: names that other keys refer to, an action that
/// takes other people, the one sound there is.
const NOT_ALONE: &[&str] = &[
    "trunk.name",
    "line.name",
    "line.waiting_sound",
    "queue.name",
    "queue.timeline.action",
    "operator.name",
    "partner.name",
    "partner.confirm_time_seconds",
];

/// The example with everything in it that may be left out, so that each key has something to change.
fn full() -> Example {
    let example = Example::new();
    example.change(
        Linka,
        "# certificate = ",
        "certificate = \"/a.pem\"\nkey = \"/k.pem\"\n# certificate = ",
    );
    example.change(Linka, "# [web.oidc]", "[web.oidc]\nissuer = \"https://id.example.org\"\nclient_id = \"linka\"\nname = \"Spolek\"\naddress = \"https://linka.example.org\"");
    example.change(Linka, "# url = ", "url = ");
    let trunk = "[trunk.register]\nuser = \"linka\"\npassword_file = \"trunk-carrier\"\n\n[[trunk]]\nname = \"second\"\ntarget = \"127.0.0.3\"\noutgoing_number = \"+420601000111\"\n";
    example.change(Trunks, "calls_max = 0", &format!("calls_max = 0\n{trunk}"));
    example.change(
        Queues,
        "strategy = \"longest-idle\"",
        "strategy = \"ring-progressively\"",
    );
    let reserve = "[[queue.reserve]]\nclass = \"crisis\"\noperators = 1\n[[queue.timeline]]\nafter_seconds = 10\naction = \"on-call\"\npartners = [\"on-call-first\"]\n";
    example.change(Queues, "# [[queue.reserve]]", reserve);
    let relax = "[[queue.relax]]\nskill = \"uk\"\nafter_seconds = 60\nlevel = 0\n";
    example.change(Queues, "# [[queue.relax]]", relax);
    example.change(Lines, "# skills = { cs = 1 }", "skills = { uk = 5 }");
    let choice = "[[line.choice]]\nkey = \"2\"\nskills = { uk = 2 }\n";
    example.change(Lines, "# [[line.choice]]", choice);
    let second = "[[queue.timeline]]\nafter_seconds = 300\naction = \"widen-skills\"\n[[queue]]\nname = \"second\"\n[[queue.timeline]]\nafter_seconds = 300\naction = \"widen-skills\"\n[[queue.timeline]]\nafter_seconds = 10\naction = \"partner\"\npartners = [\"neighbour-line\"]\n";
    example.change(Queues, "# [[queue.timeline]]", second);
    let friend = "[[partner]]\nname = \"friend\"\nkind = \"partner\"\nnumber = \"+420601000222\"\ntrunk = \"loopback\"\n\n[[partner]]";
    example.change(Partners, "[[partner]]", friend);
    let digests = format!(
        "digest_md5 = \"{}\"\ndigest_sha256 = \"{}\"\n",
        "0a".repeat(16),
        "0a".repeat(32)
    );
    let people = format!(
        "[[operator]]\nname = \"jana\"\norder = 9\n{digests}[[operator]]\nname = \"eva\"\norder = 5\n{digests}"
    );
    example.change(Operators, OPERATOR, &people);
    let prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/prompts");
    std::os::unix::fs::symlink(
        prompts.canonicalize().unwrap(),
        example.config().join("other"),
    )
    .unwrap();
    example
}

/// Another value of a key than in the full example, in TOML.
fn another(key: &Key) -> String {
    let known = match key.path {
        "database" => "\"postgres://other@localhost/other\"",
        "site.time_zone" => "\"Europe/London\"",
        "site.pause_reasons" => "[\"walk\"]",
        "sip.udp" | "sip.tcp" => "[\"127.0.0.1:5099\"]",
        "sip.public_address" => "\"203.0.113.77\"",
        "sip.digest_algorithm" => "\"SHA-256\"",
        "sip.clear_text_networks" => "[\"10.1.0.0/16\"]",
        "sip.name_servers" => "[\"192.168.7.7:53\"]",
        "sip.registration_max_seconds" => "240",
        "rtp.ports" => "\"12000-12999\"",
        "rtp.address" => "\"127.0.0.9\"",
        "metrics.listen" | "web.listen" | "web.https" => "\"127.0.0.1:8999\"",
        "web.oidc.issuer" | "web.oidc.address" | "warnings.webhook" | "heartbeat.url" => {
            "\"https://other.example.org\""
        }
        "warnings.command" => "[\"/bin/true\"]",
        "trunk.addresses" | "web.proxies" => "[\"198.51.100.7\"]",
        "trunk.transport" => "\"tcp\"",
        "trunk.outgoing_number" | "partner.number" => "\"+420601000999\"",
        "trunk.default_line" => "\"help\"",
        "trunk.codecs" => "[\"PCMU\"]",
        "trunk.register.password_file" => "\"trunk-other\"",
        "line.numbers" => "[\"800000999\"]",
        "line.languages" => "[\"uk\"]",
        "line.queue" | "partner.trunk" => "\"second\"",
        "line.class" => "\"information\"",
        "line.greeting" => "\"waiting-stay\"",
        "line.waiting_words" => "[]",
        "line.choice.key" => "\"3\"",
        "line.choice.skills" => "{ uk = 7 }",
        "rules.do_not_disturb" => "\"no-answer\"",
        "queue.strategy" => "\"round-robin\"",
        "queue.reserve.class" | "queue.timeline.class" => "\"danger\"",
        "queue.timeline.partners" => "[\"on-call-second\"]",
        "operator.queues" => "[\"second\"]",
        "operator.language" | "partner.language" => "\"uk\"",
        "partner.kind" => "\"on-call\"",
        "operator.digest_md5" => return format!("\"{}\"", "0b".repeat(16)),
        "operator.digest_sha256" => return format!("\"{}\"", "0b".repeat(32)),
        _ => return another_of_its_kind(key),
    };
    known.to_owned()
}

fn another_of_its_kind(key: &Key) -> String {
    match key.kind {
        Kind::Text(_) => "\"other\"".to_owned(),
        Kind::Texts(_) => "[\"other\"]".to_owned(),
        Kind::Number { least, .. } => (least + 2).to_string(),
        Kind::Switch => "false".to_owned(),
        Kind::Levels => "{ cs = 7 }".to_owned(),
        Kind::Section | Kind::Sections => unreachable!("{} is a table", key.path),
    }
}

/// All that a reload gives to a node that was started with `started`, in one text, what is redacted among it.
fn taken_in(configuration: &Configuration, started: &Configuration) -> String {
    let settings = &configuration.settings;
    let node = started.node.exchange(
        settings.node.clear_text.clone(),
        elsewhere_max(&settings.dispatch),
    );
    let revealed = settings.operators.iter().map(|operator| {
        use sip::digest::Algorithm::{Md5, Sha256};
        [Md5, Sha256].map(|algorithm| operator.account.hex(algorithm).to_owned())
    });
    let registers = settings
        .trunks
        .iter()
        .filter_map(|trunk| trunk.register.as_ref());
    let registers = registers.map(|register| {
        let Register {
            registrar,
            domain,
            user,
            auth_user,
            password,
            expires,
        } = register;
        format!("{registrar:?} {domain:?} {user} {auth_user} {password} {expires:?}")
    });
    let directory = settings
        .directory
        .iter()
        .map(|entry| format!("{:?} {:?}", entry.number.reveal(), entry.language));
    let lines = settings.lines.iter().flat_map(|line| &line.numbers);
    let outgoing = settings
        .trunks
        .iter()
        .filter_map(|trunk| trunk.outgoing_number.as_ref());
    format!(
        "{node:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        settings.dispatch,
        settings.trunks,
        settings.lines,
        settings.operators,
        settings.directory,
        (&settings.sounds, settings.do_not_disturb),
        revealed.collect::<Vec<_>>(),
        registers.collect::<Vec<_>>(),
        directory.collect::<Vec<_>>(),
        lines.map(PhoneNumber::reveal).collect::<Vec<_>>(),
        outgoing.map(PhoneNumber::reveal).collect::<Vec<_>>(),
        configuration.setup,
        configuration.sounds,
        configuration.node.warnings,
        configuration.node.heartbeat,
    )
}

/// Of the first partner, who is nobody on call, it says nothing.
#[test]
fn time_to_press_one_holds_at_once() {
    let (started, example) = (full().loaded(), full());
    let (confirm, longer) = ("confirm_time_seconds = 15", "confirm_time_seconds = 20");
    example.change(Partners, confirm, longer);

    let changed = example.loaded();

    assert_eq!(changed.node.at_start(), started.node.at_start());
    assert_ne!(taken_in(&changed, &started), taken_in(&started, &started));
}

#[test]
fn every_key_holds_from_when_the_table_says() {
    let started = full().loaded();
    let before = (started.node.at_start(), taken_in(&started, &started));
    let at_start: Vec<_> = before.0.iter().map(|(path, _)| *path).collect();
    let values = KEYS
        .iter()
        .filter(|key| !matches!(key.kind, Kind::Section | Kind::Sections));

    for key in values.filter(|key| !NOT_ALONE.contains(&key.path)) {
        let example = full();
        example.set(key, &another(key));
        let changed = example.loaded();
        let differ = changed.node.at_start().into_iter().zip(&before.0);
        let differ = differ.filter(|(now, before)| now != *before);
        let differ: Vec<_> = differ.map(|((path, _), _)| path).collect();
        let taken = taken_in(&changed, &started) != before.1;

        match key.holds {
            Holds::NextStart => {
                assert_eq!((differ, taken), (vec![key.path], false), "{}", key.path)
            }
            Holds::Live => assert_eq!((differ, taken), (vec![], true), "{}", key.path),
        }
        assert_eq!(at_start.contains(&key.path), key.holds == Holds::NextStart);
    }
}

/// The keys that the example of the node names, and whether the comment above each, or above its
/// table, says that it needs a restart.
fn commented(text: &str) -> Vec<(String, Holds)> {
    let says = |comment: &str| {
        let restart = comment.contains("(restart)");
        if restart {
            Holds::NextStart
        } else {
            Holds::Live
        }
    };
    let (mut table, mut of_table) = (String::new(), Holds::Live);
    let (mut comment, mut used) = (String::new(), false);
    let mut keys = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start_matches("# ");
        let header = bare
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let name = bare.split_once(" = ").map(|(name, _)| name);
        if let Some(header) = header {
            if used {
                comment.clear();
            }
            header.clone_into(&mut table);
            of_table = says(&comment);
            comment.clear();
        } else if let Some(name) = name.filter(|name| !name.contains(' ')) {
            let dot = if table.is_empty() { "" } else { "." };
            let own = says(&comment);
            let holds = if own == Holds::Live { of_table } else { own };
            keys.push((format!("{table}{dot}{name}"), holds));
            used = true;
        } else {
            if used {
                comment.clear();
                used = false;
            }
            comment.push_str(line);
        }
    }
    keys
}

#[test]
fn comments_say_of_each_key_of_the_node_when_it_holds() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/linka.toml");

    let mut commented = commented(&fs::read_to_string(example).unwrap());

    let values = KEYS
        .iter()
        .filter(|key| !matches!(key.kind, Kind::Section | Kind::Sections));
    let node = values.filter(|key| key.file == Linka);
    let mut known: Vec<_> = node.map(|key| (key.path.to_owned(), key.holds)).collect();
    commented.sort_by(|one, other| one.0.cmp(&other.0));
    known.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(commented, known);
}
