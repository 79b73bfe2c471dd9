//! The example with one thing changed: what is said of it, and from when on it holds.

mod broken;
mod keys;
mod readiness;
mod served;

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use super::schema::{File, Key};
use super::{Configuration, load};

/// The example configuration in a folder of its own, with a keys folder beside it.
struct Example {
    folder: tempfile::TempDir,
}

impl Example {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        for file in File::ALL {
            fs::copy(example.join(file.name()), folder.path().join(file.name())).unwrap();
        }
        let example = Self { folder };
        let prompts = format!("folder = \"{}\"", prompts().display());
        example.change(File::Linka, "folder = \"prompts\"", &prompts);
        fs::create_dir(example.keys()).unwrap();
        fs::write(example.keys().join("trunk-carrier"), "secret").unwrap();
        fs::write(example.keys().join("trunk-other"), "other").unwrap();
        example
    }

    fn config(&self) -> &Path {
        self.folder.path()
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    #[track_caller]
    fn change(&self, file: File, from: &str, to: &str) {
        let path = self.config().join(file.name());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{} has no {from:?}", file.name());
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// What is advised, though it holds.
    #[track_caller]
    fn advised(&self) -> Vec<String> {
        load(self.config(), &self.keys()).unwrap().advice
    }

    /// Everything that is said of it, without the folder's name.
    fn said(&self) -> Vec<String> {
        let problems = load(self.config(), &self.keys()).err().unwrap_or_default();
        let folder = format!("{}/", self.config().display());
        let sentences = problems.iter().map(ToString::to_string);
        sentences.map(|said| said.replace(&folder, "")).collect()
    }

    fn loaded(&self) -> Configuration {
        load(self.config(), &self.keys()).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Sets a key, in the first table where there are several.
    fn set(&self, key: &Key, to: &str) {
        let path = self.config().join(key.file.name());
        let mut document: DocumentMut = fs::read_to_string(&path).unwrap().parse().unwrap();
        let mut table: &mut Table = document.as_table_mut();
        for name in key.table().split('.').filter(|name| !name.is_empty()) {
            let item = table.entry(name).or_insert(Item::Table(Table::new()));
            table = if item.is_array_of_tables() {
                item.as_array_of_tables_mut()
                    .and_then(|tables| tables.get_mut(0))
            } else {
                item.as_table_mut()
            }
            .unwrap();
        }
        table[key.name()] = Item::Value(to.parse::<Value>().unwrap());
        fs::write(path, document.to_string()).unwrap();
    }
}

/// The example's prompts, where they are.
fn prompts() -> PathBuf {
    let prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/prompts");
    prompts.canonicalize().unwrap()
}

/// The first line of the example's operators.
const OPERATOR: &str = "# [[operator]]\n";
/// The step that overflows to the neighbours.
const PARTNER_STEP: &str = "action = \"partner\"\npartners = [\"neighbour-line\"]";

#[test]
fn addresses_that_no_peer_could_use_are_named() {
    let advised = |changes: &[(&str, &str)]| {
        let example = Example::new();
        for (from, to) in changes {
            example.change(File::Linka, from, to);
        }
        let advice = example.advised().into_iter();
        let of_addresses = advice.filter(|said| said.contains("_address") || said.contains("rtp."));
        of_addresses.collect::<Vec<_>>()
    };
    let public = "# public_address = \"203.0.113.10\"";
    let sound = "# address = \"0.0.0.0\"";
    let udp = "udp = [\"0.0.0.0:5060\"]";

    assert_eq!(advised(&[]), [""; 0]);
    assert_eq!(
        advised(&[(public, "public_address = \"2001:db8::1\"")]),
        [
            "linka.toml: nobody is told of sip.public_address 2001:db8::1: sip.udp and sip.tcp have no address of IPv6"
        ]
    );
    let both = (udp, "udp = [\"0.0.0.0:5060\", \"[::]:5060\"]");
    assert_eq!(
        advised(&[both, (public, "public_address = \"2001:db8::1\"")]),
        [""; 0]
    );
    assert_eq!(
        advised(&[both, (sound, "address = \"0.0.0.0\"")]),
        [
            "linka.toml: who calls at [::]:5060 cannot reach rtp.address 0.0.0.0, and would not be heard: leave it out"
        ]
    );
    assert_eq!(
        advised(&[(sound, "address = \"127.0.0.1\"")]),
        [
            "linka.toml: who calls at 0.0.0.0:5060 cannot reach rtp.address 127.0.0.1, and would not be heard: leave it out"
        ]
    );
}
