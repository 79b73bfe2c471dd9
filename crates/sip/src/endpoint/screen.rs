//! What is checked of every request before anybody looks at it (RFC 3261 §8.2).

use super::compose::{ACCEPT, ALLOW};
use super::{Added, SUPPORTED};
use crate::header::Name;
use crate::limits::SDP_BYTES_MAX;
use crate::message::{HeaderValue, Message};
use crate::signal::{self, Signal};
use crate::uri::Scheme;
use crate::{Method, Status, Token};

/// The option tags that a request may require: timers are understood, and 100rel is met by sending no provisional
/// response that would have to be reliable.
const UNDERSTOOD: [&str; 2] = [SUPPORTED, "100rel"];

/// Why a request is refused, with the header fields that say what would do.
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) added: Added<'static>,
}

impl Refusal {
    fn bare(status: Status) -> Self {
        Self {
            status,
            added: Added::default(),
        }
    }

    fn with(status: Status, name: Name<'static>, value: HeaderValue) -> Self {
        Self {
            status,
            added: Added::one(name, value),
        }
    }
}

/// Whether a request is inside a dialog by its To tag.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    Inside,
    Outside,
}

impl Scope {
    pub(crate) fn of(request: &Message) -> Self {
        if request.to().is_ok_and(|to| to.tag().is_some()) {
            Self::Inside
        } else {
            Self::Outside
        }
    }
}

/// Whether a request is a BYE inside a dialog. Who sent it has hung up, whatever we answer (RFC 3261 §15.1.1): nothing
/// that is wrong with it may keep a call that has nobody in it.
pub(crate) fn hangs_up(request: &Message) -> bool {
    request.method() == Some(Method::Bye) && Scope::of(request) == Scope::Inside
}

/// Checks method, Request-URI, hops, extensions and body, in the order of RFC 3261 §8.2.
pub(crate) fn screen(request: &Message, method: Method<'_>, scope: Scope) -> Result<(), Refusal> {
    if hangs_up(request) {
        return Ok(());
    }
    known_method(method)?;
    known_scheme(request)?;
    hops_left(request, method, scope)?;
    known_extensions(request)?;
    if method == Method::Invite && request.contact().is_err() {
        return Err(Refusal::bare(Status::BAD_REQUEST));
    }
    if method == Method::Info {
        return known_info(request);
    }
    known_body(request, method)
}

fn known_method(method: Method<'_>) -> Result<(), Refusal> {
    match method {
        Method::Invite
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Register
        | Method::Options
        | Method::Info
        | Method::Update
        | Method::Prack
        | Method::Message => Ok(()),
        Method::Refer | Method::Notify | Method::Subscribe | Method::Publish => {
            Err(Refusal::bare(Status::METHOD_NOT_ALLOWED))
        }
        Method::Other(_) => Err(Refusal::with(
            Status::NOT_IMPLEMENTED,
            Name::Allow,
            HeaderValue::literal(ALLOW),
        )),
    }
}

fn known_scheme(request: &Message) -> Result<(), Refusal> {
    match request.uri().map(|uri| uri.scheme()) {
        Ok(Scheme::Sip | Scheme::Sips | Scheme::Tel) => Ok(()),
        Ok(_) => Err(Refusal::bare(Status::UNSUPPORTED_URI_SCHEME)),
        Err(_) => Err(Refusal::bare(Status::BAD_REQUEST)),
    }
}

/// An INVITE goes on from here as a call of ours, so that a loop through us must end (RFC 3261 §16.3).
fn hops_left(request: &Message, method: Method<'_>, scope: Scope) -> Result<(), Refusal> {
    let none = request.max_forwards().ok().flatten() == Some(0);
    if none && method == Method::Invite && scope == Scope::Outside {
        return Err(Refusal::bare(Status::TOO_MANY_HOPS));
    }
    Ok(())
}

fn known_extensions(request: &Message) -> Result<(), Refusal> {
    let unknown: Vec<Token<'_>> = request
        .elements(Name::Require)
        .filter(|option| {
            !UNDERSTOOD
                .iter()
                .any(|known| option.eq_ignore_case(known.as_bytes()))
        })
        .filter_map(|option| Token::new(option.bytes()))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Refusal::with(
        Status::BAD_EXTENSION,
        Name::Unsupported,
        HeaderValue::list(unknown),
    ))
}

/// An INFO brings a key, a body that may be ignored, or nothing; of the packages of RFC 6086 none is understood.
fn known_info(request: &Message) -> Result<(), Refusal> {
    if request.value(Name::InfoPackage).is_some() {
        let none = HeaderValue::literal("");
        return Err(Refusal::with(
            Status::BAD_INFO_PACKAGE,
            Name::RecvInfo,
            none,
        ));
    }
    let kind = request.content_type().ok().flatten();
    let known = kind.is_some_and(|kind| Signal::is_known(&kind, &request.body()));
    if known || request.body().is_empty() || request.has_an_optional_body() {
        return Ok(());
    }
    let accept = HeaderValue::literal(signal::ACCEPT);
    Err(Refusal::with(
        Status::UNSUPPORTED_MEDIA_TYPE,
        Name::Accept,
        accept,
    ))
}

fn known_body(request: &Message, method: Method<'_>) -> Result<(), Refusal> {
    let coded = request
        .elements(Name::ContentEncoding)
        .any(|coding| !coding.eq_ignore_case(b"identity"));
    if coded {
        let identity = HeaderValue::literal("identity");
        return Err(Refusal::with(
            Status::UNSUPPORTED_MEDIA_TYPE,
            Name::AcceptEncoding,
            identity,
        ));
    }
    if !matches!(method, Method::Invite | Method::Update) {
        return Ok(());
    }
    if request.demands_an_unknown_body() {
        let accept = HeaderValue::literal(ACCEPT);
        return Err(Refusal::with(
            Status::UNSUPPORTED_MEDIA_TYPE,
            Name::Accept,
            accept,
        ));
    }
    let description = request.session_description();
    if description.is_some_and(|description| description.len() > SDP_BYTES_MAX) {
        return Err(Refusal::bare(Status::REQUEST_ENTITY_TOO_LARGE));
    }
    Ok(())
}
