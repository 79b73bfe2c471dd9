//! Values of `linka.toml` that are read from texts.

use std::net::SocketAddr;
use std::str::FromStr;

use toml::Spanned;

use super::source::{Problem, Source, keep};

/// Reads what parses by itself, such as an address with its port; the example says how it looks.
pub(super) fn parse<T: FromStr>(
    source: &Source,
    key: &str,
    example: &str,
    text: &Spanned<String>,
) -> Result<T, Problem> {
    text.get_ref().parse().map_err(|_| {
        let text_is = text.get_ref();
        source.problem(
            text,
            key,
            format!("must be such as {example:?}, and is {text_is:?}"),
        )
    })
}

/// Reads a list of addresses with ports.
pub(super) fn addresses(
    source: &Source,
    key: &str,
    texts: &[Spanned<String>],
    problems: &mut Vec<Problem>,
) -> Vec<SocketAddr> {
    let read = |text| parse(source, key, "192.168.1.1:5060", text);
    let addresses = texts.iter().map(read);
    addresses.filter_map(|read| keep(read, problems)).collect()
}

/// Reads an address of the web. The text is not repeated: it may hold a secret.
pub(super) fn url(source: &Source, key: &str, text: &Spanned<String>) -> Result<String, Problem> {
    let url = text.get_ref();
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let plain = |letter: char| letter.is_ascii_graphic();
    match host {
        Some(host) if !host.is_empty() && url.chars().all(plain) => Ok(url.clone()),
        Some(_) | None => Err(source.problem(
            text,
            key,
            "must be an address such as \"https://example.org/linka\"",
        )),
    }
}
