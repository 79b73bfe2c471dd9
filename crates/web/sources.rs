//! What the dashboards are built of, by one hash. Their build notes it beside what it made, and a
//! release refuses what was made of something else.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Where a build of the dashboards notes what it was made of, seen from their folder.
pub(crate) const MARK: &str = "dist/.built-of";
/// Files and folders that the pages come from.
pub(crate) const NAMES: [&str; 6] = [
    "src",
    "public",
    "index.html",
    "openapi.json",
    "package-lock.json",
    "vite.config.ts",
];

/// The hash of files and of everything in folders, by name and content. What is missing is nothing.
pub(crate) fn hash(folder: &Path, names: &[&str]) -> io::Result<String> {
    let mut files = Vec::new();
    for name in names {
        collect(&folder.join(name), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(&file);
        hash.update(name.to_string_lossy().as_bytes());
        hash.update(Sha256::digest(std::fs::read(&file)?));
    }
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // Made by the build itself.
    if path.ends_with("src/api.d.ts") {
        return Ok(());
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}
