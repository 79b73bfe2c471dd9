//! HTTPS: the certificate and its key, read from files and read again when they change.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use store::sql::UnixSeconds;
use x509_parser::error::X509Error;

/// How often it is looked whether the files changed.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Bytes of a certificate file or of its key.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The certificate that is shown, and where it comes from.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    /// None as long as the files could not be read yet: no handshake succeeds before.
    shown: RwLock<Option<Shown>>,
}

struct Shown {
    certified: Arc<CertifiedKey>,
    /// When the first certificate of the chain runs out.
    ends: UnixSeconds,
    /// When each file was written.
    written: [Option<SystemTime>; 2],
}

/// A certificate that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: rustls::pki_types::pem::Error,
    },
    /// A file is too long to be a certificate or a key.
    #[error("{} is longer than {FILE_BYTES_MAX} bytes", .0.display())]
    TooLong(PathBuf),
    /// There is no certificate in the file.
    #[error("{} has no certificate", .0.display())]
    Empty(PathBuf),
    /// A certificate does not say until when it is good.
    #[error("a certificate of {} cannot be understood", path.display())]
    Dates {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: x509_parser::nom::Err<X509Error>,
    },
    /// The key does not belong to the certificate, or is of no kind that is understood.
    #[error("the key {} does not fit the certificate", path.display())]
    Key {
        /// The key's file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: rustls::Error,
    },
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificate = &mut f.debug_struct("Certificate");
        certificate
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a chain of certificates, the server's own first, and its key, both in PEM.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(chain: PathBuf, key: PathBuf) -> Result<Arc<Self>, CertificateError> {
        match Self::open(chain, key) {
            (certificate, None) => Ok(certificate),
            (_, Some(error)) => Err(error),
        }
    }

    /// The same, for who starts without it too: what cannot be read now, and why, may be found by a later look.
    #[must_use]
    pub fn open(chain: PathBuf, key: PathBuf) -> (Arc<Self>, Option<CertificateError>) {
        let (shown, error) = match Shown::read(&chain, &key) {
            Ok(shown) => (Some(shown), None),
            Err(error) => (None, Some(error)),
        };
        let shown = RwLock::new(shown);
        (Arc::new(Self { chain, key, shown }), error)
    }

    /// When the first certificate of the chain that is shown runs out, by the wall clock: from then
    /// on no browser comes in. Nothing as long as none is shown.
    #[must_use]
    pub fn ends(&self) -> Option<UnixSeconds> {
        self.shown().as_ref().map(|shown| shown.ends)
    }

    /// Reads the files again if they changed. What cannot be read changes nothing.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn look(&self) -> Result<Look, CertificateError> {
        let written = [&self.chain, &self.key].map(|path| written(path));
        if self.shown().as_ref().map(|shown| shown.written) == Some(written) {
            return Ok(Look::Same);
        }
        let shown = Shown::read(&self.chain, &self.key)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(Look::Changed)
    }

    /// Looks again and again.
    pub async fn keep_looking(self: Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            match self.look() {
                Ok(Look::Same) => {}
                Ok(Look::Changed) => tracing::info!("the web shows a new certificate"),
                Err(error) if self.ends().is_some() => {
                    tracing::warn!(%error, "the web goes on with the certificate from before");
                }
                // Who started without one was told so.
                Err(_) => {}
            }
        }
    }

    /// What a listener needs: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// [`rustls::Error`] when the library does not have them.
    pub fn server(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let versions = [&version::TLS13, &version::TLS12];
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver(self.clone())));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn shown(&self) -> std::sync::RwLockReadGuard<'_, Option<Shown>> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing changed.
    Same,
    /// Another certificate is shown from now on.
    Changed,
}

#[derive(Debug)]
struct Resolver(Arc<Certificate>);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.shown();
        shown.as_ref().map(|shown| shown.certified.clone())
    }
}

