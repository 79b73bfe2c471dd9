//! A valid change holds for those who wait already; an invalid one changes nothing.

use crate::peers::linka::LINE;
use crate::peers::sipp::{Scenario, Sipp};
use crate::{
    SOON, abandoned, caller, caller_who_stays, counted, operator, phone, quick_site, ready_sipp,
};

#[test]
fn a_shorter_timeline_holds_for_a_caller_who_waits_already() {
    let site = quick_site();
    site.operator("jana", "");
    site.operator("eva", "");
    site.change(
        "queues.toml",
        "offer_time_seconds = 20",
        "offer_time_seconds = 300",
    );
    site.change("queues.toml", "after_seconds = 25", "after_seconds = 300");
    let linka = site.start();
    let rings = |name| ready_sipp(&site, &linka, name, phone(&site, name, "never-answers"));
    let phones: [Sipp; 2] = ["jana", "eva"].map(rings);
    let rung = || {
        phones
            .iter()
            .map(|phone| phone.logged("rings"))
            .sum::<usize>()
    };
    let mut call = caller(&site).with("talk_ms", "15000").start(site.ports());
    linka.wait_for("one operator is asked", SOON, |status| {
        (status["contacts"][0]["with"].as_array()?.len() == 1).then_some(())
    });
    call.wait_for("answered", SOON);
    assert_eq!(rung(), 1);

    site.change("queues.toml", "after_seconds = 300", "after_seconds = 1");
    let reloaded = site.command(&["reload"]);

    assert!(reloaded.status.success(), "{reloaded:?}");
    linka.wait_for("both operators are asked", SOON, |status| {
        (status["contacts"][0]["with"].as_array()?.len() == 2).then_some(())
    });
    crate::peers::eventually("both phones ring", SOON, || (rung() == 2).then_some(()));
    call.succeeds(1, SOON);
    counted(&linka, abandoned(1));
}

#[test]
fn a_skill_that_relaxes_from_now_on_relaxes_for_a_caller_who_waits_already() {
    let site = quick_site();
    site.operator("jana", "");
    let queue = "\nqueue = \"crisis\"\n";
    site.change(
        "lines.toml",
        queue,
        &format!("{queue}skills = {{ uk = 5 }}\n"),
    );
    let linka = site.start();
    let _jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "never-answers"));
    let _call = caller_who_stays(&site).start(site.ports());
    let asked = |status: &serde_json::Value| {
        let waits = status["contacts"].as_array()?.len() == 1;
        let jana = operator(status, "jana")?;
        waits.then_some(!jana["claim"].is_null())
    };
    assert!(!linka.wait_for("she waits", SOON, asked));

    let relax = "[[queue.relax]]\nskill = \"uk\"\nafter_seconds = 1\nlevel = 0\n";
    let steps = "[[queue.timeline]]\nafter_seconds = 25";
    site.change("queues.toml", steps, &format!("{relax}\n{steps}"));
    let reloaded = linka.reload();

    assert!(reloaded.status.success(), "{reloaded:?}");
    linka.wait_for("who lacks the skill is asked", SOON, |status| {
        asked(status)?.then_some(())
    });
}

#[test]
fn an_invalid_change_is_refused_with_its_place_and_the_old_stays() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let answers = phone(&site, "jana", "answers-and-hangs-up");
    let _jana = ready_sipp(&site, &linka, "jana", answers.with("talk_ms", "500"));
    site.operator("eva", "");
    site.change("queues.toml", "\"longest-idle\"", "\"by-chance\"");

    let refused = site.command(&["reload"]);

    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    for part in ["queues.toml", "strategy", "by-chance"] {
        assert!(words.contains(part), "{words}");
    }
    let status = linka.wait_for("a status", SOON, |status| Some(status.clone()));
    assert!(operator(&status, "eva").is_none());
    let mut call = caller_who_stays(&site).start(site.ports());
    call.succeeds(1, SOON);
    counted(&linka, crate::answered(1));
}

