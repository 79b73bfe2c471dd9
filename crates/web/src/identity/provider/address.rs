//! Addresses that a provider may be asked at: HTTPS, or clear text within this machine.

use std::fmt;

use url::{Host, Url};

/// An address that is reached by HTTPS, or by HTTP within this machine. It holds no login and no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// As it was written: an issuer is compared by its letters.
    text: String,
    url: Url,
}

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// It is no address at all.
    #[error("is an address such as \"https://id.example.org\"")]
    Unreadable,
    /// Others could read or change what goes there.
    #[error("begins with https:// (http:// for this machine alone)")]
    ClearText,
    /// A login, a question or a place within a page stands in it.
    #[error("has no login, no \"?\" and no \"#\"")]
    TooMuch,
    /// A path stands in it.
    #[error("ends with the host or its port, without a path")]
    Path,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Address {
    /// The address of an issuer (OpenID Connect Discovery 1.0 §3).
    ///
    /// # Errors
    /// [`NoAddress`].
    pub fn issuer(text: &str) -> Result<Self, NoAddress> {
        let address = Self::endpoint(text)?;
        if address.url.query().is_some() {
            return Err(NoAddress::TooMuch);
        }
        Ok(address)
    }

    /// The address of a whole site, without a path.
    ///
    /// # Errors
    /// [`NoAddress`].
    pub fn site(text: &str) -> Result<Self, NoAddress> {
        let address = Self::issuer(text)?;
        if address.url.path() != "/" {
            return Err(NoAddress::Path);
        }
        Ok(address)
    }

    /// An address that a provider names for one purpose.
    pub(super) fn endpoint(text: &str) -> Result<Self, NoAddress> {
        let url = Url::parse(text).map_err(|_| NoAddress::Unreadable)?;
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => {}
            ("http", Some(host)) if is_this_machine(&host) => {}
            ("http", Some(_)) => return Err(NoAddress::ClearText),
            (_, _) => return Err(NoAddress::Unreadable),
        }
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(NoAddress::TooMuch);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same with a path behind it.
    pub(super) fn with_path(&self, path: &str) -> String {
        format!("{}{path}", self.text.trim_end_matches('/'))
    }

    /// The same with these parameters behind those it has.
    pub(super) fn with_query(&self, pairs: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        url.into()
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_stays_within_this_machine() {
        for good in [
            "https://id.example.org",
            "https://id.example.org:8443/realms/line/",
            "http://localhost:8080",
            "http://127.0.0.2/",
            "http://[::1]:1",
        ] {
            assert!(Address::issuer(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.org",
            "http://192.168.0.1",
            "http://localhost.example.org",
        ] {
            assert_eq!(Address::issuer(bad), Err(NoAddress::ClearText), "{bad}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_provider_is_refused() {
        for bad in [
            "",
            "id.example.org",
            "ftp://id.example.org",
            "https://",
            "/x",
        ] {
            assert_eq!(Address::issuer(bad), Err(NoAddress::Unreadable), "{bad}");
        }
        for bad in [
            "https://jana:secret@id.example.org",
            "https://id.example.org?x=1",
            "https://id.example.org#x",
        ] {
            assert_eq!(Address::issuer(bad), Err(NoAddress::TooMuch), "{bad}");
        }
        assert_eq!(Address::site("https://a.b/c"), Err(NoAddress::Path));
        assert!(Address::site("https://a.b/").is_ok());
        assert!(Address::endpoint("https://a.b/c?tenant=1").is_ok());
    }

    #[test]
    fn paths_and_parameters_are_put_behind_what_is_there() {
        let site = Address::site("https://a.b/").unwrap();
        let endpoint = Address::endpoint("https://a.b/c?tenant=1").unwrap();

        assert_eq!(site.with_path("/d"), "https://a.b/d");
        assert_eq!(
            endpoint.with_query(&[("scope", "openid email"), ("x", "&")]),
            "https://a.b/c?tenant=1&scope=openid+email&x=%26"
        );
    }
}
