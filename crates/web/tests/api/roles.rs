//! Every route is for those whom the table names, and for nobody else.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use store::sql::Scope;
use web::roles::{Access, ROUTES, Route};

use crate::fixture::{Fixture, ROLES, all_scopes};

fn request(route: &Route) -> axum::http::request::Builder {
    let path = route
        .path
        .replace("{contact}", "1")
        .replace("{operator}", "jana")
        .replace("{id}", "00000000000000000000000000000001");
    Request::builder().method(route.method).uri(path)
}

async fn kind(fixture: &Fixture, request: axum::http::request::Builder) -> (StatusCode, String) {
    let response = fixture.send(request.body(Body::empty()).unwrap()).await;
    let status = response.status();
    if status == StatusCode::OK {
        // The live feed has no end.
        return (status, String::new());
    }
    let (_, body) = crate::fixture::told(response).await;
    let kind = body["type"].as_str().unwrap_or_default().to_owned();
    (status, kind)
}

#[tokio::test]
async fn each_role_may_what_the_table_says() {
    let fixture = Fixture::open().await;

    for route in ROUTES {
        for role in ROLES {
            let request = request(route).header("role", format!("{role:?}"));
            let (status, told) = kind(&fixture, request).await;
            let may = match route.access {
                Access::Anybody | Access::AnySession => true,
                Access::Only(roles, _) => roles.contains(&role),
            };
            let refused = told == "/problems/forbidden" && status == StatusCode::FORBIDDEN;
            assert_eq!(may, !refused, "{role:?} {route:?}: {status} {told}");
        }
    }
}

#[tokio::test]
async fn nobody_gets_nothing_but_what_is_for_anybody() {
    let fixture = Fixture::open().await;

    for route in ROUTES {
        let (status, told) = kind(&fixture, request(route)).await;
        let let_in = told != "/problems/not-signed-in" || status != StatusCode::UNAUTHORIZED;
        assert_eq!(let_in, route.access == Access::Anybody, "{route:?}");
    }
}

#[tokio::test]
async fn who_has_something_to_set_up_may_do_nothing_else() {
    let fixture = Fixture::open().await;

    for route in ROUTES {
        for due in ["password", "totp"] {
            let request = request(route)
                .header("role", "Administrator")
                .header("due", due);
            let (_, told) = kind(&fixture, request).await;
            let held_back = matches!(route.access, Access::Only(..));
            assert_eq!(told == "/problems/set-up-first", held_back, "{route:?}");
        }
    }
}

#[tokio::test]
async fn key_opens_what_its_scope_names() {
    let fixture = Fixture::open().await;

    for route in ROUTES {
        for scope in all_scopes() {
            let request = request(route).header("scope", format!("{scope:?}"));
            let (_, told) = kind(&fixture, request).await;
            let may = match route.access {
                Access::Anybody => true,
                Access::AnySession => false,
                Access::Only(_, wanted) => wanted == Some(scope),
            };
            assert_eq!(told != "/problems/forbidden", may, "{scope:?} {route:?}");
        }
    }
}

#[tokio::test]
async fn table_and_description_name_the_same_routes() {
    let description: Value = serde_json::from_str(&web::document()).unwrap();
    let described: BTreeSet<(String, String)> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let table: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .filter(|(_, path)| path != "/api/openapi.json")
        .collect();

    assert_eq!(described, table);
}

#[test]
fn wall_and_reader_of_the_board_see_the_same() {
    let feed = ROUTES.iter().find(|route| route.path == "/api/v1/feed");

    let access = feed.map(|route| route.access);

    assert!(matches!(
        access,
        Some(Access::Only(_, Some(Scope::ReadBoard)))
    ));
}
