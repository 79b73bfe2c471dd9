//! `linka operator`: adds operators, lists them and gives them new passwords, in `operators.toml`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sip::digest::{Algorithm, Ha1};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::keys::chance;

/// Letters of a password that nobody mistakes for another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a password: 100 bits.
const PASSWORD_LETTERS: usize = 20;

/// The file of the operators.
pub(crate) struct OperatorsFile {
    path: PathBuf,
    document: DocumentMut,
    realm: String,
}

impl OperatorsFile {
    /// Opens the file of a configuration folder.
    pub(crate) fn open(config: &Path, realm: &str) -> anyhow::Result<Self> {
        let path = config.join("operators.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        let document = text
            .parse()
            .with_context(|| format!("{} is no TOML", path.display()))?;
        Ok(Self {
            path,
            document,
            realm: realm.to_owned(),
        })
    }

    /// Adds an operator and returns her password, which is kept nowhere.
    pub(crate) fn add(&mut self, name: &str) -> anyhow::Result<String> {
        dispatch::Key::parse(name).context("an operator's name is also her SIP user")?;
        if self.names().iter().any(|other| other == name) {
            bail!(
                "there is an operator {name} already: `linka operator password {name}` gives her a new password"
            );
        }
        let mut table = Table::new();
        table["name"] = value(name);
        let password = self.set_password(&mut table, name)?;
        let operators = self
            .document
            .entry("operator")
            .or_insert(Item::ArrayOfTables(toml_edit::ArrayOfTables::new()));
        let Some(operators) = operators.as_array_of_tables_mut() else {
            bail!("{}: `operator` is no list of tables", self.path.display());
        };
        operators.push(table);
        self.write()?;
        Ok(password)
    }

    /// Gives an operator a new password and returns it.
    pub(crate) fn password(&mut self, name: &str) -> anyhow::Result<String> {
        let realm_user = name.to_owned();
        let password = new_password()?;
        let secrets = Secrets::of(&self.realm, &realm_user, &password);
        let operators = self
            .document
            .get_mut("operator")
            .and_then(Item::as_array_of_tables_mut);
        let table = operators.and_then(|tables| {
            tables
                .iter_mut()
                .find(|table| table.get("name").and_then(Item::as_str) == Some(name))
        });
        let Some(table) = table else {
            bail!("there is no operator {name}; `linka operator list` shows those there are")
        };
        secrets.write(table);
        self.write()?;
        Ok(password)
    }

    /// The names of all operators.
    pub(crate) fn names(&self) -> Vec<String> {
        let operators = self
            .document
            .get("operator")
            .and_then(Item::as_array_of_tables);
        let names = operators
            .into_iter()
            .flatten()
            .filter_map(|table| table.get("name").and_then(Item::as_str));
        names.map(str::to_owned).collect()
    }

    fn set_password(&self, table: &mut Table, name: &str) -> anyhow::Result<String> {
        let password = new_password()?;
        Secrets::of(&self.realm, name, &password).write(table);
        Ok(password)
    }

    /// Writes the file whole: a crash leaves the old one or the new one.
    fn write(&self) -> anyhow::Result<()> {
        let context = || format!("{} cannot be written", self.path.display());
        let new = self.path.with_extension("toml.new");
        let mut file = std::fs::File::create(&new).with_context(context)?;
        if let Ok(old) = std::fs::metadata(&self.path) {
            file.set_permissions(old.permissions())
                .with_context(context)?;
        }
        file.write_all(self.document.to_string().as_bytes())
            .with_context(context)?;
        file.sync_all().with_context(context)?;
        std::fs::rename(&new, &self.path).with_context(context)
    }
}

struct Secrets {
    md5: String,
    sha256: String,
}

impl Secrets {
    fn of(realm: &str, user: &str, password: &str) -> Self {
        let secret = Ha1::new(user.as_bytes(), realm.as_bytes(), password.as_bytes());
        Self {
            md5: secret.hex(Algorithm::Md5).to_owned(),
            sha256: secret.hex(Algorithm::Sha256).to_owned(),
        }
    }

    fn write(self, table: &mut Table) {
        table["digest_md5"] = value(self.md5);
        table["digest_sha256"] = value(self.sha256);
    }
}

fn new_password() -> anyhow::Result<String> {
    let bytes: [u8; PASSWORD_LETTERS] = chance()?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect())
}
