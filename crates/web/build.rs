//! Has the dashboards embedded anew when they were built anew: the names of their files change with their content.

fn main() {
    println!("cargo:rerun-if-changed=../../dashboards/dist");
}
