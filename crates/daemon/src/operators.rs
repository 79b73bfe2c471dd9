//! `linka operator`: adds operators, lists them and gives them new passwords, in `operators.toml`.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
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

    /// Writes the file whole: a crash leaves the old one or the new one. Whoever could read the old
    /// one, the service among them, still can; a file that is new belongs to whom the folder
    /// belongs to, and nobody else reads the hashes in it.
    fn write(&self) -> anyhow::Result<()> {
        let context = || format!("{} cannot be written", self.path.display());
        let kept = match std::fs::metadata(&self.path) {
            Ok(old) => Kept::of(&old),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
                let folder = std::fs::metadata(folder).with_context(context)?;
                Kept {
                    mode: NEW_FILE_MODE,
                    ..Kept::of(&folder)
                }
            }
            Err(error) => return Err(error).with_context(context),
        };
        let new = self.path.with_extension("toml.new");
        let written = self
            .write_new(&new, &kept)
            .and_then(|()| std::fs::rename(&new, &self.path));
        if written.is_err() {
            // What is half written is of no use; the old file stands as it was.
            let _gone = std::fs::remove_file(&new);
        }
        written.with_context(context)
    }

    fn write_new(&self, path: &Path, kept: &Kept) -> std::io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(NEW_FILE_MODE)
            .open(path)?;
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (kept.owner, kept.group) {
            std::os::unix::fs::fchown(&file, Some(kept.owner), Some(kept.group))?;
        }
        file.set_permissions(std::fs::Permissions::from_mode(kept.mode))?;
        file.write_all(self.document.to_string().as_bytes())?;
        file.sync_all()
    }
}

/// The mode of a file that was not there before.
const NEW_FILE_MODE: u32 = 0o600;

/// Who may read and write a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    owner: u32,
    group: u32,
    mode: u32,
}

impl Kept {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode() & 0o777,
        }
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::*;

    fn kept(folder: &Path) -> Kept {
        Kept::of(&std::fs::metadata(folder.join("operators.toml")).unwrap())
    }

    fn add(folder: &Path, name: &str) {
        let mut operators = OperatorsFile::open(folder, "linka").unwrap();
        operators.add(name).unwrap();
    }

    #[test]
    fn file_that_is_new_is_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();

        add(folder.path(), "jana");

        assert_eq!(kept(folder.path()).mode, 0o600);
    }

    #[test]
    fn owner_group_and_mode_stay_when_an_operator_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operators.toml");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        // Only root gives files away: for anybody else the mode alone is another than that of a new file.
        let _mine = chown(&file, Some(4_711), Some(4_712));
        let before = kept(folder.path());

        add(folder.path(), "jana");
        add(folder.path(), "eva");

        assert_eq!(kept(folder.path()), before);
        assert_eq!(before.mode, 0o640);
        assert_eq!(
            OperatorsFile::open(folder.path(), "linka")
                .unwrap()
                .names()
                .len(),
            2
        );
    }

    #[test]
    fn file_that_is_new_belongs_to_whom_the_folder_belongs_to() {
        let folder = tempfile::tempdir().unwrap();
        let _mine = chown(folder.path(), Some(4_711), Some(4_712));
        let of_folder = Kept::of(&std::fs::metadata(folder.path()).unwrap());

        add(folder.path(), "jana");

        let made = kept(folder.path());
        assert_eq!((made.owner, made.group), (of_folder.owner, of_folder.group));
    }

    #[test]
    fn what_an_earlier_crash_left_half_written_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("operators.toml.new"), "half").unwrap();

        add(folder.path(), "jana");

        assert!(!folder.path().join("operators.toml.new").exists());
        assert_eq!(kept(folder.path()).mode, 0o600);
    }
}
