//! Bad input gets a problem (RFC 9457) and changes nothing.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::fixture::{Fixture, told};

const INTENT: &str = "/api/v1/me/intent";

fn put(path: &str) -> axum::http::request::Builder {
    Request::put(path)
        .header("role", "Operator")
        .header(header::CONTENT_TYPE, "application/json")
}

#[tokio::test]
async fn body_that_cannot_be_read_is_a_problem() {
    let fixture = Fixture::open().await;
    let bodies = [
        ("{", 400),
        ("", 400),
        ("\u{0}", 400),
        ("[]", 422),
        ("{}", 422),
        (r#"{"wants":"'; DROP TABLE account; --"}"#, 422),
        (
            r#"{"wants":"paused","reason":"'; DROP TABLE account; --"}"#,
            422,
        ),
        (r#"{"wants":"paused","reason":"a","back_at_ms":-1}"#, 422),
    ];

    for (body, expected) in bodies {
        let request = put(INTENT).body(Body::from(body)).unwrap();
        let response = fixture.send(request).await;
        let kind = response.headers()[header::CONTENT_TYPE].clone();
        let (status, problem) = told(response).await;
        assert_eq!(status.as_u16(), expected, "{body}");
        assert_eq!(kind, "application/problem+json", "{body}");
        assert_eq!(problem["status"], expected, "{body}");
        assert!(!problem.to_string().contains("DROP"), "{problem}");
    }
    assert!(fixture.did_nothing());
}

#[tokio::test]
async fn body_beyond_the_limit_is_refused() {
    let fixture = Fixture::open().await;
    let long = "x".repeat(web::BODY_BYTES_MAX + 1);

    let told_long = told(
        fixture
            .send(put(INTENT).body(Body::from(long.clone())).unwrap())
            .await,
    );
    let streamed = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(long)]));
    let told_streamed = told(fixture.send(put(INTENT).body(streamed).unwrap()).await);

    assert_eq!(told_long.await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(told_streamed.await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let fixture = Fixture::open().await;
    let from = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];

    for (name, value) in from {
        let request = put(INTENT)
            .header(header::HOST, "linka.example")
            .header(name, value)
            .body(Body::from(r#"{"wants":"ready"}"#));
        let (status, problem) = told(fixture.send(request.unwrap()).await).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert_eq!(problem["type"], "/problems/cross-site");
    }
    assert!(fixture.did_nothing());
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let fixture = Fixture::open().await;
    let requests = [
        ("GET", "/api/v1/none", 404),
        ("GET", "/api", 404),
        ("POST", "/api/v1/feed", 405),
        ("PATCH", INTENT, 405),
        ("POST", "/", 405),
        ("GET", "/assets/none.js", 404),
        ("GET", "/api/v1/contacts/x", 404),
        ("GET", "/api/v1/contacts/99999999999999999999999", 404),
        ("GET", "/api/v1/contacts/%27%3B%20DROP", 404),
        ("GET", "/api/v1/reports/counts?from=2026-13-01", 422),
        ("GET", "/api/v1/reports/hours?to=2026-11-31", 422),
        ("GET", "/api/v1/reports/arrived", 422),
        (
            "GET",
            "/api/v1/reports/arrived?from_ms=0&to_ms=99999999999999",
            422,
        ),
    ];

    for (method, path, expected) in requests {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("role", "Supervisor")
            .body(Body::empty());
        let (status, problem) = told(fixture.send(request.unwrap()).await).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}");
        assert_eq!(problem["status"], expected, "{method} {path}");
    }
}

#[tokio::test]
async fn every_answer_keeps_the_browser_strict() {
    let fixture = Fixture::open().await;

    for path in ["/", "/api/openapi.json", "/api/v1/session", "/none"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = fixture.send(request).await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
    }
}
