//! The dashboards, compressed and embedded at build time. A binary that was built without them says so.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::{Kind, Problem};

#[derive(RustEmbed)]
#[folder = "../../dashboards/dist"]
#[allow_missing = true]
struct Dashboards;

const INDEX: &str = "index.html";

/// Whether the dashboards are in this binary.
#[must_use]
pub fn are_built() -> bool {
    Dashboards::get(INDEX).is_some()
}

/// Serves a file of the dashboards; every other path that no file has is one of their pages.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::new(Kind::NotFound, "the API has no such path").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(Kind::MethodNotAllowed, "pages are only read").into_response();
    }
    let is_file = path.contains('.') || path.starts_with("assets/");
    let name = if is_file { path } else { INDEX };
    match Dashboards::get(name) {
        Some(file) => respond(name, file, &headers),
        None if is_file => Problem::new(Kind::NotFound, "there is no such file").into_response(),
        None => Problem::new(
            Kind::WebNotBuilt,
            "build them with `cargo xtask dashboards`, then linka again",
        )
        .into_response(),
    }
}

fn respond(name: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = etag(&file);
    let mut response = if has_already(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let compressed = Dashboards::get(&format!("{name}.gz")).filter(|_| takes_gzip(headers));
        match compressed {
            Some(compressed) => {
                let gzip = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                ([gzip], bytes(compressed)).into_response()
            }
            None => bytes(file).into_response(),
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(name));
    headers.insert(header::CACHE_CONTROL, caching(name));
    headers.insert(
        header::VARY,
        HeaderValue::from_name(header::ACCEPT_ENCODING),
    );
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// A file's content; in a release it lies in the binary and is not copied.
fn bytes(file: EmbeddedFile) -> Bytes {
    match file.data {
        Cow::Borrowed(content) => Bytes::from_static(content),
        Cow::Owned(content) => Bytes::from(content),
    }
}

/// Whether one of the versions that a browser has is this one (RFC 9110 §13.1.2): whoever
/// compresses on the way makes the tag weak.
fn has_already(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

/// Whether a browser says that it understands gzip (RFC 9110 §12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

/// Files under `assets/` have their content's hash in their name.
fn caching(name: &str) -> HeaderValue {
    HeaderValue::from_static(if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    })
}

fn content_type(name: &str) -> HeaderValue {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    HeaderValue::from_static(match extension {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(known: &[&'static str]) -> bool {
        let pairs = known
            .iter()
            .map(|known| (header::IF_NONE_MATCH, HeaderValue::from_static(known)));
        has_already(&pairs.collect(), "\"1f\"")
    }

    #[test]
    fn a_version_that_is_known_is_told_however_it_is_written() {
        for known in ["\"1f\"", "W/\"1f\"", "\"x\", W/\"1f\"", "*"] {
            assert!(has(&[known]), "{known}");
        }
        assert!(has(&["\"x\"", "\"1f\""]));
        for other in ["\"1\"", "1f", "\"x\", \"y\"", "W/", ""] {
            assert!(!has(&[other]), "{other}");
        }
        assert!(!has(&[]));
    }
}
