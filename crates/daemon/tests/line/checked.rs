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
