//! Has the dashboards embedded anew when they were built anew: the names of their files change with
//! their content. A release refuses pages that were built of other sources than those that lie
//! there: they would say what is no longer so.

mod sources;

use std::path::Path;

fn main() {
    let dashboards = Path::new("../../dashboards");
    println!("cargo:rerun-if-changed=../../dashboards/dist");
    for name in sources::NAMES {
        println!("cargo:rerun-if-changed=../../dashboards/{name}");
    }
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_release && is_old(dashboards) {
        println!(
            "cargo::error=the pages in dashboards/dist are not those of dashboards/src: `cargo xtask dashboards` builds them"
        );
    }
}

/// Whether pages are there, and were built of something else. A binary without any says so itself.
fn is_old(dashboards: &Path) -> bool {
    let built_of = std::fs::read_to_string(dashboards.join(sources::MARK)).ok();
    let is_built = dashboards.join("dist/index.html").exists();
    is_built && built_of != sources::hash(dashboards, &sources::NAMES).ok()
}
