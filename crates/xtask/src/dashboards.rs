//! `cargo xtask dashboards`: builds the pages that linka serves, with a Node.js of the machine or one of our own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::packages::{self, Need};
use crate::shell;
use crate::sources;

/// The oldest Node.js that the bundler runs on: 20.19, or 22.12 and later (odd releases are not meant for it).
const NODE_OLDEST: (u32, u32) = (20, 19);
const NODE_22_OLDEST: (u32, u32) = (22, 12);
/// What is installed where the machine's own is missing or too old.
const NODE_OF_OURS: &str = "node@22.23.3";

const NPM: Need = Need::new("npm", "npm", "installs what the dashboards are built with");
const NODE: Need = Need::new("node", "nodejs", "runs npm");

/// Builds the dashboards if anything of theirs changed since the last build. Returns whether the
/// tests of their parts passed, when asked to run them.
pub(crate) fn build() -> Result<()> {
    let folder = shell::root().join("dashboards");
    let node = Node::find()?;
    node.install(&folder)?;
    let sources = sources::hash(&folder, &sources::NAMES)
        .context("reading what the dashboards are built of")?;
    let mark = folder.join(sources::MARK);
    if std::fs::read_to_string(&mark).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    println!("xtask: building the dashboards (about half a minute)");
    node.npm(&folder, &["run", "build", "--silent"])?;
    std::fs::write(&mark, sources).with_context(|| format!("writing {}", mark.display()))
}

/// The command that runs a script of the dashboards: `test` their parts alone, `behave` the pages
/// in a browser, `look` at each of them in each language.
pub(crate) fn script(name: &str) -> Result<Command> {
    let folder = shell::root().join("dashboards");
    let mut command = Node::find()?.command("npm", &folder);
    command.args(["run", "--silent", name]);
    Ok(command)
}

/// A Node.js that is new enough, first on the path of what is run with it.
pub(crate) struct Node {
    /// Its folder, when it is not the machine's own.
    folder: Option<PathBuf>,
}

impl Node {
    /// The machine's own, or one of ours under `.tools`, installed by npm.
    pub(crate) fn find() -> Result<Self> {
        if version("node").is_some_and(is_new_enough) && shell::find("npm").is_some() {
            return Ok(Self { folder: None });
        }
        packages::ensure(&[NODE, NPM])?;
        if version("node").is_some_and(is_new_enough) {
            return Ok(Self { folder: None });
        }
        let tools = shell::root().join(".tools/node");
        let program = tools.join("node_modules/node/bin/node");
        if !program.is_file() {
            println!(
                "xtask: this machine's Node.js is too old: installing {NODE_OF_OURS} into .tools/"
            );
            std::fs::create_dir_all(&tools)?;
            let mut npm = Command::new("npm");
            npm.args([
                "install",
                "--no-save",
                "--no-fund",
                "--no-audit",
                NODE_OF_OURS,
            ])
            .current_dir(&tools);
            run(&mut npm, "npm install of Node.js")?;
        }
        ensure!(
            program.is_file(),
            "npm left no {}: install Node.js 22 by hand",
            program.display()
        );
        Ok(Self {
            folder: program.parent().map(Path::to_path_buf),
        })
    }

    /// The program itself.
    pub(crate) fn program(&self) -> PathBuf {
        let own = self.folder.as_deref().unwrap_or_else(|| Path::new(""));
        own.join("node")
    }

    /// A command that finds this Node.js first.
    pub(crate) fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        self.put_on_path(&mut command);
        command
    }

    /// Has a command, and what it starts, find this Node.js first.
    pub(crate) fn put_on_path(&self, command: &mut Command) {
        let Some(own) = &self.folder else { return };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(own.clone()).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(all) {
            command.env("PATH", path);
        }
    }

    /// Installs what the lock file names, unless it is there.
    fn install(&self, folder: &Path) -> Result<()> {
        let lock = sources::hash(folder, &["package-lock.json"])?;
        let mark = folder.join("node_modules/.installed-of");
        if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == lock) {
            return Ok(());
        }
        println!(
            "xtask: installing what the dashboards are built with (npm, 190 packages, about half a minute)"
        );
        self.npm(folder, &["ci", "--no-fund", "--no-audit"])?;
        std::fs::write(&mark, lock).with_context(|| format!("writing {}", mark.display()))
    }

    fn npm(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = self.command("npm", folder);
        command.args(arguments);
        run(&mut command, &format!("npm {}", arguments.join(" ")))
    }
}

fn run(command: &mut Command, name: &str) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("starting {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Major and minor version of a program that prints `v20.19.2`.
fn version(program: &str) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn is_new_enough(version: (u32, u32)) -> bool {
    match version.0 {
        20 => version >= NODE_OLDEST,
        22 => version >= NODE_22_OLDEST,
        major => major > 22,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_new_enough_from_the_releases_on_that_the_bundler_names() {
        for (version, expected) in [
            ((18, 20), false),
            ((20, 18), false),
            ((20, 19), true),
            ((21, 7), false),
            ((22, 11), false),
            ((22, 12), true),
            ((24, 0), true),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version:?}");
        }
    }

    #[test]
    fn hash_tells_names_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let of = || sources::hash(folder.path(), &["src", "missing"]).unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        let nothing = of();
        std::fs::write(folder.path().join("src/a"), "1").unwrap();
        let first = of();
        std::fs::write(folder.path().join("src/a"), "2").unwrap();
        let second = of();
        std::fs::rename(folder.path().join("src/a"), folder.path().join("src/b")).unwrap();
        let renamed = of();

        let all = [nothing, first, second, renamed];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
