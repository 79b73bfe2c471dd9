//! `/metrics`, `/healthz` and `/readyz`. Metrics speak of machines: nothing in them moves with a single contact.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Office;
use crate::status::Status;

/// Serves until the process ends.
pub(crate) async fn serve(office: Arc<Office>, listener: TcpListener) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(office);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the metrics listener ended");
    }
}

async fn healthz(State(office): State<Arc<Office>>) -> Response {
    match office.ticks.stuck() {
        None => (StatusCode::OK, "alive\n").into_response(),
        Some(thread) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the thread {thread} does not tick\n"),
        )
            .into_response(),
    }
}

async fn readyz(State(office): State<Arc<Office>>) -> Response {
    match office.not_ready().await {
        None => (StatusCode::OK, "ready\n").into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics(State(office): State<Arc<Office>>) -> Response {
    let mut text = String::new();
    gauge(
        &mut text,
        "linka_threads_ticking",
        "1 while every thread ticks.",
        &[(String::new(), u64::from(office.ticks.stuck().is_none()))],
    );
    let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    gauge(
        &mut text,
        "linka_build_info",
        "Always 1; the label says what runs.",
        &[(version, 1)],
    );
    gauge(
        &mut text,
        "process_start_time_seconds",
        "When the process started, in seconds since the Unix epoch.",
        &[(String::new(), office.started_at)],
    );
    gauge(
        &mut text,
        "linka_records_database_up",
        "1 while the records database could be written when it was looked at last.",
        &[(String::new(), u64::from(office.records.is_up()))],
    );
    gauge(
        &mut text,
        "linka_clock_believed",
        "1 while the moments of what happens go by the machine's clock.",
        &[(String::new(), u64::from(office.doubt.is_none()))],
    );
    let ends = office.certificate_ends();
    let ends = ends.and_then(|ends| u64::try_from(ends.0).ok());
    let ends: Vec<(String, u64)> = ends.map(|ends| (String::new(), ends)).into_iter().collect();
    gauge(
        &mut text,
        "linka_certificate_expires_timestamp_seconds",
        "When the certificate of the web runs out, in seconds since the Unix epoch; nothing without one.",
        &ends,
    );
    if let Some(status) = office.status().await {
        let saved = u64::from(status.unsaved.is_none());
        gauge(
            &mut text,
            "linka_journal_saved",
            "1 while what happens is on disk.",
            &[(String::new(), saved)],
        );
        let draining = u64::from(status.mode != "serving");
        gauge(
            &mut text,
            "linka_draining",
            "1 while no new calls are taken.",
            &[(String::new(), draining)],
        );
        refused_for_load(&mut text, &status);
        of_trunks(&mut text, &status);
    }
    lost(&mut text, &office);
    process(&mut text);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// What did not get through to the office. It rises only where a machine does not keep up.
fn lost(text: &mut String, office: &Office) {
    let counts = office.lost.counts().into_iter();
    let counts: Vec<(String, u64)> = counts
        .map(|(what, count)| (format!("{{what=\"{what}\"}}"), count))
        .collect();
    gauge(
        text,
        "linka_lost_messages",
        "What was thrown away since the start on its way to screens and people.",
        &counts,
    );
}

/// How many calls met 503 before anything was kept of them. It rises only in a flood.
fn refused_for_load(text: &mut String, status: &Status) {
    let counts = status.refused_for_load.iter();
    let counts: Vec<(String, u64)> = counts
        .map(|(full, times)| (format!("{{full=\"{full}\"}}"), *times))
        .collect();
    gauge(
        text,
        "linka_calls_refused_for_load",
        "Calls that were refused since the start, since a table, a trunk address's share or a phone's was full.",
        &counts,
    );
}

/// Whether each trunk answers, and whether our registration with it holds.
fn of_trunks(text: &mut String, status: &Status) {
    let trunks: Vec<(String, u64)> = status
        .trunks
        .iter()
        .filter_map(|trunk| {
            let label = format!("{{trunk=\"{}\"}}", escape(&trunk.name));
            Some((label, u64::from(trunk.answers()?)))
        })
        .collect();
    gauge(
        text,
        "linka_trunk_up",
        "1 while the trunk answers, 0 while it is down; nothing of one that has not been asked or has not answered yet.",
        &trunks,
    );
    let registrations: Vec<(String, u64)> = status
        .trunks
        .iter()
        .filter_map(|trunk| {
            let holds = trunk.registration.as_ref()? == "registered";
            let label = format!("{{trunk=\"{}\"}}", escape(&trunk.name));
            Some((label, u64::from(holds)))
        })
        .collect();
    gauge(
        text,
        "linka_trunk_registered",
        "1 while the registration that we hold with the trunk holds.",
        &registrations,
    );
}

fn gauge(text: &mut String, name: &str, help: &str, samples: &[(String, u64)]) {
    let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        let _infallible = writeln!(text, "{name}{labels} {value}");
    }
}

fn escape(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// Memory and descriptors of the process, from procfs.
fn process(text: &mut String) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> =
        resident.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok());
    if let Some(kibibytes) = kibibytes {
        // Whole mebibytes: a finer figure would move with a single contact.
        let bytes = kibibytes / 1024 * 1024 * 1024;
        gauge(
            text,
            "process_resident_memory_bytes",
            "Resident memory, in whole mebibytes.",
            &[(String::new(), bytes)],
        );
    }
}
