//! `[web.oidc]`: the provider through which people may sign in.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use web::identity::provider::{Address, ClientSecret, NoAddress, ProviderSettings};

use super::source::{Problem, Source};

/// The file of the keys folder that holds what proves to the provider who we are.
pub(super) const SECRET_FILE: &str = "oidc.secret";
/// Characters of the word on the button.
const NAME_CHARACTERS_MAX: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OidcTable {
    issuer: Spanned<String>,
    client_id: Spanned<String>,
    name: Spanned<String>,
    address: Spanned<String>,
    #[serde(default = "claim")]
    claim: Spanned<String>,
    #[serde(default = "second_factor")]
    second_factor: Vec<Spanned<String>>,
}

fn claim() -> Spanned<String> {
    Spanned::new(0..0, "preferred_username".to_owned())
}

fn second_factor() -> Vec<Spanned<String>> {
    ["mfa", "otp", "hwk"]
        .map(|value| Spanned::new(0..0, value.to_owned()))
        .to_vec()
}

impl OidcTable {
    /// The provider. Its secret is read from `keys`, when there is one.
    pub(super) fn provider(
        &self,
        source: &Source,
        keys: &Path,
    ) -> Result<ProviderSettings, Problem> {
        let address =
            |key, text: &Spanned<String>, read: fn(&str) -> Result<Address, NoAddress>| {
                read(text.get_ref()).map_err(|error| source.problem(text, key, error.to_string()))
            };
        let second_factor = self.second_factor.iter();
        let second_factor =
            second_factor.map(|value| self.word(source, "web.oidc.second_factor", value));
        Ok(ProviderSettings {
            issuer: address("web.oidc.issuer", &self.issuer, Address::issuer)?,
            client_id: self.word(source, "web.oidc.client_id", &self.client_id)?,
            secret: self.secret(source, keys)?,
            name: self.name(source)?,
            claim: self.word(source, "web.oidc.claim", &self.claim)?,
            site: address("web.oidc.address", &self.address, Address::site)?,
            second_factor: second_factor.collect::<Result<_, _>>()?,
        })
    }

    fn word(&self, source: &Source, key: &str, text: &Spanned<String>) -> Result<String, Problem> {
        let word = text.get_ref();
        if word.is_empty() || word.contains(|letter: char| letter.is_control()) {
            return Err(source.problem(text, key, "is a word as the provider has it"));
        }
        Ok(word.clone())
    }

    fn name(&self, source: &Source) -> Result<String, Problem> {
        let name = self.word(source, "web.oidc.name", &self.name)?;
        if name.chars().count() > NAME_CHARACTERS_MAX {
            let text = format!("has at most {NAME_CHARACTERS_MAX} characters");
            return Err(source.problem(&self.name, "web.oidc.name", text));
        }
        Ok(name)
    }

    fn secret(&self, source: &Source, keys: &Path) -> Result<Option<ClientSecret>, Problem> {
        let path = keys.join(SECRET_FILE);
        let of_secret = |text: String| {
            let text = format!("{} {text}", path.display());
            source.problem(&self.client_id, "web.oidc.client_id", text)
        };
        match std::fs::read_to_string(&path) {
            Ok(secret) if secret.trim().is_empty() => Err(of_secret("is empty".to_owned())),
            Ok(secret) => Ok(Some(ClientSecret::new(secret.trim().to_owned()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(of_secret(format!("cannot be read: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "issuer = \"https://id.example.org\"\nclient_id = \"linka\"\nname = \"Spolek\"\naddress = \"https://linka.example.org\"\n";

    /// A folder with this table and this secret.
    fn written(table: &str, secret: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("linka.toml"), table).unwrap();
        if let Some(secret) = secret {
            std::fs::write(folder.path().join(SECRET_FILE), secret).unwrap();
        }
        folder
    }

    fn read(table: &str, secret: Option<&str>) -> Result<ProviderSettings, String> {
        let folder = written(table, secret);
        let source =
            Source::read(folder.path(), "linka.toml").map_err(|error| error.to_string())?;
        let read = source.parse::<OidcTable>();
        let read = read.and_then(|table| table.provider(&source, folder.path()));
        read.map_err(|problem| format!("{:?} {}: {}", problem.line, problem.key, problem.text))
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let settings = read(TABLE, Some("s e c\n")).unwrap();

        assert_eq!(settings.claim, "preferred_username");
        assert_eq!(settings.second_factor, ["mfa", "otp", "hwk"]);
        assert_eq!(settings.secret, Some(ClientSecret::new("s e c".to_owned())));
        assert_eq!(settings.issuer.as_str(), "https://id.example.org");
        assert_eq!(read(TABLE, None).unwrap().secret, None);
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_key() {
        let wrong = |from: &str, to: &str| read(&TABLE.replace(from, to), None).unwrap_err();

        let clear = wrong("https://id", "http://id");
        let path = wrong("linka.example.org", "linka.example.org/linka");
        let nameless = wrong("Spolek", "");
        let long = wrong("Spolek", &"x".repeat(41));
        let empty = read(TABLE, Some(" \n")).unwrap_err();

        assert!(clear.starts_with("Some(1) web.oidc.issuer: begins with https://"));
        assert!(path.starts_with("Some(4) web.oidc.address: ends with the host"));
        assert!(nameless.starts_with("Some(3) web.oidc.name: "));
        assert!(long.starts_with("Some(3) web.oidc.name: has at most 40"));
        assert!(empty.starts_with("Some(2) web.oidc.client_id: ") && empty.ends_with("is empty"));
    }
}
