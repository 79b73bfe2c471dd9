//! The description of the API is the one that the dashboards are built with.

use std::path::Path;

#[test]
fn description_is_the_one_that_dashboards_are_built_with() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards/openapi.json");
    let now = web::document() + "\n";
    if std::env::var_os("LINKA_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &now).unwrap();
    }

    let kept = std::fs::read_to_string(&path).unwrap_or_default();

    assert!(
        kept == now,
        "dashboards/openapi.json is not what the API says: `LINKA_WRITE_OPENAPI=1 cargo test -p web --test api` writes it anew"
    );
}

#[test]
fn description_is_openapi_3_1() {
    let description: serde_json::Value = serde_json::from_str(&web::document()).unwrap();

    assert_eq!(description["openapi"], "3.1.0");
}
