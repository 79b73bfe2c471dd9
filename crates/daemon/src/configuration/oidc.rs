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
