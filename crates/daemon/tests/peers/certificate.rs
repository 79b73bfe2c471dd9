//! A certificate authority of the tests' own, and certificates by it.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Whom nobody trusts who was not told to.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: String,
}

/// A certificate and its key, as files.
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, root }
    }

    /// Writes a certificate for this machine.
    pub(crate) fn issue(&self, folder: &Path, name: &str) -> Certificate {
        let hosts = ["localhost", "127.0.0.1"].map(str::to_owned);
        let params = CertificateParams::new(hosts).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let written = Certificate {
            chain: folder.join(format!("{name}.chain.pem")),
            key: folder.join(format!("{name}.key.pem")),
        };
        fs::write(&written.chain, certificate.pem()).unwrap();
        fs::write(&written.key, key.serialize_pem()).unwrap();
        written
    }

    /// A client that trusts this authority alone.
    pub(crate) fn client(&self) -> ureq::Agent {
        let root = ureq::tls::Certificate::from_pem(self.root.as_bytes()).unwrap();
        let roots = ureq::tls::RootCerts::new_with_certs(&[root]);
        let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
        let config = ureq::Agent::config_builder().tls_config(tls);
        config.max_idle_connections(0).build().into()
    }

    /// Writes the root, for who shall trust it.
    pub(crate) fn root(&self, folder: &Path) -> PathBuf {
        let path = folder.join("root.pem");
        fs::write(&path, &self.root).unwrap();
        path
    }
}
