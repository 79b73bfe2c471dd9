//! The API's own description (OpenAPI 3.1).

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// Splits routes into what serves them and what describes them.
pub(crate) fn describe(routes: OpenApiRouter<App>) -> (Router<App>, OpenApi) {
    let (router, mut description) = routes.split_for_parts();
    let mut info = Info::new("Linka", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Every error is an RFC 9457 problem. Who changes something sends a session's cookie from the same origin, or a key as a bearer.".to_owned(),
    );
    description = OpenApiBuilder::from(description).info(info).build();
    (router, description)
}

/// The description of the whole API as JSON.
#[must_use]
pub fn document() -> String {
    let routes = crate::app::api().merge(crate::identity::routes());
    let (_, description) = describe(routes);
    description.to_pretty_json().unwrap_or_default()
}

/// `GET /api/openapi.json`.
pub(crate) fn route(description: OpenApi) -> Router<App> {
    let text = description.to_pretty_json().unwrap_or_default();
    let document = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text).into_response() }
    };
    Router::new().route("/api/openapi.json", get(document))
}
