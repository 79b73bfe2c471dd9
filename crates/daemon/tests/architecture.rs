//! The crate map of the README holds: layers, edges, and what a pure crate may not touch.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates below the line: no clock, socket, task or chance that was not passed in.
const PURE: [&str; 8] = [
    "alarms", "dispatch", "exchange", "journal", "media", "records", "roster", "sip",
];
/// The pure crates whose state is journaled: their containers have one order on every machine.
const ORDERED: [&str; 4] = ["alarms", "dispatch", "journal", "records"];
/// No pure crate reaches these, not through others either.
const FORBIDDEN: [&str; 6] = ["mio", "rand", "rusqlite", "socket2", "sqlx", "tokio"];
/// No pure crate imports these itself. (A digest crate reaches getrandom as soon as the daemon turns that feature on,
/// because cargo unifies features over the workspace.)
const CHANCE: [&str; 3] = ["fastrand", "getrandom", "rand"];
const FORBIDDEN_CALLS: [&str; 7] = [
    "std::time::Instant::now",
    "std::time::Instant::elapsed",
    "std::time::SystemTime::now",
    "std::thread::sleep",
    "std::net::UdpSocket::bind",
    "std::net::TcpListener::bind",
    "std::net::TcpStream::connect",
];
const FORBIDDEN_TYPES: [&str; 3] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::hash::RandomState",
];

type Edges = BTreeMap<String, BTreeSet<String>>;

#[test]
fn crates_import_what_the_readmes_map_says_and_nothing_else() {
    let (map, metadata) = (readme_map(), metadata());

    for (name, imports) in edges(&metadata, DependencyKind::Normal) {
        let allowed = map
            .get(&name)
            .unwrap_or_else(|| panic!("crate {name} is missing in the README's map"));
        assert_eq!(
            &imports, allowed,
            "crate {name}: its Cargo.toml (left) and the README's map (right) differ"
        );
    }
}

#[test]
fn the_map_names_only_crates_that_are_there() {
    let there = edges(&metadata(), DependencyKind::Normal);

    for (name, imports) in readme_map() {
        assert!(
            there.contains_key(&name),
            "the README's map has {name}, crates/ has not"
        );
        assert!(
            imports.iter().all(|import| there.contains_key(import)),
            "{name} imports {imports:?}"
        );
    }
}

#[test]
fn nothing_imports_the_programs_and_only_tests_import_the_simulation() {
    for (name, imports) in edges(&metadata(), DependencyKind::Normal) {
        for program in ["daemon", "xtask", "simulation"] {
            assert!(!imports.contains(program), "{name} imports {program}");
        }
    }
}

#[test]
fn sip_and_media_and_dispatch_stand_on_nothing_of_ours() {
    let edges = edges(&metadata(), DependencyKind::Normal);

    for name in ["sip", "media", "dispatch"] {
        assert!(edges[name].is_empty(), "{name} imports {:?}", edges[name]);
    }
}

#[test]
fn a_crates_folder_has_its_name() {
    for (name, folder) in crates(&metadata()) {
        assert_eq!(folder.file_name().unwrap().to_string_lossy(), name);
    }
}

#[test]
fn pure_crates_reach_no_clock_socket_task_or_chance_through_their_dependencies() {
    let metadata = metadata();

    for (name, _) in pure_crates(&metadata) {
        let reached = reached_from(&metadata, &name);
        let forbidden: Vec<&&str> = FORBIDDEN
            .iter()
            .filter(|crate_name| reached.contains(**crate_name))
            .collect();
        assert!(forbidden.is_empty(), "{name} reaches {forbidden:?}");
    }
}

#[test]
fn pure_crates_import_no_chance() {
    for package in metadata().workspace_packages() {
        let mut imports = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal);
        let pure = PURE.contains(&package.name.as_str());
        let chance = imports.find(|dependency| pure && CHANCE.contains(&dependency.name.as_str()));
        assert!(
            chance.is_none(),
            "{} imports {}",
            package.name,
            chance.unwrap().name
        );
    }
}

#[test]
fn pure_crates_carry_the_bans_in_their_clippy_configuration() {
    for (name, folder) in pure_crates(&metadata()) {
        let text = fs::read_to_string(folder.join("clippy.toml")).unwrap_or_default();
        for call in FORBIDDEN_CALLS {
            assert!(
                text.contains(&format!("\"{call}\"")),
                "{name}/clippy.toml does not ban {call}"
            );
        }
        for banned in FORBIDDEN_TYPES
            .iter()
            .filter(|_| ORDERED.contains(&name.as_str()))
        {
            assert!(
                text.contains(&format!("\"{banned}\"")),
                "{name}/clippy.toml does not ban {banned}"
            );
        }
        // A crate's clippy.toml replaces the root's: what the root sets has to stand in it too.
        for setting in fs::read_to_string(root().join("clippy.toml"))
            .unwrap()
            .lines()
        {
            assert!(text.contains(setting), "{name}/clippy.toml lacks {setting}");
        }
    }
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    for (name, folder) in crates(&metadata()) {
        let manifest: toml::Table =
            toml::from_str(&fs::read_to_string(folder.join("Cargo.toml")).unwrap()).unwrap();
        let inherits = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        assert_eq!(inherits, Some(true), "{name}/Cargo.toml");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .unwrap()
}

/// Name and folder of every crate under `crates/`.
fn crates(metadata: &Metadata) -> Vec<(String, PathBuf)> {
    let packages = metadata.workspace_packages().into_iter();
    let named = packages.map(|package| {
        (
            package.name.to_string(),
            package.manifest_path.parent().unwrap().into(),
        )
    });
    named
        .filter(|(_, folder): &(String, PathBuf)| folder.parent() == Some(&root().join("crates")))
        .collect()
}

fn pure_crates(metadata: &Metadata) -> Vec<(String, PathBuf)> {
    crates(metadata)
        .into_iter()
        .filter(|(name, _)| PURE.contains(&name.as_str()))
        .collect()
}

/// What each crate under `crates/` imports of ours.
fn edges(metadata: &Metadata, kind: DependencyKind) -> Edges {
    let ours: BTreeSet<String> = crates(metadata).into_iter().map(|(name, _)| name).collect();
    let packages = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| ours.contains(package.name.as_str()));
    let imports = |package: &cargo_metadata::Package| {
        let dependencies = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == kind);
        dependencies
            .map(|dependency| dependency.name.clone())
            .filter(|name| ours.contains(name))
            .collect()
    };
    packages
        .map(|package| (package.name.to_string(), imports(package)))
        .collect()
}

/// The names of all crates that `name` links, itself left out.
fn reached_from(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name == name)
        .unwrap();
    let (mut reached, mut open) = (BTreeSet::new(), vec![&start.id]);
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let linked = dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal);
            if linked && reached.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    reached
        .into_iter()
        .map(|id| metadata[id].name.to_string())
        .collect()
}

/// The map of the README: lines of its first fenced block, `NAME   what it is   imports A, B` or `…
/// imports nothing of ours`.
fn readme_map() -> Edges {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let map = readme
        .split_once("## Map")
        .and_then(|(_, rest)| rest.split("```").nth(1))
        .expect("the README has a map");
    map.lines().filter_map(map_line).collect()
}

fn map_line(line: &str) -> Option<(String, BTreeSet<String>)> {
    let (left, imports) = line.rsplit_once("  imports ")?;
    let name = left.split_whitespace().next()?.to_owned();
    let imports = imports
        .trim()
        .split(", ")
        .filter(|import| *import != "nothing of ours");
    Some((name, imports.map(str::to_owned).collect()))
}