impl Shown {
    fn read(chain_path: &Path, key_path: &Path) -> Result<Self, CertificateError> {
        // Before the content: a file that changes meanwhile is read again at the next look.
        let written = [chain_path, key_path].map(written);
        for path in [chain_path, key_path] {
            if std::fs::metadata(path).is_ok_and(|file| file.len() > FILE_BYTES_MAX) {
                return Err(CertificateError::TooLong(path.to_path_buf()));
            }
        }
        let unreadable = |path: &Path| {
            let path = path.to_path_buf();
            move |cause| CertificateError::File { path, cause }
        };
        let chain = CertificateDer::pem_file_iter(chain_path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(unreadable(chain_path))?;
        if chain.is_empty() {
            return Err(CertificateError::Empty(chain_path.to_path_buf()));
        }
        let ends = ends(&chain).map_err(|cause| CertificateError::Dates {
            path: chain_path.to_path_buf(),
            cause,
        })?;
        let key = PrivateKeyDer::from_pem_file(key_path).map_err(unreadable(key_path))?;
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider());
        let certified = certified.map_err(|cause| CertificateError::Key {
            path: key_path.to_path_buf(),
            cause,
        })?;
        Ok(Self {
            certified: Arc::new(certified),
            ends,
            written,
        })
    }
}

/// When the first certificate of a chain runs out.
fn ends(chain: &[CertificateDer<'_>]) -> Result<UnixSeconds, x509_parser::nom::Err<X509Error>> {
    let mut first = i64::MAX;
    for certificate in chain {
        let (_, certificate) = x509_parser::parse_x509_certificate(certificate)?;
        first = first.min(certificate.validity().not_after.timestamp());
    }
    Ok(UnixSeconds(first))
}

fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate_in(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        std::fs::write(&chain, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        (chain, key)
    }

    fn shown(certificate: &Certificate) -> Vec<u8> {
        certificate.shown().as_ref().unwrap().certified.cert[0].to_vec()
    }

    /// Has a file look as if it were written later: clocks of file systems are coarse.
    fn later(path: &Path) {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let later = SystemTime::now() + Duration::from_secs(5);
        file.set_modified(later).unwrap();
    }

    #[test]
    fn new_certificate_is_shown_once_both_files_fit() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = certificate_in(folder.path(), "linka.example");
        let certificate = Certificate::read(chain.clone(), key.clone()).unwrap();
        let first = shown(&certificate);

        let same = certificate.look().unwrap();
        let old_key = std::fs::read(&key).unwrap();
        certificate_in(folder.path(), "linka.example");
        let new_key = std::fs::read(&key).unwrap();
        std::fs::write(&key, old_key).unwrap();
        later(&chain);
        let half = certificate.look();
        let between = shown(&certificate);
        std::fs::write(&key, new_key).unwrap();
        later(&key);
        let whole = certificate.look().unwrap();

        assert_eq!((same, whole), (Look::Same, Look::Changed));
        assert!(
            matches!(half, Err(CertificateError::Key { .. })),
            "{half:?}"
        );
        assert_eq!(first, between);
        assert_ne!(first, shown(&certificate));
    }

    /// A certificate that runs out at a moment, signed by itself.
    fn ending(name: &str, at: UnixSeconds) -> (rcgen::Certificate, rcgen::KeyPair) {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(at.0.unsigned_abs()))
            .unwrap()
            .into();
        let key = rcgen::KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap(), key)
    }

    #[test]
    fn chain_ends_with_the_first_of_its_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (
            folder.path().join("chain.pem"),
            folder.path().join("key.pem"),
        );
        let (own, own_key) = ending("linka.example", UnixSeconds(1_900_000_000));
        let (above, _) = ending("authority.example", UnixSeconds(1_800_000_000));
        std::fs::write(&key, own_key.serialize_pem()).unwrap();

        std::fs::write(&chain, own.pem()).unwrap();
        let certificate = Certificate::read(chain.clone(), key).unwrap();
        let alone = certificate.ends();
        std::fs::write(&chain, own.pem() + &above.pem()).unwrap();
        later(&chain);
        certificate.look().unwrap();

        assert_eq!(alone, Some(UnixSeconds(1_900_000_000)));
        assert_eq!(certificate.ends(), Some(UnixSeconds(1_800_000_000)));
    }

    #[test]
    fn file_that_is_no_certificate_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = certificate_in(folder.path(), "linka.example");
        let told = |chain: &Path, key: &Path| {
            let read = Certificate::read(chain.to_path_buf(), key.to_path_buf());
            read.unwrap_err().to_string()
        };

        let missing = told(&folder.path().join("none.pem"), &key);
        let swapped = told(&key, &key);
        std::fs::write(&chain, vec![b'x'; 2 * 1024 * 1024]).unwrap();
        let long = told(&chain, &key);

        assert!(missing.ends_with("none.pem cannot be read"), "{missing}");
        assert!(swapped.ends_with("has no certificate"), "{swapped}");
        assert!(long.ends_with("is longer than 1048576 bytes"), "{long}");
    }
}
