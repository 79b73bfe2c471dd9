//! Libraries that stand between a program and the system, compiled from C for the test that needs them.

use super::linka::Site;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a source of the folder `tests`; the library goes into `LD_PRELOAD`.
#[track_caller]
pub(crate) fn library(source: &str, site: &Site) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(source);
    let name = source.with_extension("so");
    let library = site.config().join(name.file_name().unwrap());
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library);
    let compiled = compiler.arg(source).status();
    assert!(compiled.unwrap().success(), "cc compiles no library");
    library
}
