//! What `linka check` says of a configuration by which callers would wait in vain.

use std::process::Output;

use crate::peers::linka::Site;
use crate::quick_site;

fn check(site: &Site) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = site.command(&["check"]);
    let words = [stdout, stderr].map(|words| String::from_utf8_lossy(&words).into_owned());
    (status.code(), words.concat())
}

#[test]
fn a_reserve_as_large_as_the_least_staff_is_told() {
    for (operators, told) in [("1", true), ("2", true), ("0", false)] {
        let site = quick_site();
        site.change(
            "queues.toml",
            "# [[queue.reserve]]\n# class = \"danger\"\n# operators = 1\n",
            &format!("[[queue.reserve]]\nclass = \"danger\"\noperators = {operators}\n"),
        );

        let (code, words) = check(&site);

        assert_eq!(code, Some(0), "{words}");
        let sentence = format!("crisis keeps {operators} operators free for danger");
        assert_eq!(words.contains(&sentence), told, "{words}");
    }
}

#[test]
fn no_line_is_an_alarm() {
    let site = quick_site();
    site.change("lines.toml", "class = \"crisis\"", "class = \"alarm\"");

    let (code, words) = check(&site);

    assert_eq!(code, Some(2), "{words}");
    for part in ["lines.toml:", "line.class", "SOS buttons"] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn what_a_caller_chooses_by_a_key_has_to_relax() {
    let choice = "cannot_speak = true\n[[line.choice]]\nkey = \"2\"\nskills = { uk = 2 }\n";
    let relax = |level: u8| {
        format!("[[queue.relax]]\nskill = \"uk\"\nafter_seconds = 60\nlevel = {level}\n")
    };
    for (relaxed, expected) in [("", 2), (&*relax(1), 2), (&*relax(0), 0)] {
        let site = quick_site();
        site.change("lines.toml", "cannot_speak = true\n", choice);
        let steps = "[[queue.timeline]]\nafter_seconds = 25\n";
        site.change("queues.toml", steps, &format!("{relaxed}{steps}"));

        let (code, words) = check(&site);

        assert_eq!(code, Some(expected), "{relaxed}: {words}");
        let told = words.contains("line.choice.skills") && words.contains("lines.toml:");
        assert_eq!(told, expected == 2, "{relaxed}: {words}");
    }
}

#[test]
fn a_choice_has_one_key_of_a_telephone() {
    for key in ["", "12", "x", "é"] {
        let site = quick_site();
        site.change(
            "lines.toml",
            "cannot_speak = true\n",
            &format!(
                "cannot_speak = true\n[[line.choice]]\nkey = \"{key}\"\nskills = {{ uk = 2 }}\n"
            ),
        );

        let (code, words) = check(&site);

        assert_eq!(code, Some(2), "{key}: {words}");
        assert!(words.contains("line.choice.key"), "{key}: {words}");
    }
}
