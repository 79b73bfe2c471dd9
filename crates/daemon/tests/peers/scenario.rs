//! SIPp scenarios as templates: `{{name}}` stands for a part (`parts/name.xml`) or a value.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

const DEPTH_MAX: usize = 8;

/// What a name in a scenario stands for where nobody says otherwise: one list for the tests, the demo and the load.
pub(crate) fn defaults() -> BTreeMap<String, String> {
    let defaults = [
        ("from", "+420777000001"),
        ("to", "800000116"),
        ("codec", "8"),
        ("codec_name", "PCMA"),
        ("events", "101"),
        ("content_type", "application/sdp"),
        ("body", "{{sdp}}"),
        ("sound", "tone-700.al"),
        ("keys", "keys-55.pcap"),
        ("talk_ms", "3000"),
        ("ring_ms", "500"),
        ("user", "nobody"),
        ("password", "secret"),
        ("star", "*40"),
        ("refresh_ms", "30000"),
        ("status", "503"),
        ("expires", "60"),
        ("told", ""),
    ];
    defaults
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// The text of `folder/name.xml` with every part and value put in.
///
/// Fails with a sentence when a file cannot be read or a name is neither a part nor a value.
pub(crate) fn expand(
    folder: &Path,
    name: &str,
    values: &BTreeMap<String, String>,
) -> Result<String, String> {
    let mut text = read(&folder.join(format!("{name}.xml")))?;
    // SIPp sends keys from one port and a stream from another, while a peer latches on one address:
    // a scenario does one.
    let rtp_port = if text.contains("play_pcap_audio") {
        "[media_port]"
    } else {
        "[rtpstream_audio_port]"
    };
    let mut values = values.clone();
    values.insert("rtp_port".to_owned(), rtp_port.to_owned());
    let star = values.get("star").map(|star| format!("{star}@"));
    values.insert("star_at".to_owned(), star.unwrap_or_default());
    for _ in 0..DEPTH_MAX {
        let Some(expanded) = expand_once(folder, &text, &values)? else {
            return Ok(text);
        };
        text = expanded;
    }
    Err(format!(
        "scenario {name}: parts are nested deeper than {DEPTH_MAX}"
    ))
}

/// SIPp makes the credentials of all requests for one URI, and they hold for that one only: where a
/// star code is dialled they are made for it, and the phone registers at the same URI.
pub(crate) fn credentials_for(
    values: &BTreeMap<String, String>,
    peer: Option<SocketAddr>,
) -> Option<[String; 2]> {
    let (star, peer) = (values.get("star")?, peer?);
    Some(["-auth_uri".to_owned(), format!("{star}@{peer}")])
}

fn expand_once(
    folder: &Path,
    text: &str,
    values: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    if !text.contains("{{") {
        return Ok(None);
    }
    let mut pieces = text.split("{{");
    let mut expanded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece
            .split_once("}}")
            .ok_or_else(|| format!("an unclosed {{{{ before {piece:.40}"))?;
        match values.get(name) {
            Some(value) => expanded.push_str(value),
            None => {
                let part = read(&folder.join("parts").join(format!("{name}.xml")));
                expanded.push_str(
                    part.map_err(|error| format!("{name} is no value, and no part: {error}"))?
                        .trim_end(),
                );
            }
        }
        expanded.push_str(rest);
    }
    Ok(Some(expanded))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}
