//! The web's certificate: told to people when it cannot be read, and before it runs out.

use std::sync::Arc;

use tokio::sync::mpsc;
use web::tls::{Certificate, CertificateError, LOOK_EVERY};

use super::Office;
use super::pages::unix_seconds;
use super::warn::{News, Subject, Words};
use crate::expiry::{Nearness, Watch};

/// Looks until the process ends.
pub(super) async fn watch(
    office: Arc<Office>,
    certificate: Arc<Certificate>,
    to_herald: mpsc::Sender<Words>,
) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut watch = Watch::new();
    let mut before = certificate.ends();
    loop {
        looks.tick().await;
        let (ends, now) = (certificate.ends(), unix_seconds());
        let near = ends.filter(|ends| Nearness::of(*ends, now) > Nearness::Far);
        office.screens.certificate_ends(near);
        let found = std::mem::replace(&mut before, ends).is_none() && ends.is_some();
        let news = [
            found.then(read_at_last),
            ends.and_then(|ends| watch.look(ends, now)),
        ];
        for words in news.into_iter().flatten() {
            if to_herald.send(words).await.is_err() {
                return;
            }
        }
    }
}

/// What is told of a certificate that cannot be read at the start.
pub(super) fn unread(error: CertificateError) -> Words {
    let error = anyhow::Error::new(error);
    Words {
        kind: "certificate-unread",
        text: format!(
            "no page is served by HTTPS before web.certificate and web.key can be read: {error:#}"
        ),
        news: News::Fails(Subject::Certificate),
    }
}

fn read_at_last() -> Words {
    Words {
        kind: "certificate-read",
        text: "the certificate of the web could be read: pages are served by HTTPS".to_owned(),
        news: News::Mended(Subject::Certificate),
    }
}
