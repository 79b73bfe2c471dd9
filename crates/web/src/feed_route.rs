//! `GET /api/v1/feed`.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use dispatch::{Key, OperatorId};
use futures_util::StreamExt as _;
use futures_util::stream::{select, unfold};
use store::sql::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::board::Parts;
use crate::feed::Listener;
use crate::identity::Who;
use crate::limits::Asker;
use crate::problem::{Kind, Problem, ProblemBody};

/// How often it is looked whether who listens still may; by that an open page also keeps its session alive.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The header with which a browser that comes back says what it heard last (WHATWG HTML, server-sent events).
const LAST_EVENT_ID: &str = "last-event-id";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(feed))
}

/// The live feed.
///
/// A stream of server-sent events: `snapshot` with everything, then numbered `change`s with the parts that changed, and for an operator `tap`s of her own
/// caller. It goes on after the event that `Last-Event-ID` names, or begins anew with a snapshot. Something comes at least every two seconds.
#[utoipa::path(
    get,
    path = "/api/v1/feed",
    tag = "board",
    responses(
        (status = 200, description = "The stream.", body = Parts, content_type = "text/event-stream"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn feed(State(app): State<App>, who: Who, headers: HeaderMap) -> Result<Response, Problem> {
    let last_event = headers
        .get(LAST_EVENT_ID)
        .and_then(|value| value.to_str().ok());
    let subscription = app
        .feed
        .subscribe(Asker::of(&who), listener(&who), last_event, app.clock.now())
        .map_err(|full| Problem::new(Kind::Unavailable, full.to_string()).retry_after(10))?;
    let clock = app.clock.clone();
    let frames = subscription
        .into_stream(move || clock.now())
        .map(Told::Frame);
    let told = select(frames.boxed(), looks(app, who, headers).boxed())
        .take_while(|told| {
            let goes_on = matches!(told, Told::Frame(_) | Told::StillMay);
            async move { goes_on }
        })
        .filter_map(|told| async move {
            match told {
                Told::Frame(frame) => Some(Ok::<_, std::convert::Infallible>(frame)),
                Told::StillMay | Told::MayNoLonger => None,
            }
        });
    let mut response = Body::from_stream(told).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

enum Told {
    Frame(Bytes),
    StillMay,
    MayNoLonger,
}

fn listener(who: &Who) -> Listener {
    match who {
        Who::Account(account) if account.role == Role::Wall => Listener::Wall,
        Who::Account(account) => Listener::Person(Key::parse(&account.login).ok().map(OperatorId)),
        Who::Key { .. } => Listener::Wall,
    }
}

/// Looks again and again whether who listens is still the same.
fn looks(app: App, who: Who, headers: HeaderMap) -> impl futures_util::Stream<Item = Told> + Send {
    let first = tokio::time::Instant::now() + LOOK_EVERY;
    let interval = tokio::time::interval_at(first, LOOK_EVERY);
    unfold(
        (interval, app, who, headers),
        |(mut interval, app, who, headers)| async move {
            interval.tick().await;
            let told = match app.gate.who(&headers).await {
                Ok(Some(now)) if now == who => Told::StillMay,
                // A database that does not answer takes nobody's screen away.
                Err(_) => Told::StillMay,
                Ok(_) => Told::MayNoLonger,
            };
            Some((told, (interval, app, who, headers)))
        },
    )
}
