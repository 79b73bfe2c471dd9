//! What machines are watched by: every metric that a dashboard or an alert names is there,
//! Prometheus takes them, and none moves with a contact.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use peers::baresip::Softphone;
use peers::eventually;
use peers::linka::{LINE, Linka, Site};
use peers::process::Process;
use serde_json::Value;

const SOON: Duration = Duration::from_secs(40);
/// What a scrape adds by itself.
const OF_PROMETHEUS: [&str; 1] = ["up"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards")
}

fn metrics(linka: &Linka<'_>) -> String {
    let (code, text) = linka.get("/metrics");
    assert_eq!(code, 200);
    text
}

/// The names of all metrics, those without a sample among them.
fn names(metrics: &str) -> BTreeSet<String> {
    let types = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

/// The metrics that an expression names: its words that are neither functions nor inside braces or quotes.
fn named(expression: &str) -> BTreeSet<String> {
    let mut outside = String::new();
    let mut depth = 0;
    for letter in expression.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => outside.push(letter),
            _ => {}
        }
    }
    let words = outside.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words
        .filter(|word| word.contains('_') || OF_PROMETHEUS.contains(word))
        .map(str::to_owned)
        .collect()
}

fn grafana() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder().join("grafana")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(&path).unwrap();
            all.push((
                path.display().to_string(),
                serde_json::from_str(&text).unwrap(),
            ));
        }
    }
    assert!(!all.is_empty());
    all
}

#[test]
fn every_metric_that_is_named_is_there() {
    let site = Site::new();
    let linka = site.start();
    let alerts = fs::read_to_string(folder().join("prometheus/alerts.yml")).unwrap();
    let of_alerts = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .map(str::to_owned);
    let of_panels = grafana().into_iter().flat_map(|(_, dashboard)| {
        let panels = dashboard["panels"].as_array().unwrap().clone();
        panels
            .into_iter()
            .map(|panel| panel["targets"][0]["expr"].as_str().unwrap().to_owned())
    });

    let wanted: BTreeSet<String> = of_alerts
        .chain(of_panels)
        .flat_map(|expression| named(&expression))
        .filter(|name| !OF_PROMETHEUS.contains(&name.as_str()))
        .collect();
    let there = names(&metrics(&linka));

    assert!(wanted.len() > 6, "{wanted:?}");
    assert!(wanted.is_subset(&there), "{wanted:?} but {there:?}");
}

#[test]
fn of_a_trunk_that_nobody_asked_no_metric_says_that_it_is_up() {
    let site = Site::new();
    let linka = site.start();

    let all = metrics(&linka);

    assert!(names(&all).contains("linka_trunk_up"));
    let samples = all
        .lines()
        .filter(|line| line.starts_with("linka_trunk_up"));
    assert_eq!(samples.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn dashboards_say_what_they_show_and_take_any_data_source() {
    for (path, dashboard) in grafana() {
        for key in ["uid", "title", "description"] {
            assert!(
                dashboard[key].as_str().is_some_and(|text| !text.is_empty()),
                "{path}: {key}"
            );
        }
        for panel in dashboard["panels"].as_array().unwrap() {
            for key in ["title", "description"] {
                assert!(
                    panel[key].as_str().is_some_and(|text| !text.is_empty()),
                    "{path}: {panel}"
                );
            }
            assert!(
                panel["fieldConfig"]["defaults"]["unit"].is_string(),
                "{path}: {panel}"
            );
            assert_eq!(
                panel["datasource"]["uid"], "${datasource}",
                "{path}: {panel}"
            );
        }
    }
}

#[test]
fn no_metric_moves_with_a_contact() {
    let site = Site::new();
    site.change(
        "trunks.toml",
        "addresses = [\"127.0.0.2\"]",
        "addresses = [\"127.0.0.2\", \"127.0.0.1\"]",
    );
    let linka = site.start();
    let still = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("process_resident"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("the records database was looked at", SOON, || {
        metrics(&linka)
            .contains("\nlinka_records_database_up 1\n")
            .then_some(())
    });
    let before = still(&metrics(&linka));

    let mut caller = Softphone::caller("602123456", site.sip()).start(site.ports());
    caller.dial(LINE);
    linka.wait_for("she waits", SOON, |status| {
        (status["contacts"].as_array()?.len() == 1).then_some(())
    });
    let during = still(&metrics(&linka));
    caller.hang_up();
    linka.wait_for("she is gone", SOON, |status| {
        status["contacts"].as_array()?.is_empty().then_some(())
    });
    let after = still(&metrics(&linka));

    assert_eq!(before, during);
    assert_eq!(before, after);
}

#[test]
fn prometheus_loads_the_alerts_and_scrapes() {
    let site = Site::new();
    let _linka = site.start();
    let data = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(folder().join("prometheus/prometheus.yml")).unwrap();
    let metrics = format!("127.0.0.1:{}", site.ports().take());
    let text = text
        .replace("127.0.0.1:9464", &format!("127.0.0.1:{}", site.metrics()))
        .replace("15s", "1s");
    fs::write(data.path().join("prometheus.yml"), text).unwrap();
    fs::copy(
        folder().join("prometheus/alerts.yml"),
        data.path().join("alerts.yml"),
    )
    .unwrap();
    let mut command = Command::new("prometheus");
    command
        .arg(format!(
            "--config.file={}",
            data.path().join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            data.path().join("tsdb").display()
        ))
        .arg(format!("--web.listen-address={metrics}"));
    let _prometheus = Process::start("prometheus", &mut command, data.path().join("log"));
    let ask = |path: &str| -> Option<Value> {
        let answer = ureq::get(format!("http://{metrics}/api/v1/{path}")).call();
        let text = answer.ok()?.body_mut().read_to_string().ok()?;
        serde_json::from_str(&text).ok()
    };

    let rules = eventually("prometheus has the rules", SOON, || {
        let rules = ask("rules")?["data"]["groups"][0]["rules"]
            .as_array()?
            .len();
        (rules > 0).then_some(rules)
    });
    let saved = eventually("prometheus has scraped", SOON, || {
        let found =
            ask("query?query=linka_journal_saved")?["data"]["result"][0]["value"][1].clone();
        found.as_str().map(str::to_owned)
    });

    let alerts = fs::read_to_string(folder().join("prometheus/alerts.yml")).unwrap();
    assert_eq!(rules, alerts.matches("- alert: ").count());
    assert_eq!(saved, "1");
}
