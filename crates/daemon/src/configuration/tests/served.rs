//! Whom nothing would ever ring, as it is advised.

use super::super::schema::File::{Lines, Operators, Queues};
use super::{Example, OPERATOR};

/// Jana with these keys, beside a second queue to which no line leads, and a line that asks for Czech.
fn with_jana(keys: &str) -> Example {
    let example = Example::new();
    let digests = format!(
        "digest_md5 = \"{}\"\ndigest_sha256 = \"{}\"\n",
        "0a".repeat(16),
        "0a".repeat(32)
    );
    let jana = format!("[[operator]]\nname = \"jana\"\n{keys}{digests}");
    example.change(Operators, OPERATOR, &jana);
    let second = "[[queue]]\nname = \"second\"\n\n[[queue]]\nname = \"crisis\"\n";
    example.change(Queues, "[[queue]]\nname = \"crisis\"\n", second);
    example.change(Lines, "# skills = { cs = 1 }", "skills = { cs = 2 }");
    example
}

/// What is advised of operators.
fn advised(example: &Example) -> Vec<String> {
    let advice = example.loaded().advice.into_iter();
    advice
        .filter(|advice| advice.starts_with("operators.toml"))
        .collect()
}

#[test]
fn operator_whom_no_caller_comes_to_is_advised_with_what_she_lacks() {
    let no_skill = "operators.toml: nothing would ever ring for operator jana: \
        every line of her queues asks for more than she can do (operators.toml: skills)";
    let no_line = "operators.toml: nothing would ever ring for operator jana: \
        no line leads to a queue of hers (operators.toml: queues, lines.toml: queue)";

    assert_eq!(advised(&with_jana("")), [no_skill]);
    assert_eq!(advised(&with_jana("skills = { cs = 1 }\n")), [no_skill]);
    let in_second = "queues = [\"second\"]\nskills = { cs = 2 }\n";
    assert_eq!(advised(&with_jana(in_second)), [no_line]);
}

#[test]
fn operator_whom_some_caller_comes_to_is_not_advised() {
    let able = with_jana("skills = { cs = 2 }\n");
    let relaxes = with_jana("");
    let relax = "[[queue.relax]]\nskill = \"cs\"\nafter_seconds = 60\nlevel = 0\n\n[[queue.timeline]]\nafter_seconds = 25\n";
    relaxes.change(Queues, "[[queue.timeline]]\nafter_seconds = 25\n", relax);
    let widens = with_jana("");
    let step = "action = \"second-operator\"";
    widens.change(Queues, step, "action = \"widen-skills\"");

    for example in [able, relaxes, widens] {
        assert_eq!(advised(&example), [""; 0]);
    }
}