#[test]
fn a_change_that_cannot_be_taken_now_is_refused_whole() {
    let site = quick_site();
    let linka = site.start();
    let mut waiting = caller(&site).with("talk_ms", "15000").start(site.ports());
    waiting.wait_for("answered", SOON);
    site.operator("eva", "");
    site.change("lines.toml", "name = \"help\"", "name = \"other\"");
    site.change("lines.toml", "queue = \"crisis\"", "queue = \"other\"");
    site.change("queues.toml", "name = \"crisis\"", "name = \"other\"");

    let refused = site.command(&["reload"]);

    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    for part in ["queue crisis is left out", "the old one stays"] {
        assert!(words.contains(part), "{words}");
    }
    let status = linka.wait_for("a status", SOON, |status| Some(status.clone()));
    assert!(operator(&status, "eva").is_none(), "{status}");
    let mut second = caller(&site).with("talk_ms", "500").start(site.ports());
    second.succeeds(1, SOON);
    waiting.succeeds(1, SOON);
    let reloaded = site.command(&["reload"]);
    assert!(reloaded.status.success(), "{reloaded:?}");
}

#[test]
fn a_trunk_that_moves_in_the_file_keeps_its_calls() {
    let site = quick_site();
    site.operator("jana", "");
    site.change("trunks.toml", "calls_max = 0", "calls_max = 1");
    let linka = site.start();
    let answers = phone(&site, "jana", "answers");
    let _jana = ready_sipp(&site, &linka, "jana", answers);
    let call = caller_who_stays(&site).start(site.ports());
    linka.wait_for("they talk", SOON, |status| {
        (status["contacts"][0]["state"] == "talking").then_some(())
    });
    let trunks = std::fs::read_to_string(site.config().join("trunks.toml")).unwrap();
    let other = "[[trunk]]\nname = \"other\"\naddresses = [\"127.5.0.0/16\"]\n\
                 outgoing_number = \"+420000000002\"\noptions_interval_seconds = 0\n";

    site.write("trunks.toml", &format!("{other}\n{trunks}"));
    let reloaded = site.command(&["reload"]);

    assert!(reloaded.status.success(), "{reloaded:?}");
    // The running call is still one of its trunk's: there is no room for another.
    let mut refused = Scenario::towards("caller-refused", site.sip())
        .with("to", LINE)
        .with("status", "503")
        .calls(1)
        .start(site.ports());
    refused.succeeds(1, SOON);
    let status = linka.status().unwrap();
    let reason = "as many calls are live as the port range or the trunk can carry";
    assert_eq!(status["refused"][reason], 1, "{status}");
    assert_eq!(status["trunks"][1]["name"], "loopback", "{status}");
    assert_eq!(status["contacts"][0]["state"], "talking", "{status}");
    assert_eq!(call.logged("ended"), 0);
}

#[test]
fn a_changed_key_that_holds_from_the_next_start_on_is_named() {
    let site = quick_site();
    let _linka = site.start();
    site.change(
        "linka.toml",
        "session_expires_seconds = 1800",
        "session_expires_seconds = 900",
    );
    site.change("linka.toml", "\"MD5\"", "\"SHA-256\"");
    site.change(
        "linka.toml",
        "interval_seconds = 60",
        "interval_seconds = 30",
    );
    site.change("queues.toml", "staff_minimum = 1", "staff_minimum = 2");

    let reloaded = site.command(&["reload"]);

    assert!(reloaded.status.success(), "{reloaded:?}");
    let told = String::from_utf8_lossy(&reloaded.stdout);
    let named: Vec<_> = told
        .lines()
        .filter(|line| line.ends_with("holds from the next start on"))
        .collect();
    assert_eq!(
        named,
        [
            "advice: linka.toml: sip.digest_algorithm was changed: it holds from the next start on",
            "advice: linka.toml: sip.session_expires_seconds was changed: it holds from the next start on",
        ]
    );
}
