//! What valid configurations would do at night, and whether they are ready for callers.

use std::fs;

use super::super::schema::File::{Lines, Linka, Operators, Partners, Queues, Trunks};
use super::{Example, OPERATOR, PARTNER_STEP, prompts};

#[test]
fn night_says_who_rings_when() {
    let nights = Example::new().loaded().nights;

    let said: Vec<String> = nights.iter().map(ToString::to_string).collect();

    let turns = "on-call-first rings at once, on-call-second after 25 s, the supervisor is told after 90 s, neighbour-line after 120 s";
    assert_eq!(
        said,
        [
            format!("nobody at a desk, line help, danger: {turns}"),
            format!("nobody at a desk, line help, crisis: {turns}"),
        ]
    );
}

#[test]
fn person_of_the_second_step_rings_once_it_came_and_the_first_rings_no_more() {
    let example = Example::new();
    example.change(
        Queues,
        "[\"on-call-first\", \"on-call-second\"]",
        "[\"on-call-first\"]",
    );
    example.change(
        Queues,
        PARTNER_STEP,
        "action = \"on-call\"\npartners = [\"on-call-second\"]",
    );
    example.change(Lines, "# skills = { cs = 1 }", "skills = { cs = 1 }");

    let nights = example.loaded().nights;

    let said = nights[1].to_string();
    assert!(
        said.ends_with("on-call-first rings at once, the supervisor is told after 90 s, on-call-second after 120 s"),
        "{said}"
    );
}

#[test]
fn example_as_it_comes_is_not_ready_for_callers() {
    let example = Example::new();
    example.change(
        Linka,
        "# command = [\"/usr/local/bin/send-sms\", \"+420000000000\"]",
        "command = [\"/nowhere/send-sms\"]",
    );

    let not_ready = example.loaded().not_ready.join("\n");

    for part in [
        "operators.toml: operator: there is no operator yet",
        "trunks.toml: trunk: calls come from this machine alone",
        "partner.number: +420000000011 is a number of the example",
        "partner.number: +420000000012",
        "partner.number: +420000000020",
        "linka.toml: warnings.command: there is no program /nowhere/send-sms",
    ] {
        assert!(not_ready.contains(part), "{part}\n{not_ready}");
    }
    assert!(!not_ready.contains("tell-supervisor"));
    let nobody_told = Example::new().loaded().not_ready.join("\n");
    assert!(nobody_told.contains("queue.timeline.action: tell-supervisor tells nobody"));
}

#[test]
fn configuration_of_a_real_site_is_ready_for_callers() {
    let example = Example::new();
    let digests = format!(
        "digest_md5 = \"{}\"\ndigest_sha256 = \"{}\"\n",
        "0a".repeat(16),
        "0a".repeat(32)
    );
    example.change(
        Operators,
        OPERATOR,
        &format!("[[operator]]\nname = \"jana\"\n{digests}"),
    );
    example.change(Trunks, "[\"127.0.0.2\"]", "[\"198.51.100.0/28\"]");
    example.change(Linka, "# webhook", "webhook");
    for number in ["+420000000011", "+420000000012", "+420000000020"] {
        example.change(Partners, number, &number.replace("+420000", "+420601"));
    }

    assert_eq!(example.loaded().not_ready, [""; 0]);
}

#[test]
fn registrar_that_is_not_the_target_is_advised_about_until_a_domain_is_set() {
    let advised = |registers: &str| {
        let example = Example::new();
        let register = format!(
            "calls_max = 0\n[trunk.register]\n{registers}user = \"linka\"\npassword_file = \"trunk-carrier\"\n"
        );
        example.change(Trunks, "calls_max = 0", &register);
        let configuration = example.loaded();
        let register = configuration.settings.trunks[0].register.as_ref().unwrap();
        let domain = register.domain().name.clone();
        let advice = configuration.advice.into_iter();
        let of_trunks: Vec<_> = advice
            .filter(|said| said.starts_with("trunks.toml"))
            .collect();
        (of_trunks.join("\n"), domain)
    };
    let elsewhere = "registrar = \"carrier.example\"\n";
    let domain = "domain = \"carrier.example\"\n";

    let (said, of) = advised(elsewhere);
    assert!(
        said.contains(
            "trunk loopback is registered with at its registrar carrier.example, not at its target"
        ) && said.contains("leave registrar out and set domain = \"carrier.example\""),
        "{said}"
    );
    assert_eq!(of, "carrier.example");

    let nothing = |of: &str| (String::new(), of.to_owned());
    assert_eq!(advised(""), nothing("127.0.0.2"));
    assert_eq!(advised(domain), nothing("carrier.example"));
    assert_eq!(
        advised(&format!("{elsewhere}{domain}")),
        nothing("carrier.example")
    );
}

#[test]
fn prompts_that_an_older_folder_lacks_are_named() {
    let example = Example::new();
    let advised = |example: &Example| {
        let advice = example.loaded().advice.into_iter();
        let of_prompts = advice.filter(|said| said.starts_with("prompts.toml lacks"));
        of_prompts.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(advised(&example), "");

    let list = fs::read_to_string(prompts().join("prompts.toml")).unwrap();
    let older = list.replace("\"in-call\"", "\"talking\"");
    let older = older.replace("\"press-one\"", "\"press-1\"");
    fs::create_dir(example.config().join("older")).unwrap();
    fs::write(example.config().join("older/prompts.toml"), older).unwrap();
    let folder = prompts().display().to_string();
    example.change(Linka, &folder, "older");

    let said = advised(&example);
    assert!(said.contains("press-one, in-call: silence"), "{said}");
}
